"""The line that cuts the merge tree, dragged with the mouse."""

from __future__ import annotations

import pyqtgraph as pg
from qtpy.QtCore import QObject, Qt, Signal

from napari_dgc.gui.cluster_tree.words import count_text
from napari_dgc.partition.dendrogram import FOOT, Dendrogram


class _Signals(QObject):
    #: A drag, or a step with a key, begins.
    started = Signal()
    #: The number of classes wanted.
    moved = Signal(int)


class CutLine(pg.InfiniteLine):
    """Stands between the last merge made and the next one."""

    def __init__(self) -> None:
        super().__init__(
            angle=0,
            movable=True,
            label="",
            # On the side that has room: at the foot it would hide the clusters' colours.
            labelOpts={"position": 0.01, "anchors": [(0, 0), (0, 1)]},
        )
        self.signals = _Signals()
        self._drawing: Dendrogram | None = None
        self._classes = 0
        self._dragging = False
        self._by_tree = True
        self._colour = "#808080"
        self.setZValue(20)
        self.sigDragged.connect(self._on_dragged)
        self.sigPositionChangeFinished.connect(self._on_finished)

    def set_colours(self, line: str, text: str, background: str) -> None:
        """Take over colours of the theme."""
        self._colour = line
        self._set_pens()
        self.label.setColor(text)
        self.label.fill = pg.mkBrush(background)
        self.label.update()

    def _set_pens(self) -> None:
        style = Qt.PenStyle.SolidLine if self._by_tree else Qt.PenStyle.DashLine
        self.setPen(pg.mkPen(self._colour, width=3, style=style))
        self.setHoverPen(pg.mkPen(self._colour, width=6))

    def set_tree(self, drawing: Dendrogram) -> None:
        """Cut this tree."""
        self._drawing = drawing
        self.setBounds((FOOT, 1.0))

    def show_classes(self, classes: int, by_tree: bool) -> None:
        """Stand where the tree has this many classes; dashed where they are not of the tree."""
        self._classes, self._by_tree = classes, by_tree
        self._set_pens()
        self.label.setFormat(count_text(classes, by_tree))
        if self._drawing is not None and not self._dragging:
            self.setValue(self._drawing.cut_place(classes))

    def step(self, more: int) -> None:
        """Ask for one class more (1) or less (-1) than now."""
        if self._drawing is None:
            return
        wanted = min(max(self._classes + more, 2), self._drawing.tree.clusters)
        if wanted != self._classes:
            self.signals.started.emit()
            self.signals.moved.emit(wanted)

    def _on_dragged(self, _line: object = None) -> None:
        if self._drawing is None:
            return
        if not self._dragging:
            self._dragging = True
            self.signals.started.emit()
        wanted = self._drawing.classes_at(float(self.value()))
        if wanted != self._classes or not self._by_tree:
            self.signals.moved.emit(wanted)

    def _on_finished(self, _line: object = None) -> None:
        self._dragging = False
        self.show_classes(self._classes, self._by_tree)
