"""How many rows and columns the image has whose pixels a matrix holds."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.attributes import plain
from napari_dgc.cubes.choices import VariableInfo
from napari_dgc.cubes.matrices import flattened_reading
from napari_dgc.cubes.readings import NUMERIC, Reading

_COUNTED = r"(?:(?:n|num|number_of|no_of|im|img|image|scan|size)_?)?"
_ROWS = re.compile(rf"{_COUNTED}(?:rows?|lines?|height|y)|m|h|y_?(?:size|dim)|dim_?1")
_COLUMNS = re.compile(rf"{_COUNTED}(?:cols?|columns?|samples?|width|x)|n|w|x_?(?:size|dim)|dim_?2")
_SIZE = re.compile(
    r"(?:(?:im|img|image|data|cube|spatial|map|hsi|scan)_?)?"
    r"(?:size|sz|shape|dims?|dimensions?|resolution)"
)
_YES_OR_NO = frozenset({"logical", "bool"})


class ImageSizes:
    """What the variables of a file say about the sizes of images.

    Parameters
    ----------
    variables
        Returns the variables at a place of the file: a struct, a group, or the file itself.
    vector
        Returns the numbers of a variable, None where it has none or too many.
    short
        Returns the last part of a variable's name.
    """

    def __init__(
        self,
        variables: Callable[[str], Iterable[VariableInfo]],
        vector: Callable[[str], NDArray[np.float64] | None],
        short: Callable[[str], str],
    ) -> None:
        self._variables, self._vector, self._short = variables, vector, short
        self._sizes = cache(lambda place: list(self._stated_sizes(place)))
        self.pictures = cache(lambda place: list(self._pictures(place)))

    def reading_of(self, matrix: VariableInfo, places: Iterable[str]) -> Reading | None:
        """Return how a matrix is read whose rows or columns are the pixels of an image.

        The size of the image is looked for in numbers such as ``rows`` and
        ``cols``, in lists such as ``imagesize``, and in images beside the matrix.

        Parameters
        ----------
        matrix
            Any variable.
        places
            Where to look, the nearest first.

        Returns
        -------
        Reading or None
            None where nothing tells, or where several images do and differ.
        """
        if len(matrix.shape) != 2 or matrix.dtype not in NUMERIC or min(matrix.shape) < 2:
            return None
        places = list(places)
        for place in places:
            for sides, reason in self._sizes(place):
                if len(sides) == 2 or sides[2] in (1, *matrix.shape):
                    found = flattened_reading(matrix, (sides[0], sides[1]), reason)
                    if found is not None:
                        return found
        fitting: dict[tuple[int, int], Reading] = {}
        for place in places:
            for info in self.pictures(place):
                image = (info.shape[0], info.shape[1])
                if info.name != matrix.name and image[0] * image[1] in matrix.shape:
                    found = flattened_reading(matrix, image, f"as many as “{info.name}” has")
                    if found is not None:
                        fitting.setdefault(image, found)
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def _stated_sizes(self, place: str) -> Iterator[tuple[tuple[int, ...], str]]:
        """Yield two or three sides, and where they stand, of everything that may be a size."""
        rows: list[tuple[str, int]] = []
        columns: list[tuple[str, int]] = []
        for info in self._variables(place):
            if info.dtype not in NUMERIC or not is_vector(info):
                continue
            word = plain(self._short(info.name))
            if max(info.shape, default=1) == 1:
                for pattern, found in ((_ROWS, rows), (_COLUMNS, columns)):
                    if pattern.fullmatch(word) and (sides := self._whole(info.name)):
                        found.append((info.name, sides[0]))
            elif max(info.shape) in (2, 3) and _SIZE.fullmatch(word) and self._whole(info.name):
                yield self._whole(info.name), f"after “{info.name}”"
        for row_name, row_count in rows:
            for column_name, column_count in columns:
                yield (row_count, column_count), f"after “{row_name}” and “{column_name}”"

    def _whole(self, name: str) -> tuple[int, ...]:
        """Return the numbers of a variable where all are whole and can be sides of an image."""
        values = self._vector(name)
        if values is None or not np.all((values >= 1) & (values <= 1e7) & (values % 1 == 0)):
            return ()
        return tuple(int(value) for value in values)

    def _pictures(self, place: str) -> Iterator[VariableInfo]:
        for info in self._variables(place):
            if info.dtype in NUMERIC | _YES_OR_NO:
                is_matrix = len(info.shape) == 2 and min(info.shape) > 1
                if is_matrix or (len(info.shape) == 3 and info.shape[2] == 3):
                    yield info


def is_vector(info: VariableInfo) -> bool:
    """Tell whether a variable is a number or a list of numbers."""
    long = [length for length in info.shape if length != 1]
    known = info.dtype in NUMERIC | _YES_OR_NO
    return len(long) <= 1 and min(info.shape, default=1) > 0 and known
