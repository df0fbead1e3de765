"""Every command that writes results says beside them how they were made."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_dgc.annotations.read import holds_labels
from napari_dgc.cli import main
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.hashes import sha256_of
from napari_dgc.provenance import Provenance, write_provenance

Capture = pytest.CaptureFixture[str]


def runs(path: Path) -> list[dict]:
    return json.loads(path.read_text())["runs"]


@pytest.fixture
def maps(stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture) -> Path:
    model, out = tmp_path / "model", tmp_path / "maps"
    names = list(map(str, scans))
    assert main(["train", *names, "--model", str(model), "--epochs", "1", "--clusters", "9"]) == 0
    assert main(["segment", *names, "--model", str(model), "--out", str(out)]) == 0
    capsys.readouterr()
    return out


def test_segment_names_scans_model_and_seed(maps: Path, scans: list[Path]) -> None:
    (run,) = runs(maps / "segment.provenance.json")
    assert run["command"] == "segment"
    assert (run["method"], run["seed"]) == ("dgc", 0)
    assert run["configuration"]["clusters"] == 9
    model = maps.parent / "model" / "model.json"
    assert run["model_sha256"] == sha256_of(model.read_bytes())
    assert run["scans"]["first"][0]["sha256"] == sha256_of(scans[0].read_bytes())
    assert run["settings"]["format"] == "tif"
    assert run["files"] == {
        f"{name}.tif": sha256_of((maps / f"{name}.tif").read_bytes())
        for name in ("first", "second")
    }


def test_results_of_earlier_runs_in_a_folder_keep_theirs(
    maps: Path, scans: list[Path], tmp_path: Path
) -> None:
    model = str(tmp_path / "model")
    again = ["segment", str(scans[0]), "--model", model, "--classes", "3", "--out", str(maps)]
    assert main(again) == 0
    earlier, later = runs(maps / "segment.provenance.json")
    assert list(earlier["files"]) == ["second.tif"]
    assert list(later["files"]) == ["first.tif"]
    assert (earlier["settings"]["classes"], later["settings"]["classes"]) == (None, 3)


@pytest.mark.parametrize("name", ["severity.xlsx", "severity.csv", "report.html"])
def test_tables_and_reports_name_their_maps(maps: Path, tmp_path: Path, name: str) -> None:
    (maps / "classes.csv").write_text(
        "label,name\n" + "".join(f"{n},healthy tissue\n" for n in range(1, 9)) + "9,lesion\n"
    )
    out = tmp_path / "out" / name
    command = "report" if name.endswith("html") else "measure"
    assert main([command, str(maps), "--out", str(out)]) == 0
    (run,) = runs(out.with_suffix("").with_suffix(".provenance.json"))
    assert run["command"] == command
    read = [*run["inputs"], *(one for hashes in run["scans"].values() for one in hashes)]
    assert {one["name"] for one in read} >= {"first.tif", "second.tif"}
    assert run["files"][name] == sha256_of(out.read_bytes())


def test_exports_name_their_maps(maps: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    files = [str(maps / "first.tif"), str(maps / "second.tif")]
    assert main(["export", *files, "--format", "coco", "masks", "--out", str(out)]) == 0
    (run,) = runs(out / "export.provenance.json")
    assert "annotations_coco.json" in run["files"]
    assert any(name.startswith("first_masks/") for name in run["files"])
    # In a folder of annotations such a file is none.
    assert not holds_labels(out / "export.provenance.json")


def evaluated(maps: Path, scans: list[Path], out: Path) -> list[str]:
    files = [f"--{kind}={out / f'figures.{kind}'}" for kind in ("json", "csv", "html")]
    return ["evaluate", "--pred", str(maps), "--truth", str(maps), "--resamples", "0", *files]


def compared(maps: Path, scans: list[Path], out: Path) -> list[str]:
    table = str(out / "figures.csv")
    given = ["--model", str(maps.parent / "model"), "--maps", str(maps), "--csv", table]
    return ["compare", *map(str, scans), *given, "--out", str(out / "maps")]


def chosen(maps: Path, scans: list[Path], out: Path) -> list[str]:
    files = ["--json", str(out / "a.json"), "--csv", str(out / "b.csv")]
    return ["choose-k", *map(str, scans), "--range", "2", "3", *files]


@pytest.mark.parametrize(
    ("command", "records", "read"),
    [
        (evaluated, ["figures"], {"first.tif", "second.tif"}),
        (compared, ["figures", "maps/compare"], {"model.json", "first.tif", "first.mat"}),
        (chosen, ["a", "b"], {"first.mat", "second.mat"}),
    ],
)
def test_figures_tell_how_they_were_made(
    command: Callable[[Path, list[Path], Path], list[str]],
    records: list[str],
    read: set[str],
    maps: Path,
    scans: list[Path],
    tmp_path: Path,
) -> None:
    out = tmp_path / "out"
    arguments = command(maps, scans, out)
    assert main(arguments) == 0
    made = set()
    for record in (out / f"{name}.provenance.json" for name in records):
        (run,) = runs(record)
        assert run["command"] == arguments[0]
        known = [*run["inputs"], *(one for hashes in run["scans"].values() for one in hashes)]
        assert {one["name"] for one in known} >= read
        for name, found in run["files"].items():
            assert found == sha256_of((record.parent / name).read_bytes())
            made.add(record.parent / name)
    written = {path for path in out.rglob("*") if path.is_file()}
    assert {path for path in written if not path.name.endswith(".provenance.json")} == made


@pytest.mark.parametrize(
    "content", ["", "[]", '{"format": 1}', '{"runs": [{"files": {"../x": 1}}]}']
)
def test_what_is_damaged_is_replaced(tmp_path: Path, content: str) -> None:
    path = tmp_path / "maps.provenance.json"
    path.write_text(content)
    (tmp_path / "a.tif").write_bytes(b"x")
    write_provenance(path, [tmp_path / "a.tif"], Provenance("segment"))
    assert [list(run["files"]) for run in runs(path)] == [["a.tif"]]
