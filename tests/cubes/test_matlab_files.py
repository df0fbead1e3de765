"""Cubes come out of MATLAB files of every version as MATLAB shows them."""

import tracemalloc

import h5py
import numpy as np
import pytest
import scipy.io

from napari_dgc.cubes.choices import AmbiguousLayout, AmbiguousVariable
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 31, 17, 23
MATLAB_CLASSES = {"float32": "single", "float64": "double", "bool": "logical"}


def make_scene(bands=BANDS, rows=ROWS, columns=COLUMNS, seed=0):
    """Make a scene without symmetry, three materials, (band, row, column)."""
    rng = np.random.default_rng(seed)
    centres = np.linspace(0, 1, bands)
    spectra = np.stack([0.2 + 0.5 * centres, np.exp(-(((centres - 0.4) / 0.2) ** 2)), centres**3])
    row, column = np.mgrid[:rows, :columns]
    abundance = rng.random((3, rows, columns)) * 0.4
    abundance[0] += row > rows // 3
    abundance[1] += (column < columns // 4) & (row < rows // 2)
    abundance[2] += (row - 4) ** 2 + (column - 15) ** 2 < 12
    scene = np.einsum("mb,mrc->brc", spectra, abundance) + rng.normal(
        0, 0.01, (bands, rows, columns)
    )
    return scene.astype(np.float32)


def write_v73(path, variables, *, marked=True, **options):
    """Write as MATLAB does: dimensions reversed, class attribute, first block of text."""
    with h5py.File(path, "w", userblock_size=512) as file:
        for name, values in variables.items():
            stored = file.create_dataset(name, data=np.asarray(values).T, **options)
            if marked:
                kind = MATLAB_CLASSES.get(stored.dtype.name, stored.dtype.name)
                stored.attrs["MATLAB_class"] = np.bytes_(kind)
    if marked:
        with path.open("r+b") as raw:
            text = b"MATLAB 7.3 MAT-file, Platform: GLNXA64, Created on: Mon Jan  1 00:00:00 2024"
            raw.write(text.ljust(116) + bytes(8) + b"\x00\x02IM")


def write_v5(path, variables, **options):
    scipy.io.savemat(path, variables, **options)


WRITERS = {
    "v5": write_v5,
    "v7 compressed": lambda path, variables: write_v5(path, variables, do_compression=True),
    "v7.3": write_v73,
    "v7.3 compressed": lambda path, variables: write_v73(
        path, variables, chunks=True, compression="gzip"
    ),
}


@pytest.fixture(params=WRITERS)
def write(request):
    return WRITERS[request.param]


def test_a_scene_comes_back_identical_in_both_orders(tmp_path, write):
    scene = make_scene()
    for order, stored in (
        ("band-row-column", scene),
        ("row-column-band", scene.transpose(1, 2, 0)),
    ):
        path = tmp_path / f"{order}.mat"
        write(path, {"cube": stored})
        cube = open_cube(path)
        assert cube.layout == order
        assert cube.name == order
        assert cube.data.dtype == np.float32
        np.testing.assert_array_equal(np.asarray(cube.data[:]), scene)
        np.testing.assert_array_equal(cube.read(slice(3, 9), slice(5, 6)), scene[:, 3:9, 5:6])
        assert any(order in note for note in cube.notes)


def test_the_option_overrules_what_the_samples_say(tmp_path, write):
    scene = make_scene()
    write(tmp_path / "scene.mat", {"cube": scene})
    turned = open_cube(tmp_path / "scene.mat", layout="row-column-band")
    np.testing.assert_array_equal(np.asarray(turned.data), scene.transpose(2, 0, 1))


def test_wavelengths_tell_the_band_axis_and_their_unit(tmp_path, write):
    noise = np.random.default_rng(0).random((12, 10, 14))
    centres = np.linspace(0.4, 1.0, 14)
    write(tmp_path / "noise.mat", {"data": noise, "wl": centres[None, :]})
    cube = open_cube(tmp_path / "noise.mat")
    assert cube.layout == "row-column-band"
    assert cube.wavelength_unit == "um"
    np.testing.assert_allclose(cube.wavelengths_nm, centres * 1000)


def test_a_mask_tells_the_band_axis(tmp_path, write):
    noise = np.random.default_rng(0).random((12, 10, 14))
    write(tmp_path / "last.mat", {"data": noise, "gt": np.zeros((12, 10), np.uint8)})
    write(tmp_path / "first.mat", {"data": noise, "mask": np.zeros((10, 14), np.uint8)})
    assert open_cube(tmp_path / "last.mat").layout == "row-column-band"
    assert open_cube(tmp_path / "first.mat").layout == "band-row-column"


def test_noise_is_left_to_the_user(tmp_path, write):
    noise = np.random.default_rng(0).random((12, 10, 14))
    write(tmp_path / "noise.mat", {"data": noise})
    with pytest.raises(AmbiguousLayout) as asked:
        open_cube(tmp_path / "noise.mat")
    assert asked.value.shape == (12, 10, 14)
    assert "--layout band-row-column" in str(asked.value)
    assert "--layout row-column-band" in str(asked.value)
    given = open_cube(tmp_path / "noise.mat", wavelengths=np.linspace(400, 700, 12))
    assert given.layout == "band-row-column"
    assert given.wavelength_unit == "nm"


def test_the_variable_called_cube_is_taken_and_others_can_be(tmp_path, write):
    one, two = make_scene(seed=1), make_scene(seed=2)
    write(tmp_path / "two.mat", {"white": two, "cube": one})
    np.testing.assert_array_equal(np.asarray(open_cube(tmp_path / "two.mat").data), one)
    other = open_cube(tmp_path / "two.mat", variable="white")
    np.testing.assert_array_equal(np.asarray(other.data), two)
    with pytest.raises(UserError, match=r"no variable “dark”.*“white”"):
        open_cube(tmp_path / "two.mat", variable="dark")


def test_several_cubes_are_left_to_the_user(tmp_path, write):
    write(tmp_path / "two.mat", {"raw": make_scene(), "white": make_scene(seed=2)})
    with pytest.raises(AmbiguousVariable, match="--variable") as asked:
        open_cube(tmp_path / "two.mat")
    assert {info.name for info in asked.value.candidates} == {"raw", "white"}
    assert {info.shape for info in asked.value.candidates} == {(BANDS, ROWS, COLUMNS)}


def test_a_picture_beside_the_cube_is_no_candidate(tmp_path, write):
    scene = make_scene()
    picture = np.zeros((ROWS, COLUMNS, 3), np.uint8)
    write(tmp_path / "scene.mat", {"I": scene, "rgb": picture})
    cube = open_cube(tmp_path / "scene.mat")
    assert (cube.variable, cube.layout) == ("I", "band-row-column")


def test_bad_bands_come_from_a_list_and_from_empty_bands(tmp_path, write):
    scene = make_scene()
    scene[7] = np.nan
    flags = np.ones((1, BANDS), np.uint8)
    flags[0, 3] = 0
    write(tmp_path / "scene.mat", {"cube": scene, "bbl": flags})
    assert open_cube(tmp_path / "scene.mat").bad_bands == (3, 7)


def test_masked_surroundings_do_not_make_bands_bad(tmp_path):
    scene = make_scene()
    scene[:, :, :16] = np.nan
    scene[5, 3:, :] = np.nan
    write_v5(tmp_path / "masked.mat", {"cube": scene})
    cube = open_cube(tmp_path / "masked.mat", layout="band-row-column")
    assert cube.bad_bands == ()


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((4, 5, 6), complex),
        np.zeros((4, 5, 6), bool),
        np.zeros((4, 5, 6, 7)),
        np.zeros((40, 50)),
        np.full((4, 5, 6), "a"),
        {"inner": np.zeros((4, 5, 6))},
        np.array([[np.zeros((4, 5, 6)), "text"]], object),
        np.zeros((4, 0, 6)),
    ],
    ids=["complex", "logical", "4-D", "matrix", "text", "struct", "cell", "empty"],
)
def test_what_is_not_a_cube_is_refused(tmp_path, values):
    write_v5(tmp_path / "other.mat", {"other": values})
    with pytest.raises(UserError, match="other"):
        open_cube(tmp_path / "other.mat")


def test_a_v73_file_of_other_things_is_refused(tmp_path):
    path = tmp_path / "other.mat"
    pair = np.zeros((4, 5, 6), [("real", "f8"), ("imag", "f8")])
    write_v73(path, {"complex": pair, "mask": np.zeros((4, 5, 6), bool)}, marked=True)
    with pytest.raises(UserError, match=r"holds no cube.*“complex”"):
        open_cube(path)


def test_plain_hdf5_keeps_its_order_and_says_so(tmp_path):
    scene = make_scene()
    with h5py.File(tmp_path / "plain.mat", "w") as file:
        file["cube"] = scene
    cube = open_cube(tmp_path / "plain.mat")
    assert cube.layout == "band-row-column"
    np.testing.assert_array_equal(np.asarray(cube.data), scene)
    assert any("without MATLAB's marks" in note for note in cube.notes)


def test_v73_is_read_in_place(tmp_path):
    path = tmp_path / "large.mat"
    scene = np.zeros((40, 600, 600), np.float32)
    scene[:, 592:596, 5:9] = np.arange(40)[:, None, None]
    write_v73(path, {"cube": scene}, chunks=(40, 40, 40), compression="gzip", compression_opts=1)
    tracemalloc.start()
    cube = open_cube(path, layout="band-row-column")
    window = cube.read(slice(592, 596), slice(5, 9))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    np.testing.assert_array_equal(window, scene[:, 592:596, 5:9])
    assert peak < scene.nbytes / 4


def test_a_variable_that_was_never_written_is_refused(tmp_path):
    path = tmp_path / "hollow.mat"
    with h5py.File(path, "w", userblock_size=512) as file:
        options = {"chunks": (200, 16, 16), "fillvalue": 1.0}
        stored = file.create_dataset("cube", (200, 10**6, 10**6), "float32", **options)
        stored.attrs["MATLAB_class"] = np.bytes_("single")
    with pytest.raises(UserError, match="was never filled"):
        open_cube(path)


def test_links_out_of_the_file_are_not_followed(tmp_path):
    scene = make_scene()
    write_v73(tmp_path / "secret.mat", {"cube": scene})
    with h5py.File(tmp_path / "links.mat", "w") as file:
        file["cube"] = h5py.ExternalLink("secret.mat", "/cube")
        file["data"] = h5py.SoftLink("/cube")
    with pytest.raises(UserError, match="holds no cube"):
        open_cube(tmp_path / "links.mat")
    with h5py.File(tmp_path / "outside.mat", "w") as file:
        file.create_dataset("cube", (4, 5, 6), "f4", external=[("samples.bin", 0, 480)])
    (tmp_path / "samples.bin").write_bytes(bytes(480))
    with pytest.raises(UserError, match="another file"):
        open_cube(tmp_path / "outside.mat", layout="band-row-column")


@pytest.mark.parametrize("writer", ["v5", "v7 compressed", "v7.3", "v7.3 compressed"])
def test_damaged_files_are_refused(tmp_path, writer):
    path = tmp_path / "damaged.mat"
    WRITERS[writer](path, {"cube": make_scene()})
    whole = path.read_bytes()
    rng = np.random.default_rng(0)
    for share in (0.02, 0.3, 0.9):
        path.write_bytes(whole[: int(len(whole) * share)])
        with pytest.raises(UserError, match="damaged"):
            open_cube(path)
    for _ in range(30):
        content = bytearray(whole)
        for position in rng.integers(0, min(2000, len(content)), 8):
            content[position] = rng.integers(0, 256)
        path.write_bytes(content)
        try:
            np.asarray(open_cube(path).data[:2])
        except UserError as error:
            assert len(str(error).splitlines()) == 1


def test_an_impossible_sample_type_is_refused_and_not_followed(tmp_path):
    path = tmp_path / "damaged.mat"
    write_v5(path, {"cube": make_scene()})
    content = bytearray(path.read_bytes())
    tag = content.index(b"cube") + 4
    assert int.from_bytes(content[tag : tag + 4], "little") == 7  # single precision
    for kind in (20, 14, 16, 255, 60000):
        content[tag : tag + 4] = kind.to_bytes(4, "little")
        path.write_bytes(content)
        with pytest.raises(UserError, match="damaged"):
            open_cube(path)


def test_corrupt_compressed_samples_are_refused(tmp_path):
    path = tmp_path / "corrupt.mat"
    WRITERS["v7 compressed"](path, {"cube": make_scene()})
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0xFF
    path.write_bytes(content)
    with pytest.raises(UserError, match="damaged"):
        open_cube(path)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("empty.mat", b"", "is empty"),
        ("pointer.mat", b"version https://git-lfs.github.com/spec/v1\n", "not a MATLAB file"),
        ("zeros.mat", bytes(200), "zeros.mat"),
        ("cube.npy", b"\x93NUMPY\x01\x00", "cube.npy is not a .npy file or is damaged"),
        ("cube.tif", b"II*\x00" + bytes(20), "cube.tif is damaged"),
        ("labels.json", b"{}", "supported are"),
    ],
)
def test_other_files_are_refused(tmp_path, name, content, reason):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UserError, match=reason):
        open_cube(tmp_path / name)


def test_missing_files_and_folders_are_refused(tmp_path):
    with pytest.raises(UserError, match="does not exist"):
        open_cube(tmp_path / "nothing.mat")
    (tmp_path / "store.zarr").mkdir()
    with pytest.raises(UserError, match="is a folder"):
        open_cube(tmp_path / "store.zarr")
    assert not can_open(tmp_path / "store.zarr")
    assert not can_open(tmp_path / "nothing.mat")


def test_given_wavelengths_must_fit(tmp_path):
    write_v5(tmp_path / "scene.mat", {"cube": make_scene()})
    with pytest.raises(UserError, match=r"wavelengths given are 5, .*31 bands"):
        open_cube(
            tmp_path / "scene.mat", layout="band-row-column", wavelengths=np.arange(400.0, 405)
        )


def test_an_unknown_layout_is_refused(tmp_path):
    write_v5(tmp_path / "scene.mat", {"cube": make_scene()})
    with pytest.raises(UserError, match="layout “bil” is unknown"):
        open_cube(tmp_path / "scene.mat", layout="bil")
