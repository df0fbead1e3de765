"""Cubes stacked along a fourth axis, and images whose pixels were unfolded into a matrix."""

import h5py
import numpy as np
import pytest
import scipy.io

from napari_dgc.cubes.choices import AmbiguousVariable
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError


@pytest.fixture(params=["v5", "v7", "v7.3"])
def write(request, write_v73):
    if request.param == "v7.3":
        return write_v73
    return lambda path, variables: scipy.io.savemat(
        path, variables, do_compression=request.param == "v7"
    )


@pytest.fixture
def days(scene):
    """Three scans of one leaf, each (row, column, band)."""
    return [scene.transpose(1, 2, 0) * (day + 1) for day in range(3)]


def test_each_cube_of_a_stack_is_offered_and_opens(tmp_path, write, days):
    write(tmp_path / "last.mat", {"scans": np.stack(days, axis=3)})
    write(tmp_path / "first.mat", {"scans": np.stack(days)})
    for name, pattern in (("last.mat", "scans(:,:,:,{})"), ("first.mat", "scans({},:,:,:)")):
        with pytest.raises(AmbiguousVariable) as asked:
            open_cube(tmp_path / name)
        names = [info.name for info in asked.value.candidates]
        assert names == [pattern.format(day) for day in (1, 2, 3)]
        assert asked.value.candidates[0].shape == (17, 23, 31)
        for place, values in zip(names, days, strict=True):
            cube = open_cube(tmp_path / name, variable=place)
            assert cube.variable == place
            assert cube.layout == "row-column-band"
            np.testing.assert_array_equal(np.asarray(cube.data), values.transpose(2, 0, 1))
            np.testing.assert_array_equal(
                cube.data[3:20:4, 2:9, ::-5], values.transpose(2, 0, 1)[3:20:4, 2:9, ::-5]
            )


def test_wavelengths_tell_which_axis_counts_the_cubes(tmp_path, write):
    noise = np.random.default_rng(0).random((12, 10, 9, 14))
    write(tmp_path / "times.mat", {"data": noise, "wl": np.linspace(400, 700, 14)})
    with pytest.raises(AmbiguousVariable) as asked:
        open_cube(tmp_path / "times.mat")
    assert asked.value.candidates[0].name == "data(1,:,:,:)"
    assert len(asked.value.candidates) == 12
    cube = open_cube(tmp_path / "times.mat", variable="data(4,:,:,:)")
    np.testing.assert_array_equal(np.asarray(cube.data), noise[3].transpose(2, 0, 1))
    assert cube.wavelength_unit == "nm"


def test_where_nothing_tells_both_ends_are_offered(tmp_path, write):
    write(tmp_path / "square.mat", {"data": np.random.default_rng(0).random((9, 10, 11, 9))})
    with pytest.raises(AmbiguousVariable) as asked:
        open_cube(tmp_path / "square.mat")
    names = {info.name for info in asked.value.candidates}
    assert {"data(:,:,:,9)", "data(9,:,:,:)"} <= names


def test_a_stack_of_one_is_a_cube(tmp_path, write, days):
    write(tmp_path / "one.mat", {"scans": days[1][None]})
    cube = open_cube(tmp_path / "one.mat")
    assert cube.variable == "scans"
    np.testing.assert_array_equal(np.asarray(cube.data), days[1].transpose(2, 0, 1))


def test_small_tables_of_four_axes_are_refused_but_can_be_named(tmp_path, write):
    table = np.arange(9 * 7 * 2 * 40, dtype=np.float64).reshape(9, 7, 2, 40)
    write(tmp_path / "table.mat", {"lut": table})
    with pytest.raises(UserError, match=r"holds no cube.*lut\(:,:,:,1\)"):
        open_cube(tmp_path / "table.mat")
    with pytest.raises(UserError, match=r"four axes.*lut\(1,:,:,:\)"):
        open_cube(tmp_path / "table.mat", variable="lut")
    named = open_cube(
        tmp_path / "table.mat", variable="lut( 2, :, :, : )", layout="row-column-band"
    )
    np.testing.assert_array_equal(np.asarray(named.data), table[1].transpose(2, 0, 1))
    for wrong in (
        "lut(:,:,:,41)",
        "lut(0,:,:,:)",
        "lut(:,1,:,:)",
        "lut(1,1,:,:)",
        "other(1,:,:,:)",
    ):
        with pytest.raises(UserError, match="has no variable"):
            open_cube(tmp_path / "table.mat", variable=wrong)


SIZES = {
    "rows and cols": {"rows": 17, "cols": 23},
    "nRow and nCol": {"nRow": 17, "nCol": 23, "maxValue": 4000},
    "M and N": {"M": 17, "N": 23},
    "height and width": {"height": 17, "width": 23},
    "lines and samples": {"lines": 17, "samples": 23},
    "imagesize": {"imagesize": [17, 23]},
    "size of the cube": {"sz": [17, 23, 31]},
    "a mask": {"gt": np.ones((17, 23), np.uint8)},
    "a picture": {"rgb": np.ones((17, 23, 3), np.uint8)},
}


@pytest.mark.parametrize("beside", SIZES)
def test_unfolded_pixels_are_folded_after_what_lies_beside_them(tmp_path, write, scene, beside):
    pixels = scene.transpose(1, 2, 0).reshape(17 * 23, 31, order="F")
    extra = {name: np.asarray(value) for name, value in SIZES[beside].items()}
    if beside == "a picture":
        extra["mask"] = np.ones((17, 23), bool)
        del extra["rgb"]
    for name, matrix in (("down", pixels), ("along", pixels.T)):
        write(tmp_path / f"{name}.mat", {"Y": matrix, **extra})
        cube = open_cube(tmp_path / f"{name}.mat")
        assert (cube.n_bands, cube.rows, cube.columns) == scene.shape
        assert cube.layout == "column-by-column"
        np.testing.assert_array_equal(np.asarray(cube.data), scene)
        np.testing.assert_array_equal(cube.data[5, 3:9, ::-3], scene[5, 3:9, ::-3])
        np.testing.assert_array_equal(cube.data[2:7, 4, 1:3], scene[2:7, 4, 1:3])
        assert any("column by column" in note and "row-by-row" in note for note in cube.notes)


def test_pixels_row_by_row_are_found_by_the_picture_or_asked_for(tmp_path, write):
    # Smooth in both directions, as leaves are.
    row, column = np.mgrid[:40, :70] / 10
    spectra = np.linspace(1, 2, 12)[:, None, None] * (np.sin(row * 2) + np.cos(column * 3) + 3)
    pixels = spectra.reshape(12, 40 * 70)
    write(tmp_path / "rows.mat", {"Y": pixels, "rows": 40, "cols": 70})
    cube = open_cube(tmp_path / "rows.mat")
    assert cube.layout == "row-by-row"
    np.testing.assert_array_equal(np.asarray(cube.data), spectra)
    other = open_cube(tmp_path / "rows.mat", layout="column-by-column")
    folded = pixels.T.reshape(40, 70, 12, order="F")
    np.testing.assert_array_equal(np.asarray(other.data), folded.transpose(2, 0, 1))
    np.testing.assert_array_equal(
        other.data[:, 3:30:4, 60:20:-7], folded.transpose(2, 0, 1)[:, 3:30:4, 60:20:-7]
    )
    with pytest.raises(UserError, match="column-by-column or row-by-row"):
        open_cube(tmp_path / "rows.mat", layout="row-column-band")


def test_the_real_order_is_found_on_a_real_scan(tmp_path, shared_data):
    scan = open_cube(shared_data / "classic/salinasA/SalinasA_corrected.mat")
    values = np.asarray(scan.data)
    for order, layout in (("F", "column-by-column"), ("C", "row-by-row")):
        pixels = values.transpose(1, 2, 0).reshape(83 * 86, 204, order=order)
        scipy.io.savemat(tmp_path / f"{order}.mat", {"X": pixels, "gt": np.ones((83, 86))})
        cube = open_cube(tmp_path / f"{order}.mat")
        assert cube.layout == layout
        np.testing.assert_array_equal(np.asarray(cube.data), values)


def test_pixels_of_a_square_image_are_taken_as_matlab_has_them(tmp_path, write, scene):
    square = scene[:, :17, :17]
    pixels = square.transpose(1, 2, 0).reshape(289, 31, order="F")
    write(tmp_path / "square.mat", {"X": pixels, "imagesize": np.array([17.0, 17.0])})
    np.testing.assert_array_equal(np.asarray(open_cube(tmp_path / "square.mat").data), square)


@pytest.mark.parametrize("order", ["F", "C"])
@pytest.mark.parametrize("pixels_first", [True, False])
def test_unfolded_pixels_in_chunks_are_read_in_every_window(tmp_path, scene, order, pixels_first):
    pixels = scene.transpose(1, 2, 0).reshape(17 * 23, 31, order=order)
    with h5py.File(tmp_path / "Y.mat", "w") as file:
        stored = (pixels if pixels_first else pixels.T).T  # as MATLAB reverses axes
        made = file.create_dataset("Y", data=stored, chunks=(16, 16), compression="gzip")
        made.attrs["MATLAB_class"] = np.bytes_("single")
        file["rows"], file["cols"] = [[17.0]], [[23.0]]
    layout = "column-by-column" if order == "F" else "row-by-row"
    cube = open_cube(tmp_path / "Y.mat", layout=layout)
    for window in np.s_[
        :,
        4,
        (slice(None), 5, 6),
        (slice(2, 30, 7), slice(16, 3, -4), slice(1, 20, 6)),
        (slice(3, 4), slice(0, 17), slice(22, 23)),
        (slice(None), slice(4, 4), slice(None)),
        ([5, 2], slice(8, 9), slice(2, 9)),
    ]:
        np.testing.assert_array_equal(cube.data[window], scene[window])
    granule = cube.data.granule
    assert all(1 <= unit <= length for unit, length in zip(granule, scene.shape, strict=True))


def test_wavelengths_of_unfolded_pixels(tmp_path, write, scene):
    pixels = scene.transpose(1, 2, 0).reshape(17 * 23, 31, order="F")
    centres = np.linspace(400, 1000, 31)
    write(tmp_path / "Y.mat", {"Y": pixels.T, "nRow": 17, "nCol": 23, "wavelengths": centres})
    np.testing.assert_allclose(open_cube(tmp_path / "Y.mat").wavelengths_nm, centres)


def test_a_matrix_without_a_size_is_refused_and_says_what_is_missing(tmp_path, write, scene):
    write(tmp_path / "X.mat", {"X": scene.reshape(31, -1)})
    with pytest.raises(UserError, match="holds no cube"):
        open_cube(tmp_path / "X.mat")
    with pytest.raises(UserError, match="number of rows and columns"):
        open_cube(tmp_path / "X.mat", variable="X")


def test_a_cube_is_preferred_to_its_own_unfolded_copy(tmp_path, write, scene):
    pixels = scene.transpose(1, 2, 0).reshape(17 * 23, 31, order="F")
    write(tmp_path / "both.mat", {"X": pixels, "rows": 17, "cols": 23, "leaf": scene})
    assert open_cube(tmp_path / "both.mat").variable == "leaf"
    with pytest.raises(AmbiguousVariable) as asked:
        open_cube(tmp_path / "both.mat", ask=True)
    assert [info.name for info in asked.value.candidates] == ["leaf", "X"]


def test_layouts_of_matrices_are_refused_for_cubes(tmp_path, write, scene):
    write(tmp_path / "leaf.mat", {"leaf": scene})
    with pytest.raises(UserError, match="is for matrices"):
        open_cube(tmp_path / "leaf.mat", layout="row-by-row")
