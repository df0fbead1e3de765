from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_dgc.cli import main
from napari_dgc.clustering import get_method
from napari_dgc.cubes.read import open_cube
from napari_dgc.provenance import is_provenance

SMALL = ["--size", "24", "28", "--bands", "40", "--seed", "3"]


@pytest.fixture
def quick(monkeypatch):
    kind = get_method("dsc")
    real = kind.__init__

    def quickly(self, **options):
        real(self, **({"steps": 3, "sample": 1000, "width": 16, "batch": 64} | options))

    monkeypatch.setattr(kind, "__init__", quickly)


def files(folder: Path) -> set[str]:
    """Return all files in a folder but those that say how others were made."""
    found = [path for path in folder.rglob("*") if path.is_file() and not is_provenance(path)]
    return {path.relative_to(folder).as_posix() for path in found}


@pytest.mark.parametrize(("scene", "classes"), [("nebula", 4), ("xrf", 6)])
def test_simulated_counts_open_again_and_come_with_truth(tmp_path, capsys, scene, classes):
    assert main(["simulate", str(tmp_path), "--scene", scene, "--repeat", "2", *SMALL]) == 0
    printed = {Path(p).relative_to(tmp_path).as_posix() for p in capsys.readouterr().out.split()}
    names = [f"{scene}_{number}" for number in (1, 2)]
    assert printed == files(tmp_path)
    assert printed == {"truth/classes.csv"} | {
        path for n in names for path in (f"{n}.hdr", f"{n}.dat", f"truth/{n}.tif")
    }
    cube = open_cube(tmp_path / f"{scene}_1.hdr")
    assert cube.data.shape == (40, 24, 28)
    assert cube.data.dtype == np.uint16
    assert tifffile.imread(tmp_path / "truth" / f"{scene}_1.tif").shape == (24, 28)
    assert len((tmp_path / "truth" / "classes.csv").read_text().splitlines()) == classes + 1
    # Energies must not be taken for wavelengths.
    assert (cube.wavelengths is None) == (scene == "xrf")
    assert scene != "xrf" or cube.band_names[0] == "E0.60keV"


def test_severity_is_for_leaves(tmp_path, capsys):
    assert main(["simulate", str(tmp_path), "--scene", "xrf", "--severity", "3"]) == 2
    assert "leaf" in capsys.readouterr().err


def test_train_finds_the_number_of_clusters_and_denoise_writes_cube_and_images(
    tmp_path, capsys, quick
):
    assert main(["simulate", str(tmp_path / "in"), "--scene", "xrf", *SMALL]) == 0
    cube, model, out = tmp_path / "in" / "xrf_1.hdr", tmp_path / "model", tmp_path / "out"
    train = ["train", str(cube), "--model", str(model), "--method", "dsc", "--device", "cpu"]
    capsys.readouterr()
    assert main([*train, "--epochs", "1"]) == 0
    assert "clusters by their silhouette (2: " in capsys.readouterr().err
    assert main([*train, "--epochs", "2", "--resume", "--clusters", "auto"]) == 0
    capsys.readouterr()
    assert main(["denoise", str(cube), "--model", str(model), "--out", str(out)]) == 0
    printed = {Path(path).name for path in capsys.readouterr().out.split()}
    endings = ("denoised.hdr", "denoised.dat", "before.tif", "after.tif")
    assert printed == files(out) == {f"xrf_1_{ending}" for ending in endings}
    before, after = (tifffile.imread(out / f"xrf_1_{which}.tif") for which in ("before", "after"))
    counts = np.asarray(open_cube(cube).data[:], float)
    np.testing.assert_allclose(before, counts.sum(axis=0), rtol=1e-5)
    denoised = open_cube(out / "xrf_1_denoised.hdr")
    assert denoised.data.dtype == np.float32
    np.testing.assert_allclose(after, np.asarray(denoised.data[:]).sum(axis=0), rtol=1e-4)


def test_methods_without_a_decoder_and_without_a_choice_of_their_own_say_so(
    tmp_path, capsys, scans
):
    model = tmp_path / "model"
    train = ["train", str(scans[0]), "--model", str(model), "--method", "kmeans"]
    assert main([*train, "--clusters", "auto"]) == 2
    assert "kmeans does not find the number" in capsys.readouterr().err
    assert main([*train, "--clusters", "3", "--epochs", "1"]) == 0
    capsys.readouterr()
    out = tmp_path / "out"
    assert main(["denoise", str(scans[0]), "--model", str(model), "--out", str(out)]) == 2
    complaint = capsys.readouterr().err
    assert "kmeans" in complaint
    assert "--method dsc" in complaint
    assert not out.exists()
