"""Marking bands of open scans bad or good, with undo."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.gui.session import Scan, Session


class BadBandEdits(QObject):
    """Changes the bad bands of a scan, or of all scans that have the same bands.

    The scans of one change are undone together.
    """

    #: `scan` is another one. Of other bad bands the session tells.
    scan_changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scan: Scan | None = None
        self.together = True
        self._undo: list[dict[Scan, tuple[int, ...]]] = []

    @property
    def scan(self) -> Scan | None:
        """The scan whose bands are looked at."""
        return self._scan if self._scan in self._session.scans else None

    @scan.setter
    def scan(self, scan: Scan | None) -> None:
        if scan is not self._scan:
            self._scan = scan
            self.scan_changed.emit()

    @property
    def alike(self) -> list[Scan]:
        """Scans with the same bands, the scan itself first."""
        chosen = self.scan
        if chosen is None:
            return []
        others = (scan for scan in self._session.scans if scan is not chosen)
        return [chosen, *(scan for scan in others if _same_bands(scan, chosen))]

    @property
    def targets(self) -> list[Scan]:
        """Scans that a change is made to."""
        return self.alike if self.together else self.alike[:1]

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to take back."""
        return any(scan in self._session.scans for entry in self._undo for scan in entry)

    def mark(self, bands: Iterable[int], bad: bool) -> None:
        """Mark bands (from 0) bad or good in all targets, and leave the others as they are."""
        changed = set(bands)
        self._apply(
            {
                scan: changed | set(scan.cube.bad_bands)
                if bad
                else set(scan.cube.bad_bands) - changed
                for scan in self.targets
            }
        )

    def replace(self, bands: Iterable[int]) -> None:
        """Let just these bands be bad in all targets."""
        self._apply({scan: set(bands) for scan in self.targets})

    def undo(self) -> None:
        """Take the last change back."""
        while self._undo:
            before = self._undo.pop()
            open_ones = {s: bands for s, bands in before.items() if s in self._session.scans}
            if open_ones:
                self._session.set_bad_bands(open_ones)
                return

    def _apply(self, wanted: dict[Scan, set[int]]) -> None:
        for scan, bands in wanted.items():
            if len(bands) >= scan.cube.n_bands:
                raise UserError(f"One band of {scan.name} has to stay good; mark fewer.")
        before = {
            scan: scan.cube.bad_bands
            for scan, bands in wanted.items()
            if bands != set(scan.cube.bad_bands)
        }
        if not before:
            return
        self._undo.append(before)
        self._session.set_bad_bands({scan: wanted[scan] for scan in before})


def _same_bands(one: Scan, other: Scan) -> bool:
    first, second = one.cube.wavelengths_nm, other.cube.wavelengths_nm
    if one.cube.n_bands != other.cube.n_bands or (first is None) != (second is None):
        return False
    return first is None or second is None or bool(np.allclose(first, second, atol=0.01))
