"""One line drawn on the image: to split a leaf, to join two, or to measure a length."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.gui.layers import ROLE_KEY
from napari_dgc.gui.spectrum.place import place_at, to_pixels

if TYPE_CHECKING:
    from napari.layers import Layer, Shapes

    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

#: Shorter lines are clicks, in screen pixels.
_SHORTEST = 4.0
_ROLE = "line"


@dataclass(frozen=True)
class Line:
    """A line on a scan, in pixels from the centre of the first one."""

    scan: Scan
    start: tuple[float, float]
    end: tuple[float, float]

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Row and column of the start, then of the end."""
        return (*self.start, *self.end)

    @property
    def pixels(self) -> float:
        """Its length."""
        return float(np.hypot(self.end[0] - self.start[0], self.end[1] - self.start[1]))


class LineTool(QObject):
    """Lets the user drag a line across the image, in a layer that goes with it.

    Parameters
    ----------
    session
        Whose scans lines are drawn on.
    """

    #: What the line was asked for, and the `Line`.
    drawn = Signal(str, object)
    #: What lines are drawn for now, or "" for nothing.
    changed = Signal(str)
    #: Why a line was none.
    refused = Signal(str)

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = weakref.ref(session)
        self._layer: Shapes | None = None
        self._before: Layer | None = None
        #: What lines are drawn for, or "".
        self.purpose = ""

    def start(self, purpose: str, name: str, colour: str = "#ffff00") -> None:
        """Take up the pen; `name` is that of the layer meanwhile."""
        self.stop()
        session = self._session()
        viewer = None if session is None else session.viewer
        if session is None or viewer is None or not session.scans:
            self.changed.emit("")
            return
        if viewer.dims.ndisplay != 2:
            self.changed.emit("")
            self.refused.emit("Lines are drawn in 2D; press the button 2D/3D below the layers.")
            return
        image = session.scans[0].image
        self._before = viewer.layers.selection.active
        layer = viewer.add_shapes(
            ndim=2,
            name=name,
            edge_color=colour,
            face_color="transparent",
            edge_width=max(min(session.scans[0].cube.data.shape[1:]) / 120, 0.3),
            scale=image.scale[-2:],
            units=image.units[-2:],
            axis_labels=("y", "x"),
            metadata={ROLE_KEY: _ROLE},
        )
        layer.mouse_drag_callbacks.append(self._on_press)
        viewer.layers.selection.active = layer
        layer.mouse_pan = False
        layer.cursor = "crosshair"
        layer.help = "drag a line, Escape puts the pen down"
        layer.bind_key("Escape", lambda _layer: self.stop(), overwrite=True)
        viewer.layers.events.removed.connect(self._on_removed)
        self._layer, self.purpose = layer, purpose
        self.changed.emit(purpose)

    def stop(self) -> None:
        """Put the pen down, and take the line away."""
        layer, self._layer = self._layer, None
        session = self._session()
        viewer = None if session is None else session.viewer
        if layer is None or viewer is None:
            return
        viewer.layers.events.removed.disconnect(self._on_removed)
        with contextlib.suppress(ValueError):
            viewer.layers.remove(layer)
        if self._before is not None and self._before in viewer.layers:
            viewer.layers.selection.active = self._before
        self.purpose, self._before = "", None
        self.changed.emit("")

    def _on_removed(self, event: Any) -> None:
        if event.value is self._layer:
            self.stop()

    def _on_press(self, layer: Shapes, event: Any) -> Iterator[None]:
        if event.button != 1:
            return
        start_screen, moved = np.asarray(event.pos, float), 0.0
        start = np.asarray(event.position, float)
        end = start
        yield
        while event.type == "mouse_move":
            end = np.asarray(event.position, float)
            moved = float(np.abs(np.asarray(event.pos, float) - start_screen).max())
            if moved > _SHORTEST and layer is self._layer:
                self._draw(layer, start, end)
            yield
        end = np.asarray(event.position, float)
        if moved > _SHORTEST:
            # Not at once: napari is still about to finish the drag.
            QTimer.singleShot(0, lambda: self._finish(start, end))

    @staticmethod
    def _draw(layer: Shapes, start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
        ends = [layer.world_to_data(point)[-2:] for point in (start, end)]
        layer.data = [(np.asarray(ends, float), "line")]

    def _finish(self, start: NDArray[np.float64], end: NDArray[np.float64]) -> None:
        session = self._session()
        if session is None or self._layer is None:
            return
        # The middle tells best: a line across a leaf at the rim may begin on the next scan.
        on_way = (start + share * (end - start) for share in (0.5, 0.0, 1.0))
        place = next(
            (found for point in on_way if (found := place_at(session, tuple(point)))), None
        )
        if place is None:
            self._layer.data = []
            self.refused.emit("The line lies outside of every scan; draw it on a leaf.")
            return
        line = Line(
            place.scan,
            to_pixels(place.scan, *start[-2:]),
            to_pixels(place.scan, *end[-2:]),
        )
        self.drawn.emit(self.purpose, line)
