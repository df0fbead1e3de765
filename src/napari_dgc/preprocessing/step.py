"""The contract of every step."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Protocol

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.derived import DerivedArray, WindowReader
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError
from napari_dgc.preprocessing.parameters import check_parameters

#: What a step learned from all scans: arrays by name.
Learned = Mapping[str, NDArray[Any]]


class Learner(Protocol):
    """Takes in all pixels of all scans once, in blocks of whole rows."""

    def add(self, window: NDArray[np.float32]) -> None:
        """Take in (bands, rows, columns), missing samples NaN."""

    def result(self) -> dict[str, NDArray[Any]]:
        """Return what was learned."""


@dataclass(frozen=True)
class Step(ABC):
    """One step: a cube in, a cube out, computed when and where it is looked at.

    Subclasses are frozen dataclasses whose fields are declared with
    `napari_dgc.preprocessing.parameters.parameter`.

    Raises
    ------
    UserError
        On making a step whose parameters are out of range.
    """

    #: Name in the registry, on the command line and in files.
    name: ClassVar[str]
    #: Name in a dock.
    title: ClassVar[str]
    #: What it is good for, in a sentence, with the unit of what comes out.
    tip: ClassVar[str]

    def __post_init__(self) -> None:
        check_parameters(self)

    @abstractmethod
    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done.

        Parameters
        ----------
        cube
            Without bad bands.
        learned
            What the step's `learner` returned; empty for a step that learns nothing.

        Raises
        ------
        UserError
            When the step cannot be done on this cube.
        """

    def learner(self, cubes: Sequence[HyperCube]) -> Learner | None:
        """Return what is to see all scans first, or None when nothing is learned.

        Raises
        ------
        UserError
            When the scans have nothing in common to learn.
        """
        return None

    def enlarge(self) -> int:
        """Return how many rows and columns of the scan one pixel of the result stands for."""
        return 1


def learned_array(
    step: Step, learned: Learned, key: str, shape: tuple[int | None, ...]
) -> NDArray[np.float32]:
    """Return what a step learned, as float32.

    Parameters
    ----------
    step, learned, key
        Which array of which step.
    shape
        Length of each axis; None where any will do.

    Raises
    ------
    UserError
        When the statistics belong to other scans.
    """
    values = learned.get(key)
    if (
        values is None
        or values.ndim != len(shape)
        or any(want not in (None, has) for want, has in zip(shape, values.shape, strict=True))
    ):
        raise UserError(
            f"The statistics of the step “{step.name}” do not fit the bands; train anew."
        )
    return values.astype(np.float32)


class SpectralStep(Step):
    """A step that changes each spectrum by itself."""

    @abstractmethod
    def spectra(
        self, values: NDArray[np.float32], wavelengths_nm: NDArray[np.float64] | None
    ) -> NDArray[np.float32]:
        """Change spectra.

        Parameters
        ----------
        values
            (bands, rows, columns); a spectrum with missing samples comes out missing.
        wavelengths_nm
            (bands,) or None where unknown.

        Returns
        -------
        ndarray
            (bands, rows, columns) float32.
        """

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        wavelengths = cube.wavelengths_nm

        def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
            return self.spectra(cube.read(rows, columns), wavelengths)[bands]

        return derived(cube, read)


class BandwiseStep(Step):
    """A step that changes each sample by itself, in a way that may depend on its band."""

    @abstractmethod
    def change(
        self, learned: Learned, bands: int
    ) -> Callable[[NDArray[np.float32], Span], NDArray[Any]]:
        """Return what is done to (bands, rows, columns) samples of some of the `bands`."""

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        change = self.change(learned, cube.n_bands)

        def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
            return change(cube.read(rows, columns, bands), bands).astype(np.float32, copy=False)

        return derived(cube, read, behind=1)


def derived(
    cube: HyperCube,
    read: WindowReader,
    *,
    shape: tuple[int, int, int] | None = None,
    behind: int | None = None,
    **changes: Any,
) -> HyperCube:
    """Return a cube whose samples `read` computes from another one.

    Parameters
    ----------
    cube
        What is known about it is kept, except for how its samples are stored.
    read, shape, behind
        See `DerivedArray`; the shape and all bands of `cube` by default.
    changes
        What else is different (see `HyperCube`).
    """
    shape = shape or (cube.n_bands, cube.rows, cube.columns)
    array = DerivedArray(read, shape, behind=behind or cube.n_bands)
    stored: dict[str, Any] = {
        "layout": "band-row-column",
        "no_data": None,
        "scale": 1.0,
        "gains": None,
        "offsets": None,
        "references": None,
    }
    return replace(cube, data=array, **(stored | changes))


def with_bands(cube: HyperCube, wavelengths_nm: NDArray[np.float64] | None) -> dict[str, Any]:
    """Return the changes of a cube that gets other bands, for `derived`."""
    return {
        "wavelengths": wavelengths_nm,
        "wavelength_unit": None if wavelengths_nm is None else "nm",
        "fwhm": None,
        "band_names": None,
        "default_bands": None,
        "bad_bands": (),
    }
