"""The bands a model was trained on, and how to read any scan onto them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.centres import SAME, same_centres, spacing
from napari_dgc.errors import UserError


@dataclass(frozen=True, eq=False)
class BandGrid:
    """Band centres shared by all training scans.

    Parameters
    ----------
    n_bands
        Number of bands of the training scans, bad ones included.
    wavelengths_nm
        Band centres in nanometres, shape (n_bands,), or None when unknown.
    good_bands
        Ascending indices of the bands the model looks at, shape (good bands,).
    """

    n_bands: int
    wavelengths_nm: NDArray[np.float64] | None
    good_bands: NDArray[np.intp]

    @classmethod
    def from_cubes(cls, cubes: Sequence[HyperCube]) -> Self:
        """Take the bands that all scans share.

        A band that is bad in one scan is left out everywhere. Scans without
        wavelengths are matched by band number.

        Raises
        ------
        UserError
            When there are no scans, or they do not have the same bands.
        """
        if not cubes:
            raise UserError("There is no scan to train on; open at least one.")
        first = cubes[0]
        wavelengths: NDArray[np.float64] | None = None
        owner = first
        good = np.ones(first.n_bands, bool)
        for cube in cubes:
            if cube.n_bands != first.n_bands:
                raise UserError(
                    f"The scans {first.name} ({first.n_bands} bands) and {cube.name} "
                    f"({cube.n_bands} bands) differ in their bands; train on scans of one kind."
                )
            centres = cube.wavelengths_nm
            if centres is not None:
                if wavelengths is None:
                    wavelengths, owner = np.asarray(centres, np.float64).copy(), cube
                elif not same_centres(wavelengths, centres):
                    raise UserError(
                        f"The scans {owner.name} and {cube.name} have different wavelengths; "
                        f"train on scans of one kind."
                    )
            good[list(cube.bad_bands)] = False
        if not good.any():
            raise UserError(
                f"Every band is marked bad in one of the scans (first: {first.name}); "
                f"correct the list of bad bands."
            )
        return cls(first.n_bands, wavelengths, np.flatnonzero(good))

    @property
    def size(self) -> int:
        """Number of bands the model looks at."""
        return len(self.good_bands)

    def read(
        self,
        cube: HyperCube,
        rows: slice,
        columns: slice,
        bands: slice | NDArray[np.intp] = slice(None),
    ) -> NDArray[np.float32]:
        """Read a window on the training bands.

        A scan with the same bands is read as it is; one with other bands is
        interpolated linearly by wavelength.

        Parameters
        ----------
        cube
            The scan.
        rows, columns
            Window, in pixels.
        bands
            Which of the good bands of training; at least one.

        Returns
        -------
        ndarray
            (good bands of training, rows, columns), float32 reflectance,
            missing samples NaN.

        Raises
        ------
        UserError
            When the scan's bands cannot be brought onto the training bands.
        """
        if self._fits(cube):
            return cube.read(rows, columns, _as_slice(self.good_bands[bands]))
        lower, upper, weight = (part[bands] for part in self._interpolation(cube))
        wanted, place = np.unique(np.concatenate([lower, upper]), return_inverse=True)
        stored = cube.read(rows, columns, _as_slice(wanted))
        below, above = stored[place[: len(lower)]], stored[place[len(lower) :]]
        window: NDArray[np.float32] = below + weight[:, None, None] * (above - below)
        return window

    def check(self, cube: HyperCube) -> None:
        """Raise the `UserError` that reading this scan would raise; reads no samples."""
        if not self._fits(cube):
            self._interpolation(cube)

    def metadata(self) -> dict[str, Any]:
        """Return plain JSON values for `from_metadata`."""
        return {
            "n_bands": self.n_bands,
            "wavelengths_nm": None if self.wavelengths_nm is None else self.wavelengths_nm.tolist(),
            "good_bands": self.good_bands.tolist(),
        }

    @classmethod
    def from_metadata(cls, values: dict[str, Any]) -> Self:
        """Rebuild the grid from `metadata`; raises ValueError when it makes no sense."""
        n_bands = int(values["n_bands"])
        good = np.asarray(values["good_bands"], np.intp)
        wavelengths = values["wavelengths_nm"]
        centres = None if wavelengths is None else np.asarray(wavelengths, np.float64)
        if good.ndim != 1 or not good.size or good.min() < 0 or good.max() >= n_bands:
            raise ValueError("band numbers out of range")
        if centres is not None and centres.shape != (n_bands,):
            raise ValueError(f"{centres.size} wavelengths for {n_bands} bands")
        return cls(n_bands, centres, good)

    def _fits(self, cube: HyperCube) -> bool:
        """Whether the scan has these very bands, all good."""
        if cube.n_bands != self.n_bands or np.isin(self.good_bands, cube.bad_bands).any():
            return False
        centres = cube.wavelengths_nm
        return (
            centres is None
            or self.wavelengths_nm is None
            or same_centres(self.wavelengths_nm, centres)
        )

    def _interpolation(
        self, cube: HyperCube
    ) -> tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.float32]]:
        """Return, per training band, the scan's bands below and above and the upper's weight."""
        centres = cube.wavelengths_nm
        if self.wavelengths_nm is None or centres is None:
            if cube.n_bands == self.n_bands:
                bad = np.intersect1d(self.good_bands, cube.bad_bands)
                raise UserError(
                    f"The model needs band {bad[0] + 1}, which is bad in {cube.name}, and without "
                    f"wavelengths it cannot be interpolated; train on scans of this kind."
                )
            whose = "the model's" if self.wavelengths_nm is None else f"{cube.name}'s"
            raise UserError(
                f"The model was trained on {self.n_bands} bands and {cube.name} has "
                f"{cube.n_bands}; they cannot be matched because {whose} wavelengths are unknown, "
                f"so give them or train on scans of this kind."
            )
        usable = cube.good_bands
        usable = usable[np.argsort(centres[usable], kind="stable")]
        known = centres[usable]
        targets = self.wavelengths_nm[self.good_bands]
        slack = SAME * spacing(self.wavelengths_nm)
        if not known.size or targets.min() < known[0] - slack or targets.max() > known[-1] + slack:
            whole = centres.min() - slack, centres.max() + slack
            if whole[0] <= targets.min() and targets.max() <= whole[1]:
                raise UserError(
                    f"The model needs {targets.min():g}-{targets.max():g} nm, where "
                    f"{len(cube.bad_bands)} bands of {cube.name} are marked bad; mark those that "
                    f"are good as such, or train anew without them."
                )
            covers = f"{known[0]:g}-{known[-1]:g} nm" if known.size else "no good band"
            raise UserError(
                f"The model needs {targets.min():g}-{targets.max():g} nm and {cube.name} covers "
                f"{covers}; use a model trained on scans of this kind."
            )
        if known.size == 1:
            only = np.full(len(targets), usable[0], np.intp)
            return only, only, np.zeros(len(targets), np.float32)
        above = np.clip(np.searchsorted(known, targets), 1, known.size - 1)
        below = above - 1
        step = known[above] - known[below]
        share = (targets - known[below]) / np.where(step > 0, step, 1.0)
        weight = np.clip(share, 0.0, 1.0).astype(np.float32)
        lower, upper = usable[below], usable[above]
        # A band that counts for nothing must not spread its missing samples.
        lower = np.where(weight == 1, upper, lower)
        upper = np.where(weight == 0, lower, upper)
        return lower, upper, weight


def _as_slice(indices: NDArray[np.intp]) -> slice | NDArray[np.intp]:
    """Return a slice for consecutive indices: files read it much faster."""
    first, last = int(indices[0]), int(indices[-1])
    return slice(first, last + 1) if last - first + 1 == len(indices) else indices
