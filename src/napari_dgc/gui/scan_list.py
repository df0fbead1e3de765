"""The open scans with check boxes, kept up to date."""

from __future__ import annotations

from collections.abc import Collection

from qtpy.QtCore import Qt, Signal
from qtpy.QtWidgets import QListWidget, QListWidgetItem, QWidget

from napari_dgc.cubes import HyperCube
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.gui.scan_copies import get_scan_copies
from napari_dgc.gui.session import Scan, Session

#: Format of cubes that a model gave back, see `clustering.dsc.denoise`.
DENOISED = "denoised"
EMPTY = "No scan is open yet. Use File › Open File(s)… or File › Open Sample."


def describe(cube: HyperCube) -> str:
    """Say size and spectral range of a cube in a few words."""
    size = f"{cube.rows}×{cube.columns}, {cube.n_bands} bands"
    nanometres = cube.wavelengths_nm
    if nanometres is None:
        return size
    if cube.wavelength_unit is None:
        return f"{size}, {nanometres.min():g}–{nanometres.max():g}"
    return f"{size}, {nanometres.min():.0f}–{nanometres.max():.0f} nm"


def explain(cube: HyperCube) -> str:
    """Say where a cube came from and what was decided while opening it."""
    lines = [f"{cube.format}, {cube.layout}"]
    if cube.path is not None:
        lines.insert(0, str(cube.path))
    if cube.variable:
        lines.append(f"variable {cube.variable}")
    if cube.bad_bands:
        lines.append(f"{len(cube.bad_bands)} bands left out")
    if cube.wavelengths is None:
        lines.append("wavelengths unknown: give them with “Wavelengths…”")
    return "\n".join([*lines, *cube.notes])


class ScanList(QListWidget):
    """Check list of a session's scans; new ones are checked, superseded and denoised ones not."""

    #: The checked scans are others.
    checked_changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scans: list[Scan] = []
        self._unchecked: set[Scan] = set()
        self._superseded: set[Scan] = set()
        self.setToolTip("Scans to train on together. All must have the same bands.")
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        # Names of scans often differ in their ends only.
        self.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.itemChanged.connect(self._on_item_changed)
        self._copies = get_scan_copies(session)
        connect_while_alive(self, session.scans_changed, self.refresh)
        self._copies.changed.connect(self._show_copies)
        self.refresh()

    def checked(self) -> list[Scan]:
        """Return the scans whose boxes are checked."""
        return [scan for scan in self._scans if scan not in self._unchecked]

    def unchecked(self) -> list[str]:
        """Return the names in the workspace of the scans whose boxes are not checked."""
        return [scan.key for scan in self._scans if scan in self._unchecked]

    def uncheck(self, keys: Collection[str]) -> None:
        """Uncheck the boxes of these scans and check all others."""
        self._unchecked = {scan for scan in self._scans if scan.key in keys}
        self.refresh()

    def selected(self) -> Scan | None:
        """Return the highlighted scan, or the only one."""
        row = self.currentRow()
        if 0 <= row < len(self._scans):
            return self._scans[row]
        return self._scans[0] if len(self._scans) == 1 else None

    def refresh(self) -> None:
        """Show the scans that are open now."""
        row = self.currentRow()
        self._scans = list(self._session.scans)
        self._unchecked &= set(self._scans)
        superseded = {
            scan for scan in self._scans if scan.superseded or scan.cube.format == DENOISED
        }
        # Once: who checks the box again wants it so.
        self._unchecked |= superseded - self._superseded
        self._superseded = superseded
        self.blockSignals(True)
        self.clear()
        for scan in self._scans:
            item = QListWidgetItem(self._text(scan))
            item.setFlags(Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable)
            item.setFlags(item.flags() | Qt.ItemFlag.ItemIsUserCheckable)
            on = scan not in self._unchecked
            item.setCheckState(Qt.CheckState.Checked if on else Qt.CheckState.Unchecked)
            item.setToolTip(as_plain(f"{scan.name}\n{explain(scan.cube)}"))
            self.addItem(item)
        if not self._scans:
            item = QListWidgetItem(EMPTY)
            item.setFlags(Qt.ItemFlag.NoItemFlags)
            self.addItem(item)
        self.setWordWrap(not self._scans)
        self.setCurrentRow(row if row < len(self._scans) else -1)
        self.blockSignals(False)
        rows = min(max(len(self._scans), 2), 5)
        self.setFixedHeight(rows * max(self.sizeHintForRow(0), 18) + 8)
        self.checked_changed.emit()

    def _text(self, scan: Scan) -> str:
        share = self._copies.share(scan.cube)
        copied = "" if share is None else f"   unpacking {100 * share:.0f} %"
        return f"{scan.name}   {describe(scan.cube)}{copied}"

    def _show_copies(self) -> None:
        self.blockSignals(True)
        for row, scan in enumerate(self._scans):
            if (item := self.item(row)) is not None:
                item.setText(self._text(scan))
        self.blockSignals(False)

    def _on_item_changed(self, item: QListWidgetItem) -> None:
        row = self.row(item)
        if not 0 <= row < len(self._scans):
            return
        if item.checkState() == Qt.CheckState.Checked:
            self._unchecked.discard(self._scans[row])
        else:
            self._unchecked.add(self._scans[row])
        self.checked_changed.emit()
