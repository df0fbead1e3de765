"""How ENVI classifications look as napari layers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dgc.gui.reference_layers import lying_on, scan_for

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from napari_dgc.cubes.envi_classification import Classification
    from napari_dgc.gui.layers import LayerTuple
    from napari_dgc.gui.scan import Scan

#: What ENVI and others call pixels without a class; these stay transparent.
_NO_CLASS = ("", "unclassified", "unlabelled", "unlabeled", "background", "no data", "nodata")


def classification_layer(path: Path, scans: Sequence[Scan] = ()) -> LayerTuple | None:
    """Describe the label layer of an ENVI classification, or return None where it is none.

    Parameters
    ----------
    path
        Any file.
    scans
        The open ones: it is laid onto that of its name, or else the only one of its size.

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
        **lying_on(scan_for(found, scans), found.labels.shape),
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
