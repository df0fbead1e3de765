"""Projects in the window: saved, opened again, elsewhere, without some scans; nothing is lost."""

import shutil

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox, QPushButton

from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.gui.docking import enclosing_dock
from napari_dgc.gui.projects import asking, commands
from napari_dgc.gui.projects.keeper import get_keeper
from napari_dgc.gui.projects.record import get_record
from napari_dgc.gui.projects.view import train_dock_of
from napari_dgc.gui.session import TrainingState
from napari_dgc.project import Project
from napari_dgc.workspace import Stroke
from napari_dgc.workspace import commands as do

ROWS, COLUMNS, BANDS = 20, 26, 6


def write_leaf(path, seed):
    random = np.random.default_rng(seed)
    kinds = np.zeros((ROWS, COLUMNS), int)
    kinds[3:17, 3:23] = 1
    kinds[6:10, 8 + seed : 13 + seed] = 2
    spectra = np.random.default_rng(7).uniform(0.1, 0.9, (3, BANDS))
    cube = spectra[kinds].transpose(2, 0, 1) + random.normal(0, 0.02, (BANDS, ROWS, COLUMNS))
    path.parent.mkdir(parents=True, exist_ok=True)
    write_matlab(path, cube.astype(np.float32), np.linspace(450, 950, BANDS))
    return str(path)


@pytest.fixture
def dock(viewer, qtbot, told):
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "DGC: train")
    qtbot.waitExposed(dock)
    return dock


@pytest.fixture
def season(tmp_path):
    return tmp_path / "season"


@pytest.fixture
def trained(dock, viewer, session, season, qtbot):
    """Two scans from files, three epochs, and some work on them."""
    files = [write_leaf(season / "data" / f"leaf_{number}.mat", number) for number in (1, 2)]
    viewer.open(files, plugin="napari-dgc")
    options = {"method": "kmeans", "clusters": 5, "epochs": 3, "seed": 4, "device": "cpu"}
    dock.options.choose(options)
    qtbot.mouseClick(dock.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=60_000)
    where = np.zeros((ROWS, COLUMNS), bool)
    where[:3, :3] = True
    session.do(do.NameClasses((1,), "lesion"))
    session.do(do.PaintClasses(session.scans[0].key, Stroke.of(where, np.full(where.shape, 2))))
    session.do(do.MergeClasses((2, 3)))
    session.undo()
    return session


@pytest.fixture
def saved(trained, dock, season, qtbot, monkeypatch):
    """The same, saved as a project; its folder."""
    folder = season / "project"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(folder), ""))
    qtbot.mouseClick(dock.project.save, Qt.MouseButton.LeftButton)
    wait_saved(trained, qtbot)
    return folder


def wait_saved(session, qtbot):
    qtbot.waitUntil(lambda: not get_keeper(session).busy, timeout=30_000)


def work_of(session):
    """All that must be there again."""
    return (
        [(scan.key, scan.name, scan.cube.path) for scan in session.scans],
        [np.array(scan.labels.data).tolist() for scan in session.scans],
        session.work,
        session.history.titles,
        session.history.redo_title,
    )


def answer_box(qtbot, text):
    """Press the button of the next question that is called so."""

    def press():
        box = QApplication.activeModalWidget()
        if not isinstance(box, QMessageBox):
            return False
        names = {button.text().replace("&", ""): button for button in box.findChildren(QPushButton)}
        names[text].click()
        return True

    from qtpy.QtCore import QTimer

    timer = QTimer()
    timer.timeout.connect(lambda: timer.stop() if press() else None)
    timer.start(20)
    return timer


def test_all_is_there_again_in_a_new_window(
    saved, trained, viewer, make_napari_viewer, qtbot, told
):
    from napari_dgc.gui.session import get_session

    before = work_of(trained)
    other = make_napari_viewer()
    session = get_session(other)
    assert asking.open_and_tell(session, saved)
    assert work_of(session) == before
    assert session.scans[0].predicted is not None
    assert (session.scans[0].fine[:3, :3] == 2).all()
    train = train_dock_of(session)
    expected = {"method": "kmeans", "clusters": 5, "epochs": 3, "seed": 4, "device": "cpu"}
    assert expected.items() <= train.options.choices().items()
    assert train.project.state.text() == "Project project: saved"
    assert len(train.plot.curve_data("unexplained")[0]) == 3
    assert session.model.epoch == 3
    assert [kept.epoch for kept in get_record(session).epochs.kept] == [1, 2, 3]
    session.redo()
    assert session.history.undo_title.startswith("merge")
    for _ in range(3):
        session.undo()
    assert (session.scans[0].fine == session.scans[0].predicted).all()
    assert session.partition.class_of(1).name == ""
    assert not told["error"]


def test_it_is_said_whether_all_is_saved(saved, trained, dock, qtbot):
    assert dock.project.state.text() == "Project project: saved"
    trained.do(do.NameClasses((2,), "halo"))
    assert dock.project.state.text() == "Project project: unsaved changes"
    trained.undo()
    assert dock.project.state.text() == "Project project: saved"
    trained.scans[0].image.name = "the first"
    assert dock.project.state.text() == "Project project: unsaved changes"
    qtbot.mouseClick(dock.project.save, Qt.MouseButton.LeftButton)
    wait_saved(trained, qtbot)
    assert dock.project.state.text() == "Project project: saved"
    assert Project.open(saved).scan("leaf_1").name == "the first"


def test_the_view_comes_back(saved, trained, dock, viewer, qtbot):
    viewer.window.add_plugin_dock_widget("napari-dgc", "Merge clusters")
    trained.scans[0].composite.visible = False
    trained.scans[1].labels.opacity = 0.3
    viewer.layers.selection.active = trained.scans[0].image
    viewer.dims.set_current_step(0, 4)
    viewer.camera.zoom, viewer.camera.center = 7.5, (0.0, 11.0, 12.0)
    dock.options.epochs.setValue(9)
    get_keeper(trained).save()
    wait_saved(trained, qtbot)
    order = [layer.name for layer in viewer.layers]
    enclosing_dock(dock).hide()
    viewer.layers.move(0, 3)
    assert asking.open_and_tell(trained, saved)
    assert [layer.name for layer in viewer.layers] == order
    assert not trained.scans[0].composite.visible
    assert trained.scans[1].labels.opacity == pytest.approx(0.3)
    assert viewer.layers.selection.active is trained.scans[0].image
    assert viewer.dims.current_step[0] == 4
    assert viewer.camera.zoom == pytest.approx(7.5)
    assert viewer.camera.center[1:] == pytest.approx((11.0, 12.0))
    assert train_dock_of(trained).options.epochs.value() == 9
    qtbot.waitUntil(lambda: not enclosing_dock(train_dock_of(trained)).isHidden())


def test_a_view_that_makes_no_sense_is_passed_over(saved, trained, viewer):
    view = {
        "layers": [1, {"scan": 3}, {"scan": "leaf_1", "role": "cube"}],
        "camera": {"zoom": "near", "center": [1], "angles": None},
        "dims": {"ndisplay": 7, "step": ["x"]},
        "docks": ["dgc_no_dock", 4],
        "front": "dgc",
        "train": {"clusters": -4, "method": [1], "epochs": 10**12, "unchecked": 3},
        "superseded": "leaf_1 leaf_2",
    }
    Project.open(saved).with_view(view).save()
    assert asking.open_and_tell(trained, saved)
    assert len(trained.scans) == 2 and trained.model.epoch == 3


def test_moved_scans_are_asked_for_once(saved, trained, season, tmp_path, qtbot, monkeypatch):
    before = [np.array(scan.cube.data[0]) for scan in trained.scans]
    shutil.move(season / "data", tmp_path / "disk")
    asked = []

    def where(_parent, title, *_, **__):
        asked.append(title)
        return str(tmp_path / "disk")

    monkeypatch.setattr(QFileDialog, "getExistingDirectory", where)
    timer = answer_box(qtbot, "Choose folder…")
    assert asking.open_and_tell(trained, saved)
    timer.stop()
    assert len(asked) == 1
    for scan, values in zip(trained.scans, before, strict=True):
        assert scan.cube.path.parent == tmp_path / "disk"
        np.testing.assert_array_equal(scan.cube.data[0], values)


def test_cancelling_leaves_all_as_it_is(saved, trained, season, tmp_path, qtbot):
    trained.do(do.NameClasses((2,), "halo"))
    before = work_of(trained)
    shutil.move(season / "data", tmp_path / "disk")
    timer = answer_box(qtbot, "Cancel")
    assert not asking.open_and_tell(trained, saved)
    timer.stop()
    assert work_of(trained) == before


def test_scans_that_are_left_out_stay_in_the_project(saved, trained, season, dock, qtbot, told):
    lost = season / "data" / "leaf_2.mat"
    shutil.move(lost, season / "leaf_2.mat")
    timer = answer_box(qtbot, "Open without them")
    assert asking.open_and_tell(trained, saved)
    timer.stop()
    assert [scan.key for scan in trained.scans] == ["leaf_1"]
    assert any("leaf_2.mat" in sentence for sentence in told["error"])
    trained.do(do.NameClasses((2,), "halo"))
    get_keeper(trained).save()
    wait_saved(trained, qtbot)
    shutil.move(season / "leaf_2.mat", lost)
    project = Project.open(saved)
    assert project.keys == ("leaf_1", "leaf_2")
    assert project.labels("leaf_2") is not None and not project.missing()
    assert project.training.scans == ("leaf_1", "leaf_2")


def test_changed_files_are_named(saved, trained, season, qtbot, told):
    write_leaf(season / "data" / "leaf_2.mat", 5)
    assert asking.open_and_tell(trained, saved)
    qtbot.waitUntil(lambda: bool(told["error"]), timeout=10_000)
    (sentence,) = told["error"]
    assert "leaf_2.mat has changed" in sentence and "leaf_1" not in sentence


def test_unsaved_work_is_asked_about(saved, trained, qtbot, monkeypatch):
    trained.do(do.NameClasses((2,), "halo"))
    box = QMessageBox.StandardButton
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(saved))
    monkeypatch.setattr(QMessageBox, "question", lambda *_: box.Cancel)
    asking.open_where_asked(trained)
    assert trained.history.undo_title == "name “halo”"
    monkeypatch.setattr(QMessageBox, "question", lambda *_: box.Save)
    asking.open_where_asked(trained)
    assert trained.history.undo_title == "name “halo”"
    trained.undo()
    monkeypatch.setattr(QMessageBox, "question", lambda *_: box.Discard)
    asking.open_where_asked(trained)
    assert trained.history.undo_title == "name “halo”"


def test_another_project_is_replaced_only_when_allowed(
    saved, trained, dock, season, qtbot, monkeypatch
):
    other = season / "other"
    shutil.copytree(saved, other)
    content = (other / "project.json").read_bytes()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(other), ""))
    box = QMessageBox.StandardButton
    monkeypatch.setattr(QMessageBox, "question", lambda *_: box.Cancel)
    trained.do(do.NameClasses((2,), "halo"))
    qtbot.mouseClick(dock.project.save_as, Qt.MouseButton.LeftButton)
    wait_saved(trained, qtbot)
    assert (other / "project.json").read_bytes() == content
    monkeypatch.setattr(QMessageBox, "question", lambda *_: box.Yes)
    qtbot.mouseClick(dock.project.save_as, Qt.MouseButton.LeftButton)
    wait_saved(trained, qtbot)
    assert Project.open(other).work() == trained.work
    assert dock.project.state.text() == "Project other: saved"


def test_what_somebody_else_saved_is_not_replaced(saved, trained, dock, qtbot, told):
    theirs = Project.open(saved)
    theirs.with_view({"camera": {}}).save()
    trained.do(do.NameClasses((2,), "halo"))
    qtbot.mouseClick(dock.project.save, Qt.MouseButton.LeftButton)
    wait_saved(trained, qtbot)
    assert "saved by another window" in told["error"][-1]
    assert dock.project.state.text() == "Project project: unsaved changes"


def test_a_damaged_project_changes_nothing(saved, trained, told):
    before = work_of(trained)
    (saved / "project.json").write_text("{}")
    assert not asking.open_and_tell(trained, saved)
    assert "damaged" in told["error"][-1]
    assert work_of(trained) == before


def test_scans_without_a_file_are_saved_inside(
    dock, session, make_cube, tmp_path, viewer, qtbot, told
):
    scans = [session.add_cube_layers(make_cube(name)) for name in ("healthy", "sick")]
    values = [np.array(scan.cube.data) for scan in scans]
    keeper = get_keeper(session)
    assert dock.project.state.text() == "Project"
    keeper.save(tmp_path / "project")
    wait_saved(session, qtbot)
    assert asking.open_and_tell(session, tmp_path / "project")
    assert [scan.name for scan in session.scans] == ["healthy", "sick"]
    for scan, before in zip(session.scans, values, strict=True):
        np.testing.assert_array_equal(scan.cube.data, before)
    assert session.work is None and session.model is None and not told["error"]


def test_a_project_without_a_model_takes_the_place_of_one_with(
    saved, trained, dock, tmp_path, make_cube, qtbot
):
    plain = Project.create(tmp_path / "plain", {"new": make_cube("new")}).save()
    assert asking.open_and_tell(trained, plain.folder)
    assert [scan.name for scan in trained.scans] == ["new"]
    assert trained.model is None and trained.history is None
    assert dock.train.text() == "Train" and not dock.epoch_row.isVisibleTo(dock)
    assert asking.open_and_tell(trained, saved)
    assert len(trained.scans) == 2 and trained.partition.class_of(1).name == "lesion"


def test_training_has_to_end_before(stripes, dock, session, two_scans, tmp_path, qtbot, told):
    dock.options.epochs.setValue(500)
    qtbot.mouseClick(dock.train, Qt.MouseButton.LeftButton)
    assert not dock.project.save.isEnabled()
    get_keeper(session).save(tmp_path / "project")
    assert "Training runs" in told["error"][-1]
    qtbot.mouseClick(dock.train, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not session.state.running, timeout=10_000)
    assert dock.project.save.isEnabled()


def test_menu_commands_save_and_open(trained, viewer, season, qtbot, monkeypatch):
    folder = season / "by menu"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_, **__: (str(folder), ""))
    commands.save()
    wait_saved(trained, qtbot)
    trained.do(do.NameClasses((2,), "halo"))
    commands.save()  # where it is, unasked
    wait_saved(trained, qtbot)
    trained.undo()
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *_, **__: str(folder))
    discard = QMessageBox.StandardButton.Discard
    monkeypatch.setattr(QMessageBox, "question", lambda *_: discard)
    commands.open_()
    assert trained.partition.class_of(2).name == "halo"
