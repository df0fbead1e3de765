"""The figures of a comparison, and the switch that lays its maps side by side."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QCheckBox, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dgc.gui.calm_boxes import CalmComboBox
from napari_dgc.gui.compare.matrix_table import FigureTable

if TYPE_CHECKING:
    from napari_dgc.comparison import Comparison


class Results(QWidget):
    """The lower part of the dock; nothing of it is there before the first figures."""

    #: The user wants the maps side by side, or no longer.
    side_by_side = Signal(bool)
    #: The user wants the tables in a file.
    save_wanted = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._comparison: Comparison | None = None
        self.toggle = QCheckBox("Side by side")
        self.toggle.setChecked(True)
        self.toggle.setToolTip(
            "Show the maps in napari's grid, each over its scans; your own view comes back "
            "when this is switched off."
        )
        self.figure = CalmComboBox()
        self.figure.addItem("ARI", "ari")
        self.figure.addItem("NMI", "nmi")
        self.figure.setToolTip(
            "ARI: adjusted Rand index, 1 for the same division, 0 by chance. NMI: normalised "
            "mutual information, 0 to 1."
        )
        self.save = QPushButton("Save table…")
        self.save.setToolTip(
            "Write the agreement over all scans, and scan by scan, as CSV or Excel"
        )
        self.matrix = FigureTable()
        self.truth_title = QLabel("Against the truth")
        self.scores = FigureTable()
        row = QHBoxLayout()
        row.addWidget(self.toggle)
        row.addStretch()
        row.addWidget(self.figure)
        row.addWidget(self.save)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(5)
        layout.addLayout(row)
        for widget in (self.matrix, self.truth_title, self.scores):
            layout.addWidget(widget)
        self.toggle.clicked.connect(self.side_by_side)
        self.save.clicked.connect(self.save_wanted)
        self.figure.currentIndexChanged.connect(self._show)
        self._show()

    def show_comparison(self, comparison: Comparison) -> None:
        """Show other figures."""
        self._comparison = comparison
        self._show()

    def _show(self) -> None:
        found = self._comparison
        several = found is not None and len(found.contenders) > 1
        scored = found is not None and bool(found.truth)
        self.setVisible(found is not None)
        for widget in (self.matrix, self.figure):
            widget.setVisible(several)
        for widget in (self.truth_title, self.scores):
            widget.setVisible(scored)
        if found is not None and several:
            self.matrix.show_agreement(found, self.figure.currentData())
        if found is not None and scored:
            self.scores.show_scores(found)
