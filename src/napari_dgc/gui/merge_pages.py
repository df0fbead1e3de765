"""The lower part of the merge dock: its usual page, and pages that take its place for a while."""

from __future__ import annotations

from collections.abc import Callable

from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QKeySequence, QShortcut
from qtpy.QtWidgets import (
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QStackedWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.headings import heading


class MergePages(QStackedWidget):
    """Shows one page at a time; pages are made when they are opened first.

    A page may have methods `opened()`, `closed()` (called when it comes and goes, also with
    the dock), `take_keys()` (which takes the keyboard focus) and `set_theme(theme)`.
    """

    #: Name of the page that came, or "" for the usual one.
    page_changed = Signal(str)

    def __init__(self, usual: QWidget, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.addWidget(usual)
        self._makers: dict[str, tuple[str, Callable[[], QWidget]]] = {}
        self._frames: dict[str, QWidget] = {}
        self._pages: dict[str, QWidget] = {}
        self._theme: object = None
        self._awake = True
        self.open_name = ""

    def add(self, name: str, title: str, make: Callable[[], QWidget]) -> None:
        """Offer a page; `make` is called when it is opened for the first time."""
        self._makers[name] = (title, make)

    def page(self, name: str) -> QWidget:
        """Return a page, made if need be."""
        if name not in self._pages:
            title, make = self._makers[name]
            page = self._pages[name] = make()
            frame = self._frames[name] = self._framed(title, page)
            self.addWidget(frame)
            self._give_theme(page)
        return self._pages[name]

    def open(self, name: str) -> None:
        """Show a page in place of the one that is open."""
        if name == self.open_name:
            return
        page = self.page(name)
        self._leave()
        self.open_name = name
        self.setCurrentWidget(self._frames[name])
        _call(page, "opened")
        self.take_keys()
        self.page_changed.emit(name)

    def close_page(self) -> None:
        """Go back to the usual page."""
        if self.open_name:
            self._leave()
            self.setCurrentIndex(0)
            self.page_changed.emit("")

    def toggle(self, name: str) -> None:
        """Open a page, or close it where it is open."""
        if name == self.open_name:
            self.close_page()
        else:
            self.open(name)

    def set_awake(self, awake: bool) -> None:
        """Let the open page rest while the dock is hidden."""
        if awake != self._awake and self.open_name:
            _call(self._pages[self.open_name], "opened" if awake else "closed")
        self._awake = awake

    def take_keys(self, otherwise: QWidget | None = None) -> None:
        """Give the keyboard focus to the open page where it wants it, or to another widget."""
        page = self._pages.get(self.open_name)
        if page is not None and hasattr(page, "take_keys"):
            page.take_keys()
        elif otherwise is not None:
            otherwise.setFocus()

    def set_theme(self, theme: object) -> None:
        """Hand napari's theme to the pages."""
        self._theme = theme
        for page in self._pages.values():
            self._give_theme(page)

    def minimumSizeHint(self) -> QSize:
        """Ask for no more than the page in sight does."""
        shown = self.currentWidget()
        return super().minimumSizeHint() if shown is None else shown.minimumSizeHint()

    def _leave(self) -> None:
        if self.open_name:
            page = self._pages[self.open_name]
            self.open_name = ""
            _call(page, "closed")

    def _give_theme(self, page: QWidget) -> None:
        if self._theme is not None and hasattr(page, "set_theme"):
            page.set_theme(self._theme)

    def _framed(self, title: str, page: QWidget) -> QWidget:
        frame = QWidget()
        close = QToolButton()
        close.setText("✕")
        close.setToolTip(f"Close {title.lower()} (Esc)")
        close.clicked.connect(self.close_page)
        top = QHBoxLayout()
        top.addWidget(heading(title), 1)
        top.addWidget(close)
        layout = QVBoxLayout(frame)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(page, 1)
        escape = QShortcut(QKeySequence("Esc"), frame)
        escape.setContext(Qt.ShortcutContext.WidgetWithChildrenShortcut)
        escape.activated.connect(self.close_page)
        return frame


def page_button(text: str, tip: str) -> QPushButton:
    """Make a small button that opens a page."""
    button = QPushButton(text)
    button.setToolTip(tip)
    button.setCheckable(True)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button


def _call(page: QWidget, name: str) -> None:
    method = getattr(page, name, None)
    if method is not None:
        method()
