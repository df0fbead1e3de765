"""Classes in the image: pick one with a click, make selected ones stand out."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.layers import Labels
    from napari.utils.colormaps import DirectLabelColormap

    from napari_dgc.gui.session import Session
    from napari_dgc.partition import Partition

#: Opacity of the classes that are not selected.
_PALE = 0.2
#: A press that moves further than this many screen pixels drags the image.
_DRAG = 4.0


def class_at(session: Session, position: tuple[float, ...]) -> int:
    """Return the class number at a position in world coordinates; 0 where there is none."""
    for scan in session.scans:
        if scan.labels is None:
            continue
        row, column = np.round(scan.labels.world_to_data(position)[-2:]).astype(int)
        data = scan.labels.data
        if 0 <= row < data.shape[0] and 0 <= column < data.shape[1]:
            number = int(data[row, column])
            if number:
                return number
    return 0


class ClassPicker:
    """Mouse callback of the viewer: a click on a class, in pan/zoom mode, reports it.

    Parameters
    ----------
    session
        Holds the label layers.
    enabled
        Asked at every press.
    picked
        Called with the class number, and whether Ctrl or Shift was held.
    """

    def __init__(
        self,
        session: Session,
        enabled: Callable[[], bool],
        picked: Callable[[int, bool], None],
    ) -> None:
        self._session = session
        self._enabled = enabled
        self._picked = picked

    def __call__(self, viewer: Any, event: Any) -> Iterator[None]:
        """Follow one press of the left button to its release."""
        active = viewer.layers.selection.active
        mode = str(getattr(active, "mode", "pan_zoom"))
        if event.button != 1 or mode != "pan_zoom" or not self._enabled():
            return
        start = np.array(event.pos, float)
        moved = 0.0
        yield
        while event.type == "mouse_move":
            moved = max(moved, float(np.abs(np.array(event.pos, float) - start).max()))
            yield
        if moved <= _DRAG:
            number = class_at(self._session, event.position)
            if number:
                self._picked(number, bool({"Control", "Shift"} & _names(event.modifiers)))


def _names(modifiers: Any) -> set[str]:
    return {str(getattr(modifier, "name", modifier)) for modifier in modifiers}


class Highlight:
    """Makes selected classes stand out in the label layers by paling the others."""

    def __init__(self) -> None:
        # What a layer showed before, and what it was given instead.
        self._before: weakref.WeakKeyDictionary[
            Labels, tuple[DirectLabelColormap, DirectLabelColormap]
        ] = weakref.WeakKeyDictionary()

    def show(self, session: Session, partition: Partition | None, chosen: Collection[int]) -> None:
        """Let the classes with these numbers stand out; none gives all their own colours back."""
        pale = None
        for scan in session.scans:
            layer = scan.labels
            if layer is None:
                continue
            if partition is None or not chosen:
                self._restore(layer)
                continue
            if pale is None:
                pale = _pale_colormap(partition, chosen)
            held = self._before.get(layer)
            # The session may have given the layer new colours since.
            original = held[0] if held and layer.colormap is held[1] else layer.colormap
            self._before[layer] = (original, pale)
            layer.colormap = pale

    def _restore(self, layer: Labels) -> None:
        held = self._before.pop(layer, None)
        if held is not None and layer.colormap is held[1]:
            layer.colormap = held[0]


def _pale_colormap(partition: Partition, chosen: Collection[int]) -> DirectLabelColormap:
    from napari.utils.colormaps import DirectLabelColormap

    colours: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    for info in partition.classes:
        red, green, blue = (int(info.shown_colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
        colours[info.number] = (red, green, blue, 1.0 if info.number in chosen else _PALE)
    return DirectLabelColormap(color_dict=colours)
