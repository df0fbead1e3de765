"""Annotations of other programs: shown, scored against, taken over; and written from menus."""

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt, QTimer
from qtpy.QtWidgets import QApplication, QFileDialog, QMessageBox

from napari_dgc.annotations import LabelClass, LabelImage, export, read_label_image
from napari_dgc.gui.evaluation.dock import EvaluateDock
from napari_dgc.gui.export_command import ExportDialog
from napari_dgc.gui.import_dialog import ImportDialog
from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY
from napari_dgc.workspace.commands import NameClasses

pytestmark = pytest.mark.usefixtures("no_dialog_stays_open")


def annotated(name="sick", shape=(24, 32), lesion="lesion"):
    """One lesion of 4 x 8 pixels, and leaf below it."""
    labels = np.zeros(shape, np.uint8)
    labels[2:6, 4:12], labels[10:12] = 1, 2
    return LabelImage.build(name, labels, [LabelClass(1, lesion), LabelClass(2, "healthy tissue")])


def write(folder, kind="labelme", **what):
    return next(iter(export([annotated(**what)], folder, [kind])))


def menu_entry(viewer, menu, title):
    """Return an entry of a menu of napari's window, wherever it lies below."""
    found = []

    def look(below):
        for action in below.actions():
            if action.text().replace("&", "").startswith(title):
                found.append(action)
            if action.menu() is not None:
                look(action.menu())

    look(getattr(viewer.window, menu))
    assert found, f"{title} is not in {menu}"
    return found[0]


@pytest.fixture
def importing(viewer, session, monkeypatch, qtbot):
    """Choose File > IO Utilities > Import annotations…, and do something in the dialog."""
    viewer.window.show()

    def choose(paths, *clicks, box=None, leave=False):
        names = [str(path) for path in paths]
        monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: (names, ""))
        seen = {}

        def answer():
            dialog = QApplication.activeModalWidget()
            if not isinstance(dialog, ImportDialog):
                return
            timer.stop()
            if box is not None:
                dialog.boxes[0].setCurrentText(box)
            for name in clicks:
                part = dialog.rest if name == "rest" else dialog.choices[name]
                where = part.rect().center()
                where.setX(30 if name == "rest" else 8)
                qtbot.mouseClick(part, Qt.MouseButton.LeftButton, pos=where)
            seen.update(
                scans=[each.currentText() for each in dialog.boxes],
                purpose=dialog.purpose,
                sentence=dialog.sentence.text(),
                possible=dialog._ok.isEnabled(),
            )
            buttons = dialog.buttons
            pressed = buttons.StandardButton.Cancel if leave else buttons.StandardButton.Ok
            qtbot.mouseClick(buttons.button(pressed), Qt.MouseButton.LeftButton)

        timer = QTimer()
        timer.timeout.connect(answer)
        timer.start(20)
        menu_entry(viewer, "file_menu", "Import annotations").trigger()
        timer.stop()
        return seen

    return choose


@pytest.fixture
def named(session, labelled):
    """Both scans labelled; bars of cluster 5 are lesion, all others healthy."""
    session.do(NameClasses((5,), "lesion"))
    session.do(NameClasses((1, 2, 3, 4, 6), "healthy tissue"))
    return labelled


@pytest.fixture
def evaluated(viewer, qtbot):
    """Wait for the figures in the dock that opens; returns it and the figures of classes."""

    def get():
        dock = viewer.window._qt_window.findChild(EvaluateDock)
        qtbot.waitUntil(lambda: dock.results.compared is not None, timeout=20000)
        found = dock.results.compared.assessment
        return dock, dict(zip(found.class_names.values(), found.pooled.classes, strict=True))

    return get


def test_annotations_lie_on_the_scan_of_their_name(importing, viewer, session, two_scans, tmp_path):
    seen = importing([write(tmp_path)])
    assert seen["scans"] == ["sick"]
    assert seen["purpose"] == "show"
    layer = viewer.layers["sick reference"]
    np.testing.assert_array_equal(layer.data, annotated().labels)
    np.testing.assert_array_equal(layer.translate, two_scans[1].image.translate[-2:])
    assert layer.metadata[COMPANION_KEY] is two_scans[1].cube
    assert layer.metadata[ROLE_KEY] == "reference"
    assert list(layer.features["class"]) == ["not labelled", "lesion", "healthy tissue"]
    np.testing.assert_allclose(layer.get_color(1)[:3], np.array([0xD5, 0x5E, 0]) / 255, atol=0.01)


def test_classes_are_evaluated_against_annotations(importing, viewer, named, tmp_path, evaluated):
    seen = importing([write(tmp_path)])
    assert seen["purpose"] == "score"
    assert seen["sentence"] == "Compared by name: lesion, healthy tissue."
    dock, classes = evaluated()
    # cluster 5 begins at row 16, below all that is annotated
    assert classes["lesion"]["iou"] == 0.0
    assert classes["lesion"]["pixels_truth"] == 32
    assert classes["healthy tissue"]["iou"] == pytest.approx(64 / 96)
    assert "1 scan, 96 pixels." in dock.summary.text()
    assert dock.choices.matching.currentText() == "by name"
    assert "sick reference" in viewer.layers


def test_the_rest_counts_where_ticked(importing, named, session, tmp_path, evaluated):
    lesion = np.zeros((24, 32), np.uint8)
    lesion[18:] = 1  # six of the eight rows of cluster 5
    image = LabelImage.build("sick", lesion, [LabelClass(1, "Lesion")])
    (path,) = export([image], tmp_path, ["labelme"])
    importing([path], "rest")
    dock, classes = evaluated()
    assert dock.choices.rest.currentText() == "rest"
    assert list(classes) == ["Lesion", "rest"]
    assert classes["Lesion"]["iou"] == pytest.approx(0.75)
    assert classes["Lesion"]["dice"] == pytest.approx(12 / 14)
    dock.results.classes.copy()
    assert "Lesion\t0.75\t0.86" in QApplication.clipboard().text()


def test_annotations_correct_the_classes_in_one_step(importing, session, named, told, tmp_path):
    scan = named[1]
    before, steps = scan.labels.data.copy(), len(session.history.commands)
    seen = importing([write(tmp_path, lesion="Lesion")], "correct")
    assert "Taken over: Lesion, healthy tissue." in seen["sentence"]
    expected = before.copy()
    expected[2:6, 4:12] = 5
    np.testing.assert_array_equal(scan.labels.data, expected)
    assert len(session.history.commands) == steps + 1
    assert "sick: pixels corrected: Lesion 32." in told["info"][-1]
    session.undo()
    np.testing.assert_array_equal(scan.labels.data, before)


def test_names_that_no_class_has_are_left_out_and_said(importing, session, named, told, tmp_path):
    before = named[1].labels.data.copy()
    seen = importing([write(tmp_path, lesion="rust")], "correct")
    assert "Left out, as no class has the name: rust." in seen["sentence"]
    np.testing.assert_array_equal(named[1].labels.data, before)
    assert "no class has the name: “rust”" in told["info"][-1]


def test_another_size_is_said_and_not_imported(importing, viewer, named, tmp_path):
    count = len(viewer.layers)
    seen = importing([write(tmp_path, shape=(12, 16))], leave=True)
    assert not seen["possible"]
    assert seen["sentence"] == (
        "sick is 12 x 16 pixels, the scan sick 24 x 32; annotations must be of the same "
        "picture, neither cropped nor scaled."
    )
    assert len(viewer.layers) == count


def test_of_a_file_for_many_scans_the_open_ones_are_read(importing, session, named, tmp_path):
    many = [annotated(f"leaf {number}") for number in range(30)]
    (path,) = export([*many, annotated("healthy"), annotated("sick")], tmp_path, ["coco"])
    before = [scan.labels.data.copy() for scan in named]
    seen = importing([path], "correct")
    assert seen["scans"] == ["healthy", "sick"]
    for scan, old in zip(named, before, strict=True):
        assert (scan.labels.data[2:6, 4:12] == 5).all()
        changed = scan.labels.data != old
        assert changed[2:6].any()
        # lines annotated as healthy were so, but for cluster 5 of the first scan
        assert (old[10:12][changed[10:12]] == 5).all()
        assert not np.delete(changed, [*range(2, 6), 10, 11], axis=0).any()
    # one step back for all of them
    session.undo()
    for scan, old in zip(named, before, strict=True):
        np.testing.assert_array_equal(scan.labels.data, old)


def test_a_file_of_many_scans_without_any_of_them_open_is_refused(
    importing, viewer, two_scans, told, tmp_path
):
    many = [annotated(f"leaf {number}") for number in range(30)]
    (path,) = export(many, tmp_path, ["coco"])
    count = len(viewer.layers)
    assert importing([path]) == {}
    assert "annotations of 30 pictures" in told["error"][0]
    assert "open the scans first" in told["error"][0]
    assert len(viewer.layers) == count


def test_without_classes_annotations_can_only_be_shown(importing, viewer, two_scans, tmp_path):
    seen = importing([write(tmp_path)], "correct")
    assert seen["purpose"] == "show"
    assert seen["sentence"] == "Scans that have classes can also be scored and corrected."


@pytest.mark.parametrize("kind", ["tif", "png", "envi", "coco", "npy"])
def test_label_maps_of_all_formats_are_annotations(importing, viewer, two_scans, kind, tmp_path):
    importing([write(tmp_path, kind)], box="sick")
    np.testing.assert_array_equal(viewer.layers["sick reference"].data, annotated().labels)


def test_a_damaged_file_is_told(importing, viewer, two_scans, told, tmp_path):
    (tmp_path / "sick.json").write_text('{"shapes": [')
    count = len(viewer.layers)
    assert importing([tmp_path / "sick.json"]) == {}
    assert told["error"] == ["sick.json is no JSON file, or a damaged one."]
    assert len(viewer.layers) == count


def test_labelme_dropped_onto_the_canvas_lies_on_its_scan(viewer, two_scans, tmp_path):
    viewer.window._qt_viewer._qt_open([str(write(tmp_path))], stack=False)
    layer = viewer.layers["sick reference"]
    np.testing.assert_array_equal(layer.translate, two_scans[1].image.translate[-2:])
    # another size: labels by themselves
    other = write(tmp_path, name="maple", shape=(20, 20))
    viewer.window._qt_viewer._qt_open([str(other)], stack=False)
    assert COMPANION_KEY not in viewer.layers["maple reference"].metadata


def test_json_that_holds_no_annotations_is_not_ours(viewer, tmp_path):
    from napari_dgc.gui.annotation_reader import get_reader

    (tmp_path / "some.json").write_text(json.dumps({"a": 1}))
    (tmp_path / "bad.json").write_text("{")
    assert get_reader(str(tmp_path / "some.json")) is None
    assert get_reader(str(tmp_path / "bad.json")) is None
    assert get_reader(str(tmp_path / "none.json")) is None
    assert get_reader(str(write(tmp_path))) is not None


def test_damaged_annotations_dropped_are_told(viewer, two_scans, told, tmp_path):
    from napari_dgc.gui.annotation_reader import get_reader

    path = tmp_path / "sick.json"
    path.write_text(json.dumps({"shapes": 3, "imageHeight": 24, "imageWidth": 32}))
    assert get_reader(str(path))(str(path)) == [(None,)]
    assert told["error"] == ["sick.json is damaged: its shapes are no list."]


@pytest.fixture
def exporting(viewer, qtbot):
    """Choose Layers > Annotate > Export labels…"""
    viewer.window.show()
    made = []

    def choose():
        menu_entry(viewer, "layers_menu", "Export labels").trigger()
        found = [w for w in QApplication.topLevelWidgets() if isinstance(w, ExportDialog)]
        made.extend(found)
        return found[0].panel if found else None

    yield choose
    for dialog in made:
        dialog.close()


def test_any_labels_are_exported_from_the_menu(exporting, viewer, qtbot, tmp_path, monkeypatch):
    monkeypatch.setattr(QMessageBox, "question", lambda *a: pytest.fail("nothing to replace"))
    data, options = annotated().labels, {"name": "by hand"}
    viewer.add_labels(data, features={"index": [1, 2], "class": ["lesion", "leaf"]}, **options)
    panel = exporting()
    panel.folder.setText(str(tmp_path / "out"))
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.writing)
    image = read_label_image(tmp_path / "out" / "by hand.tif")
    np.testing.assert_array_equal(image.labels, data)
    assert [info.name for info in image.classes] == ["lesion", "leaf"]


def test_class_layers_are_exported_as_in_the_merge_dock(
    exporting, viewer, session, named, qtbot, tmp_path
):
    viewer.layers.selection = {named[0].labels}
    panel = exporting()
    assert [panel.what.itemText(place) for place in range(2)] == ["Classes", "Lesions"]
    panel.folder.setText(str(tmp_path / "out"))
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.writing)
    assert (tmp_path / "out" / "sick_classes.csv").read_text().count("lesion") == 1


def test_without_labels_the_menu_says_what_to_do(exporting, viewer, told, two_scans):
    assert exporting() is None
    assert told["info"] == ["Select a labels layer in the layer list first."]
