"""The merge tree and, beneath it at the same places, which cluster appears in which scan."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pyqtgraph as pg
from qtpy.QtCore import QEvent, QPointF, QSize, Qt, Signal
from qtpy.QtGui import QFontMetrics
from qtpy.QtWidgets import QToolTip, QWidget

from napari_dgc.gui.cluster_tree import words
from napari_dgc.gui.cluster_tree.branches import SWATCH_BOTTOM, TOP, Branches
from napari_dgc.gui.cluster_tree.cut_line import CutLine
from napari_dgc.gui.cluster_tree.matrix import PresenceRows, elided
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.gui.stable_marks import level_text
from napari_dgc.partition import Partition
from napari_dgc.partition.dendrogram import Dendrogram
from napari_dgc.partition.presence import Presence
from napari_dgc.partition.recommended import Level

#: How far from a branch a click may be, in pixels.
_REACH = 7.0
#: Costs with a mark on the axis, as shares of the costliest merge.
_SHARES = (1.0, 0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.005)
_ROW, _NAME_WIDTH = 17, 100


class TreePlot(pg.GraphicsLayoutWidget):
    """Dendrogram with a cut line over a matrix of scans and clusters."""

    #: A branch was clicked (0: beside all), and whether it adds to the selection.
    node_clicked = Signal(int, bool)

    # Known to the class, as resizing begins while the widget is made.
    drawing: Dendrogram | None = None
    _partition: Partition | None = None
    _presence: Presence | None = None

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        #: Branch that the arrow keys go on from.
        self.node = 0
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.branches = Branches()
        self.cut = CutLine()
        self.rows = PresenceRows()
        self._level_lines: list[pg.InfiniteLine] = []
        self._text = "#808080"
        self.ci.layout.setContentsMargins(2, 2, 6, 2)
        self.ci.layout.setVerticalSpacing(0)
        self.tree = self.ci.addPlot(0, 0)
        self.matrix = self.ci.addPlot(1, 0)
        self.tree.addItem(self.branches)
        self.tree.addItem(self.cut, ignoreBounds=True)
        self.matrix.addItem(self.rows)
        self.matrix.invertY(True)
        self.matrix.setXLink(self.tree)
        for item in (self.tree, self.matrix):
            item.hideButtons()
            item.setMenuEnabled(False)
            item.setMouseEnabled(x=True, y=False)
            item.setDefaultPadding(0)
            item.getAxis("left").setWidth(_NAME_WIDTH)
            item.getAxis("left").setStyle(tickLength=-3, autoExpandTextSpace=False)
        self.tree.getAxis("bottom").setStyle(tickLength=0, tickTextOffset=1)
        self.tree.getAxis("bottom").setHeight(15)
        self.matrix.hideAxis("bottom")
        self.matrix.getAxis("left").setStyle(tickLength=0)
        self.scene().sigMouseClicked.connect(self._on_click)
        self.tree.getViewBox().sigResized.connect(self._set_marks)
        self.tree.sigXRangeChanged.connect(self._set_marks)
        self.setMinimumHeight(90)

    def sizeHint(self) -> QSize:
        """Ask for little: the canvas stays large."""
        return QSize(600, 200)

    def set_theme(self, background: str, text: str, accent: str) -> None:
        """Take over colours of the viewer's theme (``#rrggbb``)."""
        self.setBackground(background)
        self.branches.set_text_colour(text)
        self.rows.set_colour(text)
        self.cut.set_colours(accent, text, background)
        for item in (self.tree, self.matrix):
            for name in ("left", "bottom"):
                axis = item.getAxis(name)
                axis.setPen(pg.mkPen(text, width=0.5))
                axis.setTextPen(text)
        self.tree.getAxis("left").setLabel("how different", color=text)
        self._text = text
        for line in self._level_lines:
            self._paint_level(line)

    def set_tree(self, drawing: Dendrogram, levels: Sequence[Level]) -> None:
        """Show another tree, with faint lines at levels that stand out."""
        self.drawing = drawing
        self.node = 0
        self.cut.set_tree(drawing)
        for line in self._level_lines:
            self.tree.removeItem(line)
        self._level_lines = []
        for level in levels:
            place = drawing.cut_place(level.classes)
            line = pg.InfiniteLine(
                place, angle=0, label=f"{level.classes}", labelOpts={"position": 0.985}
            )
            line.label.setAnchor((0.5, 0.5))
            line.label.anchors = [(0.5, 0.5), (0.5, 0.5)]
            line.setZValue(-5)
            line.label.setToolTip(level_text(level))
            self._paint_level(line)
            self.tree.addItem(line, ignoreBounds=True)
            self._level_lines.append(line)
        self.show_all()

    def set_classes(
        self,
        partition: Partition,
        presence: Presence,
        selected: Sequence[int],
        by_tree: bool,
    ) -> None:
        """Show classes, pixels and selection on the tree that is there."""
        if self.drawing is None:
            return
        self._partition, self._presence = partition, presence
        marked = [c for c in self.drawing.order if presence.only_in(c)]
        self.branches.set_content(self.drawing, partition, selected, marked)
        self.rows.set_content(presence, self.drawing.order)
        self.cut.show_classes(len(partition.classes), by_tree)
        count = len(presence.scans)
        self.matrix.setYRange(0, max(count, 1), padding=0)
        self._set_heights()
        self._set_marks()

    def show_all(self) -> None:
        """Show the whole tree."""
        if self.drawing is not None:
            leaves = self.drawing.tree.clusters
            self.tree.setLimits(xMin=-0.6, xMax=leaves - 0.4)
            self.tree.setXRange(-0.6, leaves - 0.4, padding=0)
            self.tree.setYRange(SWATCH_BOTTOM - 0.01, TOP, padding=0)

    def _paint_level(self, line: pg.InfiniteLine) -> None:
        colour = pg.mkColor(self._text)
        line.label.setColor(colour)
        colour.setAlpha(110)
        line.setPen(pg.mkPen(colour, width=1, style=Qt.PenStyle.DotLine))

    def _set_heights(self) -> None:
        scans = 0 if self._presence is None else len(self._presence.scans)
        wanted = min(scans * _ROW, int(0.4 * self.height()))
        self.ci.layout.setRowFixedHeight(1, max(wanted, 1))
        self.matrix.setVisible(scans > 0)

    def _set_marks(self, *_: object) -> None:
        """Write as many numbers and names as there is room for."""
        drawing, presence = self.drawing, self._presence
        if drawing is None or presence is None:
            return
        metrics = QFontMetrics(self.font())
        (left, right), width = self.tree.viewRange()[0], max(self.tree.vb.width(), 1.0)
        needed = metrics.horizontalAdvance(f"{drawing.tree.clusters} ")
        step = max(1, int(-(-needed * (right - left) // width)))
        numbers = [(place, str(c)) for place, c in enumerate(drawing.order) if place % step == 0]
        self.tree.getAxis("bottom").setTicks([numbers])
        places: list[tuple[float, str]] = []
        gap = 1.1 * metrics.height() * (TOP - SWATCH_BOTTOM) / max(self.tree.vb.height(), 1.0)
        for share in _SHARES:
            place = drawing.place_of(share)
            if share >= drawing.smallest and (not places or places[-1][0] - place >= gap):
                places.append((place, words.percent(share)))
        self.tree.getAxis("left").setTicks([places])
        height = self.matrix.vb.height() / max(len(presence.scans), 1)
        step = max(1, int(-(-metrics.height() * 0.8 // max(height, 1.0))))
        names = [
            (row + 0.5, elided(name, metrics, _NAME_WIDTH - 8))
            for row, name in enumerate(presence.scans)
            if row % step == 0
        ]
        self.matrix.getAxis("left").setTicks([names])

    # ---------------------------------------------------------------- mouse

    def _under(self, scene: QPointF) -> tuple[int, int | None, bool]:
        """Return branch, row of the matrix and whether it is a leaf's own column."""
        drawing = self.drawing
        if drawing is None:
            return 0, None, False
        for item in (self.tree, self.matrix):
            box = item.vb
            if not item.isVisible() or not box.sceneBoundingRect().contains(scene):
                continue
            point = box.mapSceneToView(scene)
            x, y = point.x(), point.y()
            place = round(x)
            inside = 0 <= place < drawing.tree.clusters
            if item is self.matrix:
                row = min(max(int(y), 0), len(self._presence.scans) - 1) if self._presence else 0
                return (drawing.order[place], row, True) if inside else (0, None, True)
            if y < 0 and inside and y <= float(drawing.y[0]):
                return drawing.order[place], None, True
            pixel = box.viewPixelSize()
            return drawing.node_at(x, y, (_REACH * pixel[0], _REACH * pixel[1])), None, False
        return 0, None, False

    def _on_click(self, event: Any) -> None:
        if event.button() != Qt.MouseButton.LeftButton or event.double():
            return
        self.setFocus()
        held = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.ShiftModifier
        self.node = self._under(event.scenePos())[0]
        self.node_clicked.emit(self.node, bool(event.modifiers() & held))

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """Show the whole tree again."""
        self.show_all()
        super().mouseDoubleClickEvent(event)

    def wheelEvent(self, event: Any) -> None:
        """Zoom while Ctrl is held."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()

    def resizeEvent(self, event: Any) -> None:
        """Share the height anew."""
        super().resizeEvent(event)
        if self.drawing is not None:
            self._set_heights()

    def tip_at(self, place: QPointF) -> str:
        """Return what there is to say about a place in the widget."""
        drawing, partition, presence = self.drawing, self._partition, self._presence
        if drawing is None or partition is None or presence is None:
            return ""
        node, row, column = self._under(self.mapToScene(place.toPoint()))
        if not node:
            return ""
        if column:
            return words.cell_text(presence, partition, node, row)
        return words.branch_text(drawing, partition, node)

    def viewportEvent(self, event: Any) -> bool:
        """Tell about what is under the mouse."""
        if event.type() == QEvent.Type.ToolTip:
            tip = as_plain(self.tip_at(QPointF(event.pos())))
            QToolTip.showText(event.globalPos(), tip, self)
            return True
        return bool(super().viewportEvent(event))

    # ----------------------------------------------------------------- keys

    def step(self, key: int) -> int:
        """Return the branch an arrow key leads to from the one now: up, down, or beside."""
        drawing, node = self.drawing, self.node
        if drawing is None:
            return 0
        if not node:
            return drawing.root
        parent = int(drawing.parents[node - 1])
        if key == Qt.Key.Key_Up:
            return parent or node
        if key == Qt.Key.Key_Down:
            return next(iter(drawing.children(node)), node)
        if node <= drawing.tree.clusters:
            place = drawing.order.index(node) + (1 if key == Qt.Key.Key_Right else -1)
            return drawing.order[min(max(place, 0), len(drawing.order) - 1)]
        beside = drawing.children(parent) if parent else (node,)
        return beside[-1 if key == Qt.Key.Key_Right else 0]

    def keyPressEvent(self, event: Any) -> None:
        """Walk over the tree with the arrow keys; Page Up and Page Down move the cut."""
        key = event.key()
        if key in (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.node = self.step(key)
            shift = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
            self.node_clicked.emit(self.node, shift)
        elif key in (Qt.Key.Key_PageUp, Qt.Key.Key_PageDown):
            self.cut.step(1 if key == Qt.Key.Key_PageDown else -1)
        else:
            super().keyPressEvent(event)
