"""Files that a project refers to, and how scans in them are read."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Generator
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Self

import numpy as np

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.layout import LAYOUTS, PIXEL_ORDERS
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError
from napari_dgc.hashes import FileHash, hashing_scan
from napari_dgc.project.checked import Checked

_SHA256 = re.compile("[0-9a-f]{64}")
_UNITS = ("nm", "um", "cm-1")
#: No scan has more bands, or pixels.
MOST_BANDS, MOST_SAMPLES = 1 << 20, 1 << 30
_LONGEST_PATH = 4096


@dataclass(frozen=True)
class DataFile:
    """A file, an ENVI header with its data, or a folder, that a project refers to.

    Parameters
    ----------
    path
        Relative to the project's folder, with ``/``; absolute where there is no way from the
        one to the other (another drive).
    contents
        Hashes of its files; empty before the project was saved.
    """

    path: str
    contents: tuple[FileHash, ...] = ()

    @classmethod
    def at(cls, path: Path, folder: Path) -> Self:
        """Refer to a file from a project in `folder`."""
        absolute = Path(os.path.abspath(path))
        try:
            relative = os.path.relpath(absolute, os.path.abspath(folder))
        except ValueError:  # another drive (Windows)
            return cls(absolute.as_posix())
        return cls(Path(relative).as_posix())

    @property
    def name(self) -> str:
        """The last part of the path."""
        return PurePosixPath(self.path).name

    @property
    def size(self) -> int:
        """Bytes of all its files."""
        return sum(one.size for one in self.contents)

    def hashing(self, path: Path, token: CancelToken | None) -> Generator[int, None, Self]:
        """Return it with the hashes of the files at a path; yields bytes that were read."""
        contents = yield from hashing_scan(path, token)
        return replace(self, contents=contents)

    def to_json(self) -> dict[str, object]:
        """Describe the file with plain values."""
        contents = [
            {"name": one.name, "size": one.size, "sha256": one.sha256} for one in self.contents
        ]
        return {"path": self.path, "contents": contents}

    @classmethod
    def from_json(cls, content: object, where: str) -> Self:
        """Rebuild it; raises Damaged when it is none."""
        fields = Checked(content, where, ("path", "contents"))
        path = fields.text("path", _LONGEST_PATH)
        if not path:
            fields.damaged("path is empty")
        hashes = []
        for item in fields.limited("contents", 16):
            one = Checked(item, f"{where}.contents", ("name", "size", "sha256"))
            digest = one.text("sha256")
            if not _SHA256.fullmatch(digest):
                one.damaged("sha256 is none")
            hashes.append(FileHash(one.text("name"), one.whole("size", 0, 1 << 62), digest))
        return cls(path, tuple(hashes))


@dataclass(frozen=True)
class Reading:
    """How the file of a scan is read, beyond what it says itself.

    Parameters
    ----------
    variable, layout, image
        As of `cubes.open_cube`.
    wavelengths, unit
        Band centres as they are used, or None.
    bad_bands
        0-based bands that are left out.
    """

    variable: str | None = None
    layout: str = "auto"
    image: tuple[int, int] | None = None
    wavelengths: tuple[float, ...] | None = None
    unit: str | None = None
    bad_bands: tuple[int, ...] = ()

    @classmethod
    def of(cls, cube: HyperCube) -> Self:
        """Take over how an opened scan was read."""
        layout = cube.layout if cube.layout in LAYOUTS else "auto"
        image = (cube.rows, cube.columns) if layout in PIXEL_ORDERS else None
        wavelengths = None if cube.wavelengths is None else tuple(map(float, cube.wavelengths))
        return cls(cube.variable, layout, image, wavelengths, cube.wavelength_unit, cube.bad_bands)

    def open(
        self,
        path: Path,
        token: CancelToken | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> HyperCube:
        """Open a scan as it was read (see `cubes.open_cube`)."""

        def opened(layout: str) -> HyperCube:
            return open_cube(
                path,
                variable=self.variable,
                layout=layout,
                image=self.image,
                token=token,
                progress=progress,
            )

        try:
            cube = opened(self.layout)
        except UserError:
            # Files that tell their axes themselves want no layout.
            if self.layout == "auto" or self.image is not None:
                raise
            cube = opened("auto")
        known = None if cube.wavelengths is None else tuple(map(float, cube.wavelengths))
        if (self.wavelengths, self.unit) != (known, cube.wavelength_unit):
            if self.wavelengths is None:
                cube = replace(cube, wavelengths=None, wavelength_unit=None, fwhm=None)
            elif len(self.wavelengths) == cube.n_bands:
                cube = cube.with_wavelengths(np.array(self.wavelengths), self.unit)
        bad = tuple(sorted({band for band in self.bad_bands if band < cube.n_bands}))
        return replace(cube, bad_bands=bad)

    def to_json(self) -> dict[str, object]:
        """Describe it with plain values."""
        return {
            "variable": self.variable,
            "layout": self.layout,
            "rows_columns": None if self.image is None else list(self.image),
            "wavelengths": None if self.wavelengths is None else list(self.wavelengths),
            "wavelength_unit": self.unit,
            "bad_bands": list(self.bad_bands),
        }

    @classmethod
    def from_json(cls, content: object, where: str) -> Self:
        """Rebuild it; raises Damaged when it is none."""
        known = ("variable", "layout", "rows_columns", "wavelengths", "wavelength_unit")
        fields = Checked(content, where, (*known, "bad_bands"))
        variable = None if fields.take("variable") is None else fields.text("variable")
        layout = fields.text("layout")
        if layout not in LAYOUTS:
            fields.damaged("layout is none")
        image = None
        if fields.take("rows_columns") is not None:
            rows, columns = fields.wholes("rows_columns", 1, MOST_SAMPLES, count=2)
            image = (rows, columns)
        wavelengths = None
        if fields.take("wavelengths") is not None:
            fields.limited("wavelengths", MOST_BANDS)
            wavelengths = fields.numbers("wavelengths")
            if min(wavelengths, default=0.0) <= 0:
                fields.damaged("wavelengths are not above 0")
        unit = None if fields.take("wavelength_unit") is None else fields.text("wavelength_unit")
        if unit is not None and unit not in _UNITS:
            fields.damaged("wavelength_unit is none")
        bad = fields.wholes("bad_bands", 0, MOST_BANDS)
        return cls(variable, layout, image, wavelengths, unit, tuple(sorted(set(bad))))
