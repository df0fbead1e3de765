"""Which scans the dock works on: one of those open, or all."""

from __future__ import annotations

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QComboBox

from napari_dgc.gui.calm_boxes import CalmComboBox
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.scan_list import describe
from napari_dgc.gui.session import Scan, Session


class ScanChoice(CalmComboBox):
    """All open scans, or one of them; kept up to date."""

    #: The choice is another one, or its scans have changed.
    chosen_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._scans: list[Scan] = []
        self._picked: Scan | None = None
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(14)
        self.setToolTip("Scans to colour, and to compute indices of.")
        self.activated.connect(self._on_activated)
        connect_while_alive(self, session.scans_changed, self.refresh)
        self.refresh()

    def chosen(self) -> list[Scan]:
        """Return the scans chosen, in the order in which they were opened."""
        return list(self._scans) if self._picked is None else [self._picked]

    def refresh(self) -> None:
        """Show the scans that are open now, but for those that were calibrated into others."""
        self._scans = [scan for scan in self._session.scans if not scan.superseded]
        several = len(self._scans) > 1
        if self._picked not in self._scans or not several:
            self._picked = None
        with QSignalBlocker(self):
            self.clear()
            if several:
                self.addItem(f"All {len(self._scans)} open scans")
            for scan in self._scans:
                self.addItem(f"{scan.name}   {describe(scan.cube)}")
            if not self._scans:
                self.addItem("No scan is open yet")
            if self._picked is not None:
                self.setCurrentIndex(self._scans.index(self._picked) + 1)
        self.setEnabled(bool(self._scans))
        self.chosen_changed.emit()

    def _on_activated(self, row: int) -> None:
        self._picked = self._scans[row - 1] if len(self._scans) > 1 and row > 0 else None
        self.chosen_changed.emit()
