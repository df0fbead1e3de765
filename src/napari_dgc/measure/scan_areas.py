"""Where leaf, lesions and halo are on a scan: from classes, and as corrected by hand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.measure.leaves import LeafEdits, leaf_objects
from napari_dgc.measure.lesion_mask import MaskSettings, lesion_mask, lesion_objects
from napari_dgc.measure.objects import Labels, Mask
from napari_dgc.partition.partition import HALO, LEAF_NAMES

#: What a correction of the lesions by hand says of a pixel.
AUTOMATIC, NOT_LESION, LESION = 0, 1, 2


@dataclass(frozen=True, eq=False)
class ScanObjects:
    """Leaves and lesions of a scan as objects, all (row, column).

    Parameters
    ----------
    leaves, lesions
        Numbers of the objects, 0 outside (see `leaf_objects`, `lesion_objects`).
    leaf, halo, diseased
        True where a pixel is leaf, halo, or diseased.
    """

    leaves: Labels
    lesions: Labels
    leaf: Mask
    halo: Mask
    diseased: Mask


@dataclass(frozen=True, eq=False)
class ScanAreas:
    """What the classes of a scan say, before corrections of the lesions by hand.

    Parameters
    ----------
    leaf, halo, diseased
        (row, column), True where the class is leaf, halo, or diseased.
    leaves
        (row, column) numbers of the leaves.
    mask
        (row, column), True on lesions, cleaned.
    settings, edits
        How they were made.
    """

    leaf: Mask
    halo: Mask
    diseased: Mask
    leaves: Labels
    mask: Mask
    settings: MaskSettings
    edits: LeafEdits

    def objects(self, painted: NDArray[np.integer[Any]] | None = None) -> ScanObjects:
        """Make lesions objects.

        Parameters
        ----------
        painted
            (row, column) of `AUTOMATIC`, `NOT_LESION` and `LESION`. What is painted lesion
            outside of the leaves is left out where the settings keep lesions inside;
            otherwise it is leaf as well.
        """
        leaf, leaves, mask, diseased = self.leaf, self.leaves, self.mask, self.diseased
        if painted is not None and painted.any():
            lesion, healthy = painted == LESION, painted == NOT_LESION
            mask = (mask | lesion) & ~healthy
            diseased = (diseased | lesion) & ~healthy
            if self.settings.inside_leaf:
                mask &= leaves > 0
            elif (lesion & (leaves == 0)).any():
                leaf = leaf | lesion
                leaves = leaf_objects(leaf, self.edits)
        lesions = lesion_objects(mask, self.settings)
        return ScanObjects(leaves, lesions, leaf, self.halo, diseased)


def scan_areas(
    labels: NDArray[np.integer[Any]],
    names: Mapping[int, str],
    settings: MaskSettings | None = None,
    edits: LeafEdits | None = None,
    leaf_names: Collection[str] = LEAF_NAMES,
) -> ScanAreas:
    """Find leaves and lesions on a label map (see `measure_scan` for the parameters)."""
    settings, edits = settings or MaskSettings(), edits or LeafEdits()
    diseased = class_mask(labels, names, settings.names)
    leaf = class_mask(labels, names, leaf_names) | diseased
    leaves = leaf_objects(leaf, edits)
    mask = lesion_mask(diseased, leaves > 0, settings)
    halo = class_mask(labels, names, (HALO,))
    return ScanAreas(leaf, halo, diseased, leaves, mask, settings, edits)


def class_mask(
    labels: NDArray[np.integer[Any]], names: Mapping[int, str], wanted: Collection[str]
) -> Mask:
    """Return where a label map has one of some names; upper and lower case are the same.

    Parameters
    ----------
    labels
        (row, column), at least 0.
    names
        Name of each label.
    wanted
        Names to find.
    """
    table = np.zeros(int(labels.max(initial=0)) + 1, bool)
    folded = {name.casefold() for name in wanted}
    for label, name in names.items():
        if 0 <= label < table.size and name.casefold() in folded:
            table[label] = True
    mask: Mask = table[labels]
    return mask
