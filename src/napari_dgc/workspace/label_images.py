"""The work of a user as label images, which other programs read: classes, and lesions."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.annotations.roles import with_roles
from napari_dgc.measure.scan_areas import scan_areas
from napari_dgc.partition.template import Role
from napari_dgc.workspace.corrections import CorrectedMap
from napari_dgc.workspace.state import Workspace

#: Ends the name of a label image of lesions.
LESIONS_SUFFIX = "_lesions"
_LESION = "lesion"


def class_image(work: Workspace, name: str, fine: NDArray[np.uint16], **rest: Any) -> LabelImage:
    """Make a label image of the classes of a scan.

    Parameters
    ----------
    work
        Names, colours and members of the classes.
    name
        Of the image.
    fine
        (row, column) fine clusters with the corrections by brush, 0 for no data.
    **rest
        Further fields of the image.
    """
    labels = work.partition.apply(fine)
    image = LabelImage.of_partition(name, labels, work.partition, **rest)
    return with_roles(image, work.template, work.masks.names)


def lesion_image(
    work: Workspace, key: str, name: str, fine: NDArray[np.uint16], **rest: Any
) -> LabelImage:
    """Make a label image of the lesions of a scan: one class, each lesion an object.

    Lesions are made as the mask settings say, with the corrections by hand.

    Parameters
    ----------
    work
        Classes, mask settings, leaves and corrections.
    key
        What the scan is called there.
    name, fine, **rest
        As of `class_image`.
    """
    names = {info.number: info.name for info in work.partition.classes if info.name}
    areas = scan_areas(
        work.partition.apply(fine), names, work.masks, work.leaf_edits(key), work.template.leaf
    )
    painted = CorrectedMap(np.zeros(fine.shape, np.uint16))
    painted.move(work.painted_lesions(key))
    lesions = areas.objects(painted.values).lesions.astype(np.uint32)
    classes = [LabelClass(1, _LESION, role=Role.DISEASED)]
    return LabelImage.build(name, (lesions > 0).astype(np.uint8), classes, objects=lesions, **rest)


def knows_lesions(work: Workspace) -> bool:
    """Tell whether any class is one that lesions are made of, or any was painted."""
    return bool(work.partition.named(work.masks.names) or work.lesions_painted)
