"""Real files of all kinds are read again as they were."""

from pathlib import Path

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import AmbiguousLayout, AmbiguousVariable, open_cube
from napari_dgc.errors import UserError
from napari_dgc.project import Project

#: Larger ones are of the same kinds.
_MOST = 20_000_000


def first_answer(path: Path) -> HyperCube | None:
    """Open a cube, answering what is asked with whatever comes first; None for what is none."""
    variable, layout = None, "auto"
    for _ in range(3):
        try:
            return open_cube(path, variable=variable, layout=layout)
        except AmbiguousVariable as question:
            variable = question.candidates[0].name
        except AmbiguousLayout:
            layout = "row-column-band"
        except UserError:
            return None
    return None


def test_real_scans_are_read_as_they_were(shared_data: Path, tmp_path: Path) -> None:
    kinds = (".mat", ".hdr", ".tif", ".h5", ".nc", ".npy", ".npz")
    paths = [path for path in sorted(shared_data.rglob("*")) if path.suffix.lower() in kinds]
    cubes = {
        str(path): cube
        for path in paths
        if path.is_file() and path.stat().st_size < _MOST and (cube := first_answer(path))
    }
    if len(cubes) < 5:
        pytest.skip("there are too few real files")
    project = Project.open(Project.create(tmp_path / "project", cubes).save().folder)
    corner = slice(0, 16), slice(0, 16)
    for key, cube in cubes.items():
        again = project.open_scan(key)
        np.testing.assert_array_equal(again.read(*corner), cube.read(*corner), err_msg=key)
        assert (again.bad_bands, again.wavelength_unit) == (cube.bad_bands, cube.wavelength_unit)
        np.testing.assert_array_equal(again.wavelengths, cube.wavelengths, err_msg=key)
