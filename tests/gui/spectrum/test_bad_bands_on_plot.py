"""Bands are marked bad by a drag, by a list and by their noise; training leaves them out."""

import numpy as np
import pytest
from qtpy.QtCore import QEvent, QPointF, Qt
from qtpy.QtGui import QMouseEvent
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.read import open_cube
from napari_dgc.gui.layers import COMPANION_KEY, CUBE_KEY

BANDS = 13  # 400, 450, ... 1000 nm


@pytest.fixture
def scans(session, make_leaf):
    """Two scans of 13 bands, and one of other bands."""
    return [session.add_cube_layers(make_leaf(n, b)) for n, b in (("a", 13), ("b", 13), ("c", 4))]


@pytest.fixture
def panel(scans, spectrum, mouse, viewer, qtbot):
    """The panel of bad bands, opened for the first scan."""
    viewer.layers.selection.active = scans[0].image
    spectrum.options.bad.click()
    qtbot.waitUntil(lambda: spectrum.bad.panel.ratios is not None, timeout=4000)
    spectrum.plot.show_all()
    return spectrum.bad.panel


@pytest.fixture
def drag(spectrum, qtbot):
    """Drag over the plot with the mouse, from one wavelength to another."""

    def perform(first, last):
        plot, box = spectrum.plot, spectrum.plot.box
        low, high = box.viewRange()[1]

        def send(kind, x, held):
            scene = box.mapViewToScene(QPointF(x, low + 0.3 * (high - low)))
            point = QPointF(plot.mapFromScene(scene))
            no, left = Qt.MouseButton.NoButton, Qt.MouseButton.LeftButton
            event = QMouseEvent(
                kind, point, plot.viewport().mapToGlobal(point),
                no if kind == QEvent.Type.MouseMove else left, left if held else no,
                Qt.KeyboardModifier.NoModifier,
            )  # fmt: skip
            QApplication.sendEvent(plot.viewport(), event)
            qtbot.wait(10)

        send(QEvent.Type.MouseMove, first, False)
        send(QEvent.Type.MouseButtonPress, first, True)
        for part in () if first == last else (0.3, 0.6, 1.0):
            send(QEvent.Type.MouseMove, first + part * (last - first), True)
        send(QEvent.Type.MouseButtonRelease, last, False)

    return perform


def shades(dock):
    return [shade.getRegion() for shade in dock.plot._shades if shade.isVisible()]


def test_drag_marks_bands_of_all_scans_alike(panel, scans, drag, spectrum):
    drag(640, 760)
    assert [scan.cube.bad_bands for scan in scans] == [(5, 6, 7), (5, 6, 7), ()]
    assert panel.list.text() == "6-8"
    assert shades(spectrum) == [(625, 775)]


def test_drag_that_begins_on_a_bad_band_makes_good(panel, scans, drag, spectrum):
    drag(640, 760)
    drag(760, 690)
    assert scans[0].cube.bad_bands == (5,)
    drag(510, 860)
    assert scans[0].cube.bad_bands == (2, 3, 4, 5, 6, 7, 8, 9)


def test_click_marks_one_band(panel, scans, drag):
    drag(610, 610)
    assert scans[0].cube.bad_bands == (4,)
    drag(590, 590)
    assert scans[0].cube.bad_bands == ()


def test_one_scan_alone_when_the_box_is_unticked(panel, scans, drag):
    assert panel.together.text() == "and 1 other"
    panel.together.click()
    drag(400, 460)
    assert [scan.cube.bad_bands for scan in scans] == [(0, 1), (), ()]


def test_undo_takes_one_change_of_all_scans_back(panel, scans, drag):
    drag(400, 460)
    drag(900, 1000)
    assert scans[1].cube.bad_bands == (0, 1, 10, 11, 12)
    panel.undo.click()
    assert [scan.cube.bad_bands for scan in scans] == [(0, 1), (0, 1), ()]
    panel.undo.click()
    assert [scan.cube.bad_bands for scan in scans] == [(), (), ()]
    assert not panel.undo.isEnabled()


def test_layers_and_training_know_of_it(panel, scans, drag, session, stripes):
    drag(400, 460)
    scan = scans[0]
    assert scan.image.metadata[CUBE_KEY] is scan.cube
    assert scan.composite.metadata[COMPANION_KEY] is scan.cube
    assert scan.cube.good_bands.tolist() == list(range(2, BANDS))


@pytest.mark.parametrize(
    ("text", "bands"),
    [("1-3, 7", (0, 1, 2, 6)), ("700-800 nm; 13", (6, 7, 8, 12)), ("", ())],
)
def test_list_is_taken_as_typed(panel, scans, qtbot, text, bands):
    panel.list.setText("5")
    panel.list.setModified(True)
    panel.list.editingFinished.emit()
    assert scans[0].cube.bad_bands == (4,)
    panel.list.setFocus()
    panel.list.selectAll()
    qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
    qtbot.keyClicks(panel.list, text)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert scans[0].cube.bad_bands == scans[1].cube.bad_bands == bands


@pytest.mark.parametrize(
    ("text", "said"), [("1-99", "numbered 1 to 13"), ("x", "“x”"), ("1-13", "has to stay good")]
)
def test_nonsense_in_the_list_changes_nothing(panel, scans, qtbot, text, said):
    panel.list.setFocus()
    qtbot.keyClicks(panel.list, text)
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert scans[0].cube.bad_bands == ()
    assert said in panel.message.text() and panel.message.isVisible()
    panel.list.clear()
    qtbot.keyClicks(panel.list, "2")
    qtbot.keyClick(panel.list, Qt.Key.Key_Return)
    assert scans[0].cube.bad_bands == (1,) and not panel.message.isVisible()


def test_list_of_the_file_is_shown(session, make_leaf, spectrum, mouse, viewer, qtbot):
    session.add_cube_layers(make_leaf("marked", 13, bad_bands=(0, 1, 2, 9)))
    assert shades(spectrum) == [(375, 525), (825, 875)]
    spectrum.options.bad.click()
    assert spectrum.bad.panel.list.text() == "1-3, 10"


def test_curves_leave_bad_bands_out(panel, scans, drag, mouse, spectrum, qtbot):
    drag(640, 760)
    spectrum.options.bad.click()
    mouse.move(scans[0], 9, 9)
    curve = spectrum.sources.cursor.curve
    qtbot.waitUntil(lambda: spectrum.plot.drawn(curve) is not None, timeout=2000)
    values = spectrum.plot.drawn(curve).getData()[1]
    assert np.flatnonzero(np.isnan(values)).tolist() == [5, 6, 7]


def test_panel_is_for_dragging_only_while_open(panel, scans, drag, spectrum):
    spectrum.options.bad.click()
    drag(640, 760)
    assert scans[0].cube.bad_bands == ()
    assert not panel.isVisible() and not spectrum.bad.noise.visible


@pytest.fixture
def noisy(session, viewer, spectrum, mouse, qtbot):
    """A scan whose first two bands are hardly more than noise."""
    rng = np.random.default_rng(2)
    scene = rng.uniform(0.3, 0.6, (1, 40, 40)) * np.linspace(0.8, 1.2, BANDS)[:, None, None]
    noise = np.full((BANDS, 1, 1), 0.003)
    noise[:2] = 0.6
    values = (scene + noise * rng.normal(size=(BANDS, 40, 40))).astype(np.float32)
    cube = HyperCube(values, "noisy", np.linspace(400, 1000, BANDS), "nm")
    scan = session.add_cube_layers(cube)
    spectrum.options.bad.click()
    qtbot.waitUntil(lambda: spectrum.bad.panel.ratios is not None, timeout=4000)
    return scan


def test_noise_is_drawn_and_suggests_bands(noisy, spectrum, qtbot):
    panel = spectrum.bad.panel
    assert spectrum.bad.noise.visible
    x, y = spectrum.bad.noise._curve.getData()
    assert len(x) == BANDS and y[0] < 0 < 1 < y[5]
    panel.suggest.click()
    assert noisy.cube.bad_bands == (0, 1)
    panel.undo.click()
    assert noisy.cube.bad_bands == ()


def test_suggestion_waits_for_the_noise(noisy, spectrum, qtbot):
    panel = spectrum.bad.panel
    panel.ratios, panel._estimated = None, ()
    panel.suggest.click()
    assert noisy.cube.bad_bands == () and panel.message.text() == "Estimating the noise …"
    panel.estimate()
    qtbot.waitUntil(lambda: noisy.cube.bad_bands == (0, 1), timeout=4000)
    assert not panel.message.isVisible()


def test_suggestion_keeps_what_was_marked_by_hand(noisy, spectrum, drag):
    panel = spectrum.bad.panel
    drag(900, 900)
    panel.suggest.click()
    assert noisy.cube.bad_bands == (0, 1, 10)
    # Another threshold: the suggestion before is taken back first.
    panel.lowest.setValue(1)
    panel.ratios = np.where(np.arange(BANDS) == 4, 0.5, 100.0)
    panel.suggest.click()
    assert noisy.cube.bad_bands == (4, 10)


def test_closed_panel_estimates_nothing(scans, spectrum, mouse, qtbot, reads):
    qtbot.wait(100)
    assert reads == []
    spectrum.options.bad.click()
    qtbot.waitUntil(lambda: spectrum.bad.panel.ratios is not None, timeout=4000)
    count = len(reads)
    assert count > 0
    spectrum.bad.edits.mark([3], True)
    qtbot.wait(100)
    assert len(reads) == count  # marking changes no noise


# -------------------------------------------------------------------- saving


@pytest.fixture
def on_disk(tmp_path, session, spectrum, mouse):
    """An ENVI scan that was opened from its file, with the panel open."""
    values = np.random.default_rng(0).random((6, 8, 9)).astype("<f4")
    values.tofile(tmp_path / "leaf.raw")
    (tmp_path / "leaf.hdr").write_text(
        "ENVI\nsamples = 9\nlines = 8\nbands = 6\nheader offset = 0\ndata type = 4\n"
        "interleave = bsq\nbyte order = 0\ncamera = mine\n"
    )
    scan = session.add_cube_layers(open_cube(tmp_path / "leaf.hdr"))
    spectrum.options.bad.click()
    return scan


def test_header_is_saved_with_the_bad_bands(on_disk, spectrum, tmp_path, monkeypatch):
    panel = spectrum.bad.panel
    assert panel.save.text() == "Save header…"
    spectrum.bad.edits.mark([1, 5], True)
    asked = []

    def answer(*arguments):
        asked.append(arguments[2])
        return QMessageBox.StandardButton.Save

    monkeypatch.setattr(QMessageBox, "question", answer)
    panel.save.click()
    assert len(asked) == 1 and "leaf.hdr" in asked[0]
    assert open_cube(tmp_path / "leaf.hdr").bad_bands == (1, 5)
    assert "camera = mine" in (tmp_path / "leaf.hdr").read_text()
    assert "leaf.hdr" in panel.message.text()


def test_nothing_is_saved_when_the_question_is_cancelled(on_disk, spectrum, tmp_path, monkeypatch):
    before = (tmp_path / "leaf.hdr").read_bytes()
    spectrum.bad.edits.mark([1], True)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Cancel)
    spectrum.bad.panel.save.click()
    assert (tmp_path / "leaf.hdr").read_bytes() == before


def test_scan_without_a_header_is_saved_as_envi(panel, scans, drag, tmp_path, monkeypatch, qtbot):
    assert panel.save.text() == "Save as ENVI…"
    drag(400, 460)
    target = str(tmp_path / "out")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (target, ""))
    panel.save.click()
    qtbot.waitUntil(lambda: panel.message.text().startswith("Written to"), timeout=4000)
    again = open_cube(tmp_path / "out.hdr")
    assert again.bad_bands == (0, 1)
    np.testing.assert_array_equal(np.asarray(again.data), scans[0].cube.data)


def test_header_that_cannot_be_written_is_told(on_disk, spectrum, tmp_path, monkeypatch):
    (tmp_path / "leaf.hdr").unlink()
    spectrum.bad.edits.mark([1], True)
    monkeypatch.setattr(QMessageBox, "question", lambda *_: QMessageBox.StandardButton.Save)
    spectrum.bad.panel.save.click()
    assert "does not exist" in spectrum.bad.panel.message.text()


def test_noise_of_a_bad_band_does_not_press_the_curves_flat(session, spectrum, mouse, settled):
    values = np.full((13, 24, 32), 0.4, np.float32)
    values[0] = -3
    scan = session.add_cube_layers(HyperCube(values, "noisy", np.linspace(400, 1000, 13), "nm"))
    mouse.click(scan, 5, 5, keys=Qt.KeyboardModifier.ShiftModifier)
    settled(spectrum, 1)
    assert spectrum.plot.box.viewRange()[1][0] < -3
    spectrum.options.bad.click()
    listed = spectrum.bad.panel.list
    listed.setText("1")
    listed.setModified(True)
    listed.editingFinished.emit()
    spectrum.options.bad.click()
    assert spectrum.plot.box.viewRange()[1][0] == 0
