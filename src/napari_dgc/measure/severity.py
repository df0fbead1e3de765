"""Disease severity: how much of the leaf is diseased."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.objects import Labels, Mask
from napari_dgc.measure.scan_areas import scan_areas
from napari_dgc.partition import Partition
from napari_dgc.partition.partition import LEAF_NAMES
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate


@dataclass(frozen=True)
class Severity:
    """Diseased and whole leaf area of one scan.

    Severity is the share of the plant unit's area that shows symptoms
    (Bock et al. 2020, doi:10.1186/s42483-020-00049-8).
    """

    leaf_pixels: int
    lesion_pixels: int

    @property
    def percent(self) -> float | None:
        """Severity in percent, or None when no leaf is in sight."""
        return 100.0 * self.lesion_pixels / self.leaf_pixels if self.leaf_pixels else None

    def __str__(self) -> str:
        if self.percent is None:
            return "no leaf area (name the leaf's classes first)"
        return f"{self.percent:.2f} % ({self.lesion_pixels} of {self.leaf_pixels} leaf pixels)"


def severity(
    classes_map: NDArray[np.integer[Any]],
    partition: Partition,
    template: NameTemplate = PLANT_PATHOLOGY,
) -> Severity:
    """Measure severity on a map of class numbers.

    Parameters
    ----------
    classes_map
        (row, column) class numbers as `Partition.apply` gives them, 0 for no data.
    partition
        Names the classes.
    template
        Tells which names are leaf (healthy tissue, halo, lesion, necrosis by default)
        and which are diseased (lesion, necrosis). Classes of other names, or of none,
        count as neither.
    """
    counts = np.bincount(classes_map.ravel(), minlength=partition.clusters + 1)

    def area(names: frozenset[str]) -> int:
        return int(counts[sorted(partition.named(names))].sum())

    return Severity(leaf_pixels=area(template.leaf), lesion_pixels=area(template.diseased))


def severity_from_counts(
    pixels: NDArray[np.integer[Any]],
    partition: Partition,
    template: NameTemplate = PLANT_PATHOLOGY,
) -> Severity:
    """Measure severity of one scan from the areas of its fine clusters.

    Parameters
    ----------
    pixels
        (clusters,) pixels of the fine clusters 1, 2, ...
    partition, template
        Name the classes and tell what the names are (see `severity`).
    """

    def area(names: frozenset[str]) -> int:
        numbers = partition.named(names)
        members = [m for info in partition.classes if info.number in numbers for m in info.members]
        return int(pixels[np.asarray(members, np.intp) - 1].sum())

    return Severity(leaf_pixels=area(template.leaf), lesion_pixels=area(template.diseased))


@dataclass(frozen=True)
class Sizes:
    """How large the lesions are, in pixels; None where there is none.

    Quartiles lie between the two nearest sizes where need be, in proportion.
    """

    mean: float | None = None
    lower_quartile: float | None = None
    median: float | None = None
    upper_quartile: float | None = None
    largest: int | None = None

    @classmethod
    def of(cls, pixels: tuple[int, ...]) -> "Sizes":
        """Take the figures from the sizes of single lesions."""
        if not pixels:
            return cls()
        lower, median, upper = np.quantile(pixels, (0.25, 0.5, 0.75))
        return cls(
            float(np.mean(pixels)), float(lower), float(median), float(upper), int(max(pixels))
        )


@dataclass(frozen=True)
class LeafSeverity:
    """What was measured on one leaf, or on all leaves of a scan together.

    Parameters
    ----------
    leaf
        Number of the leaf; 0 for all leaves.
    leaf_pixels
        Area of the leaf, lesions included.
    lesion_pixels
        Area of its lesions.
    halo_pixels
        Area of halo that is not lesion.
    lesion_sizes
        Pixels of every lesion; together `lesion_pixels`.
    pixel_size_mm
        Side of a pixel, or None where it is not known.
    """

    leaf: int
    leaf_pixels: int
    lesion_pixels: int
    halo_pixels: int
    lesion_sizes: tuple[int, ...] = ()
    pixel_size_mm: float | None = None

    @property
    def percent(self) -> float | None:
        """Severity in percent (see `Severity`), or None without leaf area."""
        return 100.0 * self.lesion_pixels / self.leaf_pixels if self.leaf_pixels else None

    @property
    def halo_percent(self) -> float | None:
        """Halo as a share of the leaf in percent, or None without leaf area."""
        return 100.0 * self.halo_pixels / self.leaf_pixels if self.leaf_pixels else None

    @property
    def lesion_count(self) -> int:
        """Number of lesions."""
        return len(self.lesion_sizes)

    @property
    def sizes(self) -> Sizes:
        """How large the lesions are."""
        return Sizes.of(self.lesion_sizes)

    def mm2(self, pixels: float | None) -> float | None:
        """Turn an area in pixels into square millimetres; None where either is not known."""
        if pixels is None or self.pixel_size_mm is None:
            return None
        return pixels * self.pixel_size_mm**2


@dataclass(frozen=True)
class Lesion:
    """One lesion.

    Parameters
    ----------
    lesion
        Its number on the map of lesions. A lesion that reaches over two leaves is one
        lesion on each, of the same number.
    leaf
        Number of the leaf.
    pixels
        Its area.
    row, column
        Its centre, in pixels from the centre of the first one.
    """

    lesion: int
    leaf: int
    pixels: int
    row: float
    column: float


@dataclass(frozen=True)
class ScanSeverity:
    """What was measured on one scan.

    Parameters
    ----------
    scan
        Its name.
    leaves
        Its leaves, by their numbers.
    lesions
        Its lesions, leaf by leaf.
    outside_pixels
        Diseased area that is on no leaf and counts nowhere.
    pixel_size_mm
        Side of a pixel, or None where it is not known.
    """

    scan: str
    leaves: tuple[LeafSeverity, ...]
    lesions: tuple[Lesion, ...] = field(repr=False)
    outside_pixels: int = 0
    pixel_size_mm: float | None = None

    @property
    def total(self) -> LeafSeverity:
        """All leaves together, as leaf 0."""
        return LeafSeverity(
            leaf=0,
            leaf_pixels=sum(leaf.leaf_pixels for leaf in self.leaves),
            lesion_pixels=sum(leaf.lesion_pixels for leaf in self.leaves),
            halo_pixels=sum(leaf.halo_pixels for leaf in self.leaves),
            lesion_sizes=tuple(size for leaf in self.leaves for size in leaf.lesion_sizes),
            pixel_size_mm=self.pixel_size_mm,
        )


def measure_scan(
    labels: NDArray[np.integer[Any]],
    names: Mapping[int, str],
    *,
    settings: MaskSettings | None = None,
    edits: LeafEdits | None = None,
    painted: NDArray[np.integer[Any]] | None = None,
    pixel_size_mm: float | None = None,
    scan: str = "",
    leaf_names: Collection[str] = LEAF_NAMES,
) -> ScanSeverity:
    """Measure leaves and lesions on a label map.

    Parameters
    ----------
    labels
        (row, column), at least 0.
    names
        Name of each label. Leaf are `leaf_names` and the diseased names of `settings`;
        labels of other names, or of none, are neither.
    settings
        How lesions are made of diseased pixels; as they are by default.
    edits
        How leaves are split and joined.
    painted
        (row, column) corrections of the lesions by hand (see `ScanAreas.objects`).
    pixel_size_mm
        Side of a pixel.
    scan
        Name of the scan, for the result.
    leaf_names
        Healthy tissue, halo, lesion, necrosis by default (see `NameTemplate.leaf`).

    Returns
    -------
    ScanSeverity
        Exact counts of pixels. Leaf area is what is classed as leaf, and what the
        lesion mask adds to it within a leaf.
    """
    found = scan_areas(labels, names, settings, edits, leaf_names).objects(painted)
    return measure_objects(
        found.leaves,
        found.lesions,
        found.leaf,
        found.halo,
        pixel_size_mm=pixel_size_mm,
        scan=scan,
        diseased=found.diseased,
    )


def measure_objects(
    leaves: Labels,
    lesions: Labels,
    leaf: Mask,
    halo: Mask,
    *,
    diseased: Mask | None = None,
    pixel_size_mm: float | None = None,
    scan: str = "",
) -> ScanSeverity:
    """Measure leaves and lesions that are objects already.

    Parameters
    ----------
    leaves, lesions
        (row, column) numbers of the objects, 0 outside, as `leaf_objects` and
        `lesion_objects` give them, or as they were corrected by hand.
    leaf, halo
        (row, column), True where a pixel's class is leaf, or halo.
    diseased
        (row, column), True where a pixel's class is diseased, for `outside_pixels`;
        the lesions by default.
    pixel_size_mm, scan
        As for `measure_scan`.
    """
    if pixel_size_mm is not None and not (0 < pixel_size_mm < np.inf):
        raise ValueError(f"{pixel_size_mm} is not the side of a pixel in mm")
    lesion = lesions > 0
    inside = leaves > 0
    count = int(leaves.max(initial=0)) + 1
    areas = np.bincount(leaves[inside & (leaf | lesion)], minlength=count)
    halos = np.bincount(leaves[inside & halo & ~lesion], minlength=count)
    rows, columns = np.nonzero(inside & lesion)
    base = int(lesions.max(initial=0)) + 1
    # One number for each lesion on each leaf, leaf by leaf.
    pairs = leaves[rows, columns].astype(np.int64) * base + lesions[rows, columns]
    found, place, sizes = np.unique(pairs, return_inverse=True, return_counts=True)
    row_sums, column_sums = np.bincount(place, rows), np.bincount(place, columns)
    parts = tuple(
        Lesion(int(pair % base), int(pair // base), int(size), float(row), float(column))
        for pair, size, row, column in zip(
            found,
            sizes,
            row_sums / np.maximum(sizes, 1),
            column_sums / np.maximum(sizes, 1),
            strict=True,
        )
    )
    by_leaf: dict[int, list[int]] = {}
    for part in parts:
        by_leaf.setdefault(part.leaf, []).append(part.pixels)
    numbers = np.flatnonzero(np.bincount(leaves[inside], minlength=count))
    rows_of_leaves = tuple(
        LeafSeverity(
            leaf=int(number),
            leaf_pixels=int(areas[number]),
            lesion_pixels=sum(by_leaf.get(int(number), ())),
            halo_pixels=int(halos[number]),
            lesion_sizes=tuple(by_leaf.get(int(number), ())),
            pixel_size_mm=pixel_size_mm,
        )
        for number in numbers
    )
    outside = int(np.count_nonzero(~inside & (lesion if diseased is None else diseased)))
    return ScanSeverity(scan, rows_of_leaves, parts, outside, pixel_size_mm)
