"""Branches of the merge tree and swatches of its leaves, painted in data coordinates."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QLineF, QPointF, QRectF, Qt
from qtpy.QtGui import QColor, QPainter

from napari_dgc.partition import Partition
from napari_dgc.partition.dendrogram import FOOT, Dendrogram

#: Swatches of the leaves lie between these places.
SWATCH_TOP, SWATCH_BOTTOM = FOOT - 0.01, FOOT - 0.14
#: Space above the root.
TOP = 1.06


class Branches(pg.GraphicsObject):
    """A dendrogram; what belongs to one class has its colour."""

    def __init__(self) -> None:
        super().__init__()
        self._drawing: Dendrogram | None = None
        self._partition: Partition | None = None
        self._selected: frozenset[int] = frozenset()
        self._marked: frozenset[int] = frozenset()
        self._text = QColor("#808080")
        self._lines: dict[tuple[str, bool], list[QLineF]] = {}

    def set_text_colour(self, colour: str) -> None:
        """Draw branches of several classes in this colour (``#rrggbb``)."""
        self._text = QColor(colour)
        self.update()

    def set_content(
        self,
        drawing: Dendrogram | None,
        partition: Partition | None,
        selected: Collection[int],
        marked: Collection[int],
    ) -> None:
        """Show a tree.

        Parameters
        ----------
        drawing
            The tree laid out, or None for nothing.
        partition
            The classes now.
        selected
            Fine clusters of selected classes, which stand out.
        marked
            Fine clusters whose swatches get a dot.
        """
        if drawing is not self._drawing:
            self.prepareGeometryChange()
        self._drawing, self._partition = drawing, partition
        self._selected, self._marked = frozenset(selected), frozenset(marked)
        self._lines = self._sorted_lines()
        self.update()

    @property
    def node_classes(self) -> NDArray[np.int64]:
        """(nodes,) number of the class that all of a branch belongs to, 0 where of several."""
        if self._drawing is None or self._partition is None:
            return np.zeros(0, np.int64)
        tree = self._drawing.tree
        found = np.zeros(len(self._drawing.x), np.int64)
        found[: tree.clusters] = self._partition.lookup()[1:]
        for position, merge in enumerate(tree.merges):
            first, second = found[merge.first - 1], found[merge.second - 1]
            found[tree.clusters + position] = first if first == second else 0
        return found

    def _sorted_lines(self) -> dict[tuple[str, bool], list[QLineF]]:
        """Gather lines by their colour ("" for the text's) and whether they are selected."""
        lines: dict[tuple[str, bool], list[QLineF]] = defaultdict(list)
        if self._drawing is None or self._partition is None:
            return lines
        drawing, tree = self._drawing, self._drawing.tree
        colours = {info.number: info.shown_colour for info in self._partition.classes} | {0: ""}
        classes = self.node_classes
        chosen = np.zeros(len(drawing.x), bool)
        chosen[np.array(sorted(self._selected), np.intp) - 1] = True
        for position, merge in enumerate(tree.merges):
            chosen[tree.clusters + position] = chosen[merge.first - 1] & chosen[merge.second - 1]
        x, y = drawing.x, drawing.y
        for node, parent in enumerate(drawing.parents - 1):
            group = lines[colours[int(classes[node])], bool(chosen[node])]
            if parent < 0:
                group.append(QLineF(x[node], y[node], x[node], TOP))
            else:
                group.append(QLineF(x[node], y[node], x[node], y[parent]))
                group.append(QLineF(x[node], y[parent], x[parent], y[parent]))
        return lines

    def boundingRect(self) -> QRectF:  # noqa: D102
        leaves = 1 if self._drawing is None else self._drawing.tree.clusters
        return QRectF(-0.5, SWATCH_BOTTOM, leaves, TOP - SWATCH_BOTTOM)

    def paint(self, painter: QPainter, *_: Any) -> None:  # noqa: D102
        if self._drawing is None or self._partition is None:
            return
        for (colour, chosen), lines in sorted(self._lines.items(), key=lambda item: item[0][1]):
            shown = QColor(colour) if colour else QColor(self._text)
            if self._selected and not chosen:
                shown.setAlpha(110)
            painter.setPen(pg.mkPen(shown, width=3 if chosen else 1.5))
            painter.drawLines(lines)
        self._paint_swatches(painter)

    def _paint_swatches(self, painter: QPainter) -> None:
        if self._drawing is None or self._partition is None:
            return
        lookup = self._partition.lookup()
        colours = {info.number: QColor(info.shown_colour) for info in self._partition.classes}
        dots = []
        for place, cluster in enumerate(self._drawing.order):
            colour = colours[int(lookup[cluster])]
            swatch = QRectF(place - 0.42, SWATCH_BOTTOM, 0.84, SWATCH_TOP - SWATCH_BOTTOM)
            painter.fillRect(swatch, colour)
            if cluster in self._selected:
                painter.setPen(pg.mkPen(self._text, width=2))
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.drawRect(swatch)
            if cluster in self._marked:
                dots.append((swatch.center(), colour))
        # Dots are round on the screen, whatever the scales of the axes.
        to_screen = painter.worldTransform()
        leaf = abs(to_screen.m11())
        radius = min(3.0, 0.3 * leaf)
        painter.save()
        painter.resetTransform()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        for centre, colour in dots:
            painter.setBrush(QColor("black" if colour.lightnessF() > 0.45 else "white"))
            painter.drawEllipse(QPointF(to_screen.map(centre)), radius, radius)
        painter.restore()
