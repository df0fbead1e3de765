"""The checkbox that shows confidence, and the worker behind it."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QProgressBar, QSizePolicy, QWidget

from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.errors import UserError
from napari_dgc.gui.confidence_layers import ConfidenceLayers
from napari_dgc.gui.plain_label import as_plain, plain_label

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.gui.session import Scan, Session

#: Classes that change faster than this, as under the slider, are not followed one by one.
_PAUSE_MS = 300
_TIP = (
    "Lay over each scan how sure the class of every pixel is: what is certain stays clear, what "
    "could as well be another class turns magenta. The status bar tells the probability."
)


class _State(NamedTuple):
    """What a scan's confidence follows from; compared by identity where values are large."""

    model: Clusterer
    epoch: int
    groups: bytes
    fine: NDArray[np.uint16]

    def same(self, other: _State | None) -> bool:
        return (
            other is not None
            and self.model is other.model
            and self.fine is other.fine
            and (self.epoch, self.groups) == (other.epoch, other.groups)
        )


class _Job(NamedTuple):
    """One scan to work out, and the state it is worked out for."""

    scan: Scan
    state: _State
    predicted: NDArray[np.uint16]


class ConfidenceSwitch(QWidget):
    """Checkbox that shows the confidence layers, and keeps them true to the classes.

    As soon as the classes change, layers that no longer fit are hidden; they come back
    when a worker has made them anew.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._layers = ConfidenceLayers(session)
        self._awake = True
        self._known: weakref.WeakKeyDictionary[Scan, _State] = weakref.WeakKeyDictionary()
        self._cancel = CancelSource()
        self.box = QCheckBox("Show confidence")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(8)
        self.bar.hide()
        self.message = plain_label()
        # A long sentence must not push the dock wider; the tooltip has all of it.
        self.message.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.box)
        layout.addWidget(self.bar, 1)
        layout.addWidget(self.message, 1)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._start)
        self.box.toggled.connect(self._on_toggled)
        self.refresh()

    # ------------------------------------------------------------- following

    def refresh(self) -> None:
        """Follow the session: hide what no longer fits, and have it made anew."""
        reason = self._why_not()
        self.box.setEnabled(not reason)
        self.box.setToolTip(reason or _TIP)
        wanted = self.box.isChecked() and not reason
        layers = self._layers.by_scan()
        stale = False
        for scan in self._session.scans:
            state, layer = self._state(scan), layers.get(scan)
            fresh = layer is not None and state is not None and state.same(self._known.get(scan))
            stale = stale or (state is not None and not fresh)
            if layer is not None and not (wanted and fresh):
                self._layers.hide(layer)
            elif layer is not None:
                self._layers.unhide(layer)
        if wanted and stale and self._awake:
            self.stop()
            self._busy(0, 0)
            self._pause.start()
        else:
            self.stop()

    def set_awake(self, awake: bool) -> None:
        """Rest while the dock cannot be seen; layers stay as long as they are true."""
        if awake != self._awake:
            self._awake = awake
            if awake:
                self.refresh()
            else:
                self.stop()

    def stop(self) -> None:
        """Give up what a worker is making."""
        self._pause.stop()
        self.cancel()
        self._busy(None)

    def cancel(self) -> None:
        """Let a worker end early; touches no Qt object, so it may come after their end."""
        self._cancel.cancel()

    def let_go(self) -> None:
        """Hide the layers, which nobody keeps true from now on; touches no Qt object either."""
        self.cancel()
        for layer in self._layers.by_scan().values():
            self._layers.hide(layer)

    def _why_not(self) -> str:
        session = self._session
        if session.state.running:
            return "Confidence can be shown once training has ended or was stopped."
        if session.model is None or not any(scan.fine is not None for scan in session.scans):
            return "Confidence can be shown once scans were labelled by a model."
        partition = session.partition
        if partition is None or partition.clusters != session.model.n_clusters:
            return "The classes shown are not those of the model; label the scans with it."
        return ""

    def _state(self, scan: Scan) -> _State | None:
        session = self._session
        model, partition = session.model, session.partition
        if model is None or partition is None or scan.fine is None:
            return None
        return _State(model, model.epoch, partition.lookup().tobytes(), scan.fine)

    def _on_toggled(self, checked: bool) -> None:
        self.message.clear()
        self.message.setToolTip("")
        self.refresh()

    # --------------------------------------------------------------- working

    def _start(self) -> None:
        from napari.qt.threading import create_worker

        session = self._session
        partition = session.partition
        jobs, layers = [], self._layers.by_scan()
        for scan in session.scans:
            state = self._state(scan)
            fresh = state is not None and state.same(self._known.get(scan))
            if state is None or scan.predicted is None or (fresh and scan in layers):
                continue
            jobs.append(_Job(scan, state, scan.predicted))
        if not jobs or partition is None:
            self._busy(None)
            return
        self._cancel = CancelSource()
        self._busy(0, len(jobs))
        self.message.clear()
        token = self._cancel.token
        worker: Any = create_worker(_work, jobs, partition.lookup(), token, _start_thread=False)
        # Bound methods, so that Qt forgets them with this widget.
        worker.yielded.connect(self._on_result)
        worker.start()

    def _on_result(
        self, result: tuple[CancelToken, int, _Job | None, NDArray[np.float32] | str]
    ) -> None:
        token, left, job, found = result
        if token.cancelled:
            return
        self.bar.setValue(self.bar.maximum() - left)
        if not left:
            self._busy(None)
        if job is None or isinstance(found, str):
            self.message.setText(str(found))
            self.message.setToolTip(as_plain(str(found)))
            return
        if job.scan in self._session.scans and job.state.same(self._state(job.scan)):
            self._known[job.scan] = job.state
            self._layers.put(job.scan, found)

    def _busy(self, done: int | None, total: int = 0) -> None:
        self.bar.setVisible(done is not None)
        if done is not None:
            self.bar.setRange(0, total)
            self.bar.setValue(done)


def _work(
    jobs: list[_Job], groups: NDArray[np.uint16], token: CancelToken
) -> Iterator[tuple[CancelToken, int, _Job | None, NDArray[np.float32] | str]]:
    """Yield the confidence of each scan, or one sentence and the end."""
    for left, job in zip(range(len(jobs) - 1, -1, -1), jobs, strict=True):
        try:
            values = job.state.model.predict_confidence(job.scan.cube, groups=groups, token=token)
        except InterruptedError:
            return
        except UserError as error:
            yield token, 0, None, str(error)
            return
        except OSError as error:
            what = error.strerror or str(error)
            yield token, 0, None, f"{job.scan.cube.name} cannot be read: {what}."
            return
        except RuntimeError:
            # A training that has just begun may move the model away under this look.
            if token.cancelled:
                return
            raise
        # The user is sure of what was painted by hand.
        corrected = job.state.fine != job.predicted
        yield token, left, job, np.where(corrected, np.float32(1), values)
