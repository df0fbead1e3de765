"""How much of each scan is saturated, or seen by dead detector pixels, in a small table."""

from __future__ import annotations

from collections.abc import Sequence

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_dgc.calibration import Flagged, percent
from napari_dgc.gui.plain_label import as_plain

_TIPS = {
    "Scan": "Scans whose references were read since this dock was opened.",
    "Saturated": "Samples as bright as the sensor can tell, of all samples; in brackets the pixels "
    "with such a sample in any band. They have no data.",
    "Dead": "Detector pixels (band and column) that hardly see the white panel, or are saturated "
    "on it; see Advanced for what becomes of them.",
    "Bands out": "Bands left out, as most of their detector pixels are dead.",
}
#: Rows shown without scrolling.
_MOST = 4


class FlaggedTable(QTableWidget):
    """One row per scan; hidden while there is none."""

    def __init__(self) -> None:
        super().__init__(0, len(_TIPS))
        for column, (title, tip) in enumerate(_TIPS.items()):
            item = QTableWidgetItem(title)
            item.setToolTip(tip)
            self.setHorizontalHeaderItem(column, item)
        header = self.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.verticalHeader().setDefaultSectionSize(self.fontMetrics().height() + 6)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.show_scans([])

    def show_scans(self, scans: Sequence[tuple[str, Flagged]]) -> None:
        """Show names of scans and what was counted."""
        self.setRowCount(len(scans))
        for row, (name, found) in enumerate(scans):
            saturated = percent(found.saturated)
            if found.saturated:
                saturated += f" ({percent(found.saturated_pixels)})"
            texts = name, saturated, str(found.dead), str(found.bands)
            for column, (text, tip) in enumerate(zip(texts, _TIPS.values(), strict=True)):
                item = QTableWidgetItem(text)
                item.setToolTip(tip if column else as_plain(name))
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.setItem(row, column, item)
        rows = min(len(scans), _MOST) * self.verticalHeader().defaultSectionSize()
        self.setFixedHeight(
            self.horizontalHeader().sizeHint().height() + rows + 2 * self.frameWidth()
        )
        self.setVisible(bool(scans))
