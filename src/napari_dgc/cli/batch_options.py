"""Options of commands that work on many scans, and what they print meanwhile."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.cli import BAD_INPUT, INTERRUPTED, SUCCESS
from napari_dgc.cli.options import count
from napari_dgc.errors import UserError
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.batch import BatchEvent, BatchFinished, Item, Manifest, Task
    from napari_dgc.cancel import CancelToken

#: Exit status where some scans failed and others did not.
SOME_FAILED = 1
#: Remarks that are remembered, so that what holds for many scans is said once.
_REMARKS = 500


def add_batch_options(parser: argparse.ArgumentParser, result: str) -> None:
    """Add ``--jobs``, ``--scheduler``, ``--dry-run``, ``--redo`` and ``--log``.

    Parameters
    ----------
    parser
        Of the command.
    result
        Where the list of what is done lies, for the help.
    """
    group = parser.add_argument_group(
        "many scans",
        f"What is done is noted in {result} and not done again while scan, model and options are "
        "the same. A scan that fails is said and stops no other: the exit status is then 1, or 2 "
        "where all failed.",
    )
    group.add_argument(
        "--jobs",
        type=count,
        default=1,
        metavar="N",
        help="scans at a time, each in a process of its own with one thread (default 1: one "
        "process with all threads)",
    )
    group.add_argument(
        "--scheduler",
        metavar="ADDRESS",
        help="work by the workers of a Dask cluster, such as tcp://10.0.0.1:8786, which see the "
        "same files by the same names; 'local': by --jobs workers of this machine (see "
        "docs/distributed.md)",
    )
    group.add_argument("--redo", action="store_true", help="do again what is done, too")
    add_dry_run(group)
    group.add_argument(
        "--log", type=Path, metavar="FILE", help="also write what happens, one JSON object a line"
    )


def add_dry_run(parser: argparse.ArgumentParser | argparse._ArgumentGroup) -> None:
    """Add ``--dry-run``."""
    parser.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )


def take_absolute_paths(args: argparse.Namespace) -> None:
    """Make all paths absolute where a cluster works, whose workers run in other folders."""
    if args.scheduler is None:
        return
    for name, value in vars(args).items():
        if isinstance(value, Path):
            setattr(args, name, value.absolute())
        elif isinstance(value, list):
            setattr(args, name, [v.absolute() if isinstance(v, Path) else v for v in value])


def print_plan(
    args: argparse.Namespace, task: Task, items: Sequence[Item], manifest: Manifest
) -> int:
    """Print what would be done; returns the exit status."""
    from napari_dgc.batch import plan
    from napari_dgc.cli.progress import say

    done = 0
    for planned in plan(task, items, manifest, redo=args.redo):
        done += planned.done
        word = "done already" if planned.done else f"would {task.name}"
        print(f"{word}: {planned.item.path}")
    say(f"{counted(len(items) - done, 'scan')} to do, {done} done already; nothing was written")
    return SUCCESS


def print_inputs(command: str, paths: Iterable[Path]) -> int:
    """Print what a command that makes one result of all would read; returns the exit status."""
    from napari_dgc.cli.progress import say

    number = 0
    for path in paths:
        number += 1
        print(f"would {command}: {path}")
    say(f"{counted(number, 'file')} to read; nothing was written")
    return SUCCESS


@dataclass
class Outcome:
    """How a batch ended."""

    end: BatchFinished | None = None
    #: Why scans failed, in a few different sentences at most.
    reasons: dict[str, None] = field(default_factory=dict)

    @property
    def status(self) -> int:
        """The exit status."""
        if self.end is None or self.end.stopped:
            return INTERRUPTED
        if not self.end.failed:
            return SUCCESS
        return SOME_FAILED if self.end.done or self.end.skipped else BAD_INPUT

    @property
    def any_done(self) -> bool:
        """Whether there is a result."""
        return self.end is not None and self.end.done + self.end.skipped > 0


def run_and_tell(
    args: argparse.Namespace,
    task: Task,
    items: Sequence[Item],
    manifest: Manifest,
    token: CancelToken,
) -> Outcome:
    """Do a batch; prints the files, and on stderr progress, remarks, failures and a summary.

    Raises
    ------
    UserError
        All scans failed.
    """
    from napari_dgc.batch import run_batch
    from napari_dgc.batch.log import EventLog

    outcome = Outcome()
    with ExitStack() as stack:
        log = None if args.log is None else stack.enter_context(EventLog(args.log))
        events = run_batch(
            task,
            items,
            manifest,
            jobs=args.jobs,
            scheduler=args.scheduler,
            redo=args.redo,
            token=token,
        )
        for event in _told(events, outcome):
            if log is not None:
                log.note(event)
    if outcome.status == BAD_INPUT:
        first, *others = outcome.reasons
        raise UserError(f"All {len(items)} scans failed, the first: {first}" if others else first)
    return outcome


def _told(events: Iterable[BatchEvent], outcome: Outcome) -> Iterator[BatchEvent]:
    """Print events and pass them on."""
    from napari_dgc.batch import (
        BatchFinished,
        BatchStarted,
        ScanDone,
        ScanFailed,
        ScanNote,
        ScanProgress,
        ScanSkipped,
    )
    from napari_dgc.cli.progress import ProgressLine, say

    line = ProgressLine()
    scans, ended, jobs = 1, 0, 1
    remarks: set[str] = set()
    for event in events:
        match event:
            case BatchStarted():
                scans, jobs = max(1, event.scans), event.jobs
                if event.done:
                    say(f"{event.done} of {scans} scans are done already; --redo does them again")
            case ScanProgress():
                where = event.stage if jobs == 1 else f"{jobs} at a time"
                if scans > 1:
                    where = f"scan {min(ended + 1, scans)} of {scans}: {where}"
                line.show(where, (ended + event.fraction) / scans)
            case ScanNote() if event.message not in remarks:
                if len(remarks) < _REMARKS:
                    remarks.add(event.message)
                line.clear()
                known = event.message.startswith(event.name)
                say(event.message if known else f"{event.name}: {event.message}")
            case ScanDone() | ScanSkipped():
                ended += 1
                line.clear()
                for file in event.files:
                    print(file, flush=True)
            case ScanFailed():
                ended += 1
                line.clear()
                if event.trace:
                    print(event.trace, file=sys.stderr, flush=True)
                if len(outcome.reasons) < 2:
                    outcome.reasons[event.reason] = None
                if scans > 1:
                    say(f"failed: {event.name}: {event.reason}")
            case BatchFinished():
                line.clear()
                outcome.end = event
                if event.failed and event.done + event.skipped:
                    say(
                        f"{event.failed} of {scans} scans failed; the same command tries them again"
                    )
        yield event
