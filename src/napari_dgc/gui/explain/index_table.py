"""Indices of one or two classes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFrame, QHeaderView, QSizePolicy, QTreeWidget, QTreeWidgetItem

from napari_dgc.indices import find_index
from napari_dgc.measure.explain_text import indices_between

if TYPE_CHECKING:
    from napari_dgc.measure.class_values import IndexValue
    from napari_dgc.measure.explain import Explanation


def index_rows(explanation: Explanation, titles: Sequence[str]) -> list[tuple[str, ...]]:
    """Return a header and a row for every index, those that separate two classes best first."""
    by_class = [{v.index: v for v in found.indices} for found in explanation.classes]
    more: list[tuple[str, ...]]
    if len(by_class) == 2:
        d = dict(indices_between(explanation))
        names = [*d, *(name for name in by_class[0] if name not in d)]
        more = [(f"{abs(d[name]):.1f}" if name in d else "–",) for name in names]
        header = ("Index", *titles, "d")
    else:
        names = list(by_class[0])
        more = [()] * len(names)
        header = ("Index", "Mean ± SD")
    rows = [
        (name, *(_value(values[name]) for values in by_class), *rest)
        for name, rest in zip(names, more, strict=True)
    ]
    return [header, *rows]


def _value(value: IndexValue) -> str:
    return f"{value.mean:.3g} ± {value.sd:.2g}" if value.pixels else "–"


class IndexTable(QTreeWidget):
    """As high as its rows: what lies around it scrolls."""

    def __init__(self) -> None:
        super().__init__()
        self.setRootIsDecorated(False)
        self.setUniformRowHeights(True)
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setSelectionMode(QTreeWidget.SelectionMode.NoSelection)
        self.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for bar in ("setVerticalScrollBarPolicy", "setHorizontalScrollBarPolicy"):
            getattr(self, bar)(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)

    def show_rows(self, rows: Sequence[tuple[str, ...]]) -> None:
        """Show a header and rows below it; none at all hides the table."""
        self.clear()
        self.setVisible(len(rows) > 1)
        if len(rows) < 2:
            return
        self.setColumnCount(len(rows[0]))
        self.setHeaderLabels(rows[0])
        header = self.header()
        header.setStretchLastSection(False)
        for column in range(len(rows[0])):
            value = 0 < column < max(len(rows[0]) - 1, 2)
            modes = QHeaderView.ResizeMode
            header.setSectionResizeMode(column, modes.Stretch if value else modes.ResizeToContents)
        for row in rows[1:]:
            item = QTreeWidgetItem(list(row))
            index = find_index(row[0])
            item.setToolTip(0, f"{index.title}: {index.formula}. {index.meaning}")
            self.addTopLevelItem(item)
        height = header.sizeHint().height() + 2
        self.setFixedHeight(height + (len(rows) - 1) * self.sizeHintForRow(0))

    def wheelEvent(self, event: object) -> None:
        """Leave the wheel to what lies around the table."""
        event.ignore()  # type: ignore[attr-defined]
