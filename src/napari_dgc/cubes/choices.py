"""Questions that opening a file may raise and that only the user can answer, and the answers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.errors import UserError


@dataclass(frozen=True, eq=False)
class Request:
    """What the user says about a file beyond its path.

    Parameters
    ----------
    variable
        Which variable (dataset, array) of the file is the cube, or None.
    layout
        ``"auto"``, or the order of the stored axes, such as ``"row-column-band"``.
    wavelengths
        Centre of each band, shape (bands,), in place of the file's own, or None.
    image
        Rows and columns of the image whose pixels a matrix holds, or None.
    ask
        Whether the user wants to choose the variable even where only one can be meant.
    token
        Stops what takes long with an InterruptedError.
    progress
        Called with the share that is done, 0 to 1, of what takes long.
    """

    variable: str | None = None
    layout: str = "auto"
    wavelengths: NDArray[np.float64] | None = None
    image: tuple[int, int] | None = None
    ask: bool = False
    token: CancelToken = field(default_factory=never_cancelled)
    progress: Callable[[float], None] = lambda share: None

    @property
    def wavelength_count(self) -> int | None:
        """Number of wavelengths that the user gave, a sign of the band axis."""
        return None if self.wavelengths is None else int(np.size(self.wavelengths))


@dataclass(frozen=True)
class VariableInfo:
    """One variable of a file, known without loading it.

    Parameters
    ----------
    name
        Name in the file.
    shape
        Shape as the writing program shows it.
    dtype
        Type in the file's own words, or a numpy name where it is numeric.
    """

    name: str
    shape: tuple[int, ...]
    dtype: str

    def __str__(self) -> str:
        return f"{self.name} ({describe_shape(self.shape)} {self.dtype})"


def describe_shape(shape: Sequence[int]) -> str:
    """Write a shape as people do: ``(83, 86, 204)`` becomes ``83×86×204``."""
    return "×".join(str(length) for length in shape)


class AmbiguousVariable(UserError):
    """Several variables of a file could be the cube.

    Parameters
    ----------
    message
        The sentence for the user.
    candidates
        The variables to choose from.
    """

    def __init__(self, message: str, candidates: Sequence[VariableInfo]) -> None:
        super().__init__(message)
        self.candidates = list(candidates)


class AmbiguousLayout(UserError):
    """Nothing tells which axis of a cube is the band axis.

    Parameters
    ----------
    message
        The sentence for the user.
    shape
        Shape of the variable as stored, three axes.
    """

    def __init__(self, message: str, shape: Sequence[int]) -> None:
        super().__init__(message)
        self.shape = tuple(shape)
