"""Tells which wavelength the canvas shows, for the position of the band slider."""

from __future__ import annotations

import weakref
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from napari.components import ViewerModel

    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Scan, Session


def band_title(cube: HyperCube, band: int) -> str:
    """Name a band as people do: ``"612 nm"``, or ``"band 3"`` where wavelengths are unknown."""
    if cube.wavelengths is None:
        return f"band {band + 1}"
    nanometres = cube.wavelengths_nm
    if nanometres is not None and cube.wavelength_unit is not None:
        return f"{nanometres[band]:.0f} nm"
    return f"{cube.wavelengths[band]:g}"


class WavelengthText:
    """Keeps the canvas text, and shows the bands when the slider is moved.

    A true-colour composite hides the bands below it, so that moving the slider
    would seem to do nothing: it is switched off by the move.
    """

    def __init__(self, session: Session, viewer: ViewerModel) -> None:
        self._session = weakref.ref(session)
        self._viewer = weakref.ref(viewer)
        self._position: tuple[float, ...] = ()
        self._layers = 0
        viewer.dims.events.point.connect(self._on_moved)
        viewer.dims.events.order.connect(self.refresh)
        viewer.dims.events.ndisplay.connect(self.refresh)
        viewer.layers.events.inserted.connect(self._on_layers)
        viewer.layers.events.removed.connect(self._on_layers)
        session.scans_changed.connect(self._on_scans)
        self._on_scans()

    def _on_scans(self) -> None:
        session, viewer = self._session(), self._viewer()
        if session is None or viewer is None:
            return
        for scan in session.scans:
            for layer in (scan.image, scan.composite):
                if layer is not None:
                    layer.events.visible.disconnect(self.refresh)
                    layer.events.visible.connect(self.refresh)
        self._on_layers()
        self.refresh()

    def _on_layers(self, event: Any = None) -> None:
        viewer = self._viewer()
        if viewer is not None:
            self._layers, self._position = len(viewer.layers), tuple(viewer.dims.point)

    def _on_moved(self, event: Any = None) -> None:
        session, viewer = self._session(), self._viewer()
        if session is None or viewer is None:
            return
        position, layers = tuple(viewer.dims.point), len(viewer.layers)
        # Adding layers moves the slider too; only a move of the user's shows the bands.
        moved = len(position) == len(self._position) and position[:-2] != self._position[:-2]
        if moved and layers == self._layers and viewer.dims.ndisplay == 2:
            for scan in session.scans:
                composite = scan.composite
                # napari would draw all anew where it is hidden already.
                if composite is not None and composite.visible and scan.image.visible:
                    composite.visible = False
        self._position, self._layers = position, layers
        self.refresh()

    def refresh(self, event: Any = None) -> None:
        """Say what the canvas shows now."""
        session, viewer = self._session(), self._viewer()
        if session is None or viewer is None:
            return
        overlay = viewer.canvas.overlays.text
        text = self._text(session, viewer)
        if text is None:
            if not session.scans and overlay.position == "top_left":
                overlay.visible = False
            return
        overlay.text = text
        overlay.position = "top_left"
        overlay.font_size = 11
        overlay.visible = bool(text)

    def _text(self, session: Session, viewer: ViewerModel) -> str | None:
        if not session.scans:
            return None
        dims = viewer.dims
        if dims.ndim < 3 or dims.ndim - 3 in dims.displayed:
            return ""
        titles: dict[str, list[str]] = {}
        for scan in session.scans:
            title = self._title(scan, dims.point)
            if title is not None:
                titles.setdefault(title, []).append(scan.name)
        if len(titles) <= 1:
            return next(iter(titles), "")
        return "\n".join(f"{', '.join(names)}: {title}" for title, names in titles.items())

    @staticmethod
    def _title(scan: Scan, point: tuple[float, ...]) -> str | None:
        if not scan.image.visible or (scan.composite is not None and scan.composite.visible):
            return None
        world = np.array(point[-3:], float)
        band = round(float(np.asarray(scan.image.world_to_data(world))[0]))
        return band_title(scan.cube, band) if 0 <= band < scan.cube.n_bands else "no such band"
