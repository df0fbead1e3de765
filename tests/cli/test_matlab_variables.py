"""``--variable`` and ``--layout`` reach everything that a MATLAB file can hold."""

import json

import numpy as np
import pytest
import scipy.io

from napari_dgc.cli import main


@pytest.fixture
def path(tmp_path):
    """A struct with a leaf, a stack of three scans, and unfolded pixels of another size."""
    rng = np.random.default_rng(0)
    leaf = rng.random((20, 30, 12))
    content = {
        "scan": {"data": leaf, "wavelength": np.linspace(400, 700, 12)},
        "days": rng.random((20, 30, 12, 3)),
        "Y": rng.random((12, 8 * 9)),
        "rows": 8,
        "cols": 9,
    }
    scipy.io.savemat(tmp_path / "all.mat", content)
    return tmp_path / "all.mat"


@pytest.mark.parametrize(
    ("variable", "options", "shape"),
    [
        ("scan.data", [], [12, 20, 30]),
        ("days(:,:,:,2)", ["--layout", "row-column-band"], [12, 20, 30]),
        ("Y", ["--layout", "row-by-row"], [12, 8, 9]),
    ],
)
def test_each_is_opened_by_its_name(path, capsys, variable, options, shape):
    assert main(["info", str(path), "--json", "--variable", variable, *options]) == 0
    known = json.loads(capsys.readouterr().out)
    assert (known["variable"], known["shape"]) == (variable, shape)


def test_what_there_is_to_choose_from_is_listed(path, capsys):
    assert main(["info", str(path)]) == 2
    message = capsys.readouterr().err
    assert "--variable" in message
    assert "“scan.data”" in message
    assert "“days(:,:,:,1)”" in message


def test_unpacking_is_told(path, capsys, tmp_path, monkeypatch):
    from napari_dgc.cubes.matlab import inflate

    monkeypatch.setattr(inflate, "IN_MEMORY", 0)
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(tmp_path / "cache"))
    leaf = np.random.default_rng(0).random((20, 30, 12))
    scipy.io.savemat(tmp_path / "packed.mat", {"leaf": leaf}, do_compression=True)
    assert main(["info", str(tmp_path / "packed.mat"), "--layout", "row-column-band"]) == 0
    assert "unpacking packed.mat" in capsys.readouterr().err


def test_the_size_of_a_flattened_cube_is_given_by_its_option(capsys, tmp_path):
    pixels = np.random.default_rng(0).random((20 * 30, 12))
    scipy.io.savemat(tmp_path / "flat.mat", {"Y": pixels})
    np.save(tmp_path / "flat.npy", pixels)
    for name in ("flat.mat", "flat.npy"):
        path = str(tmp_path / name)
        assert main(["info", path]) == 2
        message = capsys.readouterr().err
        assert len(message.splitlines()) == 1
        assert "600×12" in message
        assert "--rows-columns ROWS COLUMNS" in message
        assert main(["info", "--json", "--rows-columns", "20", "30", path]) == 0
        assert json.loads(capsys.readouterr().out)["shape"] == [12, 20, 30]
        assert main(["info", path, "--rows-columns", "20", "31"]) == 2
        assert "20×31 = 620 pixels" in capsys.readouterr().err
    assert main(["info", path, "--rows-columns", "0", "30"]) == 2
    assert "whole number of at least 1" in capsys.readouterr().err
