"""The tour goes from clusters to a table of lesions by itself, with a picture of each step."""

import csv
from itertools import pairwise

import numpy as np
import pytest
from imageio.v3 import imread

from napari_dgc.gui import lesion_tour

PICTURES = [
    "10-trained.png",
    "11-clusters.png",
    "12-named.png",
    "13-lesions.png",
    "14-saving.png",
    "15-saved.png",
    "16-similar.png",
    "17-explain.png",
    "18-tree.png",
]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr("napari_dgc.gui.samples.SIZE", (48, 48))
    monkeypatch.setattr("napari_dgc.gui.samples.BANDS", 61)
    monkeypatch.setattr(lesion_tour, "CLUSTERS", 8)
    monkeypatch.setattr(lesion_tour, "EPOCHS", 1)


def test_tour_of_lesions_writes_a_table_and_nine_pictures(small, qapp, tmp_path, capsys):
    out = tmp_path / "out"
    assert lesion_tour.main(["--out", str(out), "--seed", "0", "--theme", "light", "--close"]) == 0
    assert sorted(path.name for path in out.glob("*.png")) == PICTURES
    pictures = [imread(out / name)[..., :3] for name in PICTURES]
    for picture in pictures:
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 500
        # the light theme: most of the window is bright
        assert np.median(picture[:, :200]) > 180
    for before, after in pairwise(pictures):
        assert before.shape != after.shape or (before != after).any(axis=-1).mean() > 0.005
    with (out / "severity.csv").open(newline="") as file:
        rows = {row["scan"]: row for row in csv.DictReader(file)}
    assert list(rows) == ["healthy_1", "day3_1", "day5_1"]
    assert int(rows["day5_1"]["lesion_count"]) > 0
    told = capsys.readouterr().out
    assert all(str(out / name) in told for name in [*PICTURES, "severity.csv"])
    assert not [one for one in qapp.topLevelWidgets() if one.isVisible()]


def test_tour_of_lesions_says_when_training_fails(
    small, stripes, qapp, tmp_path, capsys, monkeypatch
):
    monkeypatch.setattr(stripes, "fails_in", 1)
    assert lesion_tour.main(["--out", str(tmp_path), "--close"]) == 1
    assert "tangled" in capsys.readouterr().out
