"""Tasks of tests, in a module that workers can import."""

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from napari_dgc.batch.task import Item, Result, Step
from napari_dgc.cancel import CancelToken
from napari_dgc.errors import UserError


@dataclass(frozen=True)
class Shouting:
    """Write the content of each file in capital letters; "killer" ends its first worker.

    "interrupter" does to its worker what Ctrl-C does to all processes of a terminal.
    """

    out: Path

    @property
    def name(self) -> str:
        return "shout"

    def settings(self, item: Item) -> Mapping[str, Any]:
        return {}

    def inputs(self, item: Item) -> Sequence[Path]:
        return [item.path]

    def worker(self) -> "Shouting":
        return self

    def do(self, item: Item, token: CancelToken) -> Iterator[Step]:
        with (self.out / "tries.txt").open("a") as file:
            file.write(f"{item.name} {os.getpid()}\n")
        if item.name == "bad":
            raise UserError(f"{item.path} is not readable; copy it again.")
        if item.name == "interrupter":
            os.kill(os.getpid(), signal.SIGINT)
        tries = (self.out / "tries.txt").read_text().split()
        if item.name == "killer" and tries.count("killer") == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        path = self.out / f"{item.name}.txt"
        path.write_text(item.path.read_text().upper())
        yield Result((path,), content={"letters": len(item.name)})
