"""Which layer holds the truth of which scan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QAbstractItemView, QHeaderView, QTableWidget, QTableWidgetItem

from napari_dgc.gui.calm_boxes import NameComboBox
from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.gui.reference_layers import REFERENCE, scan_named, size_of

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_dgc.gui.scan import Scan

_NONE = "(none)"
_TIP = "Labels layer that holds the truth of this scan"
_MOST_ROWS = 4


def truth_layers(viewer: ViewerModel, scan: Scan) -> list[Labels]:
    """Return the labels layers that may hold the truth of a scan, the likeliest first."""
    from napari.layers import Labels

    fitting = [
        layer
        for layer in viewer.layers
        if isinstance(layer, Labels)
        and not layer.multiscale
        and tuple(layer.data.shape) == size_of(scan)
        and layer.metadata.get(ROLE_KEY) in (None, REFERENCE)
        and layer.metadata.get(COMPANION_KEY) in (None, scan.cube)
    ]
    fitting.reverse()  # the newest of equals lies on top
    return sorted(fitting, key=lambda layer: not _meant(layer, scan))


def _meant(layer: Labels, scan: Scan) -> bool:
    """Tell whether a layer is the truth of a scan without the user saying so."""
    if layer.metadata.get(COMPANION_KEY) is scan.cube:
        return layer.metadata.get(ROLE_KEY) == REFERENCE
    return scan_named(str(layer.name), [scan]) is not None


class TruthTable(QTableWidget):
    """A row for each scan with a box of layers."""

    changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        super().__init__(0, 2)
        self._viewer = viewer
        self._scans: list[Scan] = []
        self._boxes: list[NameComboBox] = []
        self._offered: list[list[Labels | None]] = []
        # What the user has chosen, by key of the scan.
        self._wanted: dict[str, Labels | None] = {}
        self.setHorizontalHeaderLabels(["Scan", "Truth"])
        header = self.horizontalHeader()
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(1, QHeaderView.ResizeMode.Stretch)
        self.verticalHeader().hide()
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)

    @property
    def boxes(self) -> list[NameComboBox]:
        """The box of each scan."""
        return list(self._boxes)

    @property
    def chosen(self) -> list[tuple[Scan, Labels]]:
        """Scans that have a truth, and its layer."""
        found = []
        for scan, box, offered in zip(self._scans, self._boxes, self._offered, strict=True):
            layer = offered[box.currentIndex()]
            if layer is not None:
                found.append((scan, layer))
        return found

    def choose(self, scan: Scan, layer: Labels | None) -> None:
        """Choose the truth of a scan, as the user does; shown with the next `show_scans`."""
        self._wanted[scan.key] = layer

    def show_scans(self, scans: Sequence[Scan]) -> None:
        """Offer the layers that are there now, and keep what was chosen."""
        offered: list[list[Any]] = [[None, *truth_layers(self._viewer, s)] for s in scans]
        names = [[_NONE if each is None else str(each.name) for each in o] for o in offered]
        if self._scans != list(scans):
            self._make_rows(scans)
        self._offered = offered
        for row, scan in enumerate(scans):  # names of scans may have changed
            item = self.item(row, 0)
            item.setText(scan.name)
            item.setToolTip(as_plain(scan.name))
        for scan, box, layers, titles in zip(scans, self._boxes, offered, names, strict=True):
            likely = layers[1] if len(layers) > 1 and _meant(layers[1], scan) else None
            wanted = self._wanted.get(scan.key, likely)
            place = next((i for i, each in enumerate(layers) if each is wanted), None)
            if place is None:  # it was removed
                self._wanted.pop(scan.key, None)
                place = layers.index(likely)
            with QSignalBlocker(box):
                box.show_names(titles)
                box.setCurrentIndex(place)
            box.show_tip()

    def _make_rows(self, scans: Sequence[Scan]) -> None:
        self._scans = list(scans)
        self._boxes = []
        self.setRowCount(len(scans))
        for row in range(len(scans)):
            self.setItem(row, 0, QTableWidgetItem())
            box = NameComboBox(_TIP)
            box.activated.connect(lambda _place, row=row: self._on_activated(row))
            self._boxes.append(box)
            self.setCellWidget(row, 1, box)
            self.setRowHeight(row, box.sizeHint().height())
        shown = min(_MOST_ROWS, max(1, len(scans)))
        row_height = self._boxes[0].sizeHint().height() if self._boxes else 24
        header = self.horizontalHeader().sizeHint().height()
        self.setFixedHeight(header + shown * row_height + 4)

    def _on_activated(self, row: int) -> None:
        layer = self._offered[row][self._boxes[row].currentIndex()]
        self._wanted[self._scans[row].key] = layer
        self.changed.emit()
