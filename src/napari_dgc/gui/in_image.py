"""Classes in the image: pick one with a click, make selected ones stand out, hide some."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QSizePolicy, QToolButton, QWidget

from napari_dgc.gui.hidden_classes import HiddenClasses
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


def cluster_at(session: Session, position: tuple[float, ...]) -> int:
    """Return the fine cluster at a position in world coordinates; 0 where there is none."""
    for scan in session.labelled:
        if scan.labels is None or scan.fine is None:
            continue
        row, column = np.round(scan.labels.world_to_data(position)[-2:]).astype(int)
        if 0 <= row < scan.fine.shape[0] and 0 <= column < scan.fine.shape[1]:
            cluster = int(scan.fine[row, column])
            if cluster:
                return cluster
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
        Called with the fine cluster, and whether Ctrl or Shift was held.
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
            cluster = cluster_at(self._session, event.position)
            if cluster:
                self._picked(cluster, bool({"Control", "Shift"} & _names(event.modifiers)))


def _names(modifiers: Any) -> set[str]:
    return {str(getattr(modifier, "name", modifier)) for modifier in modifiers}


class Highlight:
    """Makes selected classes stand out in the label layers by paling the others, and hides some."""

    def __init__(self) -> None:
        # What a layer showed before, and what it was given instead.
        self._before: weakref.WeakKeyDictionary[
            Labels, tuple[DirectLabelColormap, DirectLabelColormap]
        ] = weakref.WeakKeyDictionary()
        self._given: tuple[dict[int | None, Any], DirectLabelColormap] | None = None

    def show(
        self,
        session: Session,
        partition: Partition | None,
        chosen: Collection[int],
        result: Partition | None = None,
        hidden: Collection[int] = (),
    ) -> None:
        """Let the classes with these numbers stand out; none gives all their own colours back.

        With `result`, every class gets the colour that it has in that partition. Classes of
        `hidden` are transparent, chosen or not.
        """
        pale = None
        for scan in session.labelled:
            layer = scan.labels
            if layer is None:
                continue
            if partition is None or not (chosen or hidden):
                self._restore(layer)
                continue
            if pale is None:
                pale = self._colormap(partition, chosen, result, hidden)
            held = self._before.get(layer)
            # The session may have given the layer new colours since.
            original = held[0] if held and layer.colormap is held[1] else layer.colormap
            self._before[layer] = (original, pale)
            if layer.colormap is not pale:
                layer.colormap = pale

    def _colormap(
        self,
        partition: Partition,
        chosen: Collection[int],
        result: Partition | None,
        hidden: Collection[int],
    ) -> DirectLabelColormap:
        """Return the colours, the very same object as last time where nothing differs."""
        from napari.utils.colormaps import DirectLabelColormap

        colours: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
        for info in partition.classes:
            shown = info if result is None else result.class_of(info.number)
            red, green, blue = (int(shown.shown_colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
            alpha = 1.0 if info.number in chosen or not chosen else _PALE
            colours[info.number] = (red, green, blue, 0.0 if info.number in hidden else alpha)
        if self._given is None or self._given[0] != colours:
            self._given = (colours, DirectLabelColormap(color_dict=dict(colours)))
        return self._given[1]

    def _restore(self, layer: Labels) -> None:
        held = self._before.pop(layer, None)
        if held is not None and layer.colormap is held[1]:
            layer.colormap = held[0]


@dataclass(frozen=True)
class Preview:
    """What merging would look like.

    Parameters
    ----------
    before
        The classes now.
    result
        The classes then.
    stand_out
        Numbers of the classes now that are not to turn pale.
    """

    before: Partition
    result: Partition
    stand_out: tuple[int, ...]

    def of(self, partition: Partition) -> bool:
        """Tell whether a partition has the classes this was made for."""
        return self.before.classes == partition.classes


class ImageSelection(QWidget):
    """Switches for clicks on the image, and for what stands out in it.

    A click selects a class, or names it where that is switched on.
    """

    #: Fine cluster that was clicked, and whether its class adds to the selection.
    picked = Signal(int, bool)
    #: Fine cluster that was clicked to be named.
    named = Signal(int)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._awake = True
        self._selected: tuple[int, ...] = ()
        self._preview: Preview | None = None
        self._highlight = Highlight()
        self.pick = _toggle_button(
            "A click on the image selects the class there (Ctrl or Shift adds to the selection)"
        )
        self.highlight = _toggle_button(
            "Show the selected classes in the image; the others turn pale"
        )
        self.name = _toggle_button(
            "Name by clicking: choose a name, then click the leaf (N; Esc ends)"
        )
        self.name.setChecked(False)
        #: Classes that are not shown at all.
        self.hidden = HiddenClasses()
        self._history: object = None
        self.hidden.changed.connect(self.refresh)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(self.pick)
        layout.addWidget(self.name)
        layout.addWidget(self.highlight)
        self.highlight.toggled.connect(self.refresh)
        self._picker = ClassPicker(session, self._may_pick, self._on_click)
        viewer = session.viewer
        self._callbacks = viewer.mouse_drag_callbacks if viewer is not None else []
        self._callbacks.append(self._picker)

    def set_icons(self, colour: str) -> None:
        """Draw the icons in a colour of the theme."""
        self.pick.setIcon(icon("pick", colour))
        self.name.setIcon(icon("name", colour))
        self.highlight.setIcon(icon("highlight", colour))

    def set_selected(self, classes: Sequence[ClassInfo]) -> None:
        """Let these classes stand out, where that is switched on."""
        self._selected = tuple(info.number for info in classes)
        self.refresh()

    def set_preview(self, preview: Preview | None) -> None:
        """Show classes as if they were merged, in place of the selection, or end that.

        Only colours change; a preview is over as soon as the classes are other ones.
        """
        self._preview = preview
        self.refresh()

    def refresh(self) -> None:
        """Show the selection in layers that were added or coloured anew."""
        if self._session.history is not self._history:
            # Of another model, whose clusters are other things.
            self._history = self._session.history
            self.hidden.show_all()
        partition, preview = self._session.partition, self._preview
        pale, result = self.highlight.isChecked(), None
        shown: Collection[int] = self._selected if pale else ()
        if preview is not None and partition is not None and preview.of(partition):
            result = preview.result
            merged = [] if result is preview.before else [i.number for i in partition.classes]
            shown = preview.stand_out if pale else merged
        hidden = self.hidden.numbers(partition)
        if not self._awake:
            shown, result = (), None
        self._highlight.show(self._session, partition, shown, result, hidden)

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
        wanted = self.pick.isChecked() or self.name.isChecked()
        return wanted and self._awake and self._session.partition is not None

    def _on_click(self, cluster: int, extend: bool) -> None:
        if self.name.isChecked() and not extend:
            self.named.emit(cluster)
        elif self.pick.isChecked():
            self.picked.emit(cluster, extend)


def _toggle_button(tip: str) -> QToolButton:
    """Make a small button that is on or off; on at first."""
    button = QToolButton()
    button.setCheckable(True)
    button.setChecked(True)
    button.setToolTip(tip)
    button.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
    return button
