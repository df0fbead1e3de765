"""What is compared: label layers, models from folders and methods, with check boxes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Qt, QTimer, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem, QWidget

from napari_dgc.clustering.registry import method_names
from napari_dgc.comparison import Contender, LabelMaps, NewModel, SavedModel, told_apart
from napari_dgc.gui.compare.label_groups import images_of, label_groups
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

LAYERS, MODEL, METHOD = "layers", "model", "method"
_ROWS = 7
#: Ticked at first.
_USUAL = ("dgc", "kmeans")


@dataclass(frozen=True)
class Entry:
    """A line of the list: what it is and its name, or the folder of a model."""

    kind: str
    name: str
    why_not: str = ""

    @property
    def title(self) -> str:
        """Text to show."""
        if self.kind == LAYERS:
            return f"layers “{self.name}”"
        if self.kind == MODEL:
            return f"model {Path(self.name).name}"
        return f"{self.name}, trained now"


class ContenderList(QListWidget):
    """Check list; kept up to date with the label layers of the chosen scans."""

    #: Other ones are checked.
    checked_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scans: list[Scan] = []
        self._folders: list[Path] = []
        self._entries: list[Entry] = []
        self._checked = {Entry(METHOD, name) for name in _USUAL}
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        # Layers often come and go many at a time.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.setInterval(0)
        self._soon.timeout.connect(self.refresh)
        self.itemChanged.connect(self._on_item)
        connect_while_alive(self, session.scans_changed, self.refresh)
        viewer = session.viewer
        if viewer is not None:
            for event in (viewer.layers.events.inserted, viewer.layers.events.removed):
                connect_while_alive(self, event, self._on_layers)
        self.refresh()

    def set_scans(self, scans: Sequence[Scan]) -> None:
        """Compare on these scans."""
        self._scans = list(scans)
        self.refresh()

    def add_model(self, folder: Path) -> None:
        """Offer the model of a folder, checked."""
        if folder not in self._folders:
            self._folders.append(folder)
        self._checked.add(Entry(MODEL, str(folder)))
        self.refresh()

    def checked(self) -> list[Entry]:
        """Return what is checked and possible, in the order of the list."""
        return [
            e for e in self._entries if not e.why_not and Entry(e.kind, e.name) in self._checked
        ]

    def contenders(self, clusters: int, epochs: int, seed: int) -> list[Contender]:
        """Make what is checked, for the chosen scans; label layers as they are now."""
        entries, groups = self.checked(), label_groups(self._session)
        short = [Path(e.name).name if e.kind == MODEL else e.name for e in entries]
        found: list[Contender] = []
        for entry, name in zip(entries, told_apart(short), strict=True):
            if entry.kind == METHOD:
                found.append(NewModel(name, entry.name, clusters, epochs, seed))
            elif entry.kind == MODEL:
                found.append(SavedModel(name, Path(entry.name)))
            else:
                images = images_of(groups[entry.name], self._scans, self._session)
                found.append(LabelMaps(name, images))
        return found

    def refresh(self) -> None:
        """Show what there is now."""
        self._entries = [
            *(self._of_layers(name, set(held)) for name, held in self._groups().items()),
            *(Entry(MODEL, str(folder)) for folder in self._folders),
            *(Entry(METHOD, name) for name in method_names()),
        ]
        with QSignalBlocker(self):
            self.clear()
            for entry in self._entries:
                item = QListWidgetItem(entry.title)
                flags = Qt.ItemFlag.ItemIsUserCheckable
                item.setFlags(flags if entry.why_not else flags | Qt.ItemFlag.ItemIsEnabled)
                on = entry in self.checked()
                item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
                about = entry.why_not or entry.name
                item.setToolTip(as_plain(f"{about}\nThe first that is ticked gives the colours."))
                self.addItem(item)
        rows = min(len(self._entries), _ROWS)
        self.setFixedHeight(rows * max(self.sizeHintForRow(0), 18) + 8)
        self.checked_changed.emit()

    def _groups(self) -> dict[str, dict[Scan, object]]:
        chosen = set(self._scans)
        found = {
            name: {scan: layer for scan, layer in held.items() if scan in chosen}
            for name, held in label_groups(self._session).items()
        }
        return {name: held for name, held in found.items() if held}

    def _of_layers(self, name: str, have: set[Scan]) -> Entry:
        missing = [scan.name for scan in self._scans if scan not in have]
        if not missing:
            return Entry(LAYERS, name)
        rest = "" if len(missing) == 1 else f" and {counted(len(missing) - 1, 'other')}"
        return Entry(LAYERS, name, f"{missing[0]}{rest} has no layer “{name}”; leave it out")

    def _on_layers(self, _event: object) -> None:
        self._soon.start()

    def _on_item(self, item: QListWidgetItem) -> None:
        row = self.row(item)
        if not 0 <= row < len(self._entries):
            return
        entry = Entry(self._entries[row].kind, self._entries[row].name)
        if item.checkState() == Qt.CheckState.Checked:
            self._checked.add(entry)
        else:
            self._checked.discard(entry)
        self.checked_changed.emit()
