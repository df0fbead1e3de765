"""The variable picker: what it lists and shows, and what is remembered for the folder."""

import json

import h5py
import numpy as np
import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QDialogButtonBox
from scipy.io import savemat

from napari_dgc.cubes.choices import VariableInfo
from napari_dgc.gui import open as opening
from napari_dgc.gui import remembered
from napari_dgc.gui.dialogs import LayoutDialog
from napari_dgc.gui.preview import PreviewMaker, make_preview, thumbnail
from napari_dgc.gui.remembered import Answer
from napari_dgc.gui.session import get_session
from napari_dgc.gui.variable_dialog import VariableDialog

pytestmark = pytest.mark.usefixtures("no_dialog_stays_open")
OPEN, CANCEL = QDialogButtonBox.StandardButton.Open, QDialogButtonBox.StandardButton.Cancel


@pytest.fixture
def leaf():
    """A leaf without symmetry, (row, column, band)."""
    row, column = np.mgrid[:30, :44] / 10
    shade = np.sin(row * 2) + np.cos(column * 3) + 3
    return (np.linspace(1, 2, 12) * shade[:, :, None]).astype(np.float32)


@pytest.fixture
def folder(tmp_path, leaf):
    """Scans of one folder with a leaf and a panel each."""
    home = tmp_path / "scans"
    home.mkdir()
    for number in (1, 2):
        content = {
            "leaf": leaf * number,
            "panel": np.ones((20, 25, 12)),
            "wl": np.linspace(400, 700, 12),
        }
        savemat(home / f"day{number}.mat", content)
    return home


def when_open(kind, act, asked=None):
    """Run `act(dialog)` as soon as a dialog of this kind is open."""

    def look():
        for widget in QApplication.topLevelWidgets():
            if isinstance(widget, kind) and widget.isVisible():
                if asked is not None:
                    asked.append(widget.windowTitle())
                act(widget)
                return
        timer.start(20)

    timer = QTimer()
    timer.setSingleShot(True)
    timer.timeout.connect(look)
    timer.start(0)
    return timer


def names_in(dialog):
    return [dialog.table.item(row, 0).text() for row in range(dialog.table.rowCount())]


def choose(name, *, remember=True):
    """Click a row of the picker, the checkbox where it is not to be remembered, and Open."""

    def act(dialog):
        index = dialog.table.model().index(names_in(dialog).index(name), 0)
        place = dialog.table.visualRect(index).center()
        button = Qt.MouseButton.LeftButton
        from qtpy.QtTest import QTest

        QTest.mouseClick(dialog.table.viewport(), button, Qt.KeyboardModifier.NoModifier, place)
        if not remember:
            dialog.remember.click()
        QTest.mouseClick(dialog.buttons.button(OPEN), button)

    return act


def test_the_picker_shows_each_variable_with_its_picture(qtbot, folder):
    candidates = [
        VariableInfo("leaf", (30, 44, 12), "float32"),
        VariableInfo("panel", (20, 25, 12), "float64"),
    ]
    dialog = VariableDialog(folder / "day1.mat", candidates)
    qtbot.addWidget(dialog)
    dialog.show()
    assert names_in(dialog) == ["leaf", "panel"]
    assert dialog.table.item(0, 1).text() == "30×44×12"
    assert dialog.table.item(1, 2).text() == "float64"
    qtbot.waitUntil(lambda: not dialog.picture.pixmap().isNull(), timeout=10000)
    assert dialog.caption.text().startswith("30 rows × 44 columns, 12 bands")
    assert dialog.picture.pixmap().width() > dialog.picture.pixmap().height()
    place = dialog.table.visualRect(dialog.table.model().index(1, 0)).center()
    qtbot.mouseClick(dialog.table.viewport(), Qt.MouseButton.LeftButton, pos=place)
    assert dialog.chosen == "panel"
    qtbot.waitUntil(lambda: dialog.caption.text().startswith("20 rows"), timeout=10000)


def test_another_order_changes_the_picture_and_the_answer(qtbot, folder):
    candidates = [VariableInfo("leaf", (30, 44, 12), "float32")]
    dialog = VariableDialog(folder / "day1.mat", candidates)
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.caption.text() != "", timeout=10000)
    assert "rows × columns × bands" in dialog.arrangement.currentText()
    assert dialog.answer == Answer("leaf", "auto")
    dialog.arrangement.setCurrentIndex(dialog.arrangement.findData("band-row-column"))
    dialog.arrangement.activated.emit(dialog.arrangement.currentIndex())
    qtbot.waitUntil(lambda: "44 rows × 12 columns, 30 bands" in dialog.caption.text())
    assert dialog.answer == Answer("leaf", "band-row-column")


def test_unfolded_pixels_offer_the_orders_that_pixels_have(qtbot, tmp_path, leaf):
    pixels = leaf.reshape(30 * 44, 12, order="F")
    savemat(tmp_path / "pixels.mat", {"Y": pixels, "rows": 30, "cols": 44})
    dialog = VariableDialog(tmp_path / "pixels.mat", [VariableInfo("Y", (30, 44, 12), "float32")])
    qtbot.addWidget(dialog)
    dialog.show()
    qtbot.waitUntil(lambda: dialog.caption.text() != "", timeout=10000)
    offered = [dialog.arrangement.itemData(row) for row in range(dialog.arrangement.count())]
    assert offered == ["auto", "column-by-column", "row-by-row"]


def test_rows_and_columns_of_a_flattened_cube_are_chosen_by_the_picture(
    viewer, tmp_path, told, leaf, qtbot
):
    for name in ("one", "two"):
        np.save(tmp_path / f"{name}.npy", leaf.reshape(30 * 44, 12))
    asked, seen = [], []

    def size(dialog):
        box, button = dialog.image_size, dialog.buttons.button(OPEN)
        offered = [box.itemText(row) for row in range(box.count())]
        box.lineEdit().selectAll()
        qtbot.keyClicks(box.lineEdit(), "30 x 43")
        wrong = button.isEnabled(), dialog.caption.text()
        box.lineEdit().selectAll()
        qtbot.keyClicks(box.lineEdit(), "30 x 44")
        qtbot.waitUntil(lambda: "30 rows × 44 columns" in dialog.caption.text(), timeout=10000)
        seen.extend([offered, wrong, dialog.arrangement.currentText()])
        qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    timer = when_open(VariableDialog, size, asked)
    viewer.open(tmp_path / "one.npy", plugin="napari-dgc")
    viewer.open(tmp_path / "two.npy", plugin="napari-dgc")
    timer.stop()
    assert len(asked) == 1
    assert "30 × 44" in seen[0] and "44 × 30" in seen[0]
    assert seen[1] == (False, "30 × 43 are 1290 pixels, but the matrix has 1320.")
    assert "row by row" in seen[2]
    for scan in get_session(viewer).scans:
        np.testing.assert_array_equal(np.asarray(scan.cube.data), leaf.transpose(2, 0, 1))
    assert len(get_session(viewer).scans) == 2
    # A matrix with other pixels is asked about, and the size is not taken from the others.
    np.save(tmp_path / "three.npy", leaf[:20].reshape(20 * 44, 12))
    timer = when_open(VariableDialog, lambda dialog: dialog.reject(), asked)
    viewer.open(tmp_path / "three.npy", plugin="napari-dgc")
    timer.stop()
    assert len(asked) == 2
    assert told["error"] == []


def test_a_damaged_size_in_the_memory_is_forgotten(tmp_path):
    remembered.remember(tmp_path, ["a"], Answer("a", "row-by-row", (30, 44)))
    assert remembered.recall(tmp_path, ["a"]) == Answer("a", "row-by-row", (30, 44))
    kept = remembered.memory_file().read_text()
    for wrong in ("[30]", '"30"', "[30, null]", "{}"):
        content = json.loads(kept)
        content["answers"][0]["image"] = json.loads(wrong)
        remembered.memory_file().write_text(json.dumps(content))
        assert remembered.recall(tmp_path, ["a"]) is None


def test_the_answer_holds_for_the_next_file_of_the_folder(viewer, folder, told, leaf, qtbot):
    asked = []
    timer = when_open(VariableDialog, choose("leaf"), asked)
    viewer.open(folder / "day1.mat", plugin="napari-dgc")
    viewer.open(folder / "day2.mat", plugin="napari-dgc")
    timer.stop()
    assert len(asked) == 1
    scans = get_session(viewer).scans
    assert [scan.cube.variable for scan in scans] == ["leaf", "leaf"]
    np.testing.assert_array_equal(np.asarray(scans[1].cube.data), 2 * leaf.transpose(2, 0, 1))
    # What is to be told of files opened one after the other waits for the last of them.
    qtbot.waitUntil(lambda: told["info"] != [])
    assert any("as chosen before in this folder" in sentence for sentence in told["info"])


def test_an_answer_that_is_not_to_be_kept_is_asked_for_again(viewer, folder, told):
    asked = []
    for name in ("day1.mat", "day2.mat"):
        timer = when_open(VariableDialog, choose("panel", remember=False), asked)
        viewer.open(folder / name, plugin="napari-dgc")
        timer.stop()
    assert len(asked) == 2
    assert remembered.recall(folder, ["leaf", "panel", ".mat"]) is None


def test_another_folder_or_other_variables_are_asked_about(viewer, folder, told, leaf):
    asked = []
    timer = when_open(VariableDialog, choose("leaf"), asked)
    viewer.open(folder / "day1.mat", plugin="napari-dgc")
    savemat(
        folder / "more.mat",
        {"leaf": leaf, "panel": leaf, "dark": leaf, "wl": np.linspace(400, 700, 12)},
    )
    timer = when_open(VariableDialog, choose("dark"), asked)
    viewer.open(folder / "more.mat", plugin="napari-dgc")
    other = folder / "other"
    other.mkdir()
    (folder / "day2.mat").rename(other / "day2.mat")
    timer = when_open(VariableDialog, choose("leaf"), asked)
    viewer.open(other / "day2.mat", plugin="napari-dgc")
    timer.stop()
    assert len(asked) == 3


def test_the_command_asks_again_with_the_last_answer_selected(viewer, folder, told):
    timer = when_open(VariableDialog, choose("panel"))
    viewer.open(folder / "day1.mat", plugin="napari-dgc")
    viewer.layers.selection.active = viewer.layers["day1"]
    selected = []

    def change(dialog):
        selected.append(dialog.chosen)
        choose("leaf")(dialog)

    timer = when_open(VariableDialog, change)
    opening.choose_variable()
    timer.stop()
    assert selected == ["panel"]
    assert [scan.cube.variable for scan in get_session(viewer).scans] == ["panel", "leaf"]
    assert remembered.recall(folder, ["leaf", "panel", ".mat"]) == Answer("leaf")


def test_the_command_says_where_there_is_nothing_to_choose(viewer, tmp_path, told):
    np.random.default_rng(0).random((12, 20, 30)).astype("<f4").tofile(tmp_path / "leaf.raw")
    header = "samples = 30\nlines = 20\nbands = 12\ndata type = 4\ninterleave = bsq\n"
    (tmp_path / "leaf.hdr").write_text(f"ENVI\n{header}byte order = 0\nheader offset = 0\n")
    viewer.open(tmp_path / "leaf.hdr", plugin="napari-dgc")
    opening.choose_variable()
    assert told["error"] == ["leaf.hdr holds one cube and nothing else to choose from."]


def test_an_answer_that_no_longer_fits_is_asked_for_again(viewer, folder, told):
    remembered.remember(folder, ["leaf", "panel", ".mat"], Answer("leaf", "row-by-row"))
    asked = []
    timer = when_open(VariableDialog, choose("leaf"), asked)
    viewer.open(folder / "day1.mat", plugin="napari-dgc")
    timer.stop()
    assert len(asked) == 1 and told["error"] == []


def test_the_order_of_the_axes_is_remembered_until_it_is_asked_for(viewer, tmp_path, told):
    for name in ("one", "two"):
        savemat(tmp_path / f"{name}.mat", {"x": np.random.default_rng(1).random((24, 24, 24))})
    asked = []

    def band_first(dialog):
        dialog.choices["band-row-column"].click()
        dialog.buttons.button(OPEN).click()

    timer = when_open(LayoutDialog, band_first, asked)
    viewer.open(tmp_path / "one.mat", plugin="napari-dgc")
    viewer.open(tmp_path / "two.mat", plugin="napari-dgc")
    timer.stop()
    assert len(asked) == 1
    viewer.layers.selection.active = viewer.layers["two"]
    timer = when_open(VariableDialog, choose("x"), asked)
    another = when_open(LayoutDialog, lambda dialog: dialog.accept(), asked)
    opening.choose_variable()
    another.stop()
    assert len(asked) == 3
    layouts = [scan.cube.layout for scan in get_session(viewer).scans]
    assert layouts == ["band-row-column", "band-row-column", "row-column-band"]


def band_order_of_dice(viewer, path, layout, asked):
    """Open a file whose axes nothing tells, and choose an order where that is asked."""

    def answer(dialog):
        dialog.choices[layout].click()
        dialog.buttons.button(OPEN).click()

    timer = when_open(LayoutDialog, answer, asked)
    viewer.open(path, plugin="napari-dgc")
    timer.stop()
    return get_session(viewer).scans[-1].cube.layout


def test_the_order_of_the_axes_holds_for_like_files_only(viewer, tmp_path, told):
    def noise(*shape):
        return np.random.default_rng(1).random(shape)

    first, last = "band-row-column", "row-column-band"
    savemat(tmp_path / "one.mat", {"x": noise(12, 24, 24)})
    savemat(tmp_path / "longer.mat", {"x": noise(12, 30, 24)})
    savemat(tmp_path / "other.mat", {"x": noise(24, 24, 12)})
    np.save(tmp_path / "one.npy", noise(12, 24, 24))
    with h5py.File(tmp_path / "one.h5", "w") as file:
        file["x"] = noise(12, 24, 24)
    asked = []
    assert band_order_of_dice(viewer, tmp_path / "one.mat", first, asked) == first
    assert band_order_of_dice(viewer, tmp_path / "longer.mat", last, asked) == first
    assert len(asked) == 1  # as many bands in the same kind of file: not asked again
    assert band_order_of_dice(viewer, tmp_path / "other.mat", last, asked) == last
    assert band_order_of_dice(viewer, tmp_path / "one.npy", last, asked) == last
    assert band_order_of_dice(viewer, tmp_path / "one.h5", first, asked) == first
    assert len(asked) == 4
    assert band_order_of_dice(viewer, tmp_path / "one.npy", first, asked) == last
    assert len(asked) == 4


def test_the_variable_of_another_kind_of_file_is_asked_for(viewer, folder, told, leaf):
    asked = []
    timer = when_open(VariableDialog, choose("leaf"), asked)
    viewer.open(folder / "day1.mat", plugin="napari-dgc")
    with h5py.File(folder / "day1.h5", "w") as file:
        file["leaf"], file["panel"] = leaf, leaf[:20, :25]
    timer.stop()
    timer = when_open(VariableDialog, choose("panel"), asked)
    viewer.open(folder / "day1.h5", plugin="napari-dgc")
    timer.stop()
    assert len(asked) == 2


def test_hdf5_datasets_and_struct_fields_are_picked_alike(viewer, tmp_path, told, leaf):
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file["run/leaf"] = leaf
        file["run/panel"] = leaf[:20, :25]
        file["run/wavelength"] = np.linspace(400, 700, 12)
    fields = {"leaf": leaf, "panel": leaf[:20, :25], "wavelength": np.linspace(400, 700, 12)}
    savemat(tmp_path / "scan.mat", {"run": fields})
    for name, variable in (("scan.h5", "run/panel"), ("scan.mat", "run.panel")):
        timer = when_open(VariableDialog, choose(variable))
        viewer.open(tmp_path / name, plugin="napari-dgc")
        timer.stop()
        assert get_session(viewer).scans[-1].cube.variable == variable
    assert told["error"] == []


def test_a_cancelled_picker_remembers_nothing(viewer, folder, told):
    timer = when_open(VariableDialog, lambda dialog: dialog.buttons.button(CANCEL).click())
    viewer.open(folder / "day1.mat", plugin="napari-dgc")
    timer.stop()
    assert len(viewer.layers) == 0
    assert not remembered.memory_file().exists()


def test_pictures_that_nobody_waits_for_do_not_come(qtbot, folder):
    maker = PreviewMaker(folder / "day1.mat")
    shown = []
    maker.ready.connect(shown.append)
    for _ in range(5):
        maker.ask("leaf", "auto")
    with qtbot.waitSignal(maker.ready, timeout=10000):
        maker.ask("panel", "auto")
    qtbot.wait(200)
    assert [preview.picture.shape for preview in shown] == [(20, 25, 3)]
    with qtbot.waitSignal(maker.ready, timeout=100):  # known by now
        maker.ask("panel", "auto")


def test_a_preview_samples_large_cubes(tmp_path):
    from napari_dgc.cancel import CancelSource, never_cancelled
    from napari_dgc.cubes import HyperCube

    read = []

    class Watched:
        shape, dtype = (40, 5000, 3000), np.dtype(np.float32)

        def __getitem__(self, key):
            part = np.zeros(self.shape, np.uint8)[key]
            read.append(part.size)
            return part.astype(np.float32)

    picture = thumbnail(HyperCube(Watched(), "large"), never_cancelled())
    assert max(picture.shape[:2]) <= 240
    assert sum(read) < 10 * 240 * 240
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        thumbnail(HyperCube(Watched(), "large"), source.token)


def test_what_cannot_be_opened_says_so_in_place_of_the_picture(tmp_path):
    from napari_dgc.cancel import never_cancelled

    (tmp_path / "bad.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(200))
    preview = make_preview(tmp_path / "bad.mat", "x", "auto", never_cancelled())
    assert preview.picture is None
    assert preview.sentence.startswith("bad.mat is not a MATLAB file")


@pytest.mark.parametrize(
    "content",
    ["", "{", "[]", '{"answers": 3}', '{"answers": [1, {"folder": 2}]}', "\x00\xff"],
)
def test_a_damaged_memory_is_forgotten(tmp_path, content):
    remembered.memory_file().parent.mkdir(parents=True)
    remembered.memory_file().write_bytes(content.encode("latin-1"))
    assert remembered.recall(tmp_path, ["a"]) is None
    remembered.remember(tmp_path, ["a", "b"], Answer("a"))
    assert remembered.recall(tmp_path, ["b", "a"]) == Answer("a")


def test_the_memory_keeps_the_newest_answers(tmp_path, monkeypatch):
    monkeypatch.setattr(remembered, "MOST", 3)
    for number in range(5):
        remembered.remember(tmp_path / str(number), ["a"], Answer("a"))
    kept = json.loads(remembered.memory_file().read_text())["answers"]
    assert [entry["folder"] for entry in kept] == [str(tmp_path / str(n)) for n in (2, 3, 4)]
    remembered.remember(tmp_path / "4", ["a"], None)
    assert remembered.recall(tmp_path / "4", ["a"]) is None


def test_a_memory_that_cannot_be_written_is_no_harm(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setattr(remembered, "memory_file", lambda: tmp_path / "file" / "opened.json")
    remembered.remember(tmp_path, ["a"], Answer("a"))
    assert remembered.recall(tmp_path, ["a"]) is None
