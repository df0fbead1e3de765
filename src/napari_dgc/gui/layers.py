"""How cubes and class maps look as napari layers."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.cube import LARGEST_SAMPLE
from napari_dgc.partition.palette import cluster_colour

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from napari.components import ViewerModel
    from napari.layers import Image, Labels, Layer
    from napari.utils.colormaps import DirectLabelColormap
    from pandas import DataFrame

    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Scan
    from napari_dgc.partition import Partition

#: Metadata of a cube's layer: its `HyperCube`.
CUBE_KEY = "napari_dgc"
#: Metadata of layers that belong to a cube: the same `HyperCube`, and what they show of it.
COMPANION_KEY = "napari_dgc_cube"
ROLE_KEY = "napari_dgc_role"
#: Metadata of a composite: what kind of colours it has, as its name says.
TITLE_KEY = "napari_dgc_title"
#: Metadata of a composite that is a draft and should be painted in full.
DRAFT_KEY = "napari_dgc_draft"

#: Gap between scans as a fraction of the largest one.
GAP = 0.03

LayerTuple = tuple[Any, dict[str, Any], str]


def contrast_limits(cube: HyperCube) -> tuple[float, float]:
    """Return limits between which nearly all samples lie, from a few thousand of them.

    Never reads more than some bands' strided pixels, so that a cube on disk stays there.
    """
    bands = cube.good_bands if len(cube.good_bands) else np.arange(cube.n_bands)
    picked = bands[np.linspace(0, len(bands) - 1, min(8, len(bands))).astype(int)]
    rows, columns = max(1, cube.rows // 64), max(1, cube.columns // 64)
    samples = np.concatenate(
        [np.asarray(cube.data[int(band), ::rows, ::columns]).ravel() for band in picked]
    ).astype(np.float64)
    keep = np.abs(samples) <= LARGEST_SAMPLE
    if cube.no_data is not None:
        keep &= samples != cube.no_data
    samples = samples[keep]
    if not samples.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(samples, (0.5, 99.5)))
    return (low, high) if high > low else (low, low + 1.0)


def composite_title(cube: HyperCube) -> str:
    """Say what kind of colours the composite of a cube has."""
    from napari_dgc.composites import usual_mix

    return usual_mix(cube).title


def renew_composite(scan: Scan) -> None:
    """Make the composite of a scan anew, whose wavelengths have changed."""
    if scan.composite is not None:
        picture, drafted = _first_picture(scan.cube)
        change_composite(scan.composite, picture, composite_title(scan.cube))
        scan.composite.metadata |= drafted


def change_composite(layer: Image, picture: NDArray[np.uint8], title: str) -> None:
    """Show other colours in a composite, and say which in its name.

    A name that the user has given is kept, but for the old title in it.
    """
    layer.data = picture
    layer.name = layer.name.replace(layer.metadata.get(TITLE_KEY, title), title)
    layer.metadata[TITLE_KEY] = title


def layer_data(
    cube: HyperCube,
    composite: NDArray[np.uint8] | None = None,
    labels: Iterable[tuple[NDArray[Any], dict[str, Any]]] = (),
) -> list[LayerTuple]:
    """Describe the layers of a cube as napari's readers do: (data, options, kind).

    The cube's bands come first, its colour composite lies above, label
    maps that came with the cube on top.
    """
    drafted: dict[str, bool] = {}
    if composite is None:
        composite, drafted = _first_picture(cube)
    spectral = "band" if cube.wavelengths is None else "wavelength"
    found: list[LayerTuple] = [
        (
            cube.data,
            {
                "name": cube.name,
                "axis_labels": (spectral, "y", "x"),
                "contrast_limits": contrast_limits(cube),
                "rgb": False,
                "multiscale": False,
                "metadata": {CUBE_KEY: cube},
            },
            "image",
        ),
        _composite_layer(cube, cube.name, composite, composite_title(cube), drafted),
    ]
    for data, options in labels:
        metadata = {**options.get("metadata", {}), COMPANION_KEY: cube, ROLE_KEY: "reference"}
        found.append((data, {"axis_labels": ("y", "x"), **options, "metadata": metadata}, "labels"))
    return found


def _composite_layer(
    cube: HyperCube,
    name: str,
    picture: NDArray[np.uint8],
    title: str,
    drafted: Mapping[str, bool] = {},
) -> LayerTuple:
    metadata = {COMPANION_KEY: cube, ROLE_KEY: "composite", TITLE_KEY: title, **drafted}
    options = {
        "name": f"{name} {title}",
        "axis_labels": ("y", "x"),
        "rgb": True,
        "metadata": metadata,
    }
    return picture, options, "image"


def _first_picture(cube: HyperCube) -> tuple[NDArray[np.uint8], dict[str, bool]]:
    """Return the composite that a scan is opened with, and what to note of it."""
    from napari_dgc.composites import draft, is_slow, true_colour

    return (draft(cube), {DRAFT_KEY: True}) if is_slow(cube) else (true_colour(cube), {})


def add_composite(viewer: ViewerModel, scan: Scan, picture: NDArray[np.uint8], title: str) -> None:
    """Show a composite of a scan whose own the user has removed, right above its bands."""
    data, options, _ = _composite_layer(scan.cube, scan.name, picture, title)
    active = viewer.layers.selection.active
    layer = viewer.add_image(data, **options)
    viewer.layers.move(viewer.layers.index(layer), viewer.layers.index(scan.image) + 1)
    viewer.layers.selection.active = active


def reference_options(names: dict[int, str]) -> dict[str, Any]:
    """Return colours and names for a label map that came with a cube."""
    from pandas import DataFrame

    colours: dict[int | None, str] = {None: "transparent", 0: "transparent"}
    colours |= {number: cluster_colour(number) for number in names}
    return {
        "colormap": colours,
        "features": DataFrame({"index": list(names), "class": list(names.values())}),
    }


def places(images: Sequence[Image]) -> list[tuple[float, float]]:
    """Return where the first pixel of each scan goes so that all lie side by side.

    Rows and columns are about as many, which uses the canvas best; scans may
    differ in size.
    """
    per_row = math.ceil(math.sqrt(len(images)))
    # extents go from the first pixel's centre to the last one's
    sizes = [np.ptp(image.extent.world[:, -2:], axis=0) + image.scale[-2:] for image in images]
    gap = GAP * max((float(size.max()) for size in sizes), default=0.0)
    found = []
    top = 0.0
    for first in range(0, len(sizes), per_row):
        left = 0.0
        for size in sizes[first : first + per_row]:
            found.append((top, left))
            left += float(size[1]) + gap
        top += max(float(size[0]) for size in sizes[first : first + per_row]) + gap
    return found


def arrange(viewer: ViewerModel, scans: Sequence[Scan]) -> None:
    """Lay scans out side by side, with all that belongs to them, unless the user has moved one."""
    for scan in scans:
        here = tuple(float(value) for value in scan.image.translate[-2:])
        if here != scan.place and (scan.place is not None or here != (0.0, 0.0)):
            return
    # As they lie now, new ones last.
    scans = sorted(scans, key=lambda scan: scan.place or (math.inf, math.inf))
    for scan, place in zip(scans, places([scan.image for scan in scans]), strict=True):
        scan.image.translate = (*scan.image.translate[:-2], *place)
        scan.place = place
        for layer in viewer.layers:
            if layer.metadata.get(COMPANION_KEY) is scan.cube:
                align(layer, scan.image)


def align(layer: Layer, image: Image) -> None:
    """Give a companion layer the place, pixel size and units of its cube."""
    layer.scale = image.scale[-2:]
    layer.translate = image.translate[-2:]
    layer.units = image.units[-2:]


@dataclass(frozen=True, eq=False)
class ClassStyle:
    """Colours and names of the classes as the label layers want them."""

    colours: dict[int | None, str]
    colormap: DirectLabelColormap
    features: DataFrame


def class_style(partition: Partition, before: ClassStyle | None = None) -> ClassStyle:
    """Build colours and the names that napari's status bar shows.

    Parameters
    ----------
    partition
        The classes.
    before
        What the layers show now; kept as far as nothing differs, as napari takes long to
        change colours.
    """
    from napari.utils.colormaps import DirectLabelColormap
    from pandas import DataFrame

    colours: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    # Every cluster, so that grouping unnamed classes in another way changes no colour.
    colours |= {number: cluster_colour(number) for number in range(1, partition.clusters + 1)}
    colours |= {info.number: info.shown_colour for info in partition.classes}
    names = {0: "no data"} | {info.number: info.title for info in partition.classes}
    if before is not None and before.colours == colours:
        colormap = before.colormap
    else:
        colormap = DirectLabelColormap(color_dict=colours)
    features = DataFrame({"index": list(names), "class": list(names.values())})
    return ClassStyle(colours, colormap, features)


def class_table(lookup: NDArray[np.uint16]) -> NDArray[Any]:
    """Return a lookup table in the narrowest type that holds its class numbers."""
    return lookup.astype(np.uint8) if len(lookup) <= 256 else lookup


def add_class_layer(
    viewer: ViewerModel, scan: Scan, classes: NDArray[np.unsignedinteger], style: ClassStyle
) -> Labels:
    """Add the layer that shows a scan's classes."""
    image = scan.image
    return viewer.add_labels(
        classes,
        name=f"{scan.name} clusters",
        colormap=style.colormap,
        features=style.features,
        scale=image.scale[-2:],
        translate=image.translate[-2:],
        units=image.units[-2:],
        axis_labels=("y", "x"),
        metadata={COMPANION_KEY: scan.cube, ROLE_KEY: "classes"},
    )


def write_classes(layer: Labels, classes: NDArray[Any], style: ClassStyle) -> None:
    """Show another class map in a layer.

    Where only the numbers of pixels differ they are written into the layer's array, and
    napari is told as it is of a brush stroke: a new array takes it ten times as long. Names
    are up to `write_names`.
    """
    if layer.data.shape != classes.shape or layer.data.dtype != classes.dtype:
        layer.data = classes.copy()
    else:
        layer.data[...] = classes
        if layer.colormap is style.colormap:
            if layer.contour or not layer.visible:
                layer.refresh(extent=False, highlight=False)
            else:
                layer.events.labels_update(data=layer.data, offset=(0, 0))
    if layer.colormap is not style.colormap:
        layer.colormap = style.colormap


def write_names(layer: Labels, style: ClassStyle) -> None:
    """Give a layer the names of its classes, and a thumbnail of what it shows."""
    layer.features = style.features
    layer.refresh(extent=False, highlight=False, data_displayed=False)
