"""The button that chooses formats of files."""

from __future__ import annotations

from collections.abc import Iterable

from qtpy.QtCore import Qt, Signal
from qtpy.QtGui import QAction, QKeyEvent, QMouseEvent
from qtpy.QtWidgets import QMenu, QToolButton, QWidget

#: What the button calls formats; the menu says more.
_SHORT = {
    "tif": "TIFF",
    "png": "PNG",
    "overlay": "overlay",
    "npy": "NumPy",
    "envi": "ENVI",
    "labelme": "labelme",
    "coco": "COCO",
    "coco-rle": "COCO RLE",
    "masks": "masks",
    "spectra": "spectra",
}
#: Chosen at the first time.
USUAL = ("tif", "png")
#: Formats that are written to the same file.
_APART = ({"coco", "coco-rle"},)
#: Most that the button names.
_MOST = 2


class FormatsButton(QToolButton):
    """Names the formats that are chosen; its menu has all of them to tick."""

    #: Other formats are chosen.
    changed = Signal()

    def __init__(self, chosen: Iterable[str] = USUAL, parent: QWidget | None = None) -> None:
        from napari_dgc.annotations import FORMATS

        super().__init__(parent)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        menu = _StayingMenu(self)
        wanted = set(chosen)
        #: An entry for each format.
        self.entries: dict[str, QAction] = {}
        for name, kind in FORMATS.items():
            entry = QAction(kind.title[:1].upper() + kind.title[1:], menu)
            entry.setCheckable(True)
            entry.setChecked(name in wanted)
            entry.toggled.connect(lambda on, name=name: self._on_toggled(name, on))
            menu.addAction(entry)
            self.entries[name] = entry
        self.setMenu(menu)
        self._show_chosen()

    @property
    def chosen(self) -> tuple[str, ...]:
        """Formats that are ticked, as keys of `annotations.FORMATS`."""
        return tuple(name for name, entry in self.entries.items() if entry.isChecked())

    def _on_toggled(self, name: str, on: bool) -> None:
        for group in _APART:
            if on and name in group:
                for other in group - {name}:
                    self.entries[other].setChecked(False)
        self._show_chosen()
        self.changed.emit()

    def _show_chosen(self) -> None:
        short = [_SHORT.get(name, name) for name in self.chosen]
        more = f" + {len(short) - _MOST}" if len(short) > _MOST else ""
        self.setText(", ".join(short[:_MOST]) + more if short else "Formats…")
        written = "\n".join(self.entries[name].text() for name in self.chosen)
        self.setToolTip(f"Formats to write:\n{written}" if written else "Choose formats")


class _StayingMenu(QMenu):
    """A menu that stays open while entries are ticked by mouse or space bar."""

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        entry = None if event is None else self.actionAt(event.position().toPoint())
        if entry is not None and entry.isCheckable():
            entry.trigger()
        else:
            super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        entry = self.activeAction()
        if (
            event is not None
            and event.key() == Qt.Key.Key_Space
            and entry is not None
            and entry.isCheckable()
        ):
            entry.trigger()
        else:
            super().keyPressEvent(event)
