"""Mean ± SD of spectra and indices for every class of a scan, read block by block."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.indices import Index, index_blocks
from napari_dgc.measure.areas import class_areas
from napari_dgc.measure.tables import Cell, Table


@dataclass(frozen=True)
class IndexValue:
    """An index over the pixels of a class.

    Parameters
    ----------
    index
        Its name.
    pixels
        Pixels that have a value.
    mean, sd
        Mean and standard deviation over them (divided by n); NaN where there are none.
    """

    index: str
    pixels: int
    mean: float
    sd: float


@dataclass(frozen=True, eq=False)
class ClassValues:
    """What the pixels of one class look like.

    Parameters
    ----------
    name
        Of the class; labels of one name are one class.
    pixels
        Its area.
    mean, sd
        (bands,) reflectance and its standard deviation over the pixels with data
        (divided by n); NaN in bad bands.
    indices
        In the order asked for.
    """

    name: str
    pixels: int
    mean: NDArray[np.float64]
    sd: NDArray[np.float64]
    indices: tuple[IndexValue, ...]


def class_values(
    cube: HyperCube,
    labels: NDArray[np.integer[Any]],
    names: Mapping[int, str],
    indices: Sequence[Index] = (),
    *,
    token: CancelToken | None = None,
) -> tuple[ClassValues, ...]:
    """Measure every class of a scan that has pixels.

    Parameters
    ----------
    cube
        The scan; only some rows of it are held in memory at a time.
    labels
        (row, column), 0 for no data.
    names
        Name of each label; one without is called ``class 7``.
    indices
        Vegetation indices to average.
    token
        Looked at between blocks.

    Returns
    -------
    tuple of ClassValues
        In order of the lowest label of each class.

    Raises
    ------
    ValueError
        When the map is not of the cube's size.
    UserError
        When the scan does not allow an index (`indices.why_not`).
    InterruptedError
        When `token` was cancelled.
    """
    present = np.flatnonzero(np.bincount(labels.ravel()))
    places: dict[str, int] = {}
    titles: list[str] = []
    table = np.zeros(int(labels.max(initial=0)) + 1, np.uint16)
    for label in present[present > 0]:
        title = names.get(int(label), "") or f"class {label}"
        if title.casefold() not in places:
            titles.append(title)
            places[title.casefold()] = len(titles)
        table[label] = places[title.casefold()]
    classes = table[labels]
    areas = class_areas(cube, classes, len(titles), token=token)
    values = _index_values(cube, classes, len(titles), indices, token)
    return tuple(
        ClassValues(
            title,
            int(areas.pixels[place]),
            areas.means[place],
            areas.deviations[place],
            tuple(values[place]),
        )
        for place, title in enumerate(titles)
    )


def _index_values(
    cube: HyperCube,
    classes: NDArray[np.uint16],
    highest: int,
    indices: Sequence[Index],
    token: CancelToken | None,
) -> list[list[IndexValue]]:
    if not indices:
        return [[] for _ in range(highest)]
    number = np.zeros((len(indices), highest + 1))
    mean, squares = np.zeros_like(number), np.zeros_like(number)
    for rows, blocks in index_blocks(cube, indices, token):
        for place, block in enumerate(blocks):
            known = np.isfinite(block)
            codes, values = classes[rows][known], block[known].astype(np.float64)
            here = np.bincount(codes, minlength=highest + 1)
            average = np.bincount(codes, values, highest + 1) / np.maximum(here, 1)
            spread = np.bincount(codes, (values - average[codes]) ** 2, highest + 1)
            # Chan, Golub and LeVeque (1983), doi:10.1080/00031305.1983.10483115.
            total = np.maximum(number[place] + here, 1)
            shift = average - mean[place]
            squares[place] += spread + shift**2 * number[place] * here / total
            mean[place] += shift * here / total
            number[place] += here
    known = number > 0
    mean = np.where(known, mean, np.nan)
    sd = np.where(known, np.sqrt(squares / np.maximum(number, 1)), np.nan)
    return [
        [
            IndexValue(
                index.name,
                int(number[place, code]),
                float(mean[place, code]),
                float(sd[place, code]),
            )
            for place, index in enumerate(indices)
        ]
        for code in range(1, highest + 1)
    ]


@dataclass(frozen=True, eq=False)
class ScanClassValues:
    """The classes of a scan.

    Parameters
    ----------
    scan
        Its name.
    wavelengths_nm
        Centre of each band, or None where it is not known.
    classes
        As of `class_values`.
    """

    scan: str
    wavelengths_nm: tuple[float, ...] | None
    classes: tuple[ClassValues, ...]

    @classmethod
    def of(cls, scan: str, cube: HyperCube, classes: Sequence[ClassValues]) -> Self:
        """Take what tables say of a scan, so that it may go."""
        centres = cube.wavelengths_nm
        told = None if centres is None else tuple(float(centre) for centre in centres)
        return cls(scan, told, tuple(classes))


def spectra_table(scans: Sequence[ScanClassValues]) -> Table:
    """Return mean ± SD spectra, one row for each band of each class of each scan."""
    rows: list[tuple[Cell, ...]] = []
    for one in scans:
        for found in one.classes:
            for band in range(found.mean.size):
                centre = None if one.wavelengths_nm is None else one.wavelengths_nm[band]
                values = (float(found.mean[band]), float(found.sd[band]))
                rows.append((one.scan, found.name, found.pixels, centre, band + 1, *values))
    columns = ("scan", "class", "class_area_px", "wavelength_nm", "band", "mean", "sd")
    return Table("spectra", columns, tuple(rows))


def indices_table(scans: Sequence[ScanClassValues]) -> Table:
    """Return mean ± SD of indices, one row for each index of each class of each scan."""
    rows: list[tuple[Cell, ...]] = [
        (one.scan, found.name, value.index, value.pixels, value.mean, value.sd)
        for one in scans
        for found in one.classes
        for value in found.indices
    ]
    return Table("indices", ("scan", "class", "index", "pixels", "mean", "sd"), tuple(rows))
