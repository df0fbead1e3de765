"""Mean spectra of regions that are drawn on the image."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QTimer

from napari_dgc.gui.layers import ROLE_KEY
from napari_dgc.gui.spectrum.curve import Curve, free_colour
from napari_dgc.gui.spectrum.marks import Mark, MarkLayer, middle
from napari_dgc.gui.spectrum.pins import hex_colours
from napari_dgc.gui.spectrum.place import place_at, to_pixels

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.jobs import Job
    from napari_dgc.measure.region_spectra import RegionSpectrum

#: Kinds of shapes that have an area, by the name of the tool that draws them.
TOOLS = {"Rectangle": "add_rectangle", "Ellipse": "add_ellipse", "Polygon": "add_polygon"}
_CORNERS_OF_AN_ELLIPSE = 72


class Regions(MarkLayer):
    """The shapes of one napari Shapes layer."""

    role, title, kind = "regions", "Region", "shape"

    def draw(self, tool: str) -> None:
        """Let the user draw one shape, `tool` being one of `TOOLS`."""
        viewer = self._session.viewer
        if viewer is None or not self._session.scans:
            return
        if self.layer is None:
            image = self._session.scans[0].image
            layer = viewer.add_shapes(
                ndim=2,
                name="Spectrum regions",
                face_color="transparent",
                edge_width=max(float(max(self._session.scans[0].cube.data.shape[1:])) / 100, 1.0),
                scale=image.scale[-2:],
                units=image.units[-2:],
                axis_labels=("y", "x"),
                metadata={ROLE_KEY: self.role},
            )
            self._take(layer)
        assert self.layer is not None
        self.layer.visible = True
        self.layer.current_edge_color = free_colour(self._used())
        viewer.layers.selection.active = self.layer
        self.layer.mode = TOOLS[tool]

    def _on_layer(self, event: Any) -> None:
        before = len(self._marks)
        super()._on_layer(event)
        if len(self._marks) > before and self.layer is not None:
            # Not at once: napari is still about to finish the shape.
            QTimer.singleShot(0, self._put_down)

    def _put_down(self) -> None:
        """One shape was asked for: the mouse moves the image again."""
        if self.layer is not None and str(self.layer.mode) in TOOLS.values():
            self.layer.mode = "pan_zoom"

    # ------------------------------------------------------ what a layer is

    def _outlines(self) -> list[NDArray[np.float64]]:
        assert self.layer is not None
        return [np.asarray(shape, float)[:, -2:] for shape in self.layer.data]

    def _set_outlines(self, outlines: list[NDArray[np.float64]]) -> None:
        assert self.layer is not None
        self.layer.data = outlines

    def _colours(self) -> list[str]:
        assert self.layer is not None
        return hex_colours(self.layer.edge_color)

    def _set_colours(self, colours: list[str]) -> None:
        assert self.layer is not None
        self.layer.edge_color = colours

    def _put(self, mark: Mark, index: int) -> Job | None:
        assert self.layer is not None
        kind = str(self.layer.shape_type[index])
        curve = mark.curve
        centre = middle(mark.outline)
        place = place_at(self._session, self.layer.data_to_world(centre))
        curve.scan = None
        if kind in ("line", "path"):
            curve.clear("a line has no area")
            return None
        if place is None:
            curve.clear("its middle is outside of every scan")
            return None
        curve.scan, curve.problem = place.scan, ""
        curve.row, curve.column = place.row, place.column
        scan = place.scan
        mark.inside = np.array(
            [to_pixels(scan, *self.layer.data_to_world(point)[-2:]) for point in mark.outline]
        )
        outline = _ellipse(mark.inside) if kind == "ellipse" else mark.inside
        cube: HyperCube = scan.cube

        def read(token: CancelToken) -> RegionSpectrum:
            from napari_dgc.measure.region_spectra import polygon_mask, region_spectrum

            mask, origin = polygon_mask(outline, cube.rows, cube.columns)
            return region_spectrum(cube, mask, origin=origin, token=token)

        return read

    def _set_result(self, curve: Curve, result: Any) -> None:
        set_region(curve, result)


def set_region(curve: Curve, found: RegionSpectrum) -> None:
    """Show the spectrum of a region in a curve."""
    if found.pixels == 0:
        curve.clear("no pixel with data")
        return
    curve.mean, curve.sd, curve.pixels, curve.problem = found.mean, found.sd, found.pixels, ""


def _ellipse(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the ellipse in a rectangle of four corners as a polygon."""
    angles = np.linspace(0, 2 * np.pi, _CORNERS_OF_AN_ELLIPSE, endpoint=False)
    centre = corners.mean(axis=0)
    first, second = (corners[1] - corners[0]) / 2, (corners[3] - corners[0]) / 2
    return centre + np.cos(angles)[:, None] * first + np.sin(angles)[:, None] * second
