"""Lesions from classes: a cleaned mask, and each lesion as an object."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from napari_dgc.measure.plain_values import Fields
from napari_dgc.partition.partition import LESION, NECROSIS

#: Bounds of the settings: pixels of an area, and of a radius.
LARGEST_AREA = 1_000_000_000
LARGEST_RADIUS = 100


@dataclass(frozen=True)
class MaskSettings:
    """How lesions are made of the pixels of diseased classes.

    Parameters
    ----------
    names
        Classes that are diseased.
    least_area
        Smaller lesions are left out, in pixels; 0 or 1 keeps all.
    fill_holes
        Holes in a lesion up to this area are filled, in pixels; 0 fills none.
    smooth
        Radius in pixels; a pixel becomes what most pixels within it are. 0 leaves
        the outline as it is.
    inside_leaf
        Whether what lies outside the leaf is left out.
    split_touching
        Whether lesions that touch are told apart at narrow necks.
    """

    names: tuple[str, ...] = (LESION, NECROSIS)
    least_area: int = 0
    fill_holes: int = 0
    smooth: int = 0
    inside_leaf: bool = True
    split_touching: bool = False

    def __post_init__(self) -> None:
        if not 0 <= self.least_area <= LARGEST_AREA or not 0 <= self.fill_holes <= LARGEST_AREA:
            raise ValueError(f"areas must lie between 0 and {LARGEST_AREA} pixels")
        if not 0 <= self.smooth <= LARGEST_RADIUS:
            raise ValueError(f"the radius must lie between 0 and {LARGEST_RADIUS} pixels")

    def to_json(self) -> dict[str, object]:
        """Describe the settings with plain values (see `from_json`)."""
        return {
            "names": list(self.names),
            "least_area": self.least_area,
            "fill_holes": self.fill_holes,
            "smooth": self.smooth,
            "inside_leaf": self.inside_leaf,
            "split_touching": self.split_touching,
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild settings from `to_json`; raises UserError when they are not."""
        fields = Fields(content, "settings of the lesion mask")
        return cls(
            names=fields.texts("names"),
            least_area=fields.whole("least_area", 0, LARGEST_AREA),
            fill_holes=fields.whole("fill_holes", 0, LARGEST_AREA),
            smooth=fields.whole("smooth", 0, LARGEST_RADIUS),
            inside_leaf=fields.flag("inside_leaf"),
            split_touching=fields.flag("split_touching"),
        )
