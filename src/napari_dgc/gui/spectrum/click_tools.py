"""What a click on the image does: pin a pixel, or show the mean of a label."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QObject, Signal

from napari_dgc.gui.in_image import DRAG
from napari_dgc.gui.spectrum.place import place_at

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session
    from napari_dgc.gui.spectrum.label_means import LabelMeans
    from napari_dgc.gui.spectrum.pins import Pins

PIN, LABEL = "pin", "label"


class ClickTools(QObject):
    """Mouse callback of the viewer while the dock is in sight.

    Shift + click pins a pixel at any time; `tool` says what a plain click does. Both
    leave alone the tools of a layer that is not in pan/zoom mode.
    """

    #: A sentence about a click that led to nothing.
    said = Signal(str)

    def __init__(
        self, session: Session, pins: Pins, labels: LabelMeans, parent: QObject | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._pins = pins
        self._labels = labels
        self._tool: str | None = None
        self._listening = False

    @property
    def tool(self) -> str | None:
        """`PIN`, `LABEL`, or None for napari's own clicks."""
        return self._tool

    @tool.setter
    def tool(self, tool: str | None) -> None:
        self._tool = tool
        viewer = self._session.viewer
        active = None if viewer is None else viewer.layers.selection.active
        if tool is not None and active is not None and hasattr(active, "mode"):
            # Else the click would paint or draw.
            active.mode = "pan_zoom"

    def listen(self, on: bool) -> None:
        """Take part in clicks or no more."""
        viewer = self._session.viewer
        if on == self._listening or viewer is None:
            return
        self._listening = on
        for callback in (self._pins.drag, self._on_press):
            if on:
                viewer.mouse_drag_callbacks.append(callback)
            elif callback in viewer.mouse_drag_callbacks:
                viewer.mouse_drag_callbacks.remove(callback)

    def _on_press(self, viewer: Any, event: Any) -> Iterator[None]:
        active = viewer.layers.selection.active
        mode = str(getattr(active, "mode", "pan_zoom"))
        held = {str(getattr(modifier, "name", modifier)) for modifier in event.modifiers}
        tool = PIN if held == {"Shift"} else self._tool if not held else None
        if event.button != 1 or mode != "pan_zoom" or tool is None or viewer.dims.ndisplay != 2:
            return
        start, moved = np.array(event.pos, float), 0.0
        yield
        while event.type == "mouse_move":
            moved = max(moved, float(np.abs(np.array(event.pos, float) - start).max()))
            yield
        if moved <= DRAG:
            self._click(tool, event.position)

    def _click(self, tool: str, position: tuple[float, ...]) -> None:
        if tool == PIN:
            place = place_at(self._session, position)
            if place is None:
                self.said.emit("There is no scan here.")
            else:
                self._pins.add(place)
            return
        found = self._labels.label_at(position)
        if found is None:
            self.said.emit("There is no label here; labels come from training or are painted.")
        else:
            self._labels.add(*found, position)
