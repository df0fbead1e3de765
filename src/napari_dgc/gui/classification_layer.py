"""How ENVI classifications look as napari layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dgc.gui.layers import CUBE_KEY

if TYPE_CHECKING:
    from pathlib import Path

    from napari.components import ViewerModel

    from napari_dgc.cubes.envi_classification import Classification
    from napari_dgc.gui.layers import LayerTuple

#: What ENVI and others call pixels without a class; these stay transparent.
_NO_CLASS = ("", "unclassified", "unlabelled", "unlabeled", "background", "no data", "nodata")


def classification_layer(path: Path, viewer: ViewerModel | None = None) -> LayerTuple | None:
    """Describe the label layer of an ENVI classification, or return None where it is none.

    Parameters
    ----------
    path
        Any file.
    viewer
        Where the layer goes: it is laid onto the only scan there of its size.

    Raises
    ------
    UserError
        The classification is damaged.
    """
    from napari_dgc.cubes.envi_classification import is_classification, read_classification

    if not is_classification(path):
        return None
    found = read_classification(path)
    options = {
        "name": found.name,
        "axis_labels": ("y", "x"),
        **_classes(found),
        **_place(found, viewer),
    }
    return found.labels, options, "labels"


def _classes(found: Classification) -> dict[str, Any]:
    from pandas import DataFrame

    from napari_dgc.partition.palette import cluster_colour

    present = np.flatnonzero(np.bincount(found.labels.ravel()))
    numbers = sorted({*present.tolist(), *found.names, *found.colours} - {0})
    colours: dict[int | None, str] = {None: "transparent"}
    colours |= {number: found.colours.get(number, cluster_colour(number)) for number in numbers}
    empty = found.names.get(0, "").lower() in _NO_CLASS
    colours[0] = "transparent" if empty else found.colours.get(0, "#999999")
    names = {0: found.names.get(0, "no data")}
    names |= {number: found.names.get(number, f"class {number}") for number in numbers}
    return {
        "colormap": colours,
        "features": DataFrame({"index": list(names), "class": list(names.values())}),
    }


def _place(found: Classification, viewer: ViewerModel | None) -> dict[str, Any]:
    scans = [
        layer
        for layer in (viewer.layers if viewer is not None else ())
        if CUBE_KEY in layer.metadata and tuple(layer.data.shape[-2:]) == found.labels.shape
    ]
    if len(scans) != 1:
        return {}
    (image,) = scans
    return {
        "scale": image.scale[-2:],
        "translate": image.translate[-2:],
        "units": image.units[-2:],
    }
