"""``choose-k``: table, recommendation, files, and what is refused."""

import csv
import json
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.cli import choose_k, main
from napari_dgc.clustering import choice, method_names
from napari_dgc.clustering import choose_k as engine
from napari_dgc.cubes.matlab_writer import write_matlab

Capture = pytest.CaptureFixture[str]


@pytest.fixture
def leaf(tmp_path: Path) -> Path:
    """A scan of three materials."""
    random = np.random.default_rng(0)
    spectra = random.uniform(0.1, 0.9, (3, 12))
    data = spectra[np.repeat(np.arange(30) // 10, 24).reshape(30, 24)].transpose(2, 0, 1)
    path = tmp_path / "leaf.mat"
    data = data + random.normal(0, 0.02, data.shape)
    write_matlab(path, data.astype(np.float32), np.linspace(400, 1000, 12))
    return path


def test_a_table_and_a_number_with_its_reason(leaf: Path, tmp_path: Path, capsys: Capture) -> None:
    files = ["--json", str(tmp_path / "k.json"), "--csv", str(tmp_path / "k.csv")]
    assert main(["choose-k", str(leaf), "--range", "2", "5", *files]) == 0
    out, err = capsys.readouterr()
    lines = out.splitlines()
    assert lines[0].split() == ["clusters", "silhouette", "stability", "SD", "BIC"]
    assert [line.split()[0] for line in lines[1:5]] == ["2", "3", "4", "5"]
    assert lines[5] == "recommended: 3"
    assert lines[6].startswith("With 3 clusters")
    assert "720 pixels of 1 scan" in err
    document = json.loads((tmp_path / "k.json").read_text())
    assert document["recommended"] == 3
    assert document["reason"] == lines[6]
    with (tmp_path / "k.csv").open(newline="") as file:
        table = list(csv.DictReader(file))
    assert [int(row["clusters"]) for row in table] == [2, 3, 4, 5]
    for row, kept in zip(table, document["measured"], strict=True):
        assert {key: float(value) for key, value in row.items()} == kept


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--range", "5", "3"], "the smaller one first"),
        (["--range", "1", "3"], "from 2 to 64"),
        (["--range", "2", "65"], "from 2 to 64"),
        (["--method", "dgc"], "dgc"),
        (["--json", "."], "folder"),
    ],
)
def test_bad_options_end_in_one_line(
    leaf: Path, capsys: Capture, options: list[str], said: str
) -> None:
    assert main(["choose-k", str(leaf), *options]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert said in err


def test_command_and_engine_agree_on_methods_and_bounds() -> None:
    assert tuple(engine.METHODS) == choose_k.METHODS
    assert tuple(choice.METHOD_TITLES) == choose_k.METHODS
    assert choose_k.BOUNDS == (choice.LEAST, choice.MOST)
    assert choose_k.RANGE == choice.USUAL
    assert set(engine.METHODS) <= set(method_names())
