"""Composites painted off the window's thread, while the user turns the knobs."""

from __future__ import annotations

import weakref
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.composites import Levels, Painter, Recipe
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.gui import layers as make
from napari_dgc.gui.jobs import LatestJobs

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Scan, Session

#: Knobs turned faster than this are followed in steps.
_PAUSE_MS = 40
#: Composites are painted anew for a stretch that differs by more than this part of its range;
#: near black, a screen shows 13 times as much.
_SAME_STRETCH = 0.002
#: Work that is done sooner shows no sign of it.
_LONG_MS = 300


class LiveComposites(QObject):
    """Paints the composites of a session's scans in a thread; use `get_live`.

    Of the recipes for one scan only the newest counts. Drafts that big scans are
    opened with are painted in full by themselves, and so are scans that share their
    stretch with others, when some are opened or closed.

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
        # What was painted last, and by which stretch.
        self._painted: weakref.WeakKeyDictionary[Scan, tuple[HyperCube, Levels]] = (
            weakref.WeakKeyDictionary()
        )
        self._waiting: dict[Scan, Recipe] = {}
        # Scans that are painted because the user asked for it.
        self._asked: set[Scan] = set()
        self._under_way: set[Scan] = set()
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._pause = _once(self, _PAUSE_MS)
        self._pause.timeout.connect(self._start)
        self._long = _once(self, _LONG_MS)
        self._long.timeout.connect(self._tell_busy)
        self._settle = _once(self, _PAUSE_MS)
        self._settle.timeout.connect(self._compare_stretches)
        session.scans_changed.connect(self._on_scans)
        self._on_scans()

    def recipe(self, scan: Scan) -> Recipe:
        """Return what the composite of a scan shows."""
        return self._recipes.get(scan, Recipe())

    def show(self, scan: Scan, recipe: Recipe) -> None:
        """Paint a scan by a recipe soon, and show it."""
        self._asked.add(scan)
        self._request(scan, recipe)

    def _request(self, scan: Scan, recipe: Recipe) -> None:
        self._waiting[scan] = recipe
        if not self._pause.isActive():
            self._pause.start()

    def _on_scans(self) -> None:
        self._finish_drafts()
        self._settle.start()

    def _finish_drafts(self) -> None:
        for scan in self._session.scans:
            drafted = scan.composite is not None and make.DRAFT_KEY in scan.composite.metadata
            if drafted and scan not in self._waiting and scan not in self._under_way:
                self._request(scan, Recipe())

    def _tell_busy(self) -> None:
        self.busy_changed.emit(True)

    def _start(self) -> None:
        # One under way is let finish: a knob that is turned on and on would never show anything.
        ready = [scan for scan in self._waiting if scan not in self._under_way]
        for scan in ready:
            recipe = self._waiting.pop(scan)
            if scan in self._session.scans:
                self._under_way.add(scan)
                painter, others = self._painter(scan), self._others(scan)
                keep = scan in self._asked  # for the next turn of a knob
                self._jobs.request(scan, partial(_paint, painter, others, recipe, keep))
        if self._under_way and not self._long.isActive():
            self._long.start()

    def _painter(self, scan: Scan) -> Painter:
        painter = self._painters.get(scan)
        if painter is None or painter.cube is not scan.cube:
            painter = self._painters[scan] = Painter(scan.cube)
        return painter

    def _others(self, scan: Scan) -> list[Painter]:
        """Return the painters of the other scans that are in use."""
        scans = [other for other in self._session.scans if not other.superseded]
        return [self._painter(other) for other in scans if other is not scan]

    def _compare_stretches(self) -> None:
        """Find the composites whose stretch is not that of the scans that are open now."""
        shown = [
            self._as_shown(scan)
            for scan in self._session.scans
            if scan.composite is not None and make.DRAFT_KEY not in scan.composite.metadata
        ]
        # One scan that was never painted here has its own stretch.
        if len(shown) > 1 or any(one.levels is not None for one in shown):
            self._jobs.request(self, partial(_outdated, shown))

    def _as_shown(self, scan: Scan) -> _Shown:
        cube, levels = self._painted.get(scan, (None, None))
        # A scan that was given other wavelengths has been painted anew for itself.
        known = levels if cube is scan.cube else None
        return _Shown(scan, self._painter(scan), self._others(scan), self.recipe(scan), known)

    def _on_done(self, key: object, result: object) -> None:
        if key is self:
            for scan, recipe in result if isinstance(result, list) else ():
                # What is painted just now is painted with the stretch of all anyway.
                busy = scan in self._waiting or scan in self._under_way
                if scan in self._session.scans and not busy and self.recipe(scan) == recipe:
                    self._request(scan, recipe)
            return
        self._on_painted(key, result)  # type: ignore[arg-type]

    def _on_painted(self, scan: Scan, result: object) -> None:
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
            self._painted[scan] = (scan.cube, result.levels)
            self._put(scan, result)
            if scan in self._asked:
                self.told.emit("")
            if scan not in self._waiting:
                self._asked.discard(scan)

    def _put(self, scan: Scan, picture: _Picture) -> None:
        if scan.composite is None:
            if scan in self._asked:
                make.add_composite(self._session.viewer, scan, picture.colours, picture.title)
            return
        scan.composite.metadata.pop(make.DRAFT_KEY, None)
        make.change_composite(scan.composite, picture.colours, picture.title)
        if scan in self._asked:
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
    levels: Levels
    colours: NDArray[np.uint8]
    title: str


class _Shown(NamedTuple):
    """A composite as it is shown; without levels it has the stretch of its scan alone."""

    scan: Scan
    painter: Painter
    others: list[Painter]
    recipe: Recipe
    levels: Levels | None


def _paint(
    painter: Painter, others: list[Painter], recipe: Recipe, keep: bool, token: CancelToken
) -> _Picture:
    levels = painter.levels(recipe, others, token)
    colours = painter.paint(recipe, token, levels, keep=keep)
    return _Picture(painter.cube, recipe, levels, colours, recipe.title(painter.cube))


def _outdated(shown: list[_Shown], token: CancelToken) -> list[tuple[Scan, Recipe]]:
    """Return the scans that should be painted anew, and how."""
    found = []
    for one in shown:
        try:
            wanted = one.painter.levels(one.recipe, one.others, token)
            levels = one.levels or one.painter.levels(one.recipe, (), token)
        except (UserError, OSError):  # what is shown stays
            continue
        if not wanted.near(levels, _SAME_STRETCH):
            found.append((one.scan, one.recipe))
    return found
