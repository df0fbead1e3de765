"""What can be exported: classes and lesions of the open scans, or layers of labels."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from napari_dgc.files import file_stems
from napari_dgc.gui.layers import COMPANION_KEY
from napari_dgc.gui.lesions.measuring import details_of
from napari_dgc.workspace.label_images import (
    LESIONS_SUFFIX,
    class_image,
    knows_lesions,
    lesion_image,
)

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_dgc.annotations import LabelImage
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session
    from napari_dgc.workspace import Workspace

#: Stems of files, by names of layers.
unique_stems = file_stems

CLASSES, LESIONS, LAYERS = "classes", "lesions", "layers"


@dataclass(frozen=True)
class Ready:
    """A label image that is to be written.

    Parameters
    ----------
    name
        Stem of its files.
    make
        Returns it; called in another thread than that of the window.
    """

    name: str
    make: Callable[[], LabelImage]


class Source(Protocol):
    """What an export panel writes."""

    #: What there is to choose from, by a word for it: what the user reads.
    kinds: Mapping[str, str]

    def reason(self, kind: str) -> str:
        """Say what to do before there is anything to write; "" when there is."""

    def ready(self, kind: str) -> list[Ready]:
        """Return the images as they are now."""

    def keep(self) -> list[Path]:
        """Return files that must not be written over."""


class ScanMaps:
    """Classes and lesions of the scans of a session."""

    kinds: Mapping[str, str] = {CLASSES: "Classes", LESIONS: "Lesions"}

    def __init__(self, session: Session) -> None:
        self._session = session

    def reason(self, kind: str) -> str:
        """Say what to do before there is anything to write; "" when there is."""
        work = self._session.work
        if work is None or not self._scans():
            return "No scan has a label layer yet."
        if kind == LESIONS and not knows_lesions(work):
            return "Name a class “lesion” first."
        return ""

    def ready(self, kind: str) -> list[Ready]:
        """Return the images as they are now."""
        work, scans = self._session.work, self._scans()
        if work is None:
            return []
        stems = unique_stems([scan.name for scan in scans])
        return [_ready(work, scan, stem, kind) for scan, stem in zip(scans, stems, strict=True)]

    def keep(self) -> list[Path]:
        """Return files that must not be written over."""
        return _files(self._session)

    def _scans(self) -> list[Scan]:
        return [scan for scan in self._session.labelled if scan.labels is not None]


def _ready(work: Workspace, scan: Scan, stem: str, kind: str) -> Ready:
    assert scan.fine is not None
    rest = {"scan": scan.cube, "pixel_size_mm": details_of(work, scan).pixel_size_mm}
    if kind == LESIONS:
        stem += LESIONS_SUFFIX
        return Ready(stem, partial(lesion_image, work, scan.key, stem, scan.fine, **rest))
    return Ready(stem, partial(class_image, work, stem, scan.fine, **rest))


class LayerMaps:
    """Any layers of labels, with the names that their features give."""

    kinds: Mapping[str, str] = {LAYERS: "Labels"}

    def __init__(self, session: Session, layers: Sequence[Labels]) -> None:
        self._session = session
        self._layers = list(layers)

    def reason(self, kind: str) -> str:
        """Say what to do before there is anything to write; "" when there is."""
        wrong = [layer.name for layer in self._layers if not _is_flat(layer)]
        if wrong:
            return f"“{wrong[0]}” has more than rows and columns."
        return "" if self._layers else "Select a labels layer first."

    def ready(self, kind: str) -> list[Ready]:
        """Return the images as they are now."""
        stems = unique_stems([layer.name for layer in self._layers])
        return [
            Ready(stem, partial(self._image, stem, layer, np.array(layer.data)))
            for stem, layer in zip(stems, self._layers, strict=True)
        ]

    def keep(self) -> list[Path]:
        """Return files that must not be written over."""
        return _files(self._session)

    def _image(self, stem: str, layer: Labels, labels: np.ndarray[Any, Any]) -> LabelImage:
        return layer_image(stem, layer, labels, self._session)


def layer_image(
    name: str, layer: Labels, labels: np.ndarray[Any, Any], session: Session
) -> LabelImage:
    """Make a label image of a layer of labels.

    Parameters
    ----------
    name
        Of the image.
    layer
        Its features name the labels, its colours are kept.
    labels
        (row, column) what it holds.
    session
        Knows the scan that the layer belongs to.

    Raises
    ------
    UserError
        A number lies above 65535.
    """
    from napari_dgc.annotations import LabelClass, LabelImage
    from napari_dgc.annotations.roles import with_roles
    from napari_dgc.errors import UserError

    if labels.size and (int(labels.max()) > np.iinfo(np.uint16).max or int(labels.min()) < 0):
        raise UserError(f"{layer.name}: labels must lie between 0 and 65535 to be exported.")
    owner = layer.metadata.get(COMPANION_KEY)
    known = [*session.scans, *session.labelled]
    scan = next((scan for scan in known if scan.cube is owner), None)
    names = names_of(layer)
    classes = [
        LabelClass(number, names.get(number, ""), _hex(layer.get_color(number)))
        for number in np.unique(labels).tolist()
        if number
    ]
    fits = scan is not None and (scan.cube.rows, scan.cube.columns) == labels.shape
    image = LabelImage.build(
        name,
        labels,
        classes,
        scan=scan.cube if scan is not None and fits else None,
        pixel_size_mm=None if scan is None else details_of(session.work, scan).pixel_size_mm,
    )
    work = session.work
    return image if work is None else with_roles(image, work.template, work.masks.names)


def names_of(layer: Labels) -> dict[int, str]:
    """Return the names that the features of a layer give its labels, where they give any."""
    features = layer.features
    if not {"index", "class"} <= set(features.columns):
        return {}
    pairs = zip(features["index"], features["class"], strict=True)
    return {int(number): str(name) for number, name in pairs if number == number}


def _is_flat(layer: Labels) -> bool:
    return not layer.multiscale and layer.data.ndim == 2


def _hex(colour: Any) -> str:
    """Turn a colour of napari into ``#rrggbb``; "" where it is clear."""
    if colour is None or colour[3] == 0:
        return ""
    return "#" + "".join(f"{round(255 * float(part)):02x}" for part in colour[:3])


def _files(session: Session) -> list[Path]:
    return [scan.cube.path for scan in session.scans if scan.cube.path is not None]
