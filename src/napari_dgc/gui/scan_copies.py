"""Scans that are slow to read are copied into tiles in the background."""

from __future__ import annotations

import threading
import weakref
from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QObject, Signal

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes.scan_cache import ScanOnTheMove, slow_to_read, tiles_of
from napari_dgc.errors import UserError
from napari_dgc.gui import messages

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.cubes.tiled import TiledCube
    from napari_dgc.gui.session import Session

#: Progress is shown in steps of this share.
_STEP = 0.01


def movable(cube: HyperCube) -> HyperCube:
    """Return a cube whose samples can come from a copy later, if it is slow to read."""
    if cube.path is None or not slow_to_read(cube.data):
        return cube
    return replace(cube, data=ScanOnTheMove(cube.data))


class ScanCopies(QObject):
    """Copies the scans of a session that deserve it, one after the other.

    The scans can be used all the while, from their files.
    """

    #: How far a copy is, or that it is done.
    changed = Signal()
    _advanced = Signal(object, float)
    _ended = Signal(object, object)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = weakref.ref(session)
        self._seen: set[int] = set()
        self._waiting: list[HyperCube] = []
        self._now: ScanOnTheMove | None = None
        self._share = 0.0
        self._cancel = CancelSource()
        self._advanced.connect(self._on_advanced)
        self._ended.connect(self._on_ended)
        session.scans_changed.connect(self._look)
        self._look()

    def share(self, cube: HyperCube) -> float | None:
        """Return how much of a scan is copied, 0 to 1, or None where nothing is to be done."""
        if self._now is not None and cube.data is self._now:
            return self._share
        return 0.0 if any(cube.data is other.data for other in self._waiting) else None

    def stop(self) -> None:
        """Give up what is being copied and what waits."""
        self._waiting.clear()
        self._cancel.cancel()

    def _look(self) -> None:
        session = self._session()
        cubes = [] if session is None else [scan.cube for scan in session.scans]
        open_now = {id(cube.data) for cube in cubes}
        self._waiting = [cube for cube in self._waiting if id(cube.data) in open_now]
        if self._now is not None and id(self._now) not in open_now:
            self._cancel.cancel()
        for cube in cubes:
            if isinstance(cube.data, ScanOnTheMove) and id(cube.data) not in self._seen:
                self._seen.add(id(cube.data))
                self._waiting.append(cube)
        self._seen &= open_now
        self._next()

    def _next(self) -> None:
        if self._now is not None or not self._waiting:
            return
        cube = self._waiting.pop(0)
        assert isinstance(cube.data, ScanOnTheMove)
        self._now, self._share, self._cancel = cube.data, 0.0, CancelSource()
        threading.Thread(
            target=self._copy, args=(cube, self._cancel), name="napari-dgc copy", daemon=True
        ).start()
        self.changed.emit()

    def _copy(self, cube: HyperCube, cancel: CancelSource) -> None:
        told = 0.0

        def tell(share: float) -> None:
            nonlocal told
            if share - told >= _STEP:
                told = share
                self._advanced.emit(cube.data, share)

        result: TiledCube | UserError | None
        try:
            result = tiles_of(cube, token=cancel.token, progress=tell)
        except InterruptedError:
            result = None
        except UserError as error:
            result = error
        except OSError as error:
            result = UserError(f"{cube.path} cannot be copied: {error.strerror or error}.")
        try:
            self._ended.emit(cube.data, result)
        except RuntimeError:
            return  # napari was closed meanwhile

    def _on_advanced(self, data: ScanOnTheMove, share: float) -> None:
        if data is self._now:
            self._share = share
            self.changed.emit()

    def _on_ended(self, data: ScanOnTheMove, result: TiledCube | UserError | None) -> None:
        if isinstance(result, UserError):
            messages.show_info(f"{result} The scan is read from its file, slowly.")
        elif result is not None:
            data.data = result
        self._now = None
        self.changed.emit()
        self._next()


def get_scan_copies(session: Session) -> ScanCopies:
    """Return what copies the scans of a session."""
    copies = session.services.get("scan copies")
    if not isinstance(copies, ScanCopies):
        copies = session.services["scan copies"] = ScanCopies(session)
    return copies
