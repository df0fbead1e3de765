"""How the counts of a project's scans become reflectance."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import astuple, dataclass, replace
from pathlib import Path
from typing import Self

from napari_dgc.calibration import (
    CalibrationOptions,
    CalibrationRecipe,
    Rectangle,
    calibration_for,
)
from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError
from napari_dgc.project.checked import Checked
from napari_dgc.project.data_files import MOST_SAMPLES, DataFile

_REFERENCES = ("white", "dark", "white_dark")


@dataclass(frozen=True)
class StoredCalibration:
    """How the counts of a scan become reflectance.

    Parameters
    ----------
    white, dark, white_dark
        Files of the references; without `white` the panel lies in the scan itself.
    panel
        Reflectance of the panel, or the file with its spectrum.
    options
        The rest (see `calibration.CalibrationOptions`); its `panel` counts for nothing.
    """

    white: DataFile | None
    dark: DataFile | None
    white_dark: DataFile | None
    panel: float | DataFile
    options: CalibrationOptions

    def files(self) -> dict[str, DataFile]:
        """Return the files by the names of the fields."""
        found = {name: getattr(self, name) for name in ("white", "dark", "white_dark", "panel")}
        return {name: file for name, file in found.items() if isinstance(file, DataFile)}

    def with_files(self, files: Mapping[str, DataFile]) -> Self:
        """Return it with other files, by the names of the fields."""
        panel = files.get("panel", self.panel)
        return replace(
            self,
            white=files.get("white", self.white),
            dark=files.get("dark", self.dark),
            white_dark=files.get("white_dark", self.white_dark),
            panel=panel,
        )

    def apply(
        self, counts: HyperCube, paths: Mapping[str, Path], token: CancelToken | None
    ) -> HyperCube:
        """Return a scan as reflectance; `paths` of the files by the names of the fields."""

        def opened(name: str) -> HyperCube | None:
            return open_cube(paths[name], token=token) if name in paths else None

        panel = paths["panel"] if isinstance(self.panel, DataFile) else self.panel
        white = opened("white")
        calibration = calibration_for(
            counts,
            counts if white is None else white,
            opened("dark"),
            opened("white_dark"),
            replace(self.options, panel=panel),
            token=token,
        )
        return calibration.apply(counts)

    def to_json(self) -> dict[str, object]:
        """Describe it with plain values; an endless `saturation` is "never"."""
        options = self.options
        files = {
            name: None if (f := getattr(self, name)) is None else f.to_json()
            for name in _REFERENCES
        }
        box = options.rectangle
        saturation: object = options.saturation
        return {
            **files,
            "panel": self.panel.to_json() if isinstance(self.panel, DataFile) else self.panel,
            "rectangle": None if box is None else list(astuple(box)),
            "exposure_ms": options.exposure_ms,
            "white_exposure_ms": options.white_exposure_ms,
            "saturation": "never" if saturation == math.inf else saturation,
            "dead": options.dead,
            "clip": options.clip,
        }

    @classmethod
    def from_json(cls, content: object, where: str) -> Self:
        """Rebuild it; raises Damaged when it is none."""
        rest = ("rectangle", "exposure_ms", "white_exposure_ms", "saturation", "dead", "clip")
        fields = Checked(content, where, (*_REFERENCES, "panel", *rest))
        files = [
            None if fields.take(name) is None else DataFile.from_json(fields.take(name), where)
            for name in _REFERENCES
        ]

        def number(name: str) -> float | None:
            if fields.take(name) is None:
                return None
            return fields.checked_numbers([fields.take(name)], name)[0]

        box = None
        if fields.take("rectangle") is not None:
            row0, column0, row1, column1 = fields.wholes("rectangle", 0, MOST_SAMPLES, count=4)
            box = Rectangle(row0, column0, row1, column1)
        panel: float | DataFile
        if isinstance(fields.take("panel"), Mapping):
            panel = DataFile.from_json(fields.take("panel"), f"{where}.panel")
        else:
            panel = fields.checked_numbers([fields.take("panel")], "panel")[0]
        saturation = math.inf if fields.take("saturation") == "never" else number("saturation")
        dead = fields.text("dead")
        if dead != "interpolate" and dead != "no-data":
            fields.damaged("dead is neither interpolate nor no-data")
        options = CalibrationOptions(
            rectangle=box,
            exposure_ms=number("exposure_ms"),
            white_exposure_ms=number("white_exposure_ms"),
            saturation=saturation,
            dead="interpolate" if dead == "interpolate" else "no-data",
            clip=fields.flag("clip"),
        )
        return cls(files[0], files[1], files[2], panel, options)


def stored_calibration(recipe: CalibrationRecipe, folder: Path) -> StoredCalibration:
    """Describe how a scan was calibrated, from a project in `folder`.

    Raises
    ------
    UserError
        A reference has no file.
    """

    def file(cube: HyperCube | None) -> DataFile | None:
        if cube is None:
            return None
        if cube.path is None:
            raise UserError(
                f"The reference {cube.name} has no file, so that a project cannot find it again; "
                "save it first."
            )
        return DataFile.at(cube.path, folder)

    panel = recipe.options.panel
    return StoredCalibration(
        None if recipe.white is recipe.counts else file(recipe.white),
        file(recipe.dark),
        file(recipe.white_dark),
        DataFile.at(panel, folder) if isinstance(panel, Path) else panel,
        replace(recipe.options, panel=1.0),
    )
