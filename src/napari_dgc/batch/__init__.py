"""Work on many scans, one after the other or by several processes.

A `Task` says what is done to one scan. `run_batch` does it to all of them: what a manifest
knows as done is left out, a scan that fails stops no other, and what happens is told by
events.
"""

from napari_dgc.batch.events import (
    BatchEvent,
    BatchFinished,
    BatchStarted,
    ScanDone,
    ScanFailed,
    ScanNote,
    ScanProgress,
    ScanSkipped,
    ScanStarted,
)
from napari_dgc.batch.manifest import Entry, Manifest
from napari_dgc.batch.run import Planned, plan, run_batch
from napari_dgc.batch.task import Item, Result, Task, Worker

__all__ = [
    "BatchEvent",
    "BatchFinished",
    "BatchStarted",
    "Entry",
    "Item",
    "Manifest",
    "Planned",
    "Result",
    "ScanDone",
    "ScanFailed",
    "ScanNote",
    "ScanProgress",
    "ScanSkipped",
    "ScanStarted",
    "Task",
    "Worker",
    "plan",
    "run_batch",
]
