"""Which scans the dock works on: one of those open, or all."""

from __future__ import annotations

from typing import NamedTuple

from qtpy.QtCore import QSignalBlocker, Signal

from napari_dgc.gui.calm_boxes import NameComboBox
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.scan_list import describe
from napari_dgc.gui.session import Scan, Session


class _Entry(NamedTuple):
    """A line of the box, what its tooltip adds, and the scans it stands for."""

    text: str
    more: str
    scans: tuple[Scan, ...]


class ScanChoice(NameComboBox):
    """All open scans, or one of them; kept up to date.

    Counts that were calibrated can be chosen by themselves, and do not belong to "all".
    """

    #: The choice is another one, or its scans have changed.
    chosen_changed = Signal()

    def __init__(self, session: Session) -> None:
        super().__init__("Scans to colour, and to compute indices of.")
        self._session = session
        self._entries: list[_Entry] = []
        # The one scan that the user wants; None: all, or the only one.
        self._picked: Scan | None = None
        self.activated.connect(self._on_activated)
        connect_while_alive(self, session.scans_changed, self.refresh)
        self.refresh()

    def chosen(self) -> list[Scan]:
        """Return the scans chosen, in the order in which they were opened."""
        return [] if not self._entries else list(self._entries[self.currentIndex()].scans)

    def refresh(self) -> None:
        """Show the scans that are open now; last come those that others were made of."""
        scans = self._session.scans
        before = [scan for scan in scans if scan.superseded]
        now = [scan for scan in scans if not scan.superseded]
        self._entries = []
        if len(now) > 1:
            self._entries.append(_Entry(f"All {len(now)} open scans", "", tuple(now)))
        for scan in (*now, *before):
            text = f"{scan.name} (replaced)" if scan in before else scan.name
            self._entries.append(_Entry(text, describe(scan.cube), (scan,)))
        if self._picked not in scans:
            self._picked = None
        with QSignalBlocker(self):
            self.show_names(
                [entry.text for entry in self._entries] or ["No scan is open yet"],
                [entry.more for entry in self._entries],
            )
            rows = [
                row for row, entry in enumerate(self._entries) if entry.scans == (self._picked,)
            ]
            self.setCurrentIndex(rows[0] if rows else 0)
            self.show_tip()
        self.setEnabled(bool(self._entries))
        self.chosen_changed.emit()

    def _on_activated(self, row: int) -> None:
        whole = row == 0 and len(self._entries) > 1 and len(self._entries[0].scans) > 1
        self._picked = None if whole or not self._entries else self._entries[row].scans[0]
        self.chosen_changed.emit()
