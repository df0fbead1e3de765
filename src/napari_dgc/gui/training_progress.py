"""How far a training has come, as a bar and a line of words."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_dgc.clustering.events import (
    EpochFinished,
    Progress,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.session import TrainingState
from napari_dgc.gui.training_card import TrainingCardButton

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session
    from napari_dgc.gui.worker import Trainer


def time_left(seconds: float) -> str:
    """Say a rough remaining time, ``"about 2 min left"``."""
    if seconds < 1:
        return "nearly done"
    if seconds < 60:
        return f"about {seconds:.0f} s left"
    if seconds < 3600:
        return f"about {seconds / 60:.0f} min left"
    return f"about {seconds / 3600:.1f} h left"


def epochs_text(count: int) -> str:
    """Say a number of epochs, ``"3 epochs"``."""
    return "1 epoch" if count == 1 else f"{count} epochs"


_KEPT = "The trained model is kept: save it, or open scans and press Label scans to use it on them."
_READY = "The trained model is kept: press Label scans to use it on these scans."


class TrainingProgress(QWidget):
    """Bar and line below the buttons of the training dock.

    Parameters
    ----------
    trainer
        Knows the epochs of the run that is told about.
    session
        Its scans are looked at next, once they have labels.
    """

    def __init__(self, trainer: Trainer, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._trainer = trainer
        self._session = session
        self._started: TrainingStarted | None = None
        self._clock = 0.0
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.status = plain_label()
        self.status.setWordWrap(True)
        #: The step after training.
        self.go_on = QPushButton("Next: name clusters")
        self.go_on.setToolTip("Go to the dock Merge clusters, where clusters become named classes")
        self.go_on.clicked.connect(self._go_on)
        self.go_on.hide()
        #: What came of the training, on one page.
        self.card = TrainingCardButton(session, trainer)
        self.card.hide()
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addWidget(self.bar)
        layout.addWidget(self.status)
        after = QHBoxLayout()
        after.addWidget(self.go_on)
        after.addWidget(self.card)
        after.addStretch()
        layout.addLayout(after)

    def set_colour(self, colour: str) -> None:
        """Give the bar a colour of the theme; napari's bars are grey on grey."""
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {colour}; }}")

    def forget(self) -> None:
        """Let go of the run before: another one begins."""
        self._started = None

    def clear(self) -> None:
        """Begin at nothing."""
        self.forget()
        self.bar.setValue(0)

    def refresh(self, state: TrainingState, has_model: bool, has_scans: bool) -> None:
        """Show where training stands between the events."""
        self.card.setVisible(has_model and not state.running)
        self.go_on.setVisible(has_model and not state.running and bool(self._session.labelled))
        if not state.running and not has_scans:
            self.clear()
            self.status.setText(_KEPT if has_model else "")
            self.bar.hide()
            return
        if self.status.text() == _KEPT:
            self.status.setText(_READY)
        if state is TrainingState.TRAINING and self._started is None and not self._trainer.epochs:
            self.bar.setRange(0, 0)
            self.status.setText("Starting…")
        elif not state.running and self.bar.maximum() == 0:
            self._fill(0.0)
        self.bar.setVisible(state.running or has_model)

    def follow(self, event: object) -> None:
        """Tell what an event says about the position in the run; others are passed over."""
        match event:
            case TrainingStarted():
                self._started = event
                self._clock = time.monotonic()
                self._tell(event.epoch, 0.0, f"on {event.device}")
            case Progress(stage, fraction):
                self._on_progress(stage, fraction)
            case EpochFinished():
                self._tell(event.epoch, 0.0, _active(event))
            case TrainingFinished():
                self._finish(event)

    def fail(self, kept: bool) -> None:
        """Say that the run broke off, and whether there is a result."""
        self.status.setText(f"Failed.{' What was found so far is kept.' if kept else ''}")

    def _go_on(self) -> None:
        from napari_dgc.gui.go_to import go_to_merge

        if self._session.viewer is not None:
            go_to_merge(self._session.viewer, self)

    def _fill(self, share: float) -> None:
        self.bar.setRange(0, 1000)
        self.bar.setValue(round(1000 * share))

    def _on_progress(self, stage: str, fraction: float) -> None:
        if self._started is None:
            self._fill(fraction)
            self.status.setText(stage)
            return
        epochs = self._trainer.epochs
        done = epochs[-1].epoch if epochs else self._started.epoch
        within = fraction if stage == "training" or stage.startswith("epoch") else 0.0
        self._tell(done, within, stage)

    def _tell(self, done: int, within: float, what: str) -> None:
        """Show the position in the run: `done` epochs and a part of the next."""
        if self._started is None:
            return
        total = max(self._started.epochs, 1)
        self._fill(min((done + within) / total, 1.0))
        parts = [f"Epoch {min(done + 1, total)} of {total}"]
        if not what.startswith("epoch"):
            parts.append(what)
        epochs = self._trainer.epochs
        if epochs and "active cluster" not in what:
            parts.append(_active(epochs[-1]))
        passed = done + within - self._started.epoch
        if passed > 0.3 and done < total:
            pace = (time.monotonic() - self._clock) / passed
            parts.append(time_left(pace * (total - done - within)))
        self.status.setText(" · ".join(parts))

    def _finish(self, event: TrainingFinished) -> None:
        epochs = self._trainer.epochs
        active = f", {_active(epochs[-1])}" if epochs else ""
        if self._started is None:
            self.status.setText("Scans labelled.")
        elif event.stopped:
            self.status.setText(
                f"Stopped after {epochs_text(event.epoch)}{active}. Result kept."
                if event.epoch
                else "Stopped before the first epoch was complete."
            )
        else:
            self.status.setText(f"Done: {epochs_text(event.epoch)}{active}.")
        if not event.stopped:
            self._fill(1.0)


def _active(event: EpochFinished) -> str:
    return "1 active cluster" if event.active == 1 else f"{event.active} active clusters"
