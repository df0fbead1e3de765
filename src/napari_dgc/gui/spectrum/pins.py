"""Pinned pixels: coloured markers on the image, whose spectra stay in the plot."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui.in_image import DRAG
from napari_dgc.gui.layers import ROLE_KEY
from napari_dgc.gui.spectrum.curve import Curve, free_colour
from napari_dgc.gui.spectrum.marks import NAME, NUMBER, Mark, MarkLayer
from napari_dgc.gui.spectrum.place import Place, pixels_to_layer, place_at

if TYPE_CHECKING:
    from napari_dgc.gui.jobs import Job

#: Extent of a marker on the screen, in pixels, at any zoom. napari's own limits for it
#: (``canvas_size_limits``) leave hardly anything of the marker but its border.
_MARKER = 13.0
#: Width and height of a name on the screen, about.
_NAME_SIZE = (48.0, 16.0)
#: Names are black on colours lighter than this (of 255), else white; napari outlines no text.
_LIGHT = 130.0
#: Within this distance of a marker, in screen pixels, a press takes hold of it.
_REACH = 9.0


class Pins(MarkLayer):
    """The pins of a viewer, in one napari Points layer over all scans."""

    role, title, kind = "pins", "Pin", "pixel"
    # A dragged point only refreshes the layer until the mouse is released.
    follows = ("data", "features", "set_data")

    def add(self, place: Place) -> None:
        """Pin a pixel, unless a pin lies there."""
        row, column = place.pixel
        for curve in self.curves:
            if curve.scan is place.scan and (curve.row, curve.column) == (row, column):
                return
        viewer = self._session.viewer
        if viewer is None:
            return
        number = max((mark.number for mark in self._marks), default=0) + 1
        features = {NUMBER: number, NAME: f"{self.title} {number}"}
        colour = free_colour(self._used())
        image = place.scan.image
        if self.layer is None:
            active = viewer.layers.selection.active
            data = _in_units_of(image, place)
            layer = viewer.add_points(
                data,
                name="Spectrum pins",
                features={key: [value] for key, value in features.items()},
                text={
                    "string": f"{{{NAME}}}",
                    "anchor": "upper_left",
                    "size": 9,
                    "color": "white",
                },
                face_color=[colour],
                border_color="white",
                border_width=0.12,
                scale=image.scale[-2:],
                units=image.units[-2:],
                axis_labels=("y", "x"),
                metadata={ROLE_KEY: self.role},
            )
            # Pinning must not change what the mouse does to the layer in hand.
            viewer.layers.selection.active = active
            self._take(layer)
            self._on_zoom()
        else:
            # A colour would also go to the points that are selected.
            self.layer.selected_data = set()
            self.layer.feature_defaults = features
            self.layer.current_face_color = colour
            self.layer.add(pixels_to_layer(place.scan, self.layer, np.array([place.pixel], float)))
        self.sync()

    def sync(self) -> None:
        """Bring the curves in step with the layer, and names with what they stand on."""
        super().sync()
        if self._awake:
            self._colour_names()

    def _colour_names(self) -> None:
        """Write names in black or white, whichever is told better from the scan below."""
        layer = self.layer
        colours = ["black" if self._on_light(mark) else "white" for mark in self._marks]
        if layer is not None and colours and len(colours) == len(layer.data):
            layer.text.color = colours

    def _on_light(self, mark: Mark) -> bool:
        viewer, curve = self._session.viewer, mark.curve
        composite = None if curve.scan is None else curve.scan.composite
        if viewer is None or composite is None or not composite.visible:
            return False
        pixel = float(viewer.scene.camera.zoom) * float(composite.scale[-1])
        width, height = (max(2, round(extent / pixel)) for extent in _NAME_SIZE)
        row, column = max(curve.row, 0), max(curve.column, 0)
        below = np.asarray(composite.data)[row : row + height, column : column + width, :3]
        # Luma of Rec. 709.
        light = below.reshape(-1, 3).mean(axis=0) @ (0.2126, 0.7152, 0.0722) if below.size else 0
        return bool(light > _LIGHT)

    def drag(self, viewer: Any, event: Any) -> Iterator[None]:
        """Mouse callback of the viewer: move the pin that a press takes hold of."""
        active = viewer.layers.selection.active
        if event.button != 1 or event.modifiers or str(getattr(active, "mode", "")) != "pan_zoom":
            return
        index = self._pin_near(viewer, event.position)
        if index is None or self.layer is None or viewer.dims.ndisplay != 2:
            return
        layer, start = self.layer, np.array(event.pos, float)
        moving = False
        event.handled = True  # the image stays where it is
        yield
        while event.type == "mouse_move":
            event.handled = True
            moving = moving or float(np.abs(np.array(event.pos, float) - start).max()) > DRAG
            if moving and index < len(layer.data):
                outlines = self._outlines()
                outlines[index] = np.array([layer.world_to_data(event.position)[-2:]])
                self._set_outlines(outlines)
            yield

    def wake(self, awake: bool) -> None:
        """Follow the zoom while awake, too."""
        super().wake(awake)
        viewer = self._session.viewer
        if viewer is None:
            return
        zoomed = viewer.scene.camera.events.zoom
        zoomed.disconnect(self._on_zoom)
        if awake:
            zoomed.connect(self._on_zoom)
            self._on_zoom()

    def let_go(self) -> None:
        """Follow layer and zoom no more."""
        super().let_go()
        if self._session.viewer is not None:
            self._session.viewer.scene.camera.events.zoom.disconnect(self._on_zoom)

    def _on_zoom(self, event: object = None) -> None:
        viewer, layer = self._session.viewer, self.layer
        if viewer is not None and layer is not None:
            size = _MARKER / (float(viewer.scene.camera.zoom) * float(layer.scale[-1]))
            with layer.events.set_data.blocker(self._on_layer):
                layer.size = layer.current_size = size
                layer.text.translation = np.array([0.4, 0.7]) * size  # beside the marker
                self._colour_names()

    def _pin_near(self, viewer: Any, position: tuple[float, ...]) -> int | None:
        layer = self.layer
        if layer is None or not layer.visible or not len(layer.data):
            return None
        places = np.array([layer.data_to_world(point)[-2:] for point in layer.data], float)
        distances = np.hypot(*(places - np.array(position[-2:], float)).T)
        nearest = int(distances.argmin())
        near = distances[nearest] * viewer.scene.camera.zoom <= _REACH
        return nearest if near else None

    # ------------------------------------------------------ what a layer is

    def _outlines(self) -> list[NDArray[np.float64]]:
        assert self.layer is not None
        return [np.array([point[-2:]], float) for point in self.layer.data]

    def _set_outlines(self, outlines: list[NDArray[np.float64]]) -> None:
        assert self.layer is not None
        self.layer.data = np.concatenate(outlines)

    def _colours(self) -> list[str]:
        assert self.layer is not None
        return hex_colours(self.layer.face_color)

    def _set_colours(self, colours: list[str]) -> None:
        assert self.layer is not None
        self.layer.face_color = colours

    def _put(self, mark: Mark, index: int) -> Job | None:
        assert self.layer is not None
        curve = mark.curve
        place = place_at(self._session, self.layer.data_to_world(mark.outline[0]))
        if place is None:
            curve.scan = None
            curve.clear("outside of every scan")
            return None
        curve.scan, curve.problem = place.scan, ""
        curve.row, curve.column = place.pixel
        mark.inside = np.array([[place.row, place.column]])
        cube, (row, column) = place.scan.cube, place.pixel

        def read(token: object) -> NDArray[np.float32]:
            from napari_dgc.cubes.spectra import spectrum_at

            return spectrum_at(cube, row, column)

        return read

    def _set_result(self, curve: Curve, result: Any) -> None:
        curve.mean, curve.pixels = result, 1


def _in_units_of(image: Any, place: Place) -> NDArray[np.float64]:
    """Return the place of a pixel for a new layer with the pixel size of an image."""
    from napari_dgc.gui.spectrum.place import to_world

    return np.array([to_world(place.scan, *place.pixel)]) / np.asarray(image.scale[-2:], float)


def hex_colours(colours: NDArray[np.float32]) -> list[str]:
    """Turn (n, 4) colours between 0 and 1 into ``#rrggbb``."""
    return [
        "#" + "".join(f"{round(255 * float(channel)):02x}" for channel in colour[:3])
        for colour in np.atleast_2d(colours)
    ]
