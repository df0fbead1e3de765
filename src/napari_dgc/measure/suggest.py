"""Names for classes, suggested from spectra, borders and neighbourhood.

Nothing here looks at a truth or at the scans themselves: a `ClusterSummary` is
enough. What is not clear stays without a name.

Three figures of a mean spectrum carry the decision. With R670, R710 and R800
the reflectance in the chlorophyll absorption, on the red edge and on the
near-infrared plateau:

- NDVI, (R800 - R670) / (R800 + R670) (Rouse et al. 1974): high for green leaf;
- the rise, R800 - R670: small where the leaf's structure or its light is gone;
- the edge, (R710 - R670) / (R800 - R670): the part of the rise that is already
  reached at 710 nm. It grows as chlorophyll goes (Horler et al. 1983,
  doi:10.1080/01431168308948546), and neither shade (a factor) nor highlights
  (a constant) change it. Dyed cloth that turns bright in the near infrared has
  an NDVI like a leaf, but rises later.
"""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.partition import ClusterSummary, MergeTree, Partition
from napari_dgc.partition.partition import BACKGROUND, HALO, LESION, TISSUE

#: Bands averaged around a wavelength, and how far the nearest band may lie, in nm.
_WINDOW_NM = 8.0
_REACH_NM = 15.0

# Limits, as fractions unless said; measured on simulated scans, far from the values of
# either side there.
#: Green leaf: least NDVI, and least and greatest edge.
_LEAF_NDVI = 0.4
_LEAF_EDGE = (0.18, 0.75)
#: Reference tissue rises at least this part of the strongest rise.
_REFERENCE_RISE = 0.4
#: Healthy tissue: edge within this distance of the reference, at least this part of its rise.
_TISSUE_EDGE = 0.1
_TISSUE_RISE = 0.2
#: Halo: an edge this far from the reference is enough; a smaller one needs this share of
#: neighbours that are lesion or halo.
_CLEAR_EDGE = 0.15
_SLIGHT_CONTACT = 0.25
#: Lesion: NDVI this much below the reference, at most this part of its rise and plateau. A
#: cluster of halo on the dark side of a leaf lies at about 0.63 of the rise.
_LESION_NDVI_LOSS = 0.1
_LESION_RISE = 0.58
_LESION_PLATEAU = 0.9
#: Neighbours of a lesion: at least this share leaf, at most this share background.
_LESION_LEAF = 0.6
_LESION_BACKGROUND = 0.25
#: A lesion cluster that every scan has, this much of the scan that has most of it, must lie
#: fully in the leaf: what all scans share is usually shade, veins or rims.
_COMMON = 0.3
_COMMON_BACKGROUND = 0.1
#: What rises less than this part of the reference, with an NDVI this much below it, may be
#: background in spite of an edge; a leaf in the shade keeps its NDVI.
_FAINT_RISE = 0.4
_FAINT_NDVI_LOSS = 0.05
#: Background: contact with the rim of the scan, relative to an even spread of its pixels,
#: or share of neighbours that are background.
_RIM_CONTACT = 0.5
_AMONG_BACKGROUND = 0.6
#: Halo: at least this share of neighbours is lesion or halo, at least this share leaf.
_HALO_CONTACT = 0.03


@dataclass(frozen=True, eq=False)
class _Spectral:
    """The three figures and the plateau (R800), each (classes,)."""

    ndvi: NDArray[np.float64]
    rise: NDArray[np.float64]
    edge: NDArray[np.float64]
    plateau: NDArray[np.float64]

    @classmethod
    def measure(
        cls, spectra: NDArray[np.float64], wavelengths_nm: NDArray[np.float64] | None
    ) -> Self | None:
        """Take the figures from (classes, bands) spectra; None when the bands do not allow it."""
        if wavelengths_nm is None or len(wavelengths_nm) != spectra.shape[1]:
            return None
        values = []
        for centre in (670.0, 710.0, 800.0):
            distance = np.abs(wavelengths_nm - centre)
            known = np.isfinite(spectra).any(axis=0)
            if not known.any() or distance[known].min() > _REACH_NM:
                return None
            chosen = known & (distance <= max(_WINDOW_NM, distance[known].min()))
            part = spectra[:, chosen]
            finite = np.isfinite(part)
            total = np.where(finite, part, 0.0).sum(axis=1)
            amount = finite.sum(axis=1)
            values.append(
                np.divide(total, amount, out=np.full(len(part), np.nan), where=amount > 0)
            )
        red, shoulder, plateau = values
        with np.errstate(invalid="ignore", divide="ignore"):
            rise = plateau - red
            return cls(rise / (plateau + red), rise, (shoulder - red) / rise, plateau)


def suggest_names(
    summary: ClusterSummary, partition: Partition, wavelengths_nm: NDArray[np.float64] | None
) -> Partition:
    """Name the classes of a partition that are clearly one thing.

    Parameters
    ----------
    summary
        Of the fine clusters, over all training scans.
    partition
        Its classes are judged as a whole; classes that have a name keep it.
    wavelengths_nm
        Band centres of `summary.spectra`, shape (bands,), in nanometres. Without
        them, or without bands near 670, 710 and 800 nm, only the background is
        named.

    Returns
    -------
    Partition
        With "background", "healthy tissue", "halo" and "lesion" where clear.
    """
    names = _names(_grouped(summary, partition), wavelengths_nm)
    classes = tuple(
        info if info.name else replace(info, name=name)
        for info, name in zip(partition.classes, names, strict=True)
    )
    return replace(partition, classes=classes)


def suggest_partition(
    summary: ClusterSummary, tree: MergeTree | None, wavelengths_nm: NDArray[np.float64] | None
) -> Partition:
    """Name every fine cluster and make one class of all of one name.

    Parameters
    ----------
    summary, wavelengths_nm
        As for `suggest_names`.
    tree
        Kept in the partition, so that it can still be cut.

    Returns
    -------
    Partition
        At most one class of each name; clusters that are not clear stay single.
    """
    return suggest_classes(summary, Partition.fine(summary.n_clusters, tree), wavelengths_nm)


def suggest_classes(
    summary: ClusterSummary, partition: Partition, wavelengths_nm: NDArray[np.float64] | None
) -> Partition:
    """Name the classes that are clear, and put those that get one name into one class.

    Parameters
    ----------
    summary, partition, wavelengths_nm
        As for `suggest_names`.

    Returns
    -------
    Partition
        What gets a name joins the class that had it before, the largest where there were
        several. Classes that had a name before are not merged with each other.
    """
    named = suggest_names(summary, partition, wavelengths_nm)
    given = [
        after
        for before, after in zip(partition.classes, named.classes, strict=True)
        if after.name != before.name
    ]
    for name in (BACKGROUND, TISSUE, HALO, LESION):
        new = [info for info in given if info.name == name]
        had = [partition.class_of(number) for number in partition.named({name})]
        target = max(had or new, key=lambda info: (len(info.members), -info.number), default=None)
        numbers = {info.number for info in new} | ({target.number} if target and new else set())
        if target is None or len(numbers) < 2:
            continue
        for info in new:  # "Lesion" typed by hand stays so
            named = named.rename(info.number, target.name)
        named = named.merge(numbers)
        if target.colour:
            named = named.recolour(target.number, target.colour)
    return named


def summary_wavelengths(summary: ClusterSummary, cube: HyperCube) -> NDArray[np.float64] | None:
    """Return the band centres of a summary's spectra, in nm, from a scan trained on.

    None when they are not known; the spectra cover all bands or the good ones.
    """
    wavelengths = cube.wavelengths_nm
    bands = summary.spectra.shape[1]
    if wavelengths is None or bands == len(wavelengths):
        return wavelengths
    return wavelengths[cube.good_bands] if bands == cube.good_bands.size else None


def _grouped(summary: ClusterSummary, partition: Partition) -> ClusterSummary:
    """Add the clusters of each class up."""
    classes = partition.classes
    members = np.zeros((len(classes), summary.n_clusters), np.int64)
    for row, info in enumerate(classes):
        members[row, np.asarray(info.members) - 1] = 1
    weight = members * summary.mass

    def average(values: NDArray[np.float64]) -> NDArray[np.float64]:
        known = np.isfinite(values)
        total = weight @ known
        mean = weight @ np.where(known, values, 0.0)
        result: NDArray[np.float64] = np.full(mean.shape, np.nan)
        np.divide(mean, total, out=result, where=total > 0)
        return result

    adjacency = members @ summary.adjacency @ members.T
    # Pairs inside a class: the matrix counts a pair of two clusters in both triangles.
    inside = members @ np.diag(summary.adjacency)
    np.fill_diagonal(adjacency, (np.diag(adjacency) + inside) // 2)
    return ClusterSummary(
        pixels=summary.pixels @ members.T,
        spectra=average(summary.spectra),
        features=average(summary.features),
        adjacency=adjacency,
        border=members @ summary.border,
    )


def _names(summary: ClusterSummary, wavelengths_nm: NDArray[np.float64] | None) -> list[str]:
    spectral = _Spectral.measure(summary.spectra, wavelengths_nm)
    active = summary.active
    if spectral is None:
        background = _grow_background(summary, active)
        return [BACKGROUND if found else "" for found in background]
    green = (
        active
        & (spectral.ndvi >= _LEAF_NDVI)
        & (spectral.edge >= _LEAF_EDGE[0])
        & (spectral.edge <= _LEAF_EDGE[1])
    )
    seeds = green & (spectral.rise >= _REFERENCE_RISE * spectral.rise[green].max(initial=0.0))
    if not seeds.any():
        background = _grow_background(summary, active)
        return [BACKGROUND if found else "" for found in background]
    reference = _Reference.of(spectral, seeds, summary.mass)
    # Light that passed through the leaf gives cloth beside it a little of a leaf's edge.
    faint = (spectral.rise < _FAINT_RISE * reference.rise) & (
        spectral.ndvi < reference.ndvi - _FAINT_NDVI_LOSS
    )
    background = _grow_background(summary, active & (~green | faint))
    names = np.where(background, BACKGROUND, "").astype(object)
    candidates = active & ~background
    lesion_like = (
        candidates
        & (spectral.ndvi < reference.ndvi - _LESION_NDVI_LOSS)
        & (spectral.rise < _LESION_RISE * reference.rise)
        & (spectral.plateau < _LESION_PLATEAU * reference.plateau)
    )
    paler = candidates & green & (spectral.edge >= reference.edge + _TISSUE_EDGE) & ~lesion_like
    # A little paler is young tissue, a vein or the rim of a leaf, unless it lies beside what
    # is certainly ill.
    slightly = paler & (spectral.edge < reference.edge + _CLEAR_EDGE)
    paler &= ~slightly
    paler |= slightly & (_neighbours(summary, lesion_like | paler) >= _SLIGHT_CONTACT)
    tissue = (
        candidates
        & green
        & ~lesion_like
        & ~paler
        & (spectral.edge >= reference.edge - 2 * _TISSUE_EDGE)
        & (spectral.rise >= _TISSUE_RISE * reference.rise)
    )
    names[tissue] = TISSUE
    lesion = lesion_like & _inside_leaf(summary, background, tissue | paler | lesion_like)
    names[lesion] = LESION
    contact = _neighbours(summary, lesion | paler)
    beside_background = _neighbours(summary, background)
    halo = (
        paler
        & (contact >= _HALO_CONTACT)
        & (beside_background <= _LESION_BACKGROUND)
        & (lesion.any())
    )
    names[halo] = HALO
    return [str(name) for name in names]


@dataclass(frozen=True)
class _Reference:
    """Healthy tissue as the scans show it."""

    ndvi: float
    rise: float
    edge: float
    plateau: float

    @classmethod
    def of(
        cls, spectral: _Spectral, seeds: NDArray[np.bool_], mass: NDArray[np.int64]
    ) -> "_Reference":
        """Take the median over the pixels of some classes."""

        def median(values: NDArray[np.float64]) -> float:
            order = np.argsort(values[seeds])
            below = np.cumsum(mass[seeds][order])
            return float(values[seeds][order][np.searchsorted(below, below[-1] / 2)])

        return cls(
            median(spectral.ndvi),
            median(spectral.rise),
            median(spectral.edge),
            median(spectral.plateau),
        )


def _neighbours(summary: ClusterSummary, of: NDArray[np.bool_]) -> NDArray[np.float64]:
    """(classes,) share of each class's neighbours, itself left out, that belong to some classes."""
    outer = summary.adjacency - np.diag(np.diag(summary.adjacency))
    total = outer.sum(axis=1)
    share: NDArray[np.float64] = np.divide(
        outer[:, of].sum(axis=1), total, out=np.zeros(len(total)), where=total > 0
    )
    return share


def _common(summary: ClusterSummary) -> NDArray[np.bool_]:
    """(classes,) whether every scan has a good share of a class; False for a single scan."""
    if len(summary.pixels) < 2:
        return np.zeros(summary.n_clusters, bool)
    shares = summary.pixels / np.maximum(summary.pixels.sum(axis=1, keepdims=True), 1)
    common: NDArray[np.bool_] = shares.min(axis=0) > _COMMON * shares.max(axis=0)
    return common


def _grow_background(summary: ClusterSummary, candidates: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find the background: what touches the scans' rims, and what lies within that."""
    mass = np.maximum(summary.mass, 1)
    even = summary.border.sum() / max(int(summary.mass.sum()), 1)
    background: NDArray[np.bool_] = (
        candidates & (summary.border / mass >= _RIM_CONTACT * even) & (summary.border > 0)
    )
    while True:
        more = candidates & (_neighbours(summary, background) >= _AMONG_BACKGROUND)
        if not (more & ~background).any():
            return background
        background = background | more


def _inside_leaf(
    summary: ClusterSummary, background: NDArray[np.bool_], leaf: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Tell which classes lie within the leaf and look like a local thing there."""
    beside_leaf = _neighbours(summary, leaf)
    beside_background = _neighbours(summary, background)
    mass = np.maximum(summary.mass, 1)
    even = summary.border.sum() / max(int(summary.mass.sum()), 1)
    enclosed: NDArray[np.bool_] = (
        (beside_leaf >= _LESION_LEAF)
        & (beside_background <= _LESION_BACKGROUND)
        & (summary.border / mass < _RIM_CONTACT * even + 1e-12)
    )
    return enclosed & (~_common(summary) | (beside_background <= _COMMON_BACKGROUND))
