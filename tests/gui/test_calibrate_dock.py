"""Counts become a reflectance layer by clicking, with references from files or the picture."""

import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError
from napari_dgc.gui import cube_saving
from napari_dgc.gui.calibration.panel_rectangle import TITLE
from napari_dgc.gui.session import TrainingState
from napari_dgc.gui.train_dock import TrainDock

BANDS, ROWS, COLUMNS = 6, 20, 16
SCENE = np.random.default_rng(2).uniform(0.1, 0.9, (BANDS, ROWS, COLUMNS))
SCENE[:, 2:5, 3:9] = 1.0


@pytest.fixture
def folder(tmp_path):
    """A camera's scan with white and dark reference beside it."""
    generator = np.random.default_rng(1)
    gain = generator.integers(1500, 3000, (BANDS, 1, 1)) + np.zeros((1, 1, COLUMNS))
    dark = generator.integers(10, 90, (BANDS, 1, COLUMNS))
    for name, light in (
        ("leaf", SCENE),
        ("white_reference", np.ones((BANDS, 3, COLUMNS))),
        ("dark_reference", np.zeros((BANDS, 3, COLUMNS))),
    ):
        counts = np.rint(gain * light + dark).astype(np.uint16)
        wavelengths = np.linspace(450, 950, BANDS)
        cube = HyperCube(counts, name, wavelengths=wavelengths, wavelength_unit="nm")
        write_envi(cube, tmp_path / f"{name}.hdr")
    return tmp_path


@pytest.fixture
def dock(viewer, qtbot):
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Calibrate to reflectance")
    qtbot.waitExposed(dock)
    yield dock
    for jobs in (dock._jobs, dock.saver._jobs):
        qtbot.waitUntil(lambda jobs=jobs: jobs._thread is None, timeout=5000)


@pytest.fixture
def leaf(dock, session, folder):
    return session.add_cube_layers(open_cube(folder / "leaf.hdr"))


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def ready(qtbot, dock):
    qtbot.waitUntil(dock.calibrate.isEnabled, timeout=10000)


def reflectance_of(session):
    scan = session.scans[-1]
    return scan, scan.cube.read(slice(None), slice(None))


def test_without_a_scan_it_says_what_to_do(dock):
    assert "Open a scan" in dock.message.text()
    assert not dock.calibrate.isEnabled()


def test_references_beside_the_scan_are_filled_in(dock, session, leaf, qtbot):
    assert dock.sources.white.path.name == "white_reference.hdr"
    assert dock.sources.dark.path.name == "dark_reference.hdr"
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    scan, values = reflectance_of(session)
    assert len(session.scans) == 2
    assert scan.name == "leaf reflectance"
    np.testing.assert_allclose(values, SCENE, atol=1e-3)
    assert not isinstance(scan.image.data, np.ndarray)  # computed when it is looked at
    np.testing.assert_allclose(np.asarray(scan.image.data[2]), SCENE[2], atol=1e-3)
    assert scan.composite is not None


def test_the_preview_shows_a_column_before_and_after(dock, leaf, qtbot):
    ready(qtbot, dock)
    curves = dock.plot.curves

    def shown(column):
        x, y = curves["reflectance"].getData()
        return x is not None and len(x) and np.allclose(y, SCENE[:, :, column].mean(1), atol=1e-3)

    qtbot.waitUntil(lambda: shown(COLUMNS // 2), timeout=5000)
    dock.column.setValue(3)
    assert dock.column_title.text() == "Column 3"
    qtbot.waitUntil(lambda: shown(3), timeout=5000)
    x, counts = curves["scan"].getData()
    np.testing.assert_allclose(x, np.linspace(450, 950, BANDS))
    np.testing.assert_allclose(counts, leaf.cube.read(slice(None), slice(3, 4)).mean(axis=(1, 2)))
    white, dark = (curves[name].getData()[1] for name in ("white", "dark"))
    assert (white > counts).all() and (counts > dark).all()


def test_a_rectangle_on_the_picture(dock, session, viewer, leaf, qtbot):
    dock.sources.kind.setCurrentIndex(1)
    assert "Draw rectangle" in dock.message.text()
    click(qtbot, dock.sources.draw)
    layer = viewer.layers[TITLE]
    assert viewer.layers.selection.active is layer
    assert layer.mode == "add_rectangle"
    layer.add_rectangles(np.array([[1.6, 2.6], [4.4, 8.4]]))
    assert "Rows 2–4, columns 3–8: one reference for all columns" in dock.sources.where.text()
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    _, values = reflectance_of(session)
    np.testing.assert_allclose(values, SCENE, atol=0.06)
    np.testing.assert_allclose(values[:, 2:5, 3:9].mean(axis=(1, 2)), 1, atol=0.02)


def test_a_rectangle_follows_a_scan_that_lies_elsewhere(dock, session, viewer, leaf, qtbot):
    other = session.add_cube_layers(HyperCube(leaf.cube.data, "second"))
    dock.sources.scan.setCurrentText("second")
    dock.sources.kind.setCurrentIndex(1)
    click(qtbot, dock.sources.draw)
    layer = viewer.layers[TITLE]
    place = np.array(other.image.translate[-2:])
    assert place.any()
    corners = [layer.world_to_data(place + corner) for corner in ((0, 0), (1, COLUMNS - 1))]
    layer.add_rectangles(np.array(corners))
    assert f"Rows 0–1, columns 0–{COLUMNS - 1}: each column its own" in dock.sources.where.text()


def test_options_change_the_result(dock, session, leaf, qtbot):
    dock.sources.form.panel.setValue(0.5)
    dock.sources.form.exposure.setValue(20)
    dock.sources.form.white_exposure.setValue(10)
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    _, values = reflectance_of(session)
    np.testing.assert_allclose(values, SCENE / 4, atol=1e-3)


def test_a_reference_is_chosen_in_a_dialog(dock, session, leaf, folder, monkeypatch, qtbot):
    dock.sources.dark.set_path(None)
    asked = []

    def choose(parent, title, start):
        asked.append((title, start))
        return str(folder / "dark_reference.dat"), ""

    monkeypatch.setattr(QFileDialog, "getOpenFileName", choose)
    click(qtbot, dock.sources.dark.button)
    assert asked == [("Dark reference", str(folder))]
    ready(qtbot, dock)
    assert "no dark reference" not in dock.message.text()


def test_what_does_not_fit_is_said_in_one_sentence(dock, leaf, folder, qtbot):
    write_envi(HyperCube(np.ones((3, 2, COLUMNS), np.uint16), "few"), folder / "few.hdr")
    dock.sources.white.set_path(folder / "few.hdr")
    qtbot.waitUntil(lambda: "has 3 bands" in dock.message.text(), timeout=10000)
    assert not dock.calibrate.isEnabled()
    dock.sources.white.set_path(folder / "absent.hdr")
    qtbot.waitUntil(lambda: "absent.hdr" in dock.message.text(), timeout=10000)
    assert str(folder) not in dock.message.text()


def test_reflectance_takes_the_place_of_counts_in_training(
    dock, viewer, session, stripes, leaf, qtbot
):
    train = TrainDock(viewer)
    viewer.window.add_dock_widget(train, name="DGC: train")
    assert train.scans.checked() == [leaf]
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    scan, _ = reflectance_of(session)
    assert train.scans.checked() == [scan]
    train.options.epochs.setValue(1)
    click(qtbot, train.train)
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10000)
    assert scan.labels is not None
    assert leaf.labels is None
    train.scans.item(0).setCheckState(Qt.CheckState.Checked)
    session.scans_changed.emit()
    assert train.scans.checked() == [leaf, scan]


def test_the_same_calibration_is_opened_once(dock, session, leaf, qtbot):
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    click(qtbot, dock.calibrate)
    assert [scan.name for scan in session.scans] == ["leaf", "leaf reflectance"]
    assert "“leaf reflectance”" in dock.message.text()
    assert "open already" in dock.message.text()


def test_calibrating_again_takes_the_place_of_the_first_result(dock, viewer, session, leaf, qtbot):
    train = TrainDock(viewer)
    viewer.window.add_dock_widget(train, name="DGC: train")
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    dock.sources.form.panel.setValue(0.5)
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    assert len(session.scans) == 3
    assert train.scans.checked() == session.scans[-1:]
    for scan in session.scans:
        np.testing.assert_array_equal(scan.composite.translate, scan.image.translate[-2:])


def test_a_scan_that_is_reflectance_is_not_calibrated(dock, session, leaf, folder, qtbot):
    session.add_cube_layers(HyperCube(SCENE.astype(np.float32), "done"))
    dock.sources.scan.setCurrentText("done")
    dock.sources.white.set_path(folder / "white_reference.hdr")
    qtbot.waitUntil(lambda: "done already is reflectance" in dock.message.text(), timeout=10000)
    assert not dock.calibrate.isEnabled()


def test_both_themes_are_taken(dock, viewer, leaf, qtbot):
    for theme in ("light", "dark"):
        viewer.theme = theme
        text = dock.plot.counts.getAxis("left").textPen().color().name()
        from napari.utils.theme import get_theme

        assert text == get_theme(theme).text.as_hex()[:7]


def answer(monkeypatch, path):
    """The next file dialogs are answered with this path; returns what they proposed."""
    proposed = []

    def choose(parent, title, start, kinds):
        proposed.append(start)
        return str(path), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", choose)
    return proposed


def test_reflectance_is_saved_with_all_bands(dock, session, leaf, folder, monkeypatch, qtbot):
    assert not dock.saver.button.isEnabled()
    ready(qtbot, dock)
    proposed = answer(monkeypatch, folder / "out")
    click(qtbot, dock.saver.button)
    qtbot.waitUntil(lambda: "Written to" in dock.saver.message.text(), timeout=10000)
    assert proposed == [str(folder / "leaf reflectance.hdr")]
    assert dock.saver.button.text() == "Save…"
    assert not dock.saver.bar.isVisible()
    saved = open_cube(folder / "out.hdr")
    np.testing.assert_allclose(saved.read(slice(None), slice(None)), SCENE, atol=1e-3)
    np.testing.assert_array_equal(saved.wavelengths_nm, leaf.cube.wavelengths_nm)


@pytest.mark.parametrize("name", ["leaf", "white_reference", "dark_reference"])
def test_counts_are_never_saved_over(dock, leaf, folder, monkeypatch, qtbot, name):
    before = (folder / f"{name}.dat").read_bytes()
    ready(qtbot, dock)
    answer(monkeypatch, folder / f"{name}.hdr")
    click(qtbot, dock.saver.button)
    assert "choose another name" in dock.saver.message.text()
    assert not dock.saver.writing
    assert (folder / f"{name}.dat").read_bytes() == before


def test_saving_can_be_stopped(dock, leaf, folder, monkeypatch, qtbot):
    ready(qtbot, dock)
    begun, go_on = threading.Event(), threading.Event()
    original = cube_saving.write_envi

    def slow(*args, progress, **options):
        def told(done):
            progress(done)
            begun.set()
            go_on.wait(10)

        return original(*args, progress=told, **options)

    monkeypatch.setattr(cube_saving, "write_envi", slow)
    answer(monkeypatch, folder / "out.hdr")
    click(qtbot, dock.saver.button)
    assert begun.wait(10)
    qtbot.waitUntil(lambda: dock.saver.bar.value() == dock.saver.bar.maximum())
    dock.sources.form.panel.setValue(0.5)  # another calibration; what is written goes on
    assert dock.saver.button.text() == "Stop"
    click(qtbot, dock.saver.button)
    go_on.set()
    qtbot.waitUntil(lambda: dock.saver._jobs._thread is None)
    assert "nothing was written" in dock.saver.message.text()
    assert not dock.saver.bar.isVisible()
    assert not list(folder.glob("*out*"))


def test_the_layer_is_saved_in_the_menu_of_napari(dock, session, viewer, leaf, folder, qtbot):
    ready(qtbot, dock)
    click(qtbot, dock.calibrate)
    viewer.layers.selection = {session.scans[-1].image}
    written = viewer.layers.save(str(folder / "menu.hdr"), selected=True)
    assert written == [str(folder / "menu.hdr"), str(folder / "menu.dat")]
    saved = open_cube(folder / "menu.hdr")
    np.testing.assert_allclose(saved.read(slice(None), slice(None)), SCENE, atol=1e-3)
    np.testing.assert_array_equal(saved.wavelengths_nm, leaf.cube.wavelengths_nm)
    viewer.layers.selection = {session.scans[-1].composite}
    with pytest.raises(UserError, match="holds no bands of a scan"):
        viewer.layers.save(str(folder / "colours.hdr"), selected=True)
    assert not (folder / "colours.hdr").exists()


def test_saturated_and_dead_pixels_of_each_scan_are_in_a_table(dock, session, leaf, folder, qtbot):
    ready(qtbot, dock)
    bright = np.asarray(leaf.cube.data).copy()
    bright[:, 7] = 65535
    broken = np.asarray(open_cube(folder / "white_reference.hdr").data).copy()
    broken[3, :, 5:7] = 0
    for name, counts in (("bright", bright), ("white_broken", broken)):
        write_envi(HyperCube(counts, name), folder / f"{name}.hdr")
    session.add_cube_layers(open_cube(folder / "bright.hdr"))
    dock.sources.scan.setCurrentText("bright")
    dock.sources.white.set_path(folder / "white_broken.hdr")
    ready(qtbot, dock)

    def row(number):
        return [dock.flagged.item(number, column).text() for column in range(4)]

    assert dock.flagged.isVisible()
    assert row(0) == ["leaf", "0 %", "0", "0"]
    assert row(1) == ["bright", "5 % (5 %)", "2", "0"]
    assert "About 5 % of the samples are saturated" in dock.message.text()
