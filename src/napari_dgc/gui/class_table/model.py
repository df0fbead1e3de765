"""Qt model over the classes of a partition."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt, Signal
from qtpy.QtGui import QColor, QFont
from qtpy.QtWidgets import QWidget

from napari_dgc.gui.class_table.columns import HEADINGS, Column, area, grouped, percent
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.partition import ClassInfo, Partition
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate

#: What the proxy sorts by.
SORT_ROLE = int(Qt.ItemDataRole.UserRole)
#: (bands,) heights of the spectrum in 0 to 1, NaN where unknown; None without one.
SPECTRUM_ROLE = SORT_ROLE + 1
#: Text that a filter looks in.
FILTER_ROLE = SORT_ROLE + 2

Index: TypeAlias = QModelIndex | QPersistentModelIndex
_CENTRED = frozenset({Column.VISIBLE, Column.COLOUR, Column.SPECTRUM})


class ClassTableModel(QAbstractTableModel):
    """Classes of a partition and their area; rows in the partition's order.

    Changes are only asked for (`rename_requested`, `recolour_requested`): whoever
    owns the history makes them and hands the new partition to `set_content`.
    """

    rename_requested = Signal(int, str)
    recolour_requested = Signal(int, str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._classes: tuple[ClassInfo, ...] = ()
        self._pixels: list[int] = []
        self._total = 0
        self._leaf: frozenset[int] = frozenset()
        self._leaf_pixels = 0
        self._areas: list[float | None] = []
        self._hidden: frozenset[int] = frozenset()
        self._spectra: dict[int, NDArray[np.float64]] = {}
        self._levels: dict[int, float] = {}

    def set_content(
        self,
        partition: Partition | None,
        counts: NDArray[np.int64],
        *,
        template: NameTemplate = PLANT_PATHOLOGY,
        areas_mm2: NDArray[np.float64] | None = None,
    ) -> bool:
        """Show a partition.

        Parameters
        ----------
        partition
            Classes to show; None shows nothing.
        counts
            (clusters,) pixels of each fine cluster over all scans.
        template
            Tells which names are leaf.
        areas_mm2
            (clusters,) area of each fine cluster over all scans, or None where the size
            of some pixels is not known.

        Returns
        -------
        bool
            Whether rows came or went (and views lost their selection).
        """
        classes = () if partition is None else partition.classes
        members = [np.array(info.members) - 1 for info in classes]
        pixels = [int(counts[where].sum()) for where in members]
        same = [info.number for info in classes] == [info.number for info in self._classes]
        if not same:
            self.beginResetModel()
        self._classes, self._pixels, self._total = classes, pixels, sum(pixels)
        self._leaf = frozenset() if partition is None else partition.named(template.leaf)
        self._leaf_pixels = sum(
            count for info, count in zip(classes, pixels, strict=True) if info.number in self._leaf
        )
        self._areas = [None if areas_mm2 is None else float(areas_mm2[w].sum()) for w in members]
        if not same:
            self.endResetModel()
        else:
            # No reset: an open name editor and the selection stay.
            self._say_changed(0, len(Column) - 1)
        return not same

    def set_spectra(self, classes: Iterable[ClassInfo], means: NDArray[np.float64] | None) -> None:
        """Show mean spectra, (classes, bands), NaN where unknown; None shows none."""
        self._spectra, self._levels = {}, {}
        if means is not None and np.isfinite(means).any():
            top = float(np.nanmax(means))
            bottom = min(float(np.nanmin(means)), 0.0)
            scale = (top - bottom) or 1.0
            for info, mean in zip(classes, means, strict=True):
                if np.isfinite(mean).any():
                    self._spectra[info.number] = (mean - bottom) / scale
                    self._levels[info.number] = float(np.nanmean(mean))
        self._say_changed(Column.SPECTRUM, Column.SPECTRUM)

    def set_hidden(self, clusters: frozenset[int]) -> None:
        """Show which classes are hidden in the image: those of hidden clusters alone."""
        self._hidden = clusters
        self._say_changed(Column.VISIBLE, Column.VISIBLE)

    def _say_changed(self, first: int, last: int) -> None:
        if self._classes:
            self.dataChanged.emit(self.index(0, first), self.index(len(self._classes) - 1, last))

    def info(self, row: int) -> ClassInfo:
        """Return the class of a row."""
        return self._classes[row]

    def pixels(self, row: int) -> int:
        """Return the pixels of the class of a row."""
        return self._pixels[row]

    def longest(self, column: int) -> str:
        """Return the longest text in a column."""
        texts = (self._text(row, column) for row in range(len(self._classes)))
        return max(texts, key=len, default="")

    def rows_touching(self, members: Iterable[int]) -> list[int]:
        """Return the rows of all classes that hold any of these fine clusters."""
        wanted = set(members)
        return [row for row, info in enumerate(self._classes) if wanted.intersection(info.members)]

    def rowCount(self, parent: Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(self._classes)

    def columnCount(self, parent: Index | None = None) -> int:  # noqa: D102
        return 0 if parent is not None and parent.isValid() else len(Column)

    def headerData(  # noqa: D102
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation != Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return HEADINGS[Column(section)].text
        if role == Qt.ItemDataRole.ToolTipRole:
            return f"{HEADINGS[Column(section)].tip}.\nRight-click to choose columns"
        return None

    def flags(self, index: Index) -> Qt.ItemFlag:  # noqa: D102
        flags = super().flags(index)
        if index.isValid() and index.column() == Column.NAME:
            flags |= Qt.ItemFlag.ItemIsEditable
        return flags

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:  # noqa: D102
        if not index.isValid():
            return None
        row, column = index.row(), index.column()
        info = self._classes[row]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.EditRole and column == Column.NAME:
            return info.name
        if role == SORT_ROLE:
            return self._sort_key(row, column)
        if role == FILTER_ROLE:
            return " ".join((info.title, *map(str, info.members), info.note)).casefold()
        if role == SPECTRUM_ROLE:
            return self._spectra.get(info.number)
        if role == Qt.ItemDataRole.DecorationRole and column in (Column.COLOUR, Column.SPECTRUM):
            return QColor(info.shown_colour)
        if role == Qt.ItemDataRole.CheckStateRole and column == Column.VISIBLE:
            return Qt.CheckState.Unchecked if self._is_hidden(info) else Qt.CheckState.Checked
        if role == Qt.ItemDataRole.TextAlignmentRole and column > Column.NAME:
            sideways = Qt.AlignmentFlag.AlignRight
            sideways = Qt.AlignmentFlag.AlignHCenter if column in _CENTRED else sideways
            return int(sideways | Qt.AlignmentFlag.AlignVCenter)
        if role == Qt.ItemDataRole.FontRole and column == Column.NAME:
            font = QFont()
            font.setItalic(not info.name)
            # There is a note, which the tooltip shows.
            font.setUnderline(bool(info.note))
            return font
        if role == Qt.ItemDataRole.ToolTipRole:
            return as_plain(self._tip(row))
        return None

    def _is_hidden(self, info: ClassInfo) -> bool:
        return self._hidden.issuperset(info.members)

    def _tip(self, row: int) -> str:
        info = self._classes[row]
        noun = "cluster" if len(info.members) == 1 else "clusters"
        members = ", ".join(map(str, info.members))
        pixels = grouped(self._pixels[row])
        lines = [f"{info.title}: fine {noun} {members}; {pixels} pixels"]
        if self._is_hidden(info):
            lines.append("Hidden in the image")
        return "\n".join([*lines, info.note] if info.note else lines)

    def _text(self, row: int, column: int) -> str:
        info, pixels = self._classes[row], self._pixels[row]
        if column == Column.NAME:
            return info.title
        if column == Column.CLUSTERS:
            return str(len(info.members))
        if column == Column.PIXELS:
            return grouped(pixels)
        if column == Column.SHARE:
            return percent(pixels, self._total)
        if column == Column.LEAF:
            return percent(pixels, self._leaf_pixels) if info.number in self._leaf else "–"
        if column == Column.AREA:
            return area(self._areas[row])
        return ""

    def _sort_key(self, row: int, column: int) -> Any:
        info, pixels = self._classes[row], self._pixels[row]
        if column == Column.NAME:
            return (info.name.casefold() or "\uffff") + f"{info.number:08d}"
        if column == Column.CLUSTERS:
            return len(info.members)
        if column == Column.COLOUR:
            return info.number
        if column == Column.LEAF:
            return pixels if info.number in self._leaf else -1
        if column == Column.AREA:
            found = self._areas[row]
            return -1.0 if found is None else found
        if column == Column.SPECTRUM:
            return self._levels.get(info.number, -1.0)
        if column == Column.VISIBLE:
            return (0 if self._is_hidden(info) else 10**12) + pixels
        return pixels

    def setData(self, index: Index, value: Any, role: int = 2) -> bool:  # noqa: D102
        if not index.isValid() or role != Qt.ItemDataRole.EditRole:
            return False
        info = self._classes[index.row()]
        if index.column() != Column.NAME or str(value).strip() == info.name:
            return False
        self.rename_requested.emit(info.number, str(value))
        return True
