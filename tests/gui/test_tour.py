"""The tour does the whole job by itself and says what it wrote."""

import csv

import pytest

from napari_dgc.gui import tour


@pytest.fixture
def small(monkeypatch, stripes):
    monkeypatch.setattr("napari_dgc.gui.samples.SIZE", (32, 32))
    monkeypatch.setattr("napari_dgc.gui.samples.BANDS", 21)
    return stripes


def test_tour_writes_pictures_class_maps_and_severity(small, qapp, tmp_path, capsys):
    assert tour.main(["--out", str(tmp_path), "--seed", "1", "--close"]) == 0
    pictures = sorted(path.name for path in tmp_path.glob("*.png"))
    assert pictures == ["01-open.png", "02-training.png", "03-clusters.png", "04-classes.png"]
    with (tmp_path / "severity.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["scan"] for row in rows] == ["healthy_1", "day3_1", "day5_1"]
    assert len(list((tmp_path / "classes").glob("*.tif"))) == 3
    told = capsys.readouterr().out
    assert str(tmp_path / "04-classes.png") in told
    assert small.made[-1].options["seed"] == 1
    assert not [one for one in qapp.topLevelWidgets() if one.isVisible()]


def test_tour_says_when_training_fails(small, qapp, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(small, "fails_in", 1)
    assert tour.main(["--out", str(tmp_path), "--close"]) == 1
    assert "tangled" in capsys.readouterr().out


def test_closing_the_window_ends_the_tour(small, qapp, tmp_path, capsys, monkeypatch):
    import napari
    from qtpy.QtCore import QTimer

    monkeypatch.setattr(small, "pause", 30.0)
    QTimer.singleShot(4000, lambda: napari.current_viewer().close())
    assert tour.main(["--out", str(tmp_path)]) == 0
    assert "was closed" in capsys.readouterr().out
