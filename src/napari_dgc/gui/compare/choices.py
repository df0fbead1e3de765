"""On which scans what is compared, with which options, against which truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.calm_boxes import CalmSpinBox, NameComboBox
from napari_dgc.gui.compare.contender_list import ContenderList
from napari_dgc.gui.compare.label_groups import images_of, label_groups
from napari_dgc.gui.empty_state import OPEN_A_SCAN
from napari_dgc.gui.scan_list import ScanList

if TYPE_CHECKING:
    from napari_dgc.annotations import LabelImage
    from napari_dgc.comparison import Contender
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

_NO_TRUTH = "none"


class Choices(QWidget):
    """The upper part of the dock.

    Parameters
    ----------
    session
        Whose scans and layers these are.
    """

    #: Something else is chosen, or there is something else to choose from.
    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self.empty = QLabel(OPEN_A_SCAN)
        self.empty.setWordWrap(True)
        self.scans = ScanList(session)
        self.scans.setToolTip("Scans to compare on. Methods need the same bands in all of them.")
        self.contenders = ContenderList(session)
        self.add_model = QPushButton("Add model…")
        self.add_model.setToolTip("Choose the folder of a saved model.")
        self.clusters = _spin(2, 256, 16, "Fine clusters of the methods that are trained")
        self.epochs = _spin(1, 1000, 10, "How often methods go over the scans")
        self.seed = _spin(0, 2**31 - 1, 0, "Start of the random numbers")
        self.truth = NameComboBox("Label layers that say what the pixels really are")
        self.truth.setMinimumContentsLength(6)
        self._lay_out()
        self.scans.checked_changed.connect(self._on_scans)
        self.contenders.checked_changed.connect(self._on_contenders)
        self.add_model.clicked.connect(self._on_add_model)
        self.truth.activated.connect(self.changed)
        self._on_scans()

    def _lay_out(self) -> None:
        what = QHBoxLayout()
        what.addWidget(QLabel("Compare"))
        what.addStretch()
        what.addWidget(self.add_model)
        options = QGridLayout()
        options.setSpacing(5)
        boxes = {
            "Clusters": self.clusters,
            "Epochs": self.epochs,
            "Seed": self.seed,
            "Truth": self.truth,
        }
        for place, (title, box) in enumerate(boxes.items()):
            options.addWidget(QLabel(title), place // 2, place % 2 * 2)
            options.addWidget(box, place // 2, place % 2 * 2 + 1)
        options.setColumnStretch(1, 1)
        options.setColumnStretch(3, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addWidget(QLabel("Scans"))
        layout.addWidget(self.empty)
        layout.addWidget(self.scans)
        layout.addLayout(what)
        layout.addWidget(self.contenders)
        layout.addLayout(options)

    def chosen_scans(self) -> list[Scan]:
        """Return the scans to compare on."""
        return self.scans.checked()

    def why_not(self) -> str:
        """Say what is missing before something can be compared, or ""."""
        if not self._session.scans:
            return "Open a scan first."
        if not self.chosen_scans():
            return "Tick a scan first."
        if len(self.contenders.checked()) < (2 if self.truth.currentIndex() <= 0 else 1):
            return "Tick two or more to compare, or one and choose a truth."
        return ""

    def chosen(self) -> list[Contender]:
        """Return what is compared; label layers as they are now."""
        return self.contenders.contenders(
            self.clusters.value(), self.epochs.value(), self.seed.value()
        )

    def chosen_truth(self) -> Callable[[int], LabelImage | None] | None:
        """Return what gives the truth of each chosen scan, or None without."""
        group = label_groups(self._session).get(self.truth.currentText())
        if self.truth.currentIndex() <= 0 or group is None:
            return None
        return images_of(group, self.chosen_scans(), self._session)

    def _on_scans(self) -> None:
        self.empty.setVisible(not self._session.scans)
        self.scans.setVisible(bool(self._session.scans))
        self.contenders.set_scans(self.chosen_scans())

    def _on_contenders(self) -> None:
        """Offer as truth the label layers that lie on any chosen scan."""
        chosen = set(self.chosen_scans())
        names = [name for name, held in label_groups(self._session).items() if chosen & set(held)]
        before = self.truth.currentText()
        with QSignalBlocker(self.truth):
            self.truth.show_names([_NO_TRUTH, *names])
            self.truth.setCurrentIndex(max(0, self.truth.findText(before)))
            self.truth.show_tip()
        self.changed.emit()

    def _on_add_model(self) -> None:
        folder = QFileDialog.getExistingDirectory(self, "Folder of a model")
        if folder:
            self.contenders.add_model(Path(folder))


def _spin(low: int, high: int, value: int, tip: str) -> CalmSpinBox:
    box = CalmSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.setToolTip(tip)
    box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
    return box
