"""A slider over the epochs that were kept, and going on from one of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSlider, QVBoxLayout, QWidget

from napari_dgc.gui.epochs.look_back import get_look_back
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.projects.record import get_record

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.gui.train_options import TrainOptions
    from napari_dgc.gui.worker import Trainer
    from napari_dgc.project import KeptEpoch


class EpochRow(QWidget):
    """Looks back at kept epochs; there only when there is more than one.

    Parameters
    ----------
    session
        Whose epochs.
    trainer
        Goes on from one.
    options
        Say up to which epoch, and on what.
    """

    #: A sentence for the user: something went wrong.
    failed = Signal(str)

    def __init__(self, session: Session, trainer: Trainer, options: TrainOptions) -> None:
        super().__init__()
        self._session, self._trainer, self._options = session, trainer, options
        self._look = get_look_back(session)
        self._kept: tuple[KeptEpoch, ...] = ()
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setTickPosition(QSlider.TickPosition.TicksBelow)
        self.slider.setPageStep(1)
        self.slider.setToolTip("Look back at the label maps of an earlier epoch.")
        self.shown = QLabel()
        self.recommended = QPushButton()
        self.go_on = QPushButton()
        self.take = QPushButton("Go back to it")
        self.take.setToolTip("Take the model and the label maps of this epoch; classes stay.")
        self.now = QPushButton("Back to now")
        self.now.setToolTip("Show the label maps of now again.")
        self.reason = plain_label()
        self.reason.setWordWrap(True)
        self._lay_out()
        self.slider.valueChanged.connect(self._on_moved)
        self.slider.sliderPressed.connect(self._on_pressed)
        self.recommended.clicked.connect(self._on_recommended)
        self.go_on.clicked.connect(self._on_go_on)
        self.take.clicked.connect(self._on_take)
        self.now.clicked.connect(self._look.end)
        options.epochs.valueChanged.connect(self._refresh)
        self._look.changed.connect(self._refresh)
        self._look.failed.connect(self.failed)
        connect_while_alive(self, get_record(session).changed, self._renew)
        for signal in (session.training_changed, session.model_changed):
            connect_while_alive(self, signal, self._renew)
        self._renew()

    def _lay_out(self) -> None:
        top, bottom = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.shown)
        top.addWidget(self.slider, 1)
        top.addWidget(self.recommended)
        self._buttons = QWidget()
        self._buttons.setLayout(bottom)
        bottom.setContentsMargins(0, 0, 0, 0)
        bottom.setSpacing(4)
        for button, stretch in ((self.go_on, 2), (self.take, 1), (self.now, 1)):
            bottom.addWidget(button, stretch)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(top)
        layout.addWidget(self._buttons)
        layout.addWidget(self.reason)

    # ------------------------------------------------------------ state

    def _renew(self) -> None:
        """Take over the epochs that there are now."""
        model = self._session.model
        kept = () if model is None else get_record(self._session).epochs.kept
        if kept != self._kept:
            self._kept = kept
            with QSignalBlocker(self.slider):
                self.slider.setRange(0, max(0, len(kept) - 1))
                self.slider.setValue(self._place_now())
        self.setVisible(len(kept) > 1 and not self._session.state.running)
        self._refresh()

    def _place_now(self) -> int:
        """Return the place of the epoch that the model is at, else the last one."""
        model = self._session.model
        at = None if model is None else model.epoch
        places = [place for place, kept in enumerate(self._kept) if kept.epoch == at]
        return places[0] if places else max(0, len(self._kept) - 1)

    def _refresh(self) -> None:
        looking = self._look.kept
        if looking is None:
            with QSignalBlocker(self.slider):
                self.slider.setValue(self._place_now())
        model = self._session.model
        epoch = looking.epoch if looking is not None else 0 if model is None else model.epoch
        self.shown.setText(f"Epoch {epoch}")
        self._buttons.setVisible(looking is not None)
        self.go_on.setText(f"Continue from epoch {epoch}")
        left = self._options.epochs.value() - epoch
        there = bool(self._scans())
        self.go_on.setEnabled(left > 0 and there)
        self.go_on.setToolTip(
            f"Train on from epoch {epoch} to {epoch + left}; later epochs are replaced."
            if left > 0 and there
            else "Open the scans that were trained on first."
            if not there
            else f"Raise Epochs above {epoch} to go on from there."
        )
        self.take.setEnabled(model is not None and model.epoch != epoch)
        self._tell_recommended(epoch)

    def _tell_recommended(self, epoch: int) -> None:
        best = get_record(self._session).epochs.recommended
        self.recommended.setVisible(best is not None)
        self.reason.setVisible(best is not None and best.epoch == epoch)
        if best is None:
            return
        there = any(kept.epoch == best.epoch for kept in self._kept)
        self.recommended.setText(f"★ {best.epoch}")
        self.recommended.setEnabled(there)
        said = f"Epoch {best.epoch} is recommended: {best.reason}."
        self.recommended.setToolTip(said)
        self.reason.setText(f"★ {said}")

    def _scans(self) -> list[Scan]:
        """Return the scans that were trained on last; none where one of them is closed."""
        training = get_record(self._session).training
        if training is None or not training.runs:
            return self._trainer.scans
        there = {scan.key: scan for scan in self._session.scans}
        keys = training.runs[-1].scans
        return [there[key] for key in keys] if there.keys() >= set(keys) else []

    # ------------------------------------------------------------ clicks

    def _on_moved(self, place: int) -> None:
        if 0 <= place < len(self._kept):
            self._look.show(self._kept[place])

    def _on_pressed(self) -> None:
        if self._look.kept is None:
            self._on_moved(self.slider.value())

    def _on_recommended(self) -> None:
        best = get_record(self._session).epochs.recommended
        for place, kept in enumerate(self._kept):
            if best is not None and kept.epoch == best.epoch:
                self.slider.setValue(place)
                self._look.show(kept)

    def _on_go_on(self) -> None:
        device = str(self._options.device.currentData())
        self._start(
            lambda kept: self._trainer.go_on_from(
                kept, self._scans(), self._options.epochs.value(), device
            )
        )

    def _on_take(self) -> None:
        self._start(lambda kept: self._trainer.go_back_to(kept, self._session.labelled))

    def _start(self, begin: Callable[[KeptEpoch], None]) -> None:
        kept = self._look.kept
        if kept is not None and not self._trainer.running:
            self._look.end()
            begin(kept)
