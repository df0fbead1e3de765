"""Maps of vegetation indices, computed in blocks of rows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.reflectance import holds_reflectance
from napari_dgc.errors import UserError
from napari_dgc.indices.formula import Term
from napari_dgc.indices.index import Index
from napari_dgc.measure.band_noise import noise_of

#: Samples read at once, with those of bands that lie between.
_BLOCK_SAMPLES = 4 << 20

Bands = Mapping[Term, NDArray[np.intp]]


def bands_for(index: Index, cube: HyperCube, bandwidth_nm: float = 0.0) -> Bands:
    """Find the bands of a scan that an index is computed from; bad bands are passed over.

    Parameters
    ----------
    index
        The index.
    cube
        Only its wavelengths are looked at.
    bandwidth_nm
        For a single wavelength of the formula all bands within this width
        about it are averaged, at least the nearest one; 0 takes the nearest,
        `WIDEST_NM` is the most that makes sense.

    Returns
    -------
    dict
        For each term of the formula the indices of its bands. The nearest band
        lies within the tolerance of the index; a range has bands that near to
        both its ends.

    Raises
    ------
    UserError
        The scan lacks a wavelength, or its wavelengths are unknown; the
        sentence says which.
    """
    centres = cube.wavelengths_nm
    needed = _listed(index.wavelengths)
    if centres is None:
        raise UserError(
            f"{index.name} needs {needed} nm, and the wavelengths of {cube.name} are unknown; "
            "give its wavelengths first."
        )
    good = cube.good_bands
    found: dict[Term, NDArray[np.intp]] = {}
    for term in index.formula.terms:
        bands = _bands_of(term, centres, good, index.tolerance_nm, bandwidth_nm)
        if bands is None:
            lacks = (
                "does not cover"
                if term.is_range
                else f"has no band within {index.tolerance_nm:g} nm of"
            )
            raise UserError(
                f"{index.name} needs {needed} nm; {cube.name} ({_covered(centres[good])}) "
                f"{lacks} {term.wavelengths} nm."
            )
        found[term] = bands
    return found


def why_not(
    index: Index, cube: HyperCube, *, reflectance: bool, bandwidth_nm: float = 0.0
) -> str | None:
    """Return one sentence why an index cannot be computed for a scan, or None.

    Parameters
    ----------
    index, cube, bandwidth_nm
        As for `bands_for`.
    reflectance
        Whether the scan holds reflectance (`holds_reflectance`).
    """
    try:
        bands_for(index, cube, bandwidth_nm)
    except UserError as error:
        return str(error)
    if index.needs_reflectance and not reflectance:
        return (
            f"{index.name} adds ratios and reflectance, which means nothing for other values; "
            f"{cube.name} does not hold reflectance between 0 and 1: calibrate it first."
        )
    return None


def index_blocks(
    cube: HyperCube,
    indices: Sequence[Index],
    token: CancelToken | None = None,
    *,
    bandwidth_nm: float = 0.0,
) -> Iterator[tuple[slice, list[NDArray[np.float32]]]]:
    """Compute several indices in one pass over the scan.

    Parameters
    ----------
    cube
        The scan; only the bands needed are read, block by block.
    indices
        What to compute.
    token
        Asks for a stop.
    bandwidth_nm
        See `bands_for`.

    Yields
    ------
    rows, blocks
        Rows of the scan, top to bottom, and for each index its values,
        (rows, columns) float32, NaN where there are no data, or a divisor is not told
        from 0 by the noise of its bands (on dark background, for instance).

    Raises
    ------
    UserError
        As `why_not` says; before anything is computed.
    InterruptedError
        When asked to stop.
    """
    plan = IndexPlan(cube, indices, token, bandwidth_nm=bandwidth_nm)
    used = plan.bands
    # Arrays on disk may read all that lies between the outermost bands.
    across = int(used[-1] - used[0] + 1) * cube.columns
    step = max(1, _BLOCK_SAMPLES // across)
    for first in range(0, cube.rows, step):
        if token is not None and token.cancelled:
            raise InterruptedError("stopped by the user")
        rows = slice(first, min(first + step, cube.rows))
        window = cube.read(rows, slice(None), used)
        yield rows, plan.values(window)


class IndexPlan:
    """How to compute several indices of one scan from the samples of its bands.

    Parameters
    ----------
    cube, indices, token, bandwidth_nm
        As for `index_blocks`; some windows of the scan are read for the noise.

    Raises
    ------
    UserError
        As `why_not` says.
    InterruptedError
        When asked to stop.
    """

    def __init__(
        self,
        cube: HyperCube,
        indices: Sequence[Index],
        token: CancelToken | None = None,
        *,
        bandwidth_nm: float = 0.0,
    ) -> None:
        chosen = [bands_for(index, cube, bandwidth_nm) for index in indices]
        if any(index.needs_reflectance for index in indices):
            reflectance = holds_reflectance(cube)
            for index in indices:
                reason = why_not(index, cube, reflectance=reflectance, bandwidth_nm=bandwidth_nm)
                if reason is not None:
                    raise UserError(reason)
        #: 0-based bands that are needed, ascending.
        self.bands = np.unique(
            np.concatenate([bands for terms in chosen for bands in terms.values()])
        )
        found = noise_of(cube, self.bands, token=token).tolist()
        noise = dict(zip(self.bands.tolist(), found, strict=True))
        spreads = [
            {
                term: _noise_of_mean([noise[band] for band in bands.tolist()])
                for term, bands in terms.items()
            }
            for terms in chosen
        ]
        self._parts = list(zip(indices, chosen, spreads, strict=True))

    def values(self, window: NDArray[np.float32]) -> list[NDArray[np.float32]]:
        """Compute the indices.

        Parameters
        ----------
        window
            (bands, ...) samples of `bands`.

        Returns
        -------
        list of ndarray
            For each index its values, without the axis of bands; NaN as in `index_blocks`.
        """
        found = []
        for index, terms, spread in self._parts:
            values = {term: _mean(window, self.bands, bands) for term, bands in terms.items()}
            found.append(index.formula.evaluate(values, spread).astype(np.float32))
        return found


def index_map(
    cube: HyperCube,
    index: Index,
    token: CancelToken | None = None,
    *,
    bandwidth_nm: float = 0.0,
) -> NDArray[np.float32]:
    """Compute one index; see `index_blocks`.

    Returns
    -------
    ndarray
        (rows, columns), NaN where there is no value, as there.
    """
    values = np.empty((cube.rows, cube.columns), np.float32)
    for rows, (block,) in index_blocks(cube, [index], token, bandwidth_nm=bandwidth_nm):
        values[rows] = block
    return values


def _noise_of_mean(noise: Sequence[float]) -> float:
    return math.hypot(*noise) / len(noise)


def _mean(
    window: NDArray[np.float32], used: NDArray[np.intp], bands: NDArray[np.intp]
) -> NDArray[np.float32]:
    places = np.searchsorted(used, bands)
    average: NDArray[np.float32] = window[places].mean(axis=0)
    return average


def _bands_of(
    term: Term,
    centres: NDArray[np.float64],
    good: NDArray[np.intp],
    tolerance_nm: float,
    bandwidth_nm: float,
) -> NDArray[np.intp] | None:
    if not good.size:
        return None
    here = centres[good]
    if term.is_range:
        inside = good[(here >= term.low) & (here <= term.high)]
        ends = max(float(np.abs(here - end).min()) for end in (term.low, term.high))
        return inside if inside.size and ends <= tolerance_nm else None
    distance = np.abs(here - term.low)
    nearest = int(distance.argmin())
    if distance[nearest] > tolerance_nm:
        return None
    within = good[distance <= bandwidth_nm / 2]
    return within if within.size else good[nearest : nearest + 1]


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def _covered(centres: NDArray[np.float64]) -> str:
    if not centres.size:
        return "all its bands are bad"
    return f"{centres.min():.0f} to {centres.max():.0f} nm"
