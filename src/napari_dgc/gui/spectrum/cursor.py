"""The spectrum under the mouse."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.spectrum.curve import Curve
from napari_dgc.gui.spectrum.place import Place, place_at

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Session

#: Least time between two readings, in milliseconds.
INTERVAL = 30


class CursorSpectrum(QObject):
    """Reads the pixel under the mouse while it moves, when switched on.

    Parameters
    ----------
    session
        Whose scans are read.
    jobs
        Does the reading; a file that is slow to read holds nothing up.
    """

    #: `curve` or `outside` changed.
    changed = Signal()

    def __init__(self, session: Session, jobs: LatestJobs, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.curve = Curve("pixel", "cursor")
        #: Whether the mouse was outside of every scan.
        self.outside = False
        self._session = session
        self._jobs = jobs
        self._live = False
        self._position: tuple[float, ...] | None = None
        self._place: Place | None = None
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(INTERVAL)
        self._timer.timeout.connect(self._on_pause_over)
        jobs.done.connect(self._on_read)

    @property
    def live(self) -> bool:
        """Whether the mouse is followed."""
        return self._live

    @live.setter
    def live(self, live: bool) -> None:
        if live == self._live:
            return
        self._live = live
        viewer = self._session.viewer
        callbacks = [] if viewer is None else viewer.mouse_move_callbacks
        if live:
            callbacks.append(self._on_move)
        else:
            self.let_go()
            self._timer.stop()

    def let_go(self) -> None:
        """Follow the mouse no more; touches nothing of Qt, so it may come after its end."""
        viewer = self._session.viewer
        if viewer is not None and self._on_move in viewer.mouse_move_callbacks:
            viewer.mouse_move_callbacks.remove(self._on_move)
        self._jobs.drop(self.curve)
        self._position = None

    def forget(self) -> None:
        """Read anew at the next move, as scans have changed; show nothing of one that is gone."""
        self._place = None
        if self.curve.scan is not None and self.curve.scan not in self._session.scans:
            self.curve.scan = None
            self.curve.clear()
            self.changed.emit()

    def _on_move(self, viewer: Any, event: Any) -> None:
        if viewer.dims.ndisplay != 2:
            return
        self._position = tuple(event.position)
        if not self._timer.isActive():
            self._look()

    def _on_pause_over(self) -> None:
        if self._position is not None:
            self._look()

    def _look(self) -> None:
        position, self._position = self._position, None
        self._timer.start()
        place = None if position is None else place_at(self._session, position)
        if place is None:
            if not self.outside:
                self.outside = True
                self._place = None
                self._jobs.drop(self.curve)
                self.changed.emit()
            return
        here = self._place
        if here is not None and here.scan is place.scan and here.pixel == place.pixel:
            return
        self._place, self.outside = place, False
        self._jobs.request(self.curve, _reading(place))

    def _on_read(self, key: object, result: object) -> None:
        if key is not self.curve:
            return
        if isinstance(result, Exception):
            self.curve.clear(str(result))
        elif isinstance(result, _Read):
            place = result.place
            self.curve.scan = place.scan
            self.curve.row, self.curve.column = place.pixel
            self.curve.mean, self.curve.pixels, self.curve.problem = result.spectrum, 1, ""
        self.changed.emit()


@dataclass(frozen=True, eq=False)
class _Read:
    """A spectrum with its place; the mouse may be elsewhere by then."""

    place: Place
    spectrum: NDArray[np.float32]


def _reading(place: Place) -> Callable[[CancelToken], _Read]:
    cube = place.scan.cube

    def read(token: CancelToken) -> _Read:
        from napari_dgc.cubes.spectra import spectrum_at

        return _Read(place, spectrum_at(cube, *place.pixel))

    return read
