"""Label images made fit to be compared."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from napari_dgc.annotations.label_image import LabelClass, LabelImage, numbered_alike


def with_rest(images: Sequence[LabelImage], name: str) -> tuple[list[LabelImage], int]:
    """Give the pixels without a label to a class, such as background.

    Parameters
    ----------
    images
        With classes of the same numbers.
    name
        Of the class, in upper or lower case; a new one where none has it.

    Returns
    -------
    tuple
        The images, and the number of the class in all of them.
    """
    wanted = name.casefold()
    made = numbered_alike([_filled(image, name) for image in images])
    classes = (info for image in made for info in image.classes)
    return made, next(info.number for info in classes if info.name.casefold() == wanted)


def _filled(image: LabelImage, name: str) -> LabelImage:
    called = [info.number for info in image.classes if info.name.casefold() == name.casefold()]
    free = max((info.number for info in image.classes), default=0) + 1
    number = called[0] if called else free
    # In a wide type: the new class may be the first that eight bits do not hold.
    labels = np.where(image.labels == 0, np.uint16(number), image.labels)
    classes = [*image.classes, *([] if called else [LabelClass(number, name)])]
    made = LabelImage.build(image.name, labels, classes)
    return replace(image, labels=made.labels, classes=made.classes)


def class_names(images: Sequence[LabelImage]) -> dict[int, str]:
    """Return the names of the classes of images that are numbered alike."""
    return {info.number: info.name for image in images for info in image.classes if info.name}
