"""Runs cases in a process of its own and tells of each one: ``python -m hostile.worker``."""

import contextlib
import json
import os
import shutil
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from .cases import run_case
from .check import open_and_read
from .seeds import SEEDS

#: Keeps a machine alive; what is allowed is measured.
_ADDRESS_SPACE = 16 << 30


def main(first: int, last: int, *kinds: str) -> None:
    """Run the cases from `first` up to but not including `last` of each kind."""
    with contextlib.suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    # What libraries print about damaged files goes elsewhere.
    told = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        os.environ["NAPARI_DGC_CACHE"] = str(Path(scratch) / "cache")
        for kind in kinds:
            for name, seed in SEEDS[kind].items():  # imports are not counted
                path = seed.write(Path(scratch) / kind / name)
                open_and_read(kind, path, "auto")
            for number in range(first, last):
                print(json.dumps([kind, number]), file=told)
                folder = Path(scratch) / "case" / str(number)
                folder.mkdir(parents=True)
                outcome = run_case(kind, number, folder)
                print(json.dumps([kind, number, asdict(outcome)]), file=told)
                shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main(int(sys.argv[1]), int(sys.argv[2]), *sys.argv[3:])
