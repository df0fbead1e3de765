"""The scans that are open in one viewer, and the layers that show them. No widgets in here."""

from __future__ import annotations

import itertools
import weakref
from abc import ABC, abstractmethod
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from psygnal import Signal

from napari_dgc.cubes import HyperCube
from napari_dgc.gui import layers as make
from napari_dgc.gui.closing import ClosedScans
from napari_dgc.gui.scan import Scan

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from napari.components import ViewerModel
    from napari.layers import Image, Layer


class OpenScans(ABC):
    """Scans of one viewer: what it shows of them, and which layers are theirs."""

    #: Scans were added or removed, or got or lost a layer.
    scans_changed = Signal()
    #: Fine label maps were replaced or corrected by hand.
    labels_changed = Signal()

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = weakref.ref(viewer)
        self.scans: list[Scan] = []
        self._closed = ClosedScans(self)

    def _follow(self, viewer: ViewerModel) -> None:
        """Take the scans of a viewer over that are open already or will be."""
        viewer.layers.events.inserted.connect(self._on_inserted)
        viewer.layers.events.removed.connect(self._on_removed)
        for layer in list(viewer.layers):
            self._adopt(layer)

    @property
    def viewer(self) -> ViewerModel | None:
        """The viewer, or None when it is gone."""
        return self._viewer()

    def add_cube_layers(
        self,
        cube: HyperCube,
        composite: NDArray[np.uint8] | None = None,
        labels: Iterable[tuple[NDArray[Any], dict[str, Any]]] = (),
    ) -> Scan:
        """Show a cube: its bands, its true-colour composite, and label maps that came with it.

        Parameters
        ----------
        cube
            The scan.
        composite
            (row, column, 3) colours; computed when None.
        labels
            Label maps with the keyword options of their layers.
        """
        viewer = self.viewer
        if viewer is None:
            raise RuntimeError("the viewer of this session is gone")
        before = len(self.scans)
        if self._shows(cube):
            cube = replace(cube)
        for data, options, kind in make.layer_data(cube, composite, labels):
            if kind == "labels":
                viewer.add_labels(data, **options)
            else:
                viewer.add_image(data, **options)
        return self.scans[before]

    def set_wavelengths(
        self, scan: Scan, wavelengths: NDArray[np.float64], unit: str | None
    ) -> None:
        """Give a scan other band centres; its data stay the same."""
        old = scan.cube
        self._replace_cube(scan, old.with_wavelengths(wavelengths, unit))
        scan.image.axis_labels = ("wavelength", "y", "x")
        make.renew_composite(scan)
        self._finish_draft(scan.composite)
        self.scans_changed.emit()

    def set_bad_bands(self, bad_bands: Mapping[Scan, Iterable[int]]) -> None:
        """Give scans other bad bands (0-based); their data and composites stay the same."""
        for scan, bands in bad_bands.items():
            self._replace_cube(scan, replace(scan.cube, bad_bands=tuple(sorted(bands))))
        self.scans_changed.emit()

    def _replace_cube(self, scan: Scan, cube: HyperCube) -> None:
        """Let a scan and its layers know other things about the same data."""
        old, scan.cube = scan.cube, cube
        viewer = self.viewer
        for layer in () if viewer is None else viewer.layers:
            for key in (make.CUBE_KEY, make.COMPANION_KEY):
                if layer.metadata.get(key) is old:
                    layer.metadata[key] = cube

    def supersede(self, scan: Scan) -> None:
        """Say that another scan, made of this one, is used in its place from now on."""
        scan.superseded = True
        self.scans_changed.emit()

    @property
    def labelled(self) -> list[Scan]:
        """Scans that have a label map, those whose bands were removed last."""
        return [scan for scan in (*self.scans, *self._closed.scans) if scan.fine is not None]

    def labelled_by(self, layer: Layer) -> Scan | None:
        """Return the scan whose classes a layer shows, with or without its bands, or None."""
        return next((scan for scan in self.labelled if scan.labels is layer), None)

    def scan_of(self, layer: Layer | None) -> Scan | None:
        """Return the open scan that a layer shows, or None."""
        if layer is None:
            return None
        for scan in self.scans:
            if layer in (scan.image, scan.composite, scan.labels):
                return scan
        return None

    def _on_inserted(self, event: Any) -> None:
        self._adopt(event.value)

    def _on_renamed(self, event: Any) -> None:
        if any(scan.image is event.source for scan in self.scans):
            self.scans_changed.emit()

    def _adopt(self, layer: Layer) -> None:
        cube = layer.metadata.get(make.CUBE_KEY)
        if isinstance(cube, HyperCube) and not any(scan.image is layer for scan in self.scans):
            if self._shows(cube):
                cube = layer.metadata[make.CUBE_KEY] = replace(cube)
            scan = Scan(cube, layer)
            returned = self._closed.give_back(scan)
            scan.key = scan.key or self._free_key(str(layer.name))
            self.scans.append(scan)
            layer.events.name.connect(self._on_renamed)
            self._arrange()
            viewer = self.viewer
            if viewer is not None:
                viewer.reset_view()
            self.scans_changed.emit()
            if returned:
                self.labels_changed.emit()
            return
        owner = layer.metadata.get(make.COMPANION_KEY)
        if owner is None:
            return
        for scan in reversed(self.scans):
            if scan.cube is owner:
                make.align(layer, scan.image)
                if layer.metadata.get(make.ROLE_KEY) == "composite" and scan.composite is None:
                    scan.composite = layer
                    self._finish_draft(layer)
                    self.scans_changed.emit()
                return

    def _free_key(self, name: str) -> str:
        """Return a name that no other open scan has in the workspace."""
        taken = {scan.key for scan in (*self.scans, *self._closed.scans)}
        keys = (name if turn == 1 else f"{name} [{turn}]" for turn in itertools.count(1))
        return next(key for key in keys if key not in taken)

    def _shows(self, cube: HyperCube) -> bool:
        """Tell whether a scan has this very cube, which must tell whose a layer is."""
        return any(scan.cube is cube for scan in self.scans)

    @abstractmethod
    def _finish_draft(self, composite: Image | None) -> None:
        """Have a composite painted in full that is a draft, or as others that share its stretch."""

    def _arrange(self) -> None:
        """Lay the scans out side by side, and keep the places of those that left label maps."""
        viewer = self.viewer
        if viewer is not None:
            make.arrange(viewer, [*self.scans, *self._closed.scans])

    def _on_removed(self, event: Any) -> None:
        layer = event.value
        scan = self.scan_of(layer)
        if scan is None:
            if self._closed.on_removed(layer):
                self.scans_changed.emit()
            return
        if layer is scan.image:
            self.scans.remove(scan)
            self._closed.take(scan)
        elif layer is scan.composite:
            scan.composite = None
        else:
            scan.labels = None
        self.scans_changed.emit()
