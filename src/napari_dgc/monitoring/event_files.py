"""Event files for TensorBoard: losses, active clusters, change of labels, label pictures.

Records are written one after the other in the thread that trains. The usual writers put them
into the queue of a thread of their own, which waits for ever once a disk is full.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import time
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.annotations.picture import png_bytes
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Notice,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.errors import UserError
from napari_dgc.files import file_stems
from napari_dgc.monitoring.recorder import short_names
from napari_dgc.monitoring.small_maps import LabelChange, coloured, small_map

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer

#: Scans of which there are pictures, their longest side in pixels, and epochs with pictures.
MOST_SCANS, LONGEST_SIDE, MOST_EPOCHS = 32, 256, 50


def check_available() -> None:
    """Look whether event files can be written.

    Raises
    ------
    UserError
        Says what to install.
    """
    try:
        import tensorboardX  # noqa: F401
    except ImportError:
        raise UserError(
            "TensorBoard files need the package tensorboardX, which is not installed; "
            'install it with: pip install "napari-dgc[tensorboard]"'
        ) from None


def run_folder(folder: Path, name: str, *, go_on: bool) -> Path:
    """Return the folder of a run within that of all runs.

    Parameters
    ----------
    folder
        What TensorBoard is pointed at; it shows all runs in it side by side.
    name
        Of the run; a further one of that name gets a number.
    go_on
        Whether the latest run of that name goes on.
    """
    (stem,) = file_stems([name[:100]])
    pattern = re.compile(rf"{re.escape(stem)}(?:-(\d{{1,6}}))?")
    taken = [
        int(match[1] or 1)
        for path in (folder.iterdir() if folder.is_dir() else ())
        if (match := pattern.fullmatch(path.name)) is not None
    ]
    number = max(taken, default=0) if go_on else max(taken, default=0) + 1
    return folder / (stem if number <= 1 else f"{stem}-{number}")


class EventFiles:
    """A `Watcher` that writes for TensorBoard.

    Parameters
    ----------
    folder
        Of this run, see `run_folder`. A run that goes on gets a further file in it; what
        TensorBoard has of later epochs it lets go of.
    scans
        Names, in the order of the training.

    Raises
    ------
    UserError
        tensorboardX is not installed.
    """

    failure = "TensorBoard files could not be written"

    def __init__(self, folder: Path, scans: Sequence[str]) -> None:
        check_available()
        self.folder = folder.absolute()
        self._tags = short_names(scans)
        self._change = LabelChange(len(scans))
        self._every = 1
        self._last = 0
        self._writer: Any = None

    def see(self, model: Clusterer, event: TrainingEvent) -> Iterable[Notice]:
        """Write what an event tells."""
        match event:
            case TrainingStarted():
                self._every = max(1, -(-(event.epochs - event.epoch) // MOST_EPOCHS))
                self._last = event.epochs
                self._open(event.epoch)
                return [Notice(where_to_look(self.folder))]
            case LabelsReady(scan, epoch, labels):
                self._change.see(scan, epoch, labels)
                shown = epoch % self._every == 0 or epoch in (1, self._last)
                if shown and scan < MOST_SCANS:
                    painted = coloured(small_map(labels, LONGEST_SIDE), None)
                    rows, columns, _ = painted.shape
                    picture = {"height": rows, "width": columns, "colorspace": 3}
                    data = png_bytes(painted)
                    value = {"image": picture | {"encoded_image_string": data}}
                    self._write(epoch, [{"tag": f"labels/{self._tags[scan]}"} | value])
            case EpochFinished():
                values = {f"loss/{name}": value for name, value in event.losses.items()}
                values["clusters/active"] = event.active
                changed = self._change.share(event.epoch)
                if changed is not None:
                    values["labels changed/share"] = changed
                scalars = [{"tag": k, "simple_value": float(v)} for k, v in values.items()]
                self._write(event.epoch, scalars)
                self._flush()
            case TrainingFinished():
                self._flush()
        return ()

    def close(self) -> None:
        """Close the file."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            writer.close()

    def _open(self, epoch: int) -> None:
        from tensorboardX import RecordWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog

        self.folder.mkdir(parents=True, exist_ok=True)
        start, number = int(time.time()), 0
        while True:
            # TensorBoard reads the files of a run in the order of their names.
            name = f"events.out.tfevents.{start:010d}.{socket.gethostname()}.{number}"
            path = self.folder / name
            try:
                path.open("xb").close()
                break
            except FileExistsError:
                number += 1
        self._writer = RecordWriter(str(path))
        self._put(Event(wall_time=time.time(), file_version="brain.Event:2"))
        if epoch > 0:
            log = SessionLog(status=SessionLog.START)
            self._put(Event(wall_time=time.time(), step=epoch + 1, session_log=log))
        self._flush()

    def _write(self, epoch: int, values: list[dict[str, Any]]) -> None:
        from tensorboardX.proto.event_pb2 import Event
        from tensorboardX.proto.summary_pb2 import Summary

        summary = Summary(value=[Summary.Value(**value) for value in values])
        self._put(Event(wall_time=time.time(), step=epoch, summary=summary))

    def _put(self, event: Any) -> None:
        if self._writer is not None:
            self._writer.write(event.SerializeToString())

    def _flush(self) -> None:
        if self._writer is not None:
            self._writer.flush()


def where_to_look(run: Path) -> str:
    """Say where the files of a run are, and the command that shows them."""
    command = ["tensorboard", "--logdir", str(run.parent)]
    shown = subprocess.list2cmdline(command) if os.name == "nt" else shlex.join(command)
    return f"TensorBoard files are written to {run}; to look at them: {shown}"
