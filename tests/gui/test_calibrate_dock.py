"""Counts become a reflectance layer by clicking, with references from files or the picture."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.read import open_cube
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
    qtbot.waitUntil(lambda: dock._jobs._thread is None, timeout=5000)


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
