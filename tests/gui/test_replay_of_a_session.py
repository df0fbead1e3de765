"""A session in a real window, saved as a project and done again without one: the same bytes."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QColorDialog, QFileDialog

from napari_dgc.cli import main
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.gui.projects.keeper import get_keeper
from napari_dgc.gui.session import TrainingState
from napari_dgc.measure.leaves import Cut, LeafEdits
from napari_dgc.project import Project
from napari_dgc.workspace import commands as do

CONTROL = Qt.KeyboardModifier.ControlModifier
ROWS, COLUMNS, BANDS = 40, 48, 8


def write_leaf(path, seed):
    """A leaf with three lesions and a vein, eight bands, a little noise."""
    random = np.random.default_rng(seed)
    kinds = np.zeros((ROWS, COLUMNS), int)
    kinds[4:36, 5:43] = 1
    kinds[19:21, 5:43] = 3
    for _ in range(3):
        row, column = random.integers(6, 14), random.integers(8, 36)
        kinds[row : row + 5, column : column + 5] = 2
    spectra = np.random.default_rng(7).uniform(0.1, 0.9, (4, BANDS))
    cube = spectra[kinds].transpose(2, 0, 1) + random.normal(0, 0.02, (BANDS, ROWS, COLUMNS))
    write_matlab(path, cube.astype(np.float32), np.linspace(450, 950, BANDS))
    return str(path)


@pytest.fixture
def click(qtbot):
    def click(widget):
        qtbot.waitUntil(widget.isEnabled, timeout=5000)
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton)

    return click


@pytest.fixture
def done(session, qtbot):
    """Wait for the end of a training."""

    def done():
        qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=60_000)

    return done


def train_with_breaks(dock, session, qtbot, click, done):
    """Train, resume, look back, and go on from an earlier epoch."""
    dock.options.method.setCurrentIndex(dock.options.method.findData("kmeans"))
    dock.options.device.setCurrentIndex(dock.options.device.findData("cpu"))
    for box, number in (("clusters", 8), ("epochs", 2), ("seed", 3)):
        spin = getattr(dock.options, box)
        spin.setFocus()
        spin.selectAll()
        qtbot.keyClicks(spin, str(number))
    click(dock.train)
    done()
    dock.options.epochs.setValue(4)
    click(dock.resume)
    done()
    dock.epoch_row.slider.setValue(1)
    dock.options.epochs.setValue(5)
    click(dock.epoch_row.go_on)
    done()
    assert session.model.epoch == 5


def edit_classes(merge, session, qtbot, click, click_rows, monkeypatch):
    """Merge, split, cut, name, recolour, undo and redo, with buttons and keys."""
    monkeypatch.setattr(QColorDialog, "getColor", lambda *_, **__: QColor("#3366aa"))

    def numbers():
        return [info.number for info in session.partition.classes]

    def key(*arguments):
        qtbot.keyClick(merge.table, *arguments)

    for turn in range(8):
        one, two = numbers()[turn % 2], numbers()[-1]
        click_rows(merge, one, two)
        click(merge.buttons.merge)
        click_rows(merge, one)
        click(merge.names.buttons[("lesion", "halo", "healthy tissue")[turn % 3]])
        key(Qt.Key.Key_C, Qt.KeyboardModifier.ShiftModifier)
        if turn % 2:
            click(merge.buttons.undo)
            click(merge.buttons.undo)
            click(merge.buttons.redo)
            key(Qt.Key.Key_Y, CONTROL)
        else:
            click_rows(merge, numbers()[0])
            if merge.buttons.split.isEnabled():
                click(merge.buttons.split)
    for value in (5, 3, 6, 4, 7, 2):
        merge.slider.setFocus()
        merge.edits.begin_cut()
        merge.edits.cut(value)
    fine = session.partition.clusters
    session.do(do.SetClasses("fine again", session.partition.fine(fine).classes))


def name_by_spectra(merge, session, click, click_rows):
    """Name each fine cluster after what the middle of the first scan shows."""
    maps = session.scans[0].fine
    background = {int(n) for n in np.unique(maps[:3])}
    vein = {int(n) for n in np.unique(maps[19:21, 8:40])} - background
    leaf = {int(n) for n in np.unique(maps[24:34, 8:40])} - background - vein
    for info in session.partition.classes:
        (number,) = info.members
        name = (
            "background"
            if number in background
            else "halo"
            if number in vein
            else "healthy tissue"
            if number in leaf
            else "lesion"
        )
        click_rows(merge, number)
        click(merge.names.buttons[name])
    assert "lesion" in {info.name for info in session.partition.classes}


def measured(dock):
    """Whether the figures are those of now."""
    scans = dock.session.labelled
    return not dock.measuring.busy and all(dock.measuring.current(scan) for scan in scans)


def edit_lesions(dock, session, qtbot):
    """Turn the boxes of the mask, split a leaf, describe scans, undo and redo."""
    for name, times in (("least_area", 2), ("fill_holes", 3), ("smooth", 1)):
        box = dock.masks.boxes[name]
        dock.tabs.setCurrentWidget(dock.masks)
        box.setFocus()
        for _ in range(times):
            qtbot.keyClick(box, Qt.Key.Key_Up)
        # Another box in between, so that each is a step.
        dock.masks.checks["split_touching"].click()
    session.undo()
    session.redo()
    cut = Cut(28.0, 1.0, 28.0, 46.0)
    session.do(do.EditLeaves(session.scans[1].key, LeafEdits((cut,), least_area=20)))
    for number, scan in enumerate(session.scans):
        for size in (0.2, 0.25):
            details = session.work.details_of(scan.key)
            told = {"plant": f"plant {number}", "pixel_size_mm": size}
            session.do(do.DescribeScan(type(details)(**{**vars(details), **told})))


def paint(viewer, session, qtbot, drag):
    """Strokes of napari's brush, one of them taken back."""
    for number, scan in enumerate(session.scans):
        layer = scan.labels
        viewer.layers.selection.active = layer
        layer.mode, layer.brush_size = "paint", 2
        for column, info in zip((10, 20, 30), session.partition.classes, strict=False):
            layer.selected_label = info.number
            drag(layer, [(30, column), (30, column + 4 + number)])
        layer.mode = "pan_zoom"
    session.undo()


def export(merge, qtbot, folder, click):
    """Write classes and lesions as TIFF."""
    panel = merge.export
    panel.folder.setText(str(folder))
    for name, entry in panel.formats.entries.items():
        entry.setChecked(name == "tif")
    click(panel.button)
    qtbot.waitUntil(lambda: not panel.writing, timeout=30_000)


@pytest.mark.usefixtures("no_dialog_stays_open")
def test_a_session_by_hand_comes_out_byte_for_byte(
    viewer, session, qtbot, activate, click, click_rows, done, drag, tmp_path, monkeypatch, capsys
):
    data = tmp_path / "season" / "data"
    data.mkdir(parents=True)
    files = [write_leaf(data / f"leaf_{number}.mat", number) for number in (1, 2)]
    viewer.open(files, plugin="napari-dgc")
    viewer.window.show()
    _, train = viewer.window.add_plugin_dock_widget("napari-dgc", "DGC: train")
    train_with_breaks(train, session, qtbot, click, done)
    _, merge = viewer.window.add_plugin_dock_widget("napari-dgc", "Merge clusters")
    qtbot.waitExposed(merge)
    merge.table.setFocus()
    activate(merge)
    edit_classes(merge, session, qtbot, click, click_rows, monkeypatch)
    name_by_spectra(merge, session, click, click_rows)
    viewer.window._qt_viewer.show()
    viewer.reset_view()
    qtbot.wait(50)
    paint(viewer, session, qtbot, drag)
    _, lesions = viewer.window.add_plugin_dock_widget("napari-dgc", "Lesions and severity")
    qtbot.waitExposed(lesions)
    edit_lesions(lesions, session, qtbot)
    assert len(session.history.commands) >= 50
    kinds = {type(command).__name__ for command in session.history.commands}
    assert kinds >= {"MergeClasses", "NameClasses", "RecolourClass", "PaintClasses", "SetMask"}
    assert kinds >= {"CutTree", "EditLeaves", "DescribeScan", "SetClasses"}
    qtbot.waitUntil(lambda: measured(lesions), timeout=30_000)
    out = tmp_path / "by hand"
    table = out / "severity.csv"
    out.mkdir()
    monkeypatch.setattr(
        QFileDialog, "getSaveFileName", lambda *_, **__: (str(table), "CSV (*.csv)")
    )
    click(lesions.save)
    qtbot.waitUntil(lambda: (out / "severity_settings.csv").is_file(), timeout=30_000)
    export(merge, qtbot, out / "labels", click)
    merge.export.what.setCurrentIndex(merge.export.what.findData("lesions"))
    export(merge, qtbot, out / "lesions", click)

    project = tmp_path / "season" / "project"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(project), ""))
    train.project.save.click()
    qtbot.waitUntil(lambda: not get_keeper(session).busy, timeout=30_000)
    assert "saved" in train.project.state.text(), train.message.text()
    assert len(Project.open(project).history().commands) == len(session.history.commands)

    again = tmp_path / "again"
    assert main(["replay", str(project), "--out", str(again)]) == 0
    assert "all is as it was" in capsys.readouterr().err
    ours, theirs = contents(out), contents(again)
    assert ours.keys() == theirs.keys()
    assert {"labels/leaf_1.tif", "lesions/leaf_2_lesions.tif", "severity.csv"} <= ours.keys()
    assert [name for name in ours if ours[name] != theirs[name]] == []


def contents(folder):
    """Return all results in a folder; what tells times is left out."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file() and not path.name.endswith(".provenance.json"):
            lines = path.read_bytes().splitlines(keepends=True)
            dated = path.name == "severity_settings.csv"
            name = path.relative_to(folder).as_posix()
            found[name] = b"".join(
                line for line in lines if not (dated and line.startswith(b"written,"))
            )
    return found
