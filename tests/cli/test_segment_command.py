"""``segment``: one label map per scan."""

from pathlib import Path

import numpy as np
import pytest
import tifffile

from napari_dgc.annotations import read_class_table, read_label_image, read_labels
from napari_dgc.cli import main
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.cubes.read import open_cube
from napari_dgc.partition.template import NameTemplate, Role, TemplateName, write_template

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def model(stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture) -> Path:
    folder = tmp_path / "model"
    arguments = [*map(str, scans), "--model", str(folder), "--epochs", "1", "--clusters", "9"]
    assert main(["train", *arguments]) == 0
    capsys.readouterr()
    return folder


def segment(scans: list[Path], model: Path, out: Path, *options: str) -> int:
    return main(["segment", *map(str, scans), "--model", str(model), "--out", str(out), *options])


@pytest.mark.parametrize("kind", ["tif", "npy", "png"])
def test_one_map_per_scan_named_after_it(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture, kind: str
) -> None:
    out = tmp_path / "maps"
    assert segment(scans, model, out, "--format", kind) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed == [str(out / f"first.{kind}"), str(out / f"second.{kind}")]
    notes = ["segment.batch.jsonl", "segment.provenance.json"]
    files = [f"first.{kind}", f"second.{kind}", *notes]
    assert sorted(path.name for path in out.iterdir()) == files
    first, second = (read_labels(Path(path)) for path in printed)
    assert first.shape == second.shape == (10, 12)
    assert first.min() == 1
    assert first.max() == 9
    assert np.argwhere(second == 0).tolist() == [[3, 4]]


def test_classes_are_counted_without_gaps(model: Path, scans: list[Path], tmp_path: Path) -> None:
    assert segment(scans, model, tmp_path / "maps", "--classes", "3") == 0
    labels = read_labels(tmp_path / "maps" / "first.tif")
    assert np.unique(labels).tolist() == [1, 2, 3]
    fine_out = tmp_path / "fine"
    segment(scans, model, fine_out)
    fine = read_labels(fine_out / "first.tif")
    # A cut only merges: every fine cluster lies in one class.
    assert all(len(np.unique(labels[fine == k])) == 1 for k in np.unique(fine))


def test_more_classes_than_clusters_are_refused(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert segment(scans, model, tmp_path / "maps", "--classes", "10") == 2
    assert "from 1 to 9" in capsys.readouterr().err
    assert not (tmp_path / "maps").exists()


def test_two_scans_of_one_name_are_refused_before_any_work(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    other = tmp_path / "other" / scans[0].name
    other.parent.mkdir()
    write_matlab(other, np.ones((6, 4, 4), np.float32), np.linspace(400, 1000, 6))
    assert segment([*scans, other], model, tmp_path / "maps") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "named first" in err
    assert not (tmp_path / "maps").exists()


def test_a_folder_without_model_is_refused(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert segment(scans, tmp_path, tmp_path / "maps") == 2
    assert "There is no model" in capsys.readouterr().err


def test_an_interrupt_keeps_the_maps_so_far(
    model: Path,
    scans: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stand_in: type[Clusterer],
) -> None:
    real = stand_in.predict

    def predict(self: Clusterer, cube: object, *, token: object = None) -> object:
        if getattr(cube, "name", "") == "second":
            raise InterruptedError
        return real(self, cube, token=token)

    monkeypatch.setattr(stand_in, "predict", predict)
    assert segment(scans, model, tmp_path / "maps") == 130
    written = sorted(path.name for path in (tmp_path / "maps").iterdir())
    assert written == ["first.tif", "segment.batch.jsonl"]


def confidence_of_bins(
    self: Clusterer, cube: object, *, groups: object = None, token: object = None
) -> np.ndarray:
    labels = self.predict(cube)  # type: ignore[arg-type]
    # Says which table it was asked with.
    values = np.asarray(groups)[labels] / 10
    return np.where(labels > 0, values, np.nan).astype(np.float32)


def test_confidence_lies_beside_each_map(
    model: Path,
    scans: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    stand_in: type[Clusterer],
    capsys: Capture,
) -> None:
    from tifffile import imread

    monkeypatch.setattr(stand_in, "predict_confidence", confidence_of_bins)
    out = tmp_path / "maps"
    assert segment(scans, model, out, "--classes", "3", "--confidence", "--format", "png") == 0
    printed = capsys.readouterr().out.splitlines()
    names = ["first.png", "first_confidence.tif", "second.png", "second_confidence.tif"]
    assert printed == [str(out / name) for name in names]
    labels, values = read_labels(out / "second.png"), imread(out / "second_confidence.tif")
    assert values.dtype == np.float32
    assert np.argwhere(np.isnan(values)).tolist() == [[3, 4]]
    # Asked for the classes that are written, not for the fine clusters.
    np.testing.assert_allclose(values[labels > 0], labels[labels > 0] / 10)
    # Evaluating the folder afterwards says nothing about the maps of confidence.
    truth = tmp_path / "truth"
    segment(scans, model, truth)
    capsys.readouterr()
    assert main(["evaluate", "--pred", str(out), "--truth", str(truth)]) == 0
    assert "left out" not in capsys.readouterr().err


def test_a_method_without_confidence_says_so(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "maps"
    assert segment(scans, model, out, "--confidence") == 2
    assert "gives no confidence" in capsys.readouterr().err
    assert list(out.iterdir()) == []


def test_the_number_of_classes_can_be_left_to_the_tree(
    model: Path, scans: list[Path], tmp_path: Path
) -> None:
    assert segment(scans, model, tmp_path / "maps", "--classes", "auto") == 0
    labels = read_labels(tmp_path / "maps" / "first.tif")
    assert 2 <= len(np.unique(labels)) <= 8


def test_scans_are_never_written_over(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    picture = tmp_path / "leaf.tif"
    cube = open_cube(scans[0])
    tifffile.imwrite(picture, np.asarray(cube.data), photometric="minisblack")
    header = tmp_path / "bands.hdr"
    write_envi(cube, header)
    before = picture.read_bytes()
    options = ("--wavelengths", str(header), "--layout", "band-row-column")
    assert segment([picture], model, tmp_path, *options) == 2
    assert "leaf.tif is a scan that is read here" in capsys.readouterr().err
    assert picture.read_bytes() == before
    assert segment([picture], model, tmp_path, *options, "--format", "png") == 0


def test_suggested_names_come_with_a_table(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "maps"
    assert segment(scans, model, out, "--suggest", "--classes", "3") == 0
    printed = capsys.readouterr().out.splitlines()
    names = ("first.tif", "first_classes.csv", "second.tif", "second_classes.csv")
    assert printed == [str(out / name) for name in names]
    # Nothing is clear about these clusters, so that nothing is named.
    assert set(read_class_table(out / "first_classes.csv").values()) == {""}


def test_suggested_names_have_roles(
    model: Path, scans: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # What is named lies with the suggestions; here it is one class.
    monkeypatch.setattr(
        "napari_dgc.measure.suggest.suggest_names",
        lambda summary, partition, wavelengths: partition.rename(1, "halo"),
    )
    template = tmp_path / "t.json"
    halo = TemplateName("halo", Role.DISEASED, "#123456")
    write_template(template, NameTemplate("Strict", (halo,)))
    out = tmp_path / "maps"
    options = ("--suggest", "--classes", "3", "--template", str(template))
    assert segment(scans, model, out, *options) == 0
    (found,) = (one for one in read_label_image(out / "first.tif").classes if one.name)
    assert (found.name, found.role, found.colour) == ("halo", Role.DISEASED, "#123456")


def test_template_without_names_is_refused(
    model: Path, scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert segment(scans, model, tmp_path / "maps", "--template", "t.json") == 2
    assert "--suggest" in capsys.readouterr().err
