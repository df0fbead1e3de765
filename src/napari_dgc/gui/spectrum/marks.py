"""Curves that belong to the points or shapes of a napari layer."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.jobs import Job, LatestJobs
from napari_dgc.gui.layers import ROLE_KEY
from napari_dgc.gui.spectrum.curve import Curve, free_colour
from napari_dgc.gui.spectrum.place import pixels_to_layer

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Points, Shapes

    from napari_dgc.gui.session import Session

NUMBER, NAME = "number", "name"


@dataclass(eq=False)
class Mark:
    """One point or shape and its curve.

    Parameters
    ----------
    number
        What it is known by in the layer's features.
    curve
        Its spectrum.
    outline
        (n, 2) coordinates in the layer's data.
    inside
        The same in pixels of the curve's scan.
    read_from
        Data that the spectrum was read from.
    """

    number: int
    curve: Curve
    outline: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    inside: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 2)))
    read_from: object = None


class MarkLayer(QObject):
    """Keeps curves in step with a layer: what is added, moved, renamed or deleted there.

    The layer is what is true; it is made with the first mark, and one that an earlier
    dock made is taken over.

    Parameters
    ----------
    session
        Whose scans the marks lie on.
    jobs
        Does the reading.
    used
        Tells the colours that other curves have.
    """

    #: Curves came, went, or look otherwise.
    listed = Signal()
    #: A curve got its spectrum.
    read = Signal(object)

    #: Of the layer, of its marks, and of their curves.
    role = title = kind = ""
    #: Events of the layer that tell of a mark.
    follows: tuple[str, ...] = ("data", "features")

    def __init__(
        self,
        session: Session,
        jobs: LatestJobs,
        used: Callable[[], set[str]],
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._jobs = jobs
        self._used = used
        self._marks: list[Mark] = []
        self._busy = False
        self._awake = False
        self.layer: Points | Shapes | None = None
        jobs.done.connect(self._on_read)
        viewer = session.viewer
        for layer in () if viewer is None else viewer.layers:
            if layer.metadata.get(ROLE_KEY) == self.role:
                self._take(layer)

    @property
    def curves(self) -> list[Curve]:
        """One per mark, in the order of the layer."""
        return [mark.curve for mark in self._marks]

    def wake(self, awake: bool) -> None:
        """Read only while awake; what changed in sleep is caught up with."""
        self._awake = awake
        if awake:
            self.follow_scans()
            self.sync()
        else:
            for mark in self._marks:
                self._jobs.drop(mark.curve)

    def remove(self, curve: Curve) -> None:
        """Delete a curve's mark from the layer."""
        index = self._index(curve)
        if self.layer is not None and index is not None:
            self.layer.selected_data = {index}
            self.layer.remove_selected()

    def rename(self, curve: Curve, name: str) -> None:
        """Name a curve and its mark."""
        index = self._index(curve)
        if self.layer is None or index is None or not name.strip():
            return
        features = self.layer.features.copy()
        features.loc[index, NAME] = name.strip()
        self.layer.features = features
        self.sync()

    # ------------------------------------------------------ what a layer is

    @abstractmethod
    def _outlines(self) -> list[NDArray[np.float64]]:
        """Return (n, 2) coordinates of every mark."""

    @abstractmethod
    def _set_outlines(self, outlines: list[NDArray[np.float64]]) -> None:
        """Move the marks."""

    @abstractmethod
    def _colours(self) -> list[str]:
        """Return the colour of every mark."""

    @abstractmethod
    def _set_colours(self, colours: list[str]) -> None:
        """Colour the marks."""

    @abstractmethod
    def _put(self, mark: Mark, index: int) -> Job | None:
        """Find where a mark lies: set its curve's place; return how to read its spectrum."""

    # -------------------------------------------------------------- in step

    def _take(self, layer: Any) -> None:
        """Follow a layer from now on."""
        self.layer = layer
        for name in self.follows:
            layer.events[name].connect(self._on_layer)

    def _on_layer(self, event: Any) -> None:
        # napari tells of a change before it (adding, changing, removing) and after it.
        if not str(getattr(event, "action", "")).endswith("ing"):
            self.sync()

    def sync(self) -> None:
        """Bring the curves in step with the layer."""
        if self._busy or not self._awake:
            return
        self._busy = True
        try:
            changed = self._complete()
            changed |= self._compare()
        finally:
            self._busy = False
        if changed:
            self.listed.emit()

    def _complete(self) -> bool:
        """Give marks that came without them a number, a name and a colour."""
        layer = self.layer
        if layer is None:
            return False
        features = layer.features.copy()
        count = len(self._outlines())
        numbers = [_whole(value) for value in features.get(NUMBER, [0] * count)]
        seen: set[int] = set()
        fresh = []
        for index, number in enumerate(numbers):
            if number < 1 or number in seen:
                fresh.append(index)
            else:
                seen.add(number)
        if not fresh:
            return False
        names = [str(name) for name in features.get(NAME, [""] * count)]
        colours = self._colours()
        used = self._used() | {c for i, c in enumerate(colours) if i not in fresh}
        for index in fresh:
            numbers[index] = max(seen, default=0) + 1
            seen.add(numbers[index])
            names[index] = f"{self.title} {numbers[index]}"
            colours[index] = free_colour(used)
            used.add(colours[index])
        features[NUMBER], features[NAME] = numbers, names
        layer.features = features
        self._set_colours(colours)
        return True

    def _compare(self) -> bool:
        layer = self.layer
        outlines = [] if layer is None else self._outlines()
        known = {mark.number: mark for mark in self._marks}
        colours = self._colours() if outlines else []
        found: list[Mark] = []
        changed = False
        for index, outline in enumerate(outlines):
            assert layer is not None
            number = _whole(layer.features[NUMBER].iloc[index])
            mark = known.pop(number, None) or Mark(number, Curve(self.kind))
            name = str(layer.features[NAME].iloc[index])
            changed |= (mark.curve.name, mark.curve.colour) != (name, colours[index])
            mark.curve.name, mark.curve.colour = name, colours[index]
            if not np.array_equal(mark.outline, outline) or self._outdated(mark):
                mark.outline = outline
                changed |= self._read(mark, index)
            found.append(mark)
        for mark in known.values():
            self._jobs.drop(mark.curve)
        changed |= found != self._marks
        self._marks = found
        return changed

    def _outdated(self, mark: Mark) -> bool:
        scan = mark.curve.scan
        if scan is None:
            return False
        return scan not in self._session.scans or mark.read_from is not scan.cube.data

    def _read(self, mark: Mark, index: int) -> bool:
        """Ask for a mark's spectrum; tells whether its place changed."""
        curve = mark.curve
        before = (curve.scan, curve.row, curve.column, curve.problem)
        job = self._put(mark, index)
        if job is None:
            self._jobs.drop(curve)
            mark.read_from = None
        else:
            assert curve.scan is not None
            mark.read_from = curve.scan.cube.data
            self._jobs.request(curve, job)
        return before != (curve.scan, curve.row, curve.column, curve.problem)

    def _on_read(self, key: object, result: object) -> None:
        mark = next((mark for mark in self._marks if mark.curve is key), None)
        if mark is None:
            return
        if isinstance(result, Exception):
            mark.curve.clear(str(result))
        else:
            self._set_result(mark.curve, result)
        self.read.emit(mark.curve)

    @abstractmethod
    def _set_result(self, curve: Curve, result: Any) -> None:
        """Take over what a job gave."""

    # ---------------------------------------------------------------- scans

    def follow_scans(self) -> None:
        """Let marks stay on their pixels where scans have moved on the canvas."""
        layer = self.layer
        if layer is None or not self._awake:
            return
        outlines = self._outlines()
        # Only marks that lie where they were found; the others have been moved themselves.
        moved = False
        for index, mark in enumerate(self._marks):
            scan = mark.curve.scan
            if scan is None or scan not in self._session.scans or index >= len(outlines):
                continue
            there = pixels_to_layer(scan, layer, mark.inside)
            if np.array_equal(mark.outline, outlines[index]) and not np.allclose(
                there, mark.outline, atol=1e-6
            ):
                outlines[index] = mark.outline = there
                moved = True
        if moved:
            self._busy = True
            try:
                self._set_outlines(outlines)
            finally:
                self._busy = False

    def on_scans(self) -> None:
        """Take notice of scans that came, went, moved, or know other things about themselves."""
        gone = [
            mark.curve
            for mark in self._marks
            if mark.curve.scan is not None and mark.curve.scan not in self._session.scans
        ]
        for curve in gone:
            self.remove(curve)
        self.follow_scans()
        self.sync()

    def on_removed(self, layer: object) -> None:
        """Take notice of a layer that was removed from the viewer."""
        if layer is self.layer:
            self.let_go()
            self.layer = None
            self.sync()

    def raise_layer(self) -> None:
        """Bring the marks above layers that came later."""
        viewer, layer = self._session.viewer, self.layer
        if viewer is not None and layer in viewer.layers:
            index = viewer.layers.index(layer)
            if index != len(viewer.layers) - 1:
                viewer.layers.move(index, len(viewer.layers))

    def let_go(self) -> None:
        """Follow the layer no more."""
        if self.layer is not None:
            for name in self.follows:
                self.layer.events[name].disconnect(self._on_layer)

    def _index(self, curve: Curve) -> int | None:
        return next((i for i, mark in enumerate(self._marks) if mark.curve is curve), None)


def _whole(value: object) -> int:
    """Read a number from a features table, in which anything may stand."""
    try:
        return int(value)  # type: ignore[call-overload]
    except (TypeError, ValueError):
        return 0


def middle(outline: Sequence[Sequence[float]] | NDArray[np.float64]) -> tuple[float, float]:
    """Return the middle of an outline's bounding box."""
    points = np.asarray(outline, float)
    row, column = (points.min(axis=0) + points.max(axis=0)) / 2
    return float(row), float(column)
