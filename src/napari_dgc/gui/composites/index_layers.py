"""Index maps as layers over the scans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY
from napari_dgc.indices.display import Sample, display_limits

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Image

    from napari_dgc.gui.session import Scan
    from napari_dgc.indices import Index

ROLE = "index"
#: Metadata of an index layer: name of the index.
INDEX_KEY = "napari_dgc_index"
#: Even steps in lightness, for colour-blind eyes as well.
COLORMAP = "viridis"


@dataclass(frozen=True, eq=False)
class IndexMap:
    """An index of one scan.

    Parameters
    ----------
    scan, index
        What the map is of.
    values
        (rows, columns), NaN where there is no value.
    sample
        See `weighted_sample`.
    calibrated
        Whether the scan holds reflectance.
    """

    scan: Scan
    index: Index
    values: NDArray[np.float32]
    sample: Sample
    calibrated: bool


def put_layers(viewer: ViewerModel, maps: Sequence[IndexMap]) -> list[Image]:
    """Show index maps over their scans, in place of older ones of the same index.

    Maps of one index have the same colours for the same values, so that scans
    can be compared by eye, as far as they are calibrated or not; the first of
    them has the colour bar.
    """
    shown = []
    for kind in dict.fromkeys((one.index, one.calibrated) for one in maps):
        same = [one for one in maps if (one.index, one.calibrated) == kind]
        limits = display_limits(same[0].index, [one.sample for one in same])
        layers = [_put(viewer, one, limits) for one in same]
        for position, layer in enumerate(layers):
            layer.colorbar.visible = position == 0
            layer.colorbar.position = "bottom_right"
        shown += layers
    return shown


def _put(viewer: ViewerModel, one: IndexMap, limits: tuple[float, float]) -> Image:
    scan = one.scan
    name = f"{one.index.name} {scan.name}" + ("" if one.calibrated else " (uncalibrated)")
    for layer in viewer.layers:
        if (
            layer.metadata.get(COMPANION_KEY) is scan.cube
            and layer.metadata.get(ROLE_KEY) == ROLE
            and layer.metadata.get(INDEX_KEY) == one.index.name
        ):
            layer.data = one.values
            layer.contrast_limits = limits
            layer.name = name
            layer.visible = True
            return layer
    from napari.layers import Labels

    active = viewer.layers.selection.active
    layer = viewer.add_image(
        one.values,
        name=name,
        colormap=COLORMAP,
        contrast_limits=limits,
        interpolation2d="nearest",
        scale=scan.image.scale[-2:],
        translate=scan.image.translate[-2:],
        units=scan.image.units[-2:],
        axis_labels=("y", "x"),
        metadata={COMPANION_KEY: scan.cube, ROLE_KEY: ROLE, INDEX_KEY: one.index.name},
    )
    # The slider for wider limits ends where the values do.
    known = one.values[np.isfinite(one.values)]
    if known.size:
        layer.contrast_limits_range = (
            min(limits[0], float(known.min())),
            max(limits[1], float(known.max())),
        )
    if isinstance(active, Labels) and active.mode != "pan_zoom":
        viewer.layers.selection.active = active  # a brush goes on with its layer
    return layer
