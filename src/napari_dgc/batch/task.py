"""What is done to one scan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol, TypeAlias

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.hashes import FileHash


@dataclass(frozen=True)
class Item:
    """One scan of a batch.

    Parameters
    ----------
    name
        What results are called after; no other of the batch has it.
    path
        File or folder that is read.
    scan
        Scan that belongs to a label map, or None.
    """

    name: str
    path: Path
    scan: Path | None = None


@dataclass(frozen=True)
class Result:
    """What came of one scan.

    Parameters
    ----------
    files
        What was written, each file completely.
    inputs
        Hashes of what was read.
    content
        Plain values that the manifest keeps, for what is made of all scans together.
    """

    files: tuple[Path, ...]
    inputs: tuple[FileHash, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)


Step: TypeAlias = Progress | Notice | Result


class Worker(Protocol):
    """What a process keeps between scans, such as a model."""

    def do(self, item: Item, token: CancelToken) -> Iterator[Step]:
        """Work on one scan; the last step is its `Result`.

        Raises
        ------
        UserError
            The scan cannot be done.
        InterruptedError
            When asked to stop.
        """


class Task(Protocol):
    """What is done, with all settings; goes to other processes, so that it pickles."""

    @property
    def name(self) -> str:
        """What it is, such as "segment"."""

    def settings(self, item: Item) -> Mapping[str, Any]:
        """Return all that the result of a scan depends on besides its files, as plain values."""

    def inputs(self, item: Item) -> Sequence[Path]:
        """Return the files that are read; those that are missing may be among them."""

    def worker(self) -> Worker:
        """Get ready for work; called once in each process.

        Raises
        ------
        UserError
            No scan can be done, as there is no model for instance.
        """
