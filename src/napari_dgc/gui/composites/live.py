"""Composites painted off the window's thread, while the user turns the knobs."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.composites import Painter, Recipe
from napari_dgc.cubes import HyperCube
from napari_dgc.gui import layers as make
from napari_dgc.gui.jobs import LatestJobs

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Scan, Session

#: Knobs turned faster than this are followed in steps.
_PAUSE_MS = 40
#: Work that is done sooner shows no sign of it.
_LONG_MS = 300


class LiveComposites(QObject):
    """Paints the composites of a session's scans in a thread; use `get_live`.

    Of the recipes for one scan only the newest counts. Drafts that big scans are
    opened with are painted in full by themselves.

    Parameters
    ----------
    session
        Whose composites these are.
    """

    #: Works for longer than a moment, or is done.
    busy_changed = Signal(bool)
    #: A sentence why a scan was not painted, or "".
    told = Signal(str)

    def __init__(self, session: Session) -> None:
        super().__init__()
        self._session = session
        self._painters: weakref.WeakKeyDictionary[Scan, Painter] = weakref.WeakKeyDictionary()
        self._recipes: weakref.WeakKeyDictionary[Scan, Recipe] = weakref.WeakKeyDictionary()
        self._waiting: dict[Scan, Recipe] = {}
        self._under_way: set[Scan] = set()
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._pause = _once(self, _PAUSE_MS)
        self._pause.timeout.connect(self._start)
        self._long = _once(self, _LONG_MS)
        self._long.timeout.connect(self._tell_busy)
        session.scans_changed.connect(self._finish_drafts)
        self._finish_drafts()

    def recipe(self, scan: Scan) -> Recipe:
        """Return what the composite of a scan shows."""
        return self._recipes.get(scan, Recipe())

    def show(self, scan: Scan, recipe: Recipe) -> None:
        """Paint a scan by a recipe soon."""
        self._waiting[scan] = recipe
        if not self._pause.isActive():
            self._pause.start()

    def _finish_drafts(self) -> None:
        for scan in self._session.scans:
            drafted = scan.composite is not None and make.DRAFT_KEY in scan.composite.metadata
            if drafted and scan not in self._waiting and scan not in self._under_way:
                self.show(scan, Recipe())

    def _tell_busy(self) -> None:
        self.busy_changed.emit(True)

    def _start(self) -> None:
        # One under way is let finish: a knob that is turned on and on would never show anything.
        ready = [scan for scan in self._waiting if scan not in self._under_way]
        for scan in ready:
            recipe = self._waiting.pop(scan)
            if scan in self._session.scans:
                painter = self._painters.get(scan)
                if painter is None or painter.cube is not scan.cube:
                    painter = self._painters[scan] = Painter(scan.cube)
                self._under_way.add(scan)
                self._jobs.request(scan, partial(_paint, painter, recipe))
        if self._under_way and not self._long.isActive():
            self._long.start()

    def _on_done(self, scan: Scan, result: object) -> None:
        self._under_way.discard(scan)
        if self._waiting and not self._pause.isActive():
            self._pause.start()
        if not self._under_way:
            self._long.stop()
            self.busy_changed.emit(False)
        if isinstance(result, BaseException):
            self.told.emit(str(result) or type(result).__name__)
            return
        assert isinstance(result, _Picture)
        # The scan may have been closed, or have become another cube, meanwhile.
        if scan in self._session.scans and scan.cube is result.cube:
            self._recipes[scan] = result.recipe
            self._put(scan, result)
            self.told.emit("")

    def _put(self, scan: Scan, picture: _Picture) -> None:
        if scan.composite is None:
            make.add_composite(self._session.viewer, scan, picture.colours, picture.title)
            return
        drafted = scan.composite.metadata.pop(make.DRAFT_KEY, False)
        make.change_composite(scan.composite, picture.colours, picture.title)
        if picture.recipe != Recipe() or not drafted:  # else nobody asked to see it
            scan.composite.visible = True


def get_live(session: Session) -> LiveComposites:
    """Return the painter of a session's composites, made on first use."""
    live = session.services.get("composites")
    if not isinstance(live, LiveComposites):
        live = session.services["composites"] = LiveComposites(session)
    return live


def _once(parent: QObject, milliseconds: int) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(True)
    timer.setInterval(milliseconds)
    return timer


class _Picture(NamedTuple):
    """A painted composite and what it was painted from."""

    cube: HyperCube
    recipe: Recipe
    colours: NDArray[np.uint8]
    title: str


def _paint(painter: Painter, recipe: Recipe, token: CancelToken) -> _Picture:
    colours = painter.paint(recipe, token)
    return _Picture(painter.cube, recipe, colours, recipe.title(painter.cube))
