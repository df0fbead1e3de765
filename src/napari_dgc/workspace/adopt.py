"""Annotations made elsewhere, taken over as corrections of the classes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.errors import UserError
from napari_dgc.partition import Partition
from napari_dgc.workspace.commands import PaintClasses
from napari_dgc.workspace.corrections import Stroke


@dataclass(frozen=True, eq=False)
class TakenOver:
    """What annotations change.

    Parameters
    ----------
    command
        Makes the corrections, in one step; None where they change nothing.
    pixels
        How many become each class, by its name.
    unknown
        Names of annotated classes that no class has; these are left out.
    """

    command: PaintClasses | None
    pixels: Mapping[str, int]
    unknown: tuple[str, ...]


def class_named(partition: Partition, name: str) -> int | None:
    """Return the number of the class of a name, or None; of several the one of most clusters."""
    found = partition.named({name}) if name else frozenset()
    if not found:
        return None
    return max(found, key=lambda number: (len(partition.class_of(number).members), -number))


def take_over(
    image: LabelImage,
    partition: Partition,
    key: str,
    fine: NDArray[np.uint16],
    predicted: NDArray[np.uint16],
) -> TakenOver:
    """Make corrections of annotations whose names classes have.

    Pixels that are not labelled, and those whose class has the name already, stay as they are.

    Parameters
    ----------
    image
        The annotations.
    partition
        The classes.
    key
        What the scan is called in the workspace.
    fine
        (row, column) fine clusters as they are now.
    predicted
        (row, column) fine clusters as the model gave them: pixels that the model put into the
        class get their cluster back.

    Raises
    ------
    UserError
        When the sizes differ.
    """
    if image.labels.shape != fine.shape:
        raise UserError(different_sizes(image, key, fine.shape))
    lookup = partition.lookup()
    classes, before = lookup[fine], lookup[predicted]
    values = fine.copy()
    pixels: dict[str, int] = {}
    unknown = []
    for info in image.present:
        number = class_named(partition, info.name)
        if number is None:
            unknown.append(info.title)
            continue
        same = list(partition.named({info.name}))
        wrong = (image.labels == info.number) & ~np.isin(classes, same)
        values[wrong] = np.where(np.isin(before, same), predicted, np.uint16(number))[wrong]
        pixels[info.name] = pixels.get(info.name, 0) + int(wrong.sum())
    stroke = Stroke.of(values != fine, values)
    command = PaintClasses(key, stroke) if stroke.pixels.size else None
    return TakenOver(command, pixels, tuple(dict.fromkeys(unknown)))


def different_sizes(image: LabelImage, scan: str, shape: tuple[int, ...]) -> str:
    """Say that annotations do not fit a scan, in one sentence."""
    rows, columns = image.labels.shape
    return (
        f"{image.name} is {rows} x {columns} pixels, the scan {scan} {shape[0]} x {shape[1]}; "
        "annotations must be of the same picture, neither cropped nor scaled."
    )
