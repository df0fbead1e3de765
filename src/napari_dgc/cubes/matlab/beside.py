"""What stands beside a variable and tells about it: wavelengths, bad bands, sizes of images."""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.attributes import is_telling, plain, wavelength_counts
from napari_dgc.cubes.choices import VariableInfo
from napari_dgc.cubes.image_sizes import ImageSizes, is_vector
from napari_dgc.cubes.matlab.file import MatFile, nearness, scope, short
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.wavelengths import is_wavelength_name

_BAND_LIST = re.compile(r"fwhm\w*|bbl|bad_?bands?_?list|good_?(bands?|wavelengths?)")
_UNITS = re.compile(r"(\w+_)?units?")


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
        self._image_sizes = ImageSizes(lambda place: self._in[place], file.vector, short)

    def wavelength_lengths(self) -> list[int]:
        """Return the lengths of all lists that are called wavelengths, without reading them."""
        lengths = {
            max(info.shape)
            for infos in self._in.values()
            for info in infos
            if is_wavelength_name(plain(short(info.name))) and is_vector(info)
        }
        return sorted(lengths - {1})

    def image_shapes(self, cube: VariableInfo) -> list[tuple[int, int]]:
        """Return (rows, columns) of the images beside a variable or around what holds it."""
        return [
            (info.shape[0], info.shape[1])
            for place in self._around(cube)
            for info in self._image_sizes.pictures(place)
            if info.name != cube.name
        ]

    def size_of_image(self, matrix: VariableInfo) -> Reading | None:
        """Return how a matrix is read whose rows or columns are the pixels of an image."""
        return self._image_sizes.reading_of(matrix, self._around(matrix))

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

    def other_wavelengths(self, reading: Reading) -> dict[str, int]:
        """Return the lists called wavelengths that fit no axis of a cube: names and lengths."""
        here = scope(reading.variable.name)
        return {
            info.name: max(info.shape)
            for place in sorted(self._in, key=lambda place: nearness(place, here))
            for info in self._in[place]
            if is_wavelength_name(plain(short(info.name)))
            and is_vector(info)
            and max(info.shape) not in (1, *reading.shape)
        }

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
            if not is_telling(name) or not is_vector(info):
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
