"""The dock "Batch": many scans with the model and classes that are open."""

import csv

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_dgc.annotations.read import read_label_image
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.workspace.commands import NameClasses


@pytest.fixture
def trained(session, labelled, stripes):
    """Two open scans whose classes are named, with a model that can be saved."""
    session.do(NameClasses((5,), "lesion"))
    session.do(NameClasses((1, 2, 3, 4, 6), "healthy tissue"))
    session.model = stripes(clusters=6, epochs=1)
    return session


@pytest.fixture
def season(tmp_path):
    """A folder with three scans, one of them broken, in two days."""
    folder = tmp_path / "season"
    for name in ("day1/p1", "day1/p2", "day2/p3"):
        path = folder / f"{name}.mat"
        path.parent.mkdir(parents=True, exist_ok=True)
        data = np.random.default_rng(0).random((5, 24, 32)).astype(np.float32)
        write_matlab(path, data, np.linspace(400, 1000, 5))
    whole = folder / "day1/p2.mat"
    (tmp_path / "whole.mat").write_bytes(whole.read_bytes())
    whole.write_bytes(whole.read_bytes()[:300])
    return folder


@pytest.fixture
def dock(viewer, qtbot):
    """The dock, shown in a real window, as the user opens it."""
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Batch")
    qtbot.waitExposed(dock)
    return dock


@pytest.fixture
def click(qtbot):
    return lambda button: qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


@pytest.fixture
def add(dock, qtbot, click, monkeypatch):
    """Add a folder as the user does."""

    def add(folder):
        monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_: str(folder))
        click(dock.scans.add_folder)
        qtbot.waitUntil(lambda: dock.scans.looking == 0, timeout=20000)

    return add


@pytest.fixture
def run(dock, qtbot, click):
    """Press Start and wait for the end."""

    def run():
        click(dock.start)
        qtbot.waitUntil(lambda: not dock.batches.running, timeout=30000)

    return run


def type_folder(dock, qtbot, folder):
    dock.out.clear()
    qtbot.keyClicks(dock.out, str(folder))


def shown(dock):
    table = dock.table
    return {
        table.item(row, 0).text(): [table.item(row, 1).text(), table.item(row, 2).text()]
        for row in range(table.rowCount())
    }


def test_without_a_model_it_leads_to_training(dock, two_scans):
    assert dock.empty.isVisible()
    assert "train" in dock.empty.text.text()


def test_a_season_is_labelled_measured_and_gone_on_with(
    dock, trained, season, tmp_path, add, run, qtbot
):
    assert not dock.start.isEnabled()
    add(season)
    assert list(shown(dock)) == ["p1", "p2", "p3"]
    assert not dock.start.isEnabled()
    out = tmp_path / "out"
    type_folder(dock, qtbot, out)
    assert dock.start.isEnabled()
    run()
    found = shown(dock)
    assert [found[name][0] for name in ("p1", "p2", "p3")] == ["labelled", "failed", "labelled"]
    assert found["p1"][1].endswith(" %")
    assert found["p2"][1] == ""
    assert dock.scans.reason.isVisible()
    assert dock.scans.reason.text().startswith("p2: ")
    assert "2 scans done" in dock.summary.text()
    assert "1 failed: select one" in dock.summary.text()
    image = read_label_image(out / "labels" / "p1.tif")
    assert {info.name for info in image.classes} == {"lesion", "healthy tissue"}
    with (out / "severity.csv").open(newline="") as file:
        table = {row["scan"]: float(row["severity_percent"]) for row in csv.DictReader(file)}
    assert list(table) == ["p1", "p3"]
    ill = np.mean([info.name == "lesion" for info in image.classes])
    assert 0 < table["p1"] < 100
    assert ill == 1 / 6
    # The broken one is copied again; what is done stays done.
    (season / "day1" / "p2.mat").write_bytes((tmp_path / "whole.mat").read_bytes())
    run()
    found = shown(dock)
    states = [found[name][0] for name in ("p1", "p2", "p3")]
    assert states == ["done before", "labelled", "done before"]
    assert not dock.scans.reason.isVisible()
    assert "3 scans done" in dock.summary.text()


def test_stopped_it_goes_on_with_the_rest(
    dock, trained, season, tmp_path, add, qtbot, click, run, stripes, monkeypatch
):
    import threading

    go = threading.Event()
    real = stripes.predict

    def predict(self, cube, *, token=None):
        if cube.name == "p3":
            while not token.cancelled and not go.is_set():
                go.wait(0.01)
            if token.cancelled:
                raise InterruptedError
        return real(self, cube, token=token)

    monkeypatch.setattr(stripes, "predict", predict)
    add(season)
    click(dock.measure)
    type_folder(dock, qtbot, tmp_path / "out")
    click(dock.start)
    qtbot.waitUntil(lambda: shown(dock)["p3"][0] == "working …", timeout=20000)
    assert dock.start.text() == "Stop"
    assert not dock.scans.add_files.isEnabled()
    click(dock.start)
    qtbot.waitUntil(lambda: not dock.batches.running, timeout=20000)
    assert "Stopped" in dock.summary.text()
    go.set()
    run()
    assert shown(dock)["p1"][0] == "done before"
    assert shown(dock)["p3"][0] == "labelled"
    assert not (tmp_path / "out" / "severity.csv").exists()


def test_the_last_list_is_offered_another_day(
    dock, viewer, trained, season, tmp_path, add, run, qtbot, click
):
    add(season)
    type_folder(dock, qtbot, tmp_path / "out")
    run()
    click(dock.scans.take_out)
    assert shown(dock) == {}
    assert dock.scans.last.isVisible()
    click(dock.scans.last)
    qtbot.waitUntil(lambda: len(shown(dock)) == 3, timeout=20000)
    assert not dock.scans.last.isVisible()


def test_what_cannot_be_done_is_said(dock, session, trained, season, tmp_path, add, run, qtbot):
    (tmp_path / "none").mkdir()
    add(tmp_path / "none")
    assert "There are no scans" in dock.summary.text()
    add(season)
    file = tmp_path / "file"
    file.write_text("mine")
    type_folder(dock, qtbot, file)
    run()
    assert "choose another folder" in dock.summary.text()
    assert file.read_text() == "mine"
    session.do(NameClasses((1, 2, 3, 4, 5, 6), ""))
    type_folder(dock, qtbot, tmp_path / "out")
    run()
    assert "Severity needs names" in dock.summary.text()
