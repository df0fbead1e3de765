"""A column of widgets as tall as the window, which scrolls and shares its place with others."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import QScrollArea, QVBoxLayout, QWidget

from napari_dgc.gui.docking import enclosing_dock, share_place


class TallDock(QScrollArea):
    """Base of the plugin's docks.

    Parameters
    ----------
    name
        Object name, one of those in `napari_dgc.gui.docking`.
    narrowest
        Least width in pixels.
    """

    def __init__(self, name: str, narrowest: int) -> None:
        super().__init__()
        self._placed = False
        self._pages: tuple[QWidget, ...] = ()
        self._narrowest = narrowest
        self.setObjectName(name)
        self.setWidgetResizable(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setMinimumWidth(narrowest)

    def set_pages(self, *pages: QWidget) -> None:
        """Hold several columns, of which one is shown; the first one now."""
        # No stack: the dock would scroll as far as the tallest page, seen or not.
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(0, 0, 0, 0)
        for page in pages:
            layout.addWidget(page)
        self._pages = pages
        self.show_page(pages[0])
        self.setWidget(inner)

    def show_page(self, page: QWidget) -> None:
        """Show one of the pages, from its top."""
        for other in self._pages:
            other.setVisible(other is page)
        self.verticalScrollBar().setValue(0)

    def show_first(self) -> None:
        """Show the first page again."""
        self.show_page(self._pages[0])

    def sizeHint(self) -> QSize:
        """Ask for a narrow column, so that the canvas stays large."""
        return QSize(self._narrowest + 30, 640)

    def showEvent(self, event: Any) -> None:
        """Join the other docks of the plugin when shown for the first time."""
        super().showEvent(event)
        frame = None if self._placed else enclosing_dock(self)
        if frame is not None:
            self._placed = True
            share_place(frame)
