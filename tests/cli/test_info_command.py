"""``napari-dgc info`` says what a cube holds."""

import json
import subprocess
import sys

import h5py
import numpy as np
import pytest
import scipy.io

from napari_dgc.cli import main

KEYS = [
    "path",
    "format",
    "variable",
    "shape",
    "dtype",
    "layout",
    "wavelengths",
    "wavelength_unit",
    "no_data",
    "bad_bands",
    "scale",
    "gains",
    "offsets",
    "fwhm",
    "band_names",
    "default_bands",
    "exposure_ms",
    "pixel_size_mm",
    "references",
    "notes",
]


@pytest.fixture
def noise(tmp_path):
    path = tmp_path / "noise.mat"
    values = np.random.default_rng(0).random((6, 7, 8)).astype(np.float32)
    scipy.io.savemat(path, {"cube": values})
    return path


@pytest.fixture
def envi(tmp_path):
    path = tmp_path / "scan.hdr"
    path.write_text(
        "ENVI\nsamples = 4\nlines = 3\nbands = 2\ndata type = 12\ninterleave = bil\n"
        "byte order = 1\nwavelength = {500, 600}\ndata ignore value = NaN\nbbl = {0, 1}\n"
    )
    path.with_suffix(".raw").write_bytes(bytes(48))
    return path


def test_json_is_one_object_with_all_keys(envi, capsys):
    assert main(["info", str(envi), "--json"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert list(known) == KEYS
    assert known["shape"] == [2, 3, 4]
    assert known["dtype"] == "uint16"
    assert known["layout"] == "bil"
    assert known["wavelengths"] == [500, 600]
    assert known["wavelength_unit"] == "nm"
    assert known["no_data"] is None
    assert known["bad_bands"] == [0]


def test_all_that_was_found_is_told(tmp_path, capsys):
    path = tmp_path / "scan.hdr"
    path.write_text(
        "ENVI\nsamples = 4\nlines = 3\nbands = 5\ndata type = 1\ninterleave = bsq\n"
        "byte order = 0\nheader offset = 0\nwavelength units = nm\n"
        "wavelength = {500, 600, 700, 800, 900}\nfwhm = {5, 5, 5, 5, 7.5}\n"
        "band names = {a, b, c, d, e}\ndefault bands = {3, 2, 1}\n"
        "data gain values = {2, 2, 2, 2, 2}\n"
    )
    path.with_suffix(".raw").write_bytes(bytes(60))
    assert main(["info", str(path)]) == 0
    lines = capsys.readouterr().out.splitlines()
    for line in (
        "factors:     2",
        "band widths: 5 to 7.5 nm",
        "band names:  a, b, c, …, e",
        "shown bands: 3, 2, 1",
    ):
        assert line in lines
    assert main(["info", str(path), "--json"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert known["fwhm"] == [5, 5, 5, 5, 7.5]
    assert known["default_bands"] == [2, 1, 0]


def test_a_dataset_is_named_like_a_variable(tmp_path, capsys):
    path = tmp_path / "scan.h5"
    cube = np.random.default_rng(0).random((6, 7, 8)).astype(np.float32)
    with h5py.File(path, "w") as file:
        file["leaf/front"], file["leaf/back"] = cube, cube
        file["leaf/wavelengths"] = np.linspace(400, 700, 8)
    assert main(["info", str(path)]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "“leaf/back” (6×7×8 float32), “leaf/front” (6×7×8 float32)" in error
    assert "--variable" in error
    assert main(["info", str(path), "--variable", "leaf/front", "--json"]) == 0
    known = json.loads(capsys.readouterr().out)
    assert (known["format"], known["variable"]) == ("HDF5", "leaf/front")
    assert known["shape"] == [8, 6, 7]


def test_the_summary_reads_well(envi, capsys):
    assert main(["info", str(envi)]) == 0
    out = capsys.readouterr().out
    assert "2 bands, 3 rows, 4 columns" in out
    assert "500 to 600 nm" in out
    assert "header offset; 0 is assumed" in out


def test_a_question_names_the_option_that_answers_it(noise, capsys):
    assert main(["info", str(noise)]) == 2
    error = capsys.readouterr().err
    assert len(error.splitlines()) == 1
    assert "--layout band-row-column" in error
    assert main(["info", str(noise), "--layout", "row-column-band", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["shape"] == [8, 6, 7]


def test_wavelengths_can_be_given(noise, tmp_path, capsys):
    (tmp_path / "centres.csv").write_text("micrometers\n.4\n.5\n.6\n.7\n.8\n.9\n")
    assert main(["info", str(noise), "--json", "--wavelengths", str(tmp_path / "centres.csv")]) == 0
    known = json.loads(capsys.readouterr().out)
    assert known["layout"] == "band-row-column"
    assert known["wavelengths"] == [0.4, 0.5, 0.6, 0.7, 0.8, 0.9]
    assert known["wavelength_unit"] == "um"


@pytest.mark.parametrize(
    "arguments", [["missing.mat"], ["--layout", "bil", "x.mat"], ["--variable", "z", "NOISE"]]
)
def test_bad_input_is_one_line_and_status_2(noise, arguments, capsys):
    named = [str(noise) if argument == "NOISE" else argument for argument in arguments]
    assert main(["info", *named]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert len(captured.err.splitlines()) == 1


def test_neither_torch_nor_qt_is_needed(envi):
    script = (
        "import sys; from napari_dgc.cli import main; main(['info', sys.argv[1]]); "
        "sys.exit(bool({'torch', 'napari', 'qtpy', 'PyQt6'} & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(envi)], capture_output=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_every_real_cube_is_described(shared_data, capsys):
    entries = json.loads((shared_data / "EXPECTED.json").read_text())
    for name, entry in entries.items():
        if not name.endswith((".mat", ".hdr")):
            continue
        status = main(["info", str(shared_data / name), "--json"])
        captured = capsys.readouterr()
        if name.endswith("Map.mat"):  # an unfolded image within an object
            assert json.loads(captured.out)["shape"] == [1024, 5, 5]
        elif entry["expect"] == "load":
            assert status == 0, name
            rows, columns, bands = entry["load"]["shape_hwc"]
            assert json.loads(captured.out)["shape"] == [bands, rows, columns], name
        else:
            assert status == 2, name
            assert len(captured.err.splitlines()) == 1, name
