"""Written ENVI cubes are read back by this program and by Spectral Python alike."""

import json
import os
import tracemalloc

import numpy as np
import pytest
from spectral.io import envi as spectral_envi

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube, envi_writer
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.cubes.envi_writer import SAMPLE_TYPES, write_envi
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 5, 7, 4
SCENE = np.arange(BANDS * ROWS * COLUMNS).reshape(BANDS, ROWS, COLUMNS)
CENTRES = np.array([400.1, 500, 600.25, 700 + 1 / 3, 1e3])


def full_cube(data=SCENE):
    return HyperCube(
        data,
        "leaf {3}, front",
        CENTRES,
        "nm",
        no_data=17.0,
        bad_bands=(0, 3),
        scale=10000.0,
        fwhm=CENTRES / 100,
        band_names=("blue", "green, dark", "red {edge}", "edge", "µ"),
        default_bands=(4, 2, 0),
        exposure_ms=12.5,
        pixel_size_mm=0.025,
    )


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
@pytest.mark.parametrize("dtype", SAMPLE_TYPES)
def test_two_readers_find_what_was_written(tmp_path, interleave, dtype, monkeypatch):
    monkeypatch.setattr(envi_writer, "_BLOCK", 2 * BANDS * COLUMNS * 8)  # several blocks of rows
    header, data = write_envi(
        full_cube(), tmp_path / "leaf.hdr", interleave=interleave, dtype=dtype
    )
    assert (header.name, data.name) == ("leaf.hdr", "leaf.dat")
    assert sorted(os.listdir(tmp_path)) == ["leaf.dat", "leaf.hdr"]
    ours = open_cube(header)
    assert (ours.layout, ours.data.dtype.name) == (interleave, dtype)
    np.testing.assert_array_equal(ours.data, SCENE)
    theirs = spectral_envi.open(str(header))
    np.testing.assert_array_equal(theirs.open_memmap(), SCENE.transpose(1, 2, 0))
    np.testing.assert_array_equal(theirs.bands.centers, CENTRES)
    np.testing.assert_array_equal(theirs.bands.bandwidths, CENTRES / 100)
    assert theirs.bands.band_unit == "Nanometers"
    assert theirs.scale_factor == 10000


def test_what_is_known_of_a_cube_comes_back(tmp_path):
    cube = full_cube()
    again = open_cube(write_envi(cube, tmp_path / "leaf.hdr")[0])
    assert again.wavelengths.tolist() == CENTRES.tolist()
    assert again.fwhm.tolist() == cube.fwhm.tolist()
    assert again.band_names == ("blue", "green; dark", "red (edge)", "edge", "µ")
    for name in ("wavelength_unit", "no_data", "bad_bands", "scale", "default_bands"):
        assert getattr(again, name) == getattr(cube, name), name
    assert again.exposure_ms == 12.5
    assert again.pixel_size_mm == 0.025
    assert again.notes == ()
    everything = slice(None), slice(None)
    np.testing.assert_array_equal(again.read(*everything), cube.read(*everything))


def test_gains_and_offsets_come_back(tmp_path):
    gains, offsets = np.linspace(0.1, 2, BANDS), np.linspace(-1, 1, BANDS)
    cube = HyperCube(SCENE, "leaf", gains=gains, offsets=offsets)
    again = open_cube(write_envi(cube, tmp_path / "leaf.hdr")[0])
    assert again.gains.tolist() == gains.tolist()
    assert again.offsets.tolist() == offsets.tolist()
    window = again.read(slice(2, 4), slice(1, 2))
    expected = SCENE[:, 2:4, 1:2] * gains[:, None, None] + offsets[:, None, None]
    np.testing.assert_allclose(window, expected, rtol=1e-6)
    picked = again.read(slice(2, 4), slice(1, 2), np.array([3, 1]))
    np.testing.assert_allclose(picked, expected[[3, 1]], rtol=1e-6)


@pytest.mark.parametrize(
    ("stored", "written"), [("int8", "int16"), ("float16", "float32"), ("bool", "uint8")]
)
def test_types_that_envi_does_not_know_are_widened(tmp_path, stored, written):
    data = (SCENE % 2).astype(stored)
    again = open_cube(write_envi(HyperCube(data, "leaf"), tmp_path / "leaf.hdr")[0])
    assert again.data.dtype.name == written
    np.testing.assert_array_equal(again.data, SCENE % 2)


def test_big_endian_samples_are_written_right(tmp_path):
    again = open_cube(write_envi(HyperCube(SCENE.astype(">i2"), "leaf"), tmp_path / "a.hdr")[0])
    np.testing.assert_array_equal(again.data, SCENE)


@pytest.mark.parametrize(
    ("values", "dtype"),
    [
        (SCENE - 1, "uint16"),
        (SCENE * 1000, "int16"),
        (SCENE + 0.5, "int32"),
        (np.where(SCENE == 3, np.nan, SCENE), "int32"),
        (SCENE + 2**24 + 1, "float32"),
    ],
)
def test_values_that_do_not_fit_are_refused_and_nothing_is_left(tmp_path, values, dtype):
    with pytest.raises(UserError, match=f"{dtype} cannot hold"):
        write_envi(HyperCube(values, "leaf"), tmp_path / "leaf.hdr", dtype=dtype)
    assert list(tmp_path.iterdir()) == []


def test_the_name_of_the_data_file_may_be_in_that_of_the_header(tmp_path):
    _, data = write_envi(full_cube(), tmp_path / "leaf.bil.hdr")
    assert data.name == "leaf.bil"
    np.testing.assert_array_equal(open_cube(data).data, SCENE)


def test_an_earlier_result_is_replaced_and_other_data_are_not(tmp_path):
    target = tmp_path / "leaf.hdr"
    write_envi(full_cube(), target)
    write_envi(full_cube(SCENE[:, :2]), target, dtype="uint8")
    assert open_cube(target).rows == 2
    with pytest.raises(UserError, match="belongs to the cube itself"):
        write_envi(open_cube(target), target)
    with pytest.raises(UserError, match="belongs to the cube itself"):
        write_envi(open_cube(tmp_path / "leaf.dat"), target)
    (tmp_path / "leaf.dat").rename(tmp_path / "leaf.raw")
    with pytest.raises(UserError, match=r"is the header of leaf\.raw"):
        write_envi(full_cube(), target)
    (tmp_path / "notes.dat").write_text("notes")
    with pytest.raises(UserError, match="is no ENVI cube"):
        write_envi(full_cube(), tmp_path / "notes.hdr")
    with pytest.raises(UserError, match=r"does not end in \.hdr"):
        write_envi(full_cube(), tmp_path / "notes.txt")
    assert (tmp_path / "notes.dat").read_text() == "notes"


def test_a_stopped_or_broken_run_leaves_what_was_there(tmp_path):
    target = tmp_path / "leaf.hdr"
    write_envi(full_cube(), target)
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        write_envi(full_cube(SCENE + 1), target, token=source.token)

    def fail(bands, rows, columns):
        raise OSError("the disk went away")

    with pytest.raises(OSError, match="went away"):
        write_envi(HyperCube(DerivedArray(fail, SCENE.shape), "broken"), target)
    assert sorted(os.listdir(tmp_path)) == ["leaf.dat", "leaf.hdr"]
    np.testing.assert_array_equal(open_cube(target).data, SCENE)


def test_a_full_disk_is_told_before_anything_is_written(tmp_path):
    enormous = DerivedArray(lambda *_: np.zeros((1, 1, 1), np.float32), (300, 10**6, 10**6))
    with pytest.raises(UserError, match=r"has no room for 1200000\.0 GB"):
        write_envi(HyperCube(enormous, "all"), tmp_path / "leaf.hdr")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("interleave", ["bsq", "bil", "bip"])
def test_memory_does_not_grow_with_the_cube(tmp_path, interleave):
    rows = 4000

    def read(bands, rows, columns):
        return np.ones((100, len(range(4000)[rows]), 250), np.float32)

    cube = HyperCube(DerivedArray(read, (100, rows, 250)), "large")  # 400 MB
    tracemalloc.start()
    header, data = write_envi(cube, tmp_path / "large.hdr", interleave=interleave)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert data.stat().st_size == 100 * rows * 250 * 4
    assert peak < 150 << 20
    assert (np.asarray(open_cube(header).data[:, -1]) == 1).all()


def test_real_cubes_come_back_as_they_were(shared_data, tmp_path):
    entries = json.loads((shared_data / "EXPECTED.json").read_text())
    names = [
        name for name in entries if name.endswith(".hdr") and entries[name]["expect"] == "load"
    ]
    assert len(names) >= 20
    for number, name in enumerate(names):
        cube = open_cube(shared_data / name)
        interleave = ("bsq", "bil", "bip")[number % 3]
        header, _ = write_envi(cube, tmp_path / f"{number}.hdr", interleave=interleave)
        again = open_cube(header)
        samples = np.asarray(cube.data)
        np.testing.assert_array_equal(again.data, samples, err_msg=name)
        theirs = spectral_envi.open(str(header))
        np.testing.assert_array_equal(theirs.open_memmap().transpose(2, 0, 1), samples)
        for field in ("wavelengths", "fwhm", "gains", "offsets"):
            before, after = getattr(cube, field), getattr(again, field)
            assert (before is None) == (after is None), (name, field)
            assert before is None or before.tolist() == after.tolist(), (name, field)
        for field in ("wavelength_unit", "no_data", "scale", "default_bands", "exposure_ms"):
            assert getattr(again, field) == getattr(cube, field), (name, field)
        assert set(cube.bad_bands) == set(again.bad_bands), name
