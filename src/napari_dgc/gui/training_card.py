"""Writing the card of the training that the window holds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QPushButton

from napari_dgc.errors import UserError
from napari_dgc.gui import messages
from napari_dgc.gui.lesions.asking import ask_file

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session
    from napari_dgc.gui.worker import Trainer
    from napari_dgc.monitoring import Card


def card_of(session: Session, trainer: Trainer) -> Card | None:
    """Collect what there is to tell of the session's model; None without one."""
    from napari_dgc.monitoring import Card

    model = session.model
    if model is None:
        return None
    # Those that it was trained on; of a model from a folder nobody knows which are.
    scans = [scan for scan in trainer.monitor.scans if scan in session.scans] or trainer.scans
    return Card.of(
        model,
        trainer.monitor.log_of(model, trainer.epochs),
        [scan.cube for scan in scans or session.scans],
        names=[scan.name for scan in scans or session.scans],
        partition=session.partition,
    )


class TrainingCardButton(QPushButton):
    """Asks for a file and writes the training card."""

    #: What came of it, in a sentence.
    said = Signal(str)
    failed = Signal(str)

    def __init__(self, session: Session, trainer: Trainer) -> None:
        super().__init__("Training card…")
        self._session = session
        self._trainer = trainer
        self.setToolTip("Save settings, curves, maps and spectra of this training as one web page.")
        self.clicked.connect(self._on_clicked)

    def _on_clicked(self) -> None:
        from napari_dgc.monitoring import write_card

        path = ask_file(
            *(self, "Save training card", "training", {"HTML (*.html)": ".html"}),
            planned=lambda file: [file],
            folder=self._folder(),
        )
        if path is None:
            return
        try:
            with messages.busy():
                card = card_of(self._session, self._trainer)
                if card is not None:
                    write_card(path, card)
        except UserError as error:
            self.failed.emit(str(error))
        else:
            self.said.emit(f"The training card is in {path}; open it in a web browser.")

    def _folder(self) -> Path | None:
        paths = (scan.cube.path for scan in self._session.scans)
        return next((path.absolute().parent for path in paths if path is not None), None)
