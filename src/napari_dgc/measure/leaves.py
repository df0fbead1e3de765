"""Leaves as objects, split and joined by hand."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Self

from napari_dgc.measure.lesion_mask import LARGEST_AREA
from napari_dgc.measure.plain_values import Fields

#: Leaf objects that are smaller are left out, in pixels: wrongly classed specks.
LEAST_LEAF = 25


@dataclass(frozen=True)
class _Ends:
    """Two points of a scan, in pixels from the centre of the first one."""

    row0: float
    column0: float
    row1: float
    column1: float

    def __post_init__(self) -> None:
        if not all(math.isfinite(value) for value in self.ends):
            raise ValueError("rows and columns must be finite")

    @property
    def ends(self) -> tuple[float, float, float, float]:
        """Row and column of the first, then of the second point."""
        return (self.row0, self.column0, self.row1, self.column1)


@dataclass(frozen=True)
class Cut(_Ends):
    """A straight line along which a leaf is split."""


@dataclass(frozen=True)
class Join(_Ends):
    """Two points whose leaves are one; without effect when one of them lies on no leaf."""


@dataclass(frozen=True)
class LeafEdits:
    """What was said by hand about the leaves of one scan.

    Parameters
    ----------
    cuts, joins
        In any order: first all cuts are made, then all joins.
    least_area
        Leaves that are smaller then are left out, in pixels.
    """

    cuts: tuple[Cut, ...] = field(default=())
    joins: tuple[Join, ...] = field(default=())
    least_area: int = LEAST_LEAF

    def __post_init__(self) -> None:
        if not 0 <= self.least_area <= LARGEST_AREA:
            raise ValueError(f"areas must lie between 0 and {LARGEST_AREA} pixels")

    def to_json(self) -> dict[str, object]:
        """Describe the edits with plain values (see `from_json`)."""
        return {
            "cuts": [list(cut.ends) for cut in self.cuts],
            "joins": [list(join.ends) for join in self.joins],
            "least_area": self.least_area,
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild edits from `to_json`; raises UserError when they are not."""
        fields = Fields(content, "edits of the leaves")

        def ends(name: str) -> list[tuple[float, float, float, float]]:
            found = []
            for item in fields.items(name):
                numbers = fields.checked_numbers(item, name)
                if len(numbers) != 4:
                    fields.damaged(f"{name} must hold four numbers each")
                found.append((numbers[0], numbers[1], numbers[2], numbers[3]))
            return found

        return cls(
            cuts=tuple(Cut(*points) for points in ends("cuts")),
            joins=tuple(Join(*points) for points in ends("joins")),
            least_area=fields.whole("least_area", 0, LARGEST_AREA),
        )
