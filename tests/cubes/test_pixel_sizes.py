"""The size of a pixel where files tell it as a length, and none where they do not."""

import h5py
import numpy as np
import pytest
import tifffile
import zarr

from napari_dgc.cli import main
from napari_dgc.cubes.read import open_cube

BANDS, ROWS, COLUMNS = 6, 20, 33
CUBE = np.random.default_rng(0).integers(1, 4000, (BANDS, ROWS, COLUMNS), np.uint16)
CENTRES = [450.5, 500, 550.25, 600, 650, 702]


def tiff(path, **options):
    kind = {"photometric": "minisblack", "metadata": None, "planarconfig": "separate"}
    tifffile.imwrite(path, CUBE, **kind | options)
    return open_cube(path, wavelengths=np.array(CENTRES)).pixel_size_mm


@pytest.mark.parametrize(
    ("resolution", "unit", "size"),
    [
        ((40, 40), "CENTIMETER", 0.25),
        ((600, 600), "INCH", 25.4 / 600),
        ((40, 40), "NONE", None),
        ((72, 72), "INCH", None),  # what programs write unasked
        ((40, 80), "CENTIMETER", None),  # no square
        ((0, 0), "CENTIMETER", None),
        ((4e9, 4e9), "CENTIMETER", None),  # smaller than an atom
    ],
)
def test_resolution_of_tiff(tmp_path, resolution, unit, size):
    found = tiff(tmp_path / "a.tif", resolution=resolution, resolutionunit=unit)
    assert found == (None if size is None else pytest.approx(size))


@pytest.mark.parametrize(
    ("unit", "size"), [("mm", 0.2), ("\\u00B5m", 2e-4), ("micron", 2e-4), ("pixel", None)]
)
def test_units_of_imagej(tmp_path, unit, size):
    path = tmp_path / "a.tif"
    options = {"imagej": True, "metadata": {"axes": "CYX", "unit": unit}, "planarconfig": None}
    assert tiff(path, resolution=(5, 5), **options) == (
        None if size is None else pytest.approx(size)
    )


@pytest.mark.parametrize(
    ("said", "size"),
    [
        ({"PhysicalSizeX": 50.0, "PhysicalSizeY": 50.0}, 0.05),
        (
            {"PhysicalSizeX": 0.3, "PhysicalSizeY": 0.3}
            | {"PhysicalSizeXUnit": "mm", "PhysicalSizeYUnit": "mm"},
            0.3,
        ),
        (
            {"PhysicalSizeX": 0.3, "PhysicalSizeY": 0.3}
            | {"PhysicalSizeXUnit": "pixel", "PhysicalSizeYUnit": "pixel"},
            None,
        ),
        ({"PhysicalSizeX": 50.0}, None),
    ],
)
def test_physical_sizes_of_ome(tmp_path, said, size):
    found = tiff(tmp_path / "a.ome.tif", metadata={"axes": "CYX"} | said, planarconfig=None)
    assert found == (None if size is None else pytest.approx(size))


def test_pages_that_are_rows_have_no_square_pixels(tmp_path):
    samples = CUBE.transpose(1, 2, 0)
    tifffile.imwrite(
        tmp_path / "a.tif", samples, photometric="minisblack", resolution=(40, 40),
        resolutionunit="CENTIMETER",
    )  # fmt: skip
    cube = open_cube(tmp_path / "a.tif", layout="row-column-band")
    assert cube.data.shape == CUBE.shape
    assert cube.pixel_size_mm is None


def ome_zarr(path, transformations, unit="micrometer", **more):
    group = zarr.open_group(path, mode="w", zarr_format=3)
    group.create_array("s0", shape=CUBE.shape, dtype=CUBE.dtype)[...] = CUBE
    axes = [{"name": "c", "type": "channel"}] + [
        {"name": name, "type": "space"} | ({"unit": unit} if unit else {}) for name in "yx"
    ]
    level = {"path": "s0", "coordinateTransformations": transformations}
    group.attrs["ome"] = {"multiscales": [{"axes": axes, "datasets": [level], **more}]}
    return open_cube(path).pixel_size_mm


def scale(*steps):
    return {"type": "scale", "scale": list(steps)}


@pytest.mark.parametrize(
    ("told", "unit", "size"),
    [
        ([scale(1, 250, 250)], "micrometer", 0.25),
        ([{"type": "translation", "translation": [0, 3, 4]}, scale(9, 2, 2)], "millimeter", 2),
        ([scale(1, 250, 250)], "", None),
        ([scale(1, 250, 250)], "second", None),
        ([scale(1, 250, 125)], "micrometer", None),
        ([scale(1, -250, -250)], "micrometer", None),
        ([scale(1, float("nan"), float("nan"))], "micrometer", None),
        ([scale(250, 250)], "micrometer", None),
        ([{"type": "scale", "scale": "wide"}], "micrometer", None),
        (7, "micrometer", None),
    ],
)
def test_scale_of_ome_zarr(tmp_path, told, unit, size):
    assert ome_zarr(tmp_path / "a.zarr", told, unit) == size


def test_scale_of_all_sizes_of_an_image_counts_too(tmp_path):
    more = {"coordinateTransformations": [scale(1, 0.5, 0.5)]}
    assert ome_zarr(tmp_path / "a.zarr", [scale(1, 4, 4)], "millimeter", **more) == 2


def hdf5(path, attributes=(), y=None, x=None, units="mm", **group):
    with h5py.File(path, "w") as file:
        data = file.create_dataset("scan/cube", data=CUBE.transpose(1, 2, 0))
        data.attrs.update(dict(attributes))
        file["scan"].attrs.update(group)
        file["scan/wavelength"] = CENTRES
        for name, values in (("y", y), ("x", x)):
            if values is not None:
                file[f"scan/{name}"] = values
                file[f"scan/{name}"].attrs["units"] = units
    return open_cube(path).pixel_size_mm


Y, X = 5 + 0.5 * np.arange(ROWS), -0.5 * np.arange(COLUMNS)
NEXUS = {"axes": ["y", "x", "wavelength"], "signal": "cube", "NX_class": "NXdata"}


@pytest.mark.parametrize(
    ("y", "x", "units", "size"),
    [
        (Y, X, "mm", 0.5),
        (Y, X, "m", 500),
        (Y, X, "", None),
        (Y, X, "degrees_north", None),
        (Y, 2 * X, "mm", None),
        (Y**2, X, "mm", None),  # not evenly spaced
        (Y, X[1:], "mm", None),  # of something else
        (Y * np.nan, X, "mm", None),
        (0 * Y, 0 * X, "mm", None),
    ],
)
def test_coordinates_of_nexus(tmp_path, y, x, units, size):
    assert hdf5(tmp_path / "a.h5", y=y, x=x, units=units, **NEXUS) == size


@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ({"pixel_size_mm": 0.4}, 0.4),
        ({"Pixel Size (um)": [80.0, 80.0]}, 0.08),
        ({"pixel_size": 2.0, "pixel_size_units": "cm"}, 20),
        ({"pixel_size": 2.0}, None),
        ({"element_size_um": [50.0, 50.0, 1.0]}, 0.05),
        ({"pixel_size_mm": "unknown"}, None),
        ({"pixel_size_mm": -1.0}, None),
        ({"pixel_size_mm": 1e300}, None),
    ],
)
def test_attributes_of_hdf5(tmp_path, attributes, size):
    assert hdf5(tmp_path / "a.h5", attributes) == size


def test_info_tells_the_size(tmp_path, capsys):
    hdf5(tmp_path / "a.h5", {"pixel_size_mm": 0.4})
    assert main(["info", str(tmp_path / "a.h5")]) == 0
    assert "pixel size:  0.4 mm" in capsys.readouterr().out
