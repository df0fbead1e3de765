"""What stands beside a variable and tells about it: wavelengths, bad bands, sizes of images."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.attributes import is_telling, plain, wavelength_counts
from napari_dgc.cubes.choices import VariableInfo, describe_shape
from napari_dgc.cubes.matlab.file import MatFile, nearness, scope, short
from napari_dgc.cubes.matlab.readings import NUMERIC, Reading, flattened_reading
from napari_dgc.cubes.wavelengths import is_wavelength_name

_BAND_LIST = re.compile(r"fwhm\w*|bbl|bad_?bands?_?list|good_?(bands?|wavelengths?)")
_UNITS = re.compile(r"(\w+_)?units?")
_COUNTED = r"(?:(?:n|num|number_of|no_of|im|img|image|scan|size)_?)?"
_ROWS = re.compile(rf"{_COUNTED}(?:rows?|lines?|height|y)|m|h|y_?(?:size|dim)|dim_?1")
_COLUMNS = re.compile(rf"{_COUNTED}(?:cols?|columns?|samples?|width|x)|n|w|x_?(?:size|dim)|dim_?2")
_SIZE = re.compile(
    r"(?:(?:im|img|image|data|cube|spatial|map|hsi|scan)_?)?"
    r"(?:size|sz|shape|dims?|dimensions?|resolution)"
)


class Beside:
    """The variables of a file in their places, and what they say about each other.

    Parameters
    ----------
    file
        The file; lists and numbers are read from it when they are asked for.
    """

    def __init__(self, file: MatFile) -> None:
        self._file = file
        self._in: dict[str, list[VariableInfo]] = defaultdict(list)
        for info in file.variables:
            self._in[scope(info.name)].append(info)
        self._sizes = cache(lambda place: list(self._stated_sizes(place)))
        self._images = cache(lambda place: list(self._pictures(place)))

    def wavelength_lengths(self) -> list[int]:
        """Return the lengths of all lists that are called wavelengths, without reading them."""
        lengths = {
            max(info.shape)
            for infos in self._in.values()
            for info in infos
            if is_wavelength_name(plain(short(info.name))) and _is_vector(info)
        }
        return sorted(lengths - {1})

    def image_shapes(self, cube: VariableInfo) -> list[tuple[int, int]]:
        """Return (rows, columns) of the images beside a variable or around what holds it."""
        return [
            (info.shape[0], info.shape[1])
            for place in self._around(cube)
            for info in self._images(place)
            if info.name != cube.name
        ]

    def size_of_image(self, matrix: VariableInfo) -> Reading | None:
        """Return how a matrix is read whose rows or columns are the pixels of an image.

        The size of the image is looked for in numbers such as ``rows`` and
        ``cols``, in lists such as ``imagesize``, and in images beside the matrix.

        Parameters
        ----------
        matrix
            Any variable.

        Returns
        -------
        Reading or None
            None where nothing tells, or where several images do and differ.
        """
        if len(matrix.shape) != 2 or matrix.dtype not in NUMERIC or min(matrix.shape) < 2:
            return None
        for place in self._around(matrix):
            for sides, reason in self._sizes(place):
                if len(sides) == 2 or sides[2] in (1, *matrix.shape):
                    found = flattened_reading(matrix, (sides[0], sides[1]), reason)
                    if found is not None:
                        return found
        fitting: dict[tuple[int, int], Reading] = {}
        for place in self._around(matrix):
            for info in self._images(place):
                image = (info.shape[0], info.shape[1])
                if info.name != matrix.name and image[0] * image[1] in matrix.shape:
                    found = flattened_reading(matrix, image, f"as many as “{info.name}” has")
                    if found is not None:
                        fitting.setdefault(image, found)
        return next(iter(fitting.values())) if len(fitting) == 1 else None

    def attributes_of(self, reading: Reading) -> dict[str, Any]:
        """Gather what is said about a cube, as `describe_bands` wants it.

        Lists with one value per band count wherever they are, the nearest first;
        of factors and the like only those that stand directly beside the cube: a
        header that was saved with it may describe another file.
        """
        here = scope(reading.variable.name)
        lengths = {reading.shape[2]} if reading.image is not None else set(reading.shape)
        places = sorted(self._in, key=lambda place: nearness(place, here))
        said = {place: dict(self._said_in(place, lengths, here)) for place in places}
        said[here] = {**self._axis_scale(reading, here), **said[here]}
        with_centres = next(
            (place for place in places if lengths.intersection(wavelength_counts(said[place]))),
            None,
        )
        found: dict[str, Any] = {}
        for place in places:
            for name, value in said[place].items():
                word = plain(name)
                of_centres = is_wavelength_name(word) or _UNITS.fullmatch(word) or "fwhm" in word
                if not of_centres or place == with_centres:
                    found.setdefault(name, value)
        return found

    def _around(self, info: VariableInfo) -> list[str]:
        """Return the place of a variable and the places around that, the nearest first."""
        place = scope(info.name)
        found = [place]
        while place:
            place = scope(place)
            if place in self._in:
                found.append(place)
        return found

    def _said_in(
        self, place: str, lengths: set[int], here: str
    ) -> Iterator[tuple[str, NDArray[np.float64] | str]]:
        for info in self._in[place]:
            name = short(info.name)
            word = plain(name)
            if info.dtype == "char":
                if _UNITS.fullmatch(word) and (text := self._file.text(info.name)):
                    yield name, text
                continue
            if not is_telling(name) or not _is_vector(info):
                continue
            length = max(info.shape)
            is_list = length > 1 and (is_wavelength_name(word) or _BAND_LIST.fullmatch(word))
            if (is_list and length in lengths) or (place == here and length in lengths | {1}):
                values = self._file.vector(info.name)
                if values is not None:
                    yield name, values

    def _axis_scale(self, reading: Reading, here: str) -> Mapping[str, Any]:
        """Return the band axis of a data set of the PLS Toolbox, which has its axes in a cell."""
        modes = (2 - reading.pixel_axis,) if reading.image is not None else (3, 1, 2)
        known = {info.name for info in self._in[here]}
        for mode in modes:
            name, label = (f"{here}.axisscale{{{mode},{column}}}" for column in (1, 2))
            values = self._file.vector(name) if here and name in known else None
            if values is None or len(values) not in reading.shape:
                continue
            said: dict[str, Any] = {f"wavelength in axisscale{{{mode},1}}": values}
            unit = self._file.text(label) if label in known else None
            return said | ({"wavelength_units": unit} if unit else {})
        return {}

    def _stated_sizes(self, place: str) -> Iterator[tuple[tuple[int, ...], str]]:
        """Yield two or three sides, and where they stand, of everything that may be a size."""
        rows: list[tuple[str, int]] = []
        columns: list[tuple[str, int]] = []
        for info in self._in[place]:
            if info.dtype not in NUMERIC or not _is_vector(info):
                continue
            word = plain(short(info.name))
            if max(info.shape) == 1:
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
        values = self._file.vector(name)
        if values is None or not np.all((values >= 1) & (values <= 1e7) & (values % 1 == 0)):
            return ()
        return tuple(int(value) for value in values)

    def _pictures(self, place: str) -> Iterator[VariableInfo]:
        for info in self._in[place]:
            if info.dtype in NUMERIC | {"logical"}:
                is_matrix = len(info.shape) == 2 and min(info.shape) > 1
                if is_matrix or (len(info.shape) == 3 and info.shape[2] == 3):
                    yield info


def shown_size(reading: Reading) -> str:
    """Say how a matrix becomes an image, for a note."""
    rows, columns, bands = reading.shape
    return (
        f"The matrix “{reading.name}” ({describe_shape(reading.variable.shape)}) is read as "
        f"{rows} rows × {columns} columns × {bands} bands, {reading.reason}"
    )


def _is_vector(info: VariableInfo) -> bool:
    long = [length for length in info.shape if length != 1]
    return len(long) <= 1 and min(info.shape, default=0) > 0 and info.dtype in NUMERIC | {"logical"}
