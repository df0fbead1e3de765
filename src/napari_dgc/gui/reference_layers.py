"""Annotations made elsewhere as label layers that lie on their scans."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.errors import UserError
from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_dgc.annotations import LabelImage
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cubes.envi_classification import Classification
    from napari_dgc.gui.layers import LayerTuple
    from napari_dgc.gui.scan import Scan

#: Role of these layers.
REFERENCE = "reference"
#: Ends of names of files that are no part of the name of the scan.
_ENDINGS = ("_lesions", "_labels", "_truth", "_annotations", "_classes", " clusters", " reference")
#: Label images of one file that are opened though no scan has their name.
_MOST = 20


def size_of(scan: Scan) -> tuple[int, int]:
    """Return (rows, columns) of a scan."""
    return scan.cube.rows, scan.cube.columns


def scan_named(name: str, scans: Iterable[Scan]) -> Scan | None:
    """Return the scan that a name of annotations means, or None."""
    wanted = {_plain(name), _plain(name, cut=True)}
    known = list(scans)
    for scan in known:
        if wanted & {_plain(scan.name), _plain(scan.cube.name)}:
            return scan
    return None


def scan_for(image: LabelImage | Classification, scans: Sequence[Scan]) -> Scan | None:
    """Return the scan that annotations mean: that of their name, or the only one of their size."""
    named = scan_named(image.name, scans)
    if named is not None:
        return named
    fitting = [scan for scan in scans if size_of(scan) == image.labels.shape]
    return fitting[0] if len(fitting) == 1 else None


def _plain(name: str, *, cut: bool = False) -> str:
    folded = name.casefold()
    for ending in _ENDINGS if cut else ():
        folded = folded.removesuffix(ending)
    return folded


def read_annotations(
    paths: Sequence[Path],
    scans: Sequence[Scan],
    token: CancelToken,
    progress: Callable[[float], None],
) -> list[LabelImage]:
    """Read the label images of files; of a file with many, those of open scans.

    Raises
    ------
    UserError
        A file cannot be read, or none of its many label images is of an open scan.
    InterruptedError
        When `token` was cancelled.
    """
    from napari_dgc.annotations.read import open_labels

    found = []
    for position, path in enumerate(paths):
        sources = open_labels(path)
        known = {name: scan_named(name, scans) for name in sources}
        wanted = [name for name, scan in known.items() if scan is not None] or list(sources)
        if len(wanted) > _MOST and not any(known.values()):
            raise UserError(
                f"{path} has annotations of {len(wanted)} pictures, and no open scan is named as "
                "one of them; open the scans first."
            )
        for name in wanted:
            if token.cancelled:
                raise InterruptedError
            scan = known[name] or (scans[0] if len(scans) == 1 else None)
            found.append(sources[name](None if scan is None else size_of(scan)))
        progress((position + 1) / len(paths))
    return found


def lying_on(scan: Scan | None, shape: tuple[int, ...]) -> dict[str, Any]:
    """Return options of a layer of (row, column) labels by which it lies on a scan.

    None of them without a scan, or where the sizes differ.
    """
    if scan is None or size_of(scan) != shape:
        return {}
    return {
        "metadata": {COMPANION_KEY: scan.cube, ROLE_KEY: REFERENCE},
        "scale": scan.image.scale[-2:],
        "translate": scan.image.translate[-2:],
        "units": scan.image.units[-2:],
    }


def reference_layer(image: LabelImage, scan: Scan | None) -> LayerTuple:
    """Describe the layer of annotations as napari's readers do.

    Parameters
    ----------
    image
        The annotations.
    scan
        Where they lie; a layer by itself when None, or when the sizes differ.
    """
    from pandas import DataFrame

    colours: dict[int | None, str] = {None: "transparent", 0: "transparent"}
    colours |= {info.number: info.shown_colour for info in image.classes}
    names = {0: "not labelled"} | {info.number: info.title for info in image.classes}
    options: dict[str, Any] = {
        "name": f"{image.name} {REFERENCE}",
        "axis_labels": ("y", "x"),
        "colormap": colours,
        "features": DataFrame({"index": list(names), "class": list(names.values())}),
        "metadata": {},
    }
    place = lying_on(scan, image.labels.shape)
    if scan is not None and place:
        options |= {"name": f"{scan.name} {REFERENCE}", **place}
    return image.labels.copy(), options, "labels"


def add_reference(viewer: ViewerModel, image: LabelImage, scan: Scan | None) -> Labels:
    """Show annotations, and leave the selected layer as it is; returns their layer."""
    data, options, _ = reference_layer(image, scan)
    active = viewer.layers.selection.active
    layer = viewer.add_labels(data, **options)
    if active is not None and active in viewer.layers:
        viewer.layers.selection.active = active
    return layer
