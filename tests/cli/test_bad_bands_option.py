"""``--bad-bands`` leaves bands out, whatever the command."""

import json

import numpy as np
import pytest
from scipy.io import savemat

from napari_dgc.cli import main
from napari_dgc.cubes.read import open_cube


def bad_bands(path, capsys, *options):
    assert main(["info", str(path), "--json", *options]) == 0
    return json.loads(capsys.readouterr().out)["bad_bands"]


def test_bands_are_named_by_number_and_wavelength(scans, capsys):
    assert bad_bands(scans[0], capsys) == []
    # Six bands from 400 to 1000 nm.
    assert bad_bands(scans[0], capsys, "--bad-bands", "1-2, 850-1000 nm") == [0, 1, 4, 5]


def test_bands_that_the_file_marks_stay_out(tmp_path, capsys):
    (tmp_path / "scan.raw").write_bytes(bytes(2 * 3 * 4 * 4))
    header = tmp_path / "scan.hdr"
    header.write_text(
        "ENVI\nsamples = 4\nlines = 3\nbands = 4\ndata type = 12\ninterleave = bil\n"
        "byte order = 0\nheader offset = 0\nbbl = {0, 1, 1, 1}\n"
    )
    assert bad_bands(header, capsys, "--bad-bands", "3") == [0, 2]


def test_converted_cube_knows_its_bad_bands(scans, tmp_path):
    out = tmp_path / "out.hdr"
    assert main(["convert", str(scans[0]), "--out", str(out), "--bad-bands", "2, 6"]) == 0
    assert open_cube(out).bad_bands == (1, 5)


def test_training_leaves_them_out(stand_in, scans, tmp_path, monkeypatch):
    seen = []

    def fit_iter(self, cubes, **options):
        seen.extend(cube.bad_bands for cube in cubes)
        yield from original(self, cubes, **options)

    original = stand_in.fit_iter
    monkeypatch.setattr(stand_in, "fit_iter", fit_iter)
    paths = [str(path) for path in scans]
    model = str(tmp_path / "model")
    assert main(["train", *paths, "--model", model, "--epochs", "1", "--bad-bands", "1"]) == 0
    assert seen == [(0,), (0,)]


@pytest.mark.parametrize(
    ("bands", "said"),
    [("7", "numbered 1 to 6"), ("1-6", "leaves no band"), ("red", "“red”")],
)
def test_nonsense_is_told_in_one_sentence(scans, capsys, bands, said):
    assert main(["info", str(scans[0]), "--bad-bands", bands]) == 2
    error = capsys.readouterr().err
    assert said in error and len(error.strip().splitlines()) == 1


def test_wavelengths_of_scans_without_any_are_asked_for(tmp_path, capsys):
    path = tmp_path / "plain.mat"
    savemat(path, {"cube": np.random.default_rng(0).random((6, 7, 8)).astype(np.float32)})
    layout = ["--layout", "row-column-band"]
    assert main(["info", str(path), *layout, "--bad-bands", "400-500 nm"]) == 2
    assert "by number instead" in capsys.readouterr().err
