"""Which ordinal scale grades are shown by."""

from __future__ import annotations

from pathlib import Path

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QFileDialog, QSizePolicy, QWidget

from napari_dgc.errors import UserError
from napari_dgc.gui.calm_boxes import CalmComboBox
from napari_dgc.measure.scales import SCALES, OrdinalScale, read_scale

_NONE, _OWN = "No scale", "Own scale…"


class ScaleChoice(CalmComboBox):
    """Scales that are known, and those read from files."""

    #: Another scale counts.
    scale_changed = Signal()
    #: Why a file is no scale.
    said = Signal(str)

    def __init__(self, owner: QWidget) -> None:
        super().__init__()
        self._owner = owner
        self._scales: list[OrdinalScale | None] = [None, *SCALES.values()]
        self._before = 0
        # Takes what buttons beside it leave; its list is as wide as the names.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.setMinimumWidth(80)
        self.setToolTip(
            "Ordinal scale for the column Grade; an own one is a CSV file with the columns grade, "
            "from, to in percent"
        )
        for scale in self._scales:
            self.addItem(_NONE if scale is None else scale.name)
        self.addItem(_OWN)
        self.activated.connect(self._on_activated)

    @property
    def scale(self) -> OrdinalScale | None:
        """The chosen scale, or None."""
        return self._scales[self._before]

    def load(self, path: Path) -> None:
        """Read a scale from a file and choose it."""
        try:
            scale = read_scale(path)
        except UserError as error:
            self.said.emit(str(error))
            return
        self._scales.append(scale)
        self.insertItem(len(self._scales) - 1, scale.name)
        self._choose(len(self._scales) - 1)

    def _on_activated(self, row: int) -> None:
        if row < len(self._scales):
            self._choose(row)
            return
        self.setCurrentIndex(self._before)
        name, _ = QFileDialog.getOpenFileName(
            self._owner, "Scale of grades", "", "Scales (*.csv *.tsv *.json)"
        )
        if name:
            self.load(Path(name))

    def _choose(self, row: int) -> None:
        self.setCurrentIndex(row)
        if row != self._before:
            self._before = row
            self.scale_changed.emit()
