"""What a batch tells the world, as plain values that go between processes and into logs."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias


@dataclass(frozen=True)
class BatchStarted:
    """So many `scans` are asked for, `done` of them were done before; `jobs` work at a time."""

    task: str
    scans: int
    done: int
    jobs: int


@dataclass(frozen=True)
class ScanSkipped:
    """A scan was done before, with the same settings, and its `files` are there."""

    position: int
    name: str
    files: tuple[Path, ...]


@dataclass(frozen=True)
class ScanStarted:
    """Work on a scan begins in the process of number `process`."""

    position: int
    name: str
    process: int


@dataclass(frozen=True)
class ScanProgress:
    """`fraction` of a scan (0 to 1) is done; `stage` says what comes now."""

    position: int
    name: str
    stage: str
    fraction: float


@dataclass(frozen=True)
class ScanNote:
    """A sentence about a scan that the user should read."""

    position: int
    name: str
    message: str


@dataclass(frozen=True)
class ScanDone:
    """All `files` of a scan are complete on disk."""

    position: int
    name: str
    files: tuple[Path, ...]
    seconds: float


@dataclass(frozen=True)
class ScanFailed:
    """A scan could not be done; `reason` is a sentence, `trace` where the program itself failed."""

    position: int
    name: str
    reason: str
    trace: str = ""


@dataclass(frozen=True)
class BatchFinished:
    """The end; `stopped` when it was asked to stop before all scans had their turn."""

    task: str
    done: int
    skipped: int
    failed: int
    stopped: bool


BatchEvent: TypeAlias = (
    BatchStarted
    | ScanSkipped
    | ScanStarted
    | ScanProgress
    | ScanNote
    | ScanDone
    | ScanFailed
    | BatchFinished
)
