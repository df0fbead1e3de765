"""Files and samples become layers; bad and ambiguous files are dealt with kindly."""

import numpy as np
import pytest
from npe2 import PluginManager, PluginManifest
from qtpy.QtCore import Qt, QThread, QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox, QMainWindow
from scipy.io import savemat

import napari_dgc
from napari_dgc.cubes.notes import worth_telling
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.errors import UserError
from napari_dgc.gui import dialogs, messages, opening_notes
from napari_dgc.gui import open as opening
from napari_dgc.gui.dialogs import LayoutDialog
from napari_dgc.gui.open import get_reader, read
from napari_dgc.gui.session import get_session
from napari_dgc.gui.variable_dialog import VariableDialog
from napari_dgc.gui.wavelengths_dialog import WavelengthsDialog

pytestmark = pytest.mark.usefixtures("no_dialog_stays_open")


def write_envi(folder, name, values, extension=".raw", interleave="bil"):
    """Write (band, row, column) values as an ENVI pair with wavelengths from 400 to 1000 nm."""
    bands, rows, columns = values.shape
    order = {"bsq": (0, 1, 2), "bil": (1, 0, 2), "bip": (1, 2, 0)}[interleave]
    values.astype("<f4").transpose(order).tofile(folder / f"{name}{extension}")
    centres = ", ".join(f"{centre:.1f}" for centre in np.linspace(400, 1000, bands))
    (folder / f"{name}.hdr").write_text(
        f"ENVI\nsamples = {columns}\nlines = {rows}\nbands = {bands}\nheader offset = 0\n"
        f"data type = 4\ninterleave = {interleave}\nbyte order = 0\n"
        f"wavelength units = nm\nwavelength = {{{centres}}}\n"
    )
    return folder / f"{name}.hdr"


@pytest.fixture
def values():
    return np.random.default_rng(1).random((7, 20, 30)).astype(np.float32)


def when_open(kind, act):
    """Run `act(dialog)` as soon as a dialog of this kind is open."""

    def look():
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, kind) and widget.isVisible():
                act(widget)
                return
        QTimer.singleShot(20, look)

    QTimer.singleShot(0, look)


def test_manifest_is_valid_and_names_only_what_there_is():
    from pathlib import Path

    manifest = PluginManifest.from_file(Path(napari_dgc.__file__).with_name("napari.yaml"))
    manifest.validate_imports()
    assert manifest.name == "napari-dgc"


@pytest.mark.parametrize(
    "name", ["a.mat", "a.HDR", "a.hdr", "a.raw", "cube", "raw_0_rd_rf", "a.bsq"]
)
def test_napari_offers_the_reader_for(name):
    PluginManager.instance().discover()
    found = PluginManager.instance().iter_compatible_readers([f"/somewhere/{name}"])
    assert "napari-dgc" in {reader.plugin_name for reader in found}


@pytest.mark.parametrize("name", ["a.jpg", "a.geojson", "a.csv", "a.png"])
def test_napari_does_not_offer_the_reader_for(name):
    PluginManager.instance().discover()
    found = PluginManager.instance().iter_compatible_readers([f"/somewhere/{name}"])
    assert "napari-dgc" not in {reader.plugin_name for reader in found}


def test_reader_leaves_to_others_what_is_no_cube(tmp_path):
    PluginManager.instance().discover()
    pictures = [tmp_path / name for name in ("photo.raw", "light.hdr", "old.img", "a.png")]
    for picture in pictures:
        picture.write_bytes(b"no cube" * 20)
    for path in (*pictures, pictures, tmp_path, "", []):
        assert get_reader(path) is None


@pytest.mark.parametrize("name", ["notes", "alone.dat"])
def test_what_nobody_reads_is_told_in_one_sentence(viewer, tmp_path, told, name):
    path = tmp_path / name
    path.write_text("no cube")
    viewer.open(path, plugin="napari-dgc")
    assert len(viewer.layers) == 0
    assert len(told["error"]) == 1
    assert name in told["error"][0] and "no ENVI header" in told["error"][0]


def test_envi_cube_opens_with_bands_and_true_colour(viewer, tmp_path, values):
    path = write_envi(tmp_path, "leaf", values)
    viewer.open(path, plugin="napari-dgc")
    cube, composite = viewer.layers
    assert (cube.name, composite.name) == ("leaf", "leaf false colour")
    assert composite.rgb and composite.visible
    np.testing.assert_array_equal(np.asarray(cube.data[3]), values[3])
    assert tuple(cube.axis_labels) == ("wavelength", "y", "x")
    low, high = cube.contrast_limits
    assert 0 <= low < 0.1 and 0.9 < high <= 1
    assert [scan.name for scan in get_session(viewer).scans] == ["leaf"]


def test_large_file_stays_on_disk(viewer, tmp_path, values):
    path = write_envi(tmp_path, "leaf", values)
    viewer.open(path, plugin="napari-dgc")
    assert isinstance(viewer.layers["leaf"].data, PlainCube)


def test_data_file_without_extension_opens_too(viewer, tmp_path, values):
    write_envi(tmp_path, "scan", values, extension="")
    viewer.open(tmp_path / "scan", plugin=None)
    assert "scan" in viewer.layers


def test_text_names_the_wavelength_shown(viewer, tmp_path, values):
    viewer.open(write_envi(tmp_path, "leaf", values), plugin="napari-dgc")
    text = viewer.canvas.overlays.text
    viewer.dims.set_current_step(0, 2)
    assert text.visible and text.text == "600 nm"
    viewer.dims.set_current_step(0, 0)
    assert text.text == "400 nm"


def test_moving_the_slider_shows_the_bands(viewer, tmp_path, values):
    viewer.open(write_envi(tmp_path, "leaf", values), plugin="napari-dgc")
    composite = viewer.layers["leaf false colour"]
    viewer.dims.set_current_step(0, 5)
    assert not composite.visible
    composite.visible = True
    assert viewer.canvas.overlays.text.text == "" or not viewer.canvas.overlays.text.visible


def test_a_hidden_composite_is_not_hidden_again_by_each_step(viewer, tmp_path, values):
    viewer.open(write_envi(tmp_path, "leaf", values), plugin="napari-dgc")
    composite = viewer.layers["leaf false colour"]
    hidden = []
    composite.events.visible.connect(lambda event: hidden.append(composite.visible))
    for band in (5, 2, 4):
        viewer.dims.set_current_step(0, band)
    assert hidden == [False]


def test_text_tells_scans_with_other_wavelengths_apart(viewer, session, make_cube):
    session.add_cube_layers(make_cube("fine", (7, 8, 8)))
    session.add_cube_layers(make_cube("coarse", (5, 8, 8)))
    viewer.dims.set_current_step(0, 2)
    assert viewer.canvas.overlays.text.text == "fine: 600 nm\ncoarse: 700 nm"
    viewer.dims.set_current_step(0, 6)
    assert viewer.canvas.overlays.text.text == "fine: 1000 nm\ncoarse: no such band"


def test_unknown_wavelengths_are_numbered_and_can_be_given(viewer, session, make_cube):
    scan = session.add_cube_layers(make_cube("plain", (5, 8, 8), wavelengths=False))
    viewer.dims.set_current_step(0, 1)
    assert viewer.canvas.overlays.text.text == "band 2"
    assert scan.image.axis_labels[0] == "band"
    session.set_wavelengths(scan, np.linspace(500, 900, 5), "nm")
    assert viewer.canvas.overlays.text.text == "600 nm"
    assert scan.image.metadata["napari_dgc"] is scan.cube


def test_composite_says_what_colours_it_shows(viewer, session, make_cube):
    scan = session.add_cube_layers(make_cube("plain", (40, 8, 8), wavelengths=False))
    false = scan.composite.data.copy()
    assert scan.composite.name == "plain false colour"
    session.set_wavelengths(scan, np.linspace(400, 1000, 40), "nm")
    assert scan.composite.name == "plain true colour"
    assert not np.array_equal(scan.composite.data, false)


def test_bad_file_is_told_in_one_sentence(viewer, tmp_path, told):
    bad = tmp_path / "broken.mat"
    bad.write_bytes(b"MATLAB 5.0 MAT-file, but no more than that")
    viewer.open(bad, plugin="napari-dgc")
    assert len(viewer.layers) == 0
    assert len(told["error"]) == 1
    assert told["error"][0].startswith("broken.mat is not a MATLAB file")


def test_questions_belong_to_the_window_even_when_another_program_is_in_front(viewer, monkeypatch):
    viewer.window.show()
    monkeypatch.setattr(QApplication, "activeWindow", lambda: None)
    assert isinstance(messages.window_of_viewer(), QMainWindow)


def test_a_file_that_leaves_nothing_in_doubt_opens_without_a_word(viewer, tmp_path, values, told):
    bands = np.linspace(400, 1000, 7)
    savemat(tmp_path / "leaf.mat", {"cube": values.transpose(1, 2, 0), "wavelengths": bands})
    viewer.open(tmp_path / "leaf.mat", plugin="napari-dgc")
    cube = viewer.layers["leaf"].metadata["napari_dgc"]
    assert cube.layout == "row-column-band"
    # What was found is listed, in the tooltips of the docks, and nothing needs to be told.
    assert "there are 7 wavelengths" in " ".join(cube.notes)
    assert worth_telling(cube.notes) == ()
    assert told["info"] == []


def test_what_is_in_doubt_is_told_once_for_files_opened_together(
    viewer, tmp_path, values, told, qtbot
):
    leaf = values.copy()
    leaf[:, :3] = -9999
    for name in ("one", "two", "three"):
        write_envi(tmp_path, name, leaf)
    viewer.open([tmp_path / f"{name}.hdr" for name in ("one", "two", "three")], plugin="napari-dgc")
    assert len(get_session(viewer).scans) == 3
    qtbot.waitUntil(lambda: bool(told["info"]), timeout=60_000)
    (sentence,) = told["info"]
    assert sentence.startswith("one and 2 more: -9999 is taken for “no data”")
    told["info"].clear()
    write_envi(tmp_path, "four", leaf)
    viewer.open(tmp_path / "four.hdr", plugin="napari-dgc")
    qtbot.waitUntil(lambda: bool(told["info"]), timeout=60_000)
    assert told["info"][0].startswith("four: -9999 is taken")


def test_a_chosen_reader_says_why_it_refuses(viewer, tmp_path):
    """Other readers claim the ending, so that napari asks which one; ours must say why not."""
    (tmp_path / "light.hdr").write_bytes(b"#?RADIANCE no cube" * 20)
    np.save(tmp_path / "mask.npy", np.zeros((8, 9), np.uint8))
    for name, why in (("light.hdr", "ENVI"), ("mask.npy", "not a cube")):
        with pytest.raises(UserError, match=f"^{name}.*{why}.*Another reader may open it"):
            viewer.open(tmp_path / name, plugin="napari-dgc")
    assert len(viewer.layers) == 0


def test_which_variable_is_asked(viewer, tmp_path, values, told):
    other = values[:5, :10, :11]
    bands = np.linspace(400, 1000, 7)
    first = values.transpose(1, 2, 0)
    savemat(tmp_path / "two.mat", {"first": first, "second": other, "wavelengths": bands})
    shown = []

    def choose(dialog):
        shown.extend(dialog.table.item(row, 1).text() for row in range(dialog.table.rowCount()))
        names = [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]
        dialog.table.selectRow(names.index("first"))
        dialog.buttons.button(QDialogButtonBox.StandardButton.Open).click()

    when_open(VariableDialog, choose)
    viewer.open(tmp_path / "two.mat", plugin="napari-dgc")
    assert set(shown) == {"20×30×7", "5×10×11"}
    assert viewer.layers[0].metadata["napari_dgc"].variable == "first"


def test_cancelled_question_opens_nothing(viewer, tmp_path, values, told):
    savemat(tmp_path / "two.mat", {"first": values.transpose(1, 2, 0), "second": values[:5]})
    when_open(VariableDialog, lambda dialog: dialog.reject())
    viewer.open(tmp_path / "two.mat", plugin="napari-dgc")
    assert len(viewer.layers) == 0 and told["error"] == []


def test_which_axis_is_asked_with_a_picture_of_each(viewer, tmp_path, told):
    cube = np.random.default_rng(0).random((24, 24, 24))
    savemat(tmp_path / "dice.mat", {"cube": cube})
    pictures = []

    def choose(dialog):
        pictures.extend(label.pixmap() for label in dialog.findChildren(dialogs.QLabel))
        dialog.choices["band-row-column"].click()
        dialog.buttons.button(QDialogButtonBox.StandardButton.Open).click()

    when_open(LayoutDialog, choose)
    viewer.open(tmp_path / "dice.mat", plugin="napari-dgc")
    assert sum(picture is not None and not picture.isNull() for picture in pictures) == 3
    np.testing.assert_array_equal(np.asarray(viewer.layers["dice"].data), cube)


def test_without_a_window_the_ambiguity_is_an_error(tmp_path, values, told, monkeypatch):
    monkeypatch.setattr(dialogs, "has_window", lambda: False)
    savemat(tmp_path / "two.mat", {"first": values.transpose(1, 2, 0), "second": values[:5]})
    assert read(tmp_path / "two.mat") == opening.NOTHING
    assert "first" in told["error"][0]


def test_wavelengths_from_a_file(qtbot, tmp_path, make_cube):
    dialog = WavelengthsDialog(make_cube("plain", (3, 4, 4), wavelengths=False))
    qtbot.addWidget(dialog)
    np.testing.assert_allclose(dialog.chosen[0], [400, 700, 1000])
    wrong, right = tmp_path / "wrong.txt", tmp_path / "right.txt"
    wrong.write_text("400\n500\n")
    right.write_text("450\n550\n850\n")
    dialog.take_file(wrong)
    assert "2 wavelengths for 3 bands" in dialog.note.text()
    dialog.take_file(right)
    np.testing.assert_allclose(dialog.chosen[0], [450, 550, 850])
    assert dialog.chosen[1] == "nm"
    qtbot.mouseClick(
        dialog.buttons.button(QDialogButtonBox.StandardButton.Ok), Qt.MouseButton.LeftButton
    )


def test_wavelengths_are_typed_as_a_list(qtbot, make_cube):
    dialog = WavelengthsDialog(make_cube("plain", (3, 4, 4), wavelengths=False))
    qtbot.addWidget(dialog)
    dialog.show()
    okay = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
    qtbot.keyClicks(dialog.text, "0.4; 0.55")
    assert "2 wavelengths for 3 bands" in dialog.note.text()
    assert not okay.isEnabled()
    qtbot.keyClicks(dialog.text, "; 0.7")
    assert "0.4 to 0.7 µm" in dialog.note.text()
    assert okay.isEnabled()
    np.testing.assert_allclose(dialog.chosen[0], [0.4, 0.55, 0.7])
    assert dialog.chosen[1] == "um"
    dialog.text.setPlainText("red, green, blue")
    assert not okay.isEnabled()
    dialog.even.click()
    assert okay.isEnabled()


def test_evenly_spaced_wavelengths_have_a_unit_and_begin_with_what_is_known(qtbot, make_cube):
    cube = make_cube("plain", (5, 4, 4)).with_wavelengths(np.linspace(4000, 800, 5), "cm-1")
    dialog = WavelengthsDialog(cube)
    qtbot.addWidget(dialog)
    np.testing.assert_allclose(dialog.chosen[0], np.linspace(4000, 800, 5))
    assert dialog.chosen[1] == "cm-1"
    dialog.last.setValue(dialog.first.value())
    assert not dialog.buttons.button(QDialogButtonBox.StandardButton.Ok).isEnabled()


def test_simulated_sample_has_three_scans_and_hidden_truth(viewer, monkeypatch):
    monkeypatch.setattr("napari_dgc.gui.samples.SIZE", (32, 32))
    monkeypatch.setattr("napari_dgc.gui.samples.BANDS", 21)
    viewer.open_sample("napari-dgc", "leaves")
    scans = get_session(viewer).scans
    assert [scan.name for scan in scans] == ["healthy_1", "day3_1", "day5_1"]
    assert all(scan.composite is not None for scan in scans)
    truth = viewer.layers["day5_1 truth"]
    assert not truth.visible
    np.testing.assert_array_equal(truth.translate, scans[2].image.translate[-2:])
    assert set(truth.features["class"]) >= {"background", "lesion"}


def test_maize_sample_shows_its_attribution(viewer, told):
    viewer.open_sample("napari-dgc", "kernels")
    (scan,) = get_session(viewer).scans
    assert scan.cube.n_bands == 580
    assert "CC BY 4.0" in told["info"][0]


@pytest.mark.parametrize("name", ["classic/SalinasA_corrected.mat", "licensed/plant_corn_kernel"])
def test_real_files_open(viewer, shared_data, name, told):
    path = shared_data / name
    if path.is_dir():
        path = next(path.rglob("*.hdr"))
    if not path.exists():
        found = sorted((shared_data / "classic").rglob("*alinas*orrected*.mat"))
        if not found:
            pytest.skip("Salinas-A is absent")
        path = found[0]
    viewer.open(path, plugin="napari-dgc")
    assert told["error"] == []
    assert len(get_session(viewer).scans) == 1


def test_what_is_in_doubt_is_told_once_however_long_a_file_takes_to_show(
    viewer, told, monkeypatch, qtbot
):
    """A busy window lets all timers run that are due, between one file and the next."""
    monkeypatch.setattr(opening_notes, "_waiting", None)
    monkeypatch.setattr(opening_notes, "_TICK_MS", 10)
    for name in ("one", "two"):
        with opening_notes.opening():
            opening_notes.tell(name, ["-9999 is taken for no data."])
        QThread.msleep(15 * opening_notes._TICKS)
        QApplication.processEvents()
    assert not told["info"]
    qtbot.waitUntil(lambda: bool(told["info"]), timeout=60_000)
    (sentence,) = told["info"]
    assert sentence.startswith("one and 1 more: -9999")
