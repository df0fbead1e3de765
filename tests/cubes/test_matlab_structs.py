"""Cubes that are wrapped in structs, objects and cells, with what stands beside them there."""

import h5py
import numpy as np
import pytest
import scipy.io

from napari_dgc.cubes.choices import AmbiguousVariable
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError

CENTRES = np.linspace(400.0, 1000.0, 31)


@pytest.fixture(params=["v5", "v7", "v7.3"])
def write(request, write_v73):
    if request.param == "v7.3":
        return write_v73

    def write_v5(path, variables):
        compressed = request.param == "v7"
        scipy.io.savemat(path, variables, do_compression=compressed, oned_as="row")

    return write_v5


def test_a_cube_in_a_struct_comes_with_the_wavelengths_in_it(tmp_path, write, scene):
    path = tmp_path / "leaf.mat"
    write(
        path,
        {
            "scan": {
                "data": scene.transpose(1, 2, 0),
                "wavelength": CENTRES / 1000,
                "wavelength_unit": "micrometers",
                "bbl": np.r_[np.ones(29), 0, 0],
            },
            "note": "a leaf",
        },
    )
    cube = open_cube(path)
    assert cube.variable == "scan.data"
    assert cube.layout == "row-column-band"
    np.testing.assert_array_equal(np.asarray(cube.data), scene)
    np.testing.assert_allclose(cube.wavelengths_nm, CENTRES)
    assert cube.bad_bands == (29, 30)


def test_structs_in_structs_are_named_with_dots(tmp_path, write, scene):
    path = tmp_path / "deep.mat"
    other = scene[:, :9, :11]
    write(path, {"run": {"leaf": {"raw": scene}, "white": {"raw": other}}, "day": 3.0})
    with pytest.raises(AmbiguousVariable) as asked:
        open_cube(path)
    assert {info.name for info in asked.value.candidates} == {"run.leaf.raw", "run.white.raw"}
    cube = open_cube(path, variable="run.white.raw", layout="band-row-column")
    np.testing.assert_array_equal(np.asarray(cube.data), other)
    with pytest.raises(UserError, match=r"run\.leaf .* holds “run\.leaf\.raw”"):
        open_cube(path, variable="run.leaf")


def test_the_nearest_wavelengths_count(tmp_path, write, scene):
    path = tmp_path / "near.mat"
    header = {"wavelength": CENTRES * 2, "wavelength_units": "Nanometers"}
    write(path, {"leaf": scene, "wl": CENTRES / 1000, "header": header})
    cube = open_cube(path)
    assert cube.wavelength_unit == "um"
    np.testing.assert_allclose(cube.wavelengths, CENTRES / 1000)


def test_wavelengths_of_a_header_elsewhere_are_used_but_not_its_factors(tmp_path, write, scene):
    path = tmp_path / "far.mat"
    header = {"wavelength": CENTRES, "reflectance_scale_factor": 10000.0}
    write(path, {"leaf": scene, "header": header})
    cube = open_cube(path)
    np.testing.assert_allclose(cube.wavelengths, CENTRES)
    assert cube.scale == 1


def test_a_cube_in_a_cell_array(tmp_path, write_v73, scene):
    cells = np.empty((1, 2), object)
    cells[0] = ["a leaf", scene]
    scipy.io.savemat(tmp_path / "v5.mat", {"leaf": cells})
    write_v73(tmp_path / "v73.mat", {"leaf": ["a leaf", scene]})
    for name in ("v5.mat", "v73.mat"):
        cube = open_cube(tmp_path / name)
        assert cube.variable == "leaf{2}"
        np.testing.assert_array_equal(np.asarray(cube.data), scene)


def test_a_struct_array_holds_one_cube_per_entry(tmp_path, scene):
    entries = np.array([(scene, 1.0), (scene[::-1], 2.0)], [("data", object), ("day", object)])
    scipy.io.savemat(tmp_path / "runs.mat", {"run": entries})
    with pytest.raises(AmbiguousVariable) as asked:
        open_cube(tmp_path / "runs.mat")
    assert [info.name for info in asked.value.candidates] == ["run(1).data", "run(2).data"]
    second = open_cube(tmp_path / "runs.mat", variable="run(2).data", layout="band-row-column")
    np.testing.assert_array_equal(np.asarray(second.data), scene[::-1])


def test_objects_and_structs_of_either_byte_order(tmp_path, mat5, scene):
    values = (scene * 1000).astype(np.int16)
    fields = {"name": mat5.part(14, b""), "data": mat5.array("", values.transpose(1, 2, 0))}
    mat5.write(
        tmp_path / "both.mat",
        mat5.struct("plain", fields),
        mat5.compressed(mat5.struct("old", fields, class_name="dataset")),
    )
    for name in ("plain.data", "old.data"):
        cube = open_cube(tmp_path / "both.mat", variable=name)
        np.testing.assert_array_equal(np.asarray(cube.data), values)


def test_struct_lengths_that_are_too_small_are_no_harm(tmp_path, little, scene):
    fields = {"data": little.array("", scene), "more": little.array("", CENTRES[None])}
    element = little.struct("scan", {"inner": little.struct("", fields)})
    short = bytearray(element)
    inner = short.index(little.numbers("I", 14), 8)
    short[inner + 4 : inner + 8] = little.numbers("I", 64)
    little.write(tmp_path / "short.mat", bytes(short))
    cube = open_cube(tmp_path / "short.mat", variable="scan.inner.data")
    np.testing.assert_array_equal(np.asarray(cube.data), scene)


def test_a_pls_toolbox_data_set_is_folded_with_its_axis(tmp_path, write, scene):
    bands, rows, columns = scene.shape
    pixels = scene.transpose(1, 2, 0).reshape(rows * columns, bands, order="F")
    path = tmp_path / "pls.mat"
    dataset = {"data": pixels, "imagesize": np.array([float(rows), float(columns)])}
    write(path, {"leaf": dataset})
    cube = open_cube(path)
    assert cube.variable == "leaf.data"
    assert cube.layout == "column-by-column"
    np.testing.assert_array_equal(np.asarray(cube.data), scene)


def test_a_pls_toolbox_axis_comes_with_its_unit(tmp_path, scene):
    bands, rows, columns = scene.shape
    axes = np.empty((2, 2), object)
    axes[0] = [np.empty((0, 0)), ""]
    axes[1] = [np.linspace(4000, 800, bands)[None], "cm-1"]
    dataset = {
        "data": scene.transpose(1, 2, 0).reshape(rows * columns, bands, order="F"),
        "imagesize": np.array([[float(rows), float(columns)]]),
        "axisscale": axes,
    }
    scipy.io.savemat(tmp_path / "pls.mat", {"leaf": dataset})
    cube = open_cube(tmp_path / "pls.mat")
    np.testing.assert_allclose(cube.wavelengths, np.linspace(4000, 800, bands))
    assert cube.wavelength_unit == "cm-1"


def test_a_hypercube_object_says_what_to_save(tmp_path, little, write_v73):
    names = b"".join(little.part(1, word) for word in (b"leaf", b"MCOS", b"hypercube"))
    little.write(
        tmp_path / "v7.mat", little.part(14, little.part(6, little.numbers("I", 17, 0)) + names)
    )
    write_v73(tmp_path / "v73.mat", {"leaf": np.zeros((6, 1), np.uint32)})
    with h5py.File(tmp_path / "v73.mat", "r+") as file:
        file["leaf"].attrs["MATLAB_class"] = np.bytes_("hypercube")
    for name in ("v7.mat", "v73.mat"):
        with pytest.raises(UserError, match="DataCube and Wavelength"):
            open_cube(tmp_path / name)


def test_text_and_functions_beside_the_cube_are_no_harm(tmp_path, little, scene):
    handle = little.part(14, little.begin(16, (1, 1), "f") + little.part(14, b""))
    opaque = little.part(
        14, little.part(6, little.numbers("I", 17, 0)) + little.part(1, b"table") * 3
    )
    sparse = little.part(14, little.begin(5, (3, 3), "s") + little.part(5, bytes(12)))
    cube_element = little.array("leaf", scene)
    little.write(tmp_path / "all.mat", handle, opaque, sparse, cube_element)
    cube = open_cube(tmp_path / "all.mat")
    assert cube.variable == "leaf"
    assert any("function handle" in note and "table object" in note for note in cube.notes)
