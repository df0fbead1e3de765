"""Classes in the image: pick one with a click, make selected ones stand out."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from napari_dgc.gui.icons import icon

if TYPE_CHECKING:
    from napari.layers import Labels
    from napari.utils.colormaps import DirectLabelColormap

    from napari_dgc.gui.session import Session
    from napari_dgc.partition import ClassInfo, Partition

#: Opacity of the classes that are not selected.
_PALE = 0.2
#: A press that moves further than this many screen pixels drags the image.
DRAG = 4.0


def class_at(session: Session, position: tuple[float, ...]) -> int:
    """Return the class number at a position in world coordinates; 0 where there is none."""
    for scan in session.labelled:
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
        if moved <= DRAG:
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
        for scan in session.labelled:
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


class ImageSelection(QWidget):
    """Two switches: select classes with clicks on the image, let selected ones stand out in it."""

    #: Class number that was clicked, and whether it adds to the selection.
    picked = Signal(int, bool)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._awake = True
        self._selected: tuple[int, ...] = ()
        self._highlight = Highlight()
        self.pick = _toggle_button(
            "A click on the image selects the class there (Ctrl or Shift adds to the selection)"
        )
        self.highlight = _toggle_button(
            "Show the selected classes in the image; the others turn pale"
        )
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pick)
        layout.addWidget(self.highlight)
        self.highlight.toggled.connect(self.refresh)
        self._picker = ClassPicker(session, self._may_pick, self.picked.emit)
        viewer = session.viewer
        self._callbacks = viewer.mouse_drag_callbacks if viewer is not None else []
        self._callbacks.append(self._picker)

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        self.pick.setIcon(icon("pick", colour))
        self.highlight.setIcon(icon("highlight", colour))

    def set_selected(self, classes: Sequence[ClassInfo]) -> None:
        """Let these classes stand out, where that is switched on."""
        self._selected = tuple(info.number for info in classes)
        self.refresh()

    def refresh(self) -> None:
        """Show the selection in layers that were added or coloured anew."""
        wanted = self.highlight.isChecked() and self._awake
        self._highlight.show(
            self._session, self._session.partition, self._selected if wanted else ()
        )

    def set_awake(self, awake: bool) -> None:
        """Follow clicks and show the selection, or give the layers their own colours back."""
        self._awake = awake
        self.refresh()

    def let_go(self) -> None:
        """Leave the viewer as it was; touches no Qt object, so it may come after their end."""
        if self._picker in self._callbacks:
            self._callbacks.remove(self._picker)
        self._highlight.show(self._session, None, ())

    def _may_pick(self) -> bool:
        return self.pick.isChecked() and self._awake and self._session.partition is not None


def _toggle_button(tip: str) -> QToolButton:
    """Make a small button that is on or off; on at first."""
    button = QToolButton()
    button.setCheckable(True)
    button.setChecked(True)
    button.setToolTip(tip)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
