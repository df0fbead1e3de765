"""Writing files so that a crash never leaves half of one."""

import contextlib
import os
import re
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path


def write_atomically(path: Path, write: Callable[[Path], object]) -> None:
    """Write a file through a temporary neighbour, fsync, and rename.

    Parameters
    ----------
    path
        Final path. An existing file is replaced only once the new one is
        completely on disk.
    write
        Called with the path of the temporary file (same suffix as `path`).
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(
            prefix=f".{path.stem}-", suffix=path.suffix, dir=path.parent
        )
    except OSError as error:
        # The user never heard of the temporary file.
        error.filename = str(path)
        raise
    os.close(handle)
    temporary = Path(name)
    try:
        write(temporary)
        # mkstemp makes private files; results are meant to be shared like any other file.
        umask = os.umask(0)
        os.umask(umask)
        temporary.chmod(0o666 & ~umask)
        with temporary.open("rb+") as file:
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()
        raise


def write_bytes(path: Path, content: bytes) -> None:
    """Write bytes atomically (see `write_atomically`)."""
    write_atomically(path, lambda temporary: temporary.write_bytes(content))


def write_text(path: Path, content: str) -> None:
    """Write UTF-8 text atomically (see `write_atomically`)."""
    write_bytes(path, content.encode())


def file_stems(names: Sequence[str]) -> list[str]:
    """Turn names into stems of files, none twice even where letter case does not count."""
    stems: list[str] = []
    taken: set[str] = set()
    for name in names:
        base = re.sub(r'[\\/:*?"<>|\x00-\x1f]+', "_", name).strip(" .") or "scan"
        stem, number = base, 2
        while stem.casefold() in taken:
            stem, number = f"{base}-{number}", number + 1
        taken.add(stem.casefold())
        stems.append(stem)
    return stems
