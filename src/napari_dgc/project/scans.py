"""Which scans belong to a project: where they lie, what they hold, how they are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.project.calibrations import StoredCalibration, stored_calibration
from napari_dgc.project.checked import Checked
from napari_dgc.project.data_files import MOST_SAMPLES, DataFile, Reading

#: Longest name of a scan.
LONGEST_KEY = 500


@dataclass(frozen=True)
class StoredScan:
    """A scan of a project.

    Parameters
    ----------
    key
        What it is called in the workspace.
    name
        What it is called in windows, files and tables.
    file
        Where it lies.
    reading
        How its file is read.
    calibration
        How its counts become reflectance; None: it is taken as it is.
    shape
        (bands, rows, columns).
    """

    key: str
    name: str
    file: DataFile
    reading: Reading
    calibration: StoredCalibration | None
    shape: tuple[int, int, int]

    @classmethod
    def of(cls, key: str, name: str, cube: HyperCube, folder: Path) -> Self:
        """Describe an opened scan that has a file, from a project in `folder`."""
        recipe = cube.calibration
        counts = cube if recipe is None else recipe.counts
        if counts.path is None:
            raise ValueError(f"{cube.name} has no file")
        stored = None if recipe is None else stored_calibration(recipe, folder)
        reading = Reading.of(counts)
        if recipe is not None:
            # Bad bands may have been named after the calibration.
            reading = replace(reading, bad_bands=cube.bad_bands)
        shape = (cube.n_bands, cube.rows, cube.columns)
        return cls(key, name, DataFile.at(counts.path, folder), reading, stored, shape)

    def files(self) -> dict[str, DataFile]:
        """Return its files by what they are: "scan", and "white" and the like."""
        rest = {} if self.calibration is None else self.calibration.files()
        return {"scan": self.file, **rest}

    def with_files(self, files: Mapping[str, DataFile]) -> Self:
        """Return it with other files, by what they are."""
        stored = self.calibration
        if stored is not None:
            stored = stored.with_files(files)
        return replace(self, file=files.get("scan", self.file), calibration=stored)

    def open(
        self,
        paths: Mapping[str, Path],
        token: CancelToken | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> HyperCube:
        """Open it as it was.

        Parameters
        ----------
        paths
            Where its files are now, by what they are.
        token
            Asks for a stop.
        progress
            Called with the share of unpacking that is done.

        Raises
        ------
        UserError
            It cannot be read, or is another scan.
        InterruptedError
            When asked to stop.
        """
        counts = self.reading.open(paths["scan"], token, progress)
        cube = counts
        if self.calibration is not None:
            cube = self.calibration.apply(counts, paths, token)
            cube = replace(cube, bad_bands=counts.bad_bands)
        if (cube.n_bands, cube.rows, cube.columns) != self.shape:
            was, now = (" × ".join(map(str, s)) for s in (self.shape, cube.data.shape))
            raise UserError(
                f"{paths['scan']} has {now} bands, rows and columns, and the scan {self.key} of "
                f"the project {was}: it is another scan."
            )
        return replace(cube, name=self.name)

    def to_json(self) -> dict[str, object]:
        """Describe it with plain values."""
        stored = self.calibration
        return {
            "key": self.key,
            "name": self.name,
            "file": self.file.to_json(),
            "reading": self.reading.to_json(),
            "calibration": None if stored is None else stored.to_json(),
            "shape": list(self.shape),
        }

    @classmethod
    def from_json(cls, content: object, where: str) -> Self:
        """Rebuild it; raises Damaged when it is none."""
        known = ("key", "name", "file", "reading", "calibration", "shape")
        fields = Checked(content, where, known)
        bands, rows, columns = fields.wholes("shape", 1, MOST_SAMPLES, count=3)
        if rows * columns > MOST_SAMPLES:
            fields.damaged("shape is larger than any scan")
        stored = fields.take("calibration")
        key, name = fields.text("key", LONGEST_KEY), fields.text("name", LONGEST_KEY)
        if not key or not name:
            fields.damaged("a scan has no name")
        return cls(
            key,
            name,
            DataFile.from_json(fields.take("file"), f"{where}.file"),
            Reading.from_json(fields.take("reading"), f"{where}.reading"),
            None if stored is None else StoredCalibration.from_json(stored, f"{where}.calibration"),
            (bands, rows, columns),
        )
