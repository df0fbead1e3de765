"""A task whose scans do what their names say; a module that other processes can import."""

import os
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_dgc.batch.task import Item, Result, Step
from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.errors import UserError


@dataclass(frozen=True)
class Copying:
    """Write the content of each file, in capital letters, to a file of its name."""

    out: Path
    ending: str = "!"
    usable: bool = True

    @property
    def name(self) -> str:
        return "copy"

    def settings(self, item: Item) -> Mapping[str, Any]:
        return {"ending": self.ending}

    def inputs(self, item: Item) -> Sequence[Path]:
        return [item.path]

    def worker(self) -> "Copying":
        if not self.usable:
            raise UserError("There is no ink; fill some in.")
        return self

    def do(self, item: Item, token: CancelToken) -> Iterator[Step]:
        yield Progress(f"copying {item.name}", 0.5)
        if item.name.startswith("bad"):
            raise UserError(f"{item.path} is not readable; copy it again.")
        if item.name.startswith("odd"):
            raise ValueError("a defect")
        if item.name.startswith("killed"):
            os.kill(os.getpid(), signal.SIGKILL)
        if item.name.startswith("endless"):
            while not token.cancelled:
                time.sleep(0.01)
            raise InterruptedError
        yield Notice("ink is expensive")
        path = self.out / f"{item.name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(item.path.read_text() + self.ending)
        yield Result((path,), content={"letters": len(item.name)})
