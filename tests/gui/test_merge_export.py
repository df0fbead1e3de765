"""Exporting from the merge dock: folder, formats, overwriting, refusals."""

import csv
import json
import threading
from dataclasses import replace

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dgc.annotations import FORMATS, read_labels
from napari_dgc.cli.__main__ import main
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.read import open_cube
from napari_dgc.gui.export_panel import ExportPanel, unique_stems
from napari_dgc.measure.details import ScanDetails
from napari_dgc.partition.template import NameTemplate, Role, TemplateName
from napari_dgc.workspace.commands import DescribeScan, MergeClasses, NameClasses, SetTemplate


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def panel(session, labelled, qtbot):
    panel = ExportPanel(session)
    qtbot.addWidget(panel)
    return panel


def export(qtbot, panel):
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(lambda: not panel.writing, timeout=30000)


def choose(panel, *formats):
    for name, entry in panel.formats.entries.items():
        entry.setChecked(name in formats)


def written_in(folder):
    """Return all files in a folder but the one that says how they were made."""
    return [p for p in folder.rglob("*") if p.is_file() and p.name != "export.provenance.json"]


def test_it_is_said_how_the_files_were_made(panel, session, qtbot, tmp_path):
    session.do(NameClasses((1, 4), "lesion"))
    panel.folder.setText(str(tmp_path / "out"))
    choose(panel, "tif")
    export(qtbot, panel)
    (run,) = json.loads((tmp_path / "out" / "export.provenance.json").read_text())["runs"]
    assert run["command"] == "export"
    assert run["files"].keys() == {path.name for path in written_in(tmp_path / "out")}
    assert list(run["scans"]) == ["healthy", "sick"]
    named = [info for info in run["settings"]["classes"] if info["name"]]
    assert [info["name"] for info in named] == ["lesion", "lesion"]
    assert run["settings"]["steps"] == 1


def test_only_the_ticked_formats_are_written(panel, qtbot, tmp_path):
    panel.folder.setText(str(tmp_path / "new"))
    choose(panel, "tif")
    export(qtbot, panel)
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    told = ["export.provenance.json"]
    assert names == [*told, "healthy.tif", "healthy_classes.csv", "sick.tif", "sick_classes.csv"]


def test_exported_class_tables_tell_measure_what_is_leaf(session, panel, qtbot, tmp_path):
    names = (TemplateName("blade", Role.LEAF), TemplateName("rust", Role.DISEASED))
    session.do(SetTemplate(NameTemplate("Rust", names)))
    session.do(NameClasses((1, 2), "blade"))
    session.do(NameClasses((3,), "rust"))
    panel.folder.setText(str(tmp_path / "maps"))
    choose(panel, "tif")
    export(qtbot, panel)
    out = tmp_path / "t.csv"
    assert main(["measure", str(tmp_path / "maps"), "--min-leaf", "0", "--out", str(out)]) == 0
    with out.open(newline="") as file:
        told = {row["scan"]: row for row in csv.DictReader(file)}
    for scan in session.scans:
        leaf, rust = (np.isin(scan.fine, wanted).sum() for wanted in ((1, 2, 3), (3,)))
        assert int(told[scan.name]["leaf_area_px"]) == leaf
        assert float(told[scan.name]["severity_percent"]) == pytest.approx(100 * rust / leaf)


def test_no_format_no_button(panel):
    choose(panel)
    assert not panel.button.isEnabled()
    assert "format" in panel.button.toolTip()


def test_no_labels_no_button(session, viewer, two_scans, qtbot):
    panel = ExportPanel(session)
    qtbot.addWidget(panel)
    assert not panel.button.isEnabled()


def test_folder_is_remembered(panel, session, qtbot, tmp_path):
    panel.folder.setText(str(tmp_path / "kept"))
    export(qtbot, panel)
    again = ExportPanel(session)
    qtbot.addWidget(again)
    assert again.folder.text() == str(tmp_path / "kept")


def test_without_a_folder_the_dialog_asks_and_cancel_writes_nothing(panel, qtbot, monkeypatch):
    asked = []
    monkeypatch.setattr(QFileDialog, "getExistingDirectory", lambda *a: asked.append(a) or "")
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert asked
    assert panel.message.isHidden()


@pytest.mark.parametrize("overwrite", [True, False])
def test_files_are_overwritten_only_with_leave(
    panel, labelled, qtbot, tmp_path, monkeypatch, overwrite
):
    questions = []
    answer = QMessageBox.StandardButton.Yes if overwrite else QMessageBox.StandardButton.Cancel
    monkeypatch.setattr(QMessageBox, "question", lambda *a: questions.append(a[2]) or answer)
    (tmp_path / "sick.tif").write_bytes(b"precious")
    panel.folder.setText(str(tmp_path))
    export(qtbot, panel)
    assert "sick.tif" in questions[0]
    if overwrite:
        np.testing.assert_array_equal(read_labels(tmp_path / "sick.tif"), labelled[1].labels.data)
    else:
        assert [path.name for path in tmp_path.iterdir() if path.suffix == ".tif"] == ["sick.tif"]
        assert (tmp_path / "sick.tif").read_bytes() == b"precious"


def test_unwritable_folder_is_said_in_one_sentence(panel, qtbot, tmp_path):
    (tmp_path / "file").write_text("not a folder")
    panel.folder.setText(str(tmp_path / "file" / "inside"))
    export(qtbot, panel)
    message = panel.message.text()
    assert str(tmp_path / "file" / "inside") in message
    assert "choose another folder" in message
    assert "Traceback" not in message


def test_stems_are_file_names_and_unique():
    names = ["leaf", "Leaf", "a/b:c", "..", "leaf"]
    assert unique_stems(names) == ["leaf", "Leaf-2", "a_b_c", "scan", "leaf-3"]


def test_an_open_scan_is_never_written_over(panel, session, qtbot, tmp_path):
    own = tmp_path / "sick.tif"
    own.write_bytes(b"precious")
    (scan,) = (scan for scan in session.scans if scan.name == "sick")
    scan.cube = replace(scan.cube, path=own)
    panel.folder.setText(str(tmp_path))
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    assert "sick.tif is a scan that is open" in panel.message.text()
    assert panel.button.isEnabled()
    assert [path.name for path in tmp_path.iterdir()] == ["sick.tif"]
    assert own.read_bytes() == b"precious"


def test_formats_are_ticked_in_a_menu_that_stays_open_and_remembered(panel, session, qtbot):
    assert panel.formats.text() == "TIFF, PNG"
    menu = panel.formats.menu()
    menu.popup(panel.formats.mapToGlobal(panel.formats.rect().bottomLeft()))
    for name in ("labelme", "coco", "coco-rle", "png"):
        where = menu.actionGeometry(panel.formats.entries[name]).center()
        qtbot.mouseClick(menu, Qt.MouseButton.LeftButton, pos=where)
        assert menu.isVisible()
    menu.close()
    # one file can hold COCO of one kind only
    assert panel.formats.chosen == ("tif", "labelme", "coco-rle")
    assert panel.formats.text() == "TIFF, labelme + 1"
    assert "Outlines for labelme" in panel.formats.toolTip()
    again = ExportPanel(session)
    qtbot.addWidget(again)
    assert again.formats.chosen == ("tif", "labelme", "coco-rle")


def test_what_was_written_and_replaced_is_said(panel, qtbot, tmp_path, monkeypatch):
    yes = QMessageBox.StandardButton.Yes
    monkeypatch.setattr(QMessageBox, "question", lambda *a: yes)
    folder = tmp_path / "out"
    folder.mkdir()
    (folder / "sick.json").write_text("{}")
    panel.folder.setText(str(folder))
    choose(panel, "labelme", "masks")
    export(qtbot, panel)
    files = written_in(folder)
    assert panel.message.text().startswith(f"{len(files)} files written to {folder} (1 replaced)")


def test_lesions_are_written_as_objects(panel, session, qtbot, tmp_path):
    panel.what.setCurrentIndex(panel.what.findData("lesions"))
    assert not panel.button.isEnabled()
    assert "lesion" in panel.button.toolTip()
    session.do(NameClasses((1, 4), "lesion"))
    session.do(NameClasses((2, 3, 5, 6), "healthy tissue"))
    panel.refresh()
    panel.folder.setText(str(tmp_path))
    choose(panel, "coco")
    export(qtbot, panel)
    content = json.loads((tmp_path / "annotations_coco.json").read_text())
    assert [found["name"] for found in content["categories"]] == ["lesion"]
    images = {found["id"]: found["file_name"] for found in content["images"]}
    assert sorted(images.values()) == ["healthy_lesions.png", "sick_lesions.png"]
    # bars of class 1 and 4 lie apart on both leaves
    assert sorted(images[found["image_id"]] for found in content["annotations"]) == [
        *["healthy_lesions.png"] * 2,
        *["sick_lesions.png"] * 2,
    ]


def test_the_command_line_writes_the_same_bytes(panel, session, labelled, qtbot, tmp_path):
    session.do(MergeClasses((2, 5)))
    session.do(NameClasses((2,), "lesion"))
    session.do(DescribeScan(ScanDetails(labelled[1].key, pixel_size_mm=0.25)))
    here, there, scans = tmp_path / "here", tmp_path / "there", tmp_path / "scans"
    formats = [name for name in FORMATS if name != "coco-rle"]
    scans.mkdir()
    for scan in labelled:
        scan.cube = open_cube(write_envi(scan.cube, scans / f"{scan.name}.hdr")[0])
    choose(panel, *formats)
    panel.folder.setText(str(here))
    export(qtbot, panel)
    maps = [str(here / f"{scan.name}.tif") for scan in labelled]
    cubes = [str(scan.cube.path) for scan in labelled]
    options = ["--format", *formats, "--cubes", *cubes, "--out", str(there)]
    assert main(["export", *maps, *options]) == 0
    written = {path.relative_to(here) for path in written_in(here)}
    assert written == {path.relative_to(there) for path in written_in(there)}
    for path in written:
        assert (here / path).read_bytes() == (there / path).read_bytes(), path


def test_stop_keeps_what_is_written(panel, qtbot, tmp_path, monkeypatch):
    reached, go_on = threading.Event(), threading.Event()
    write = FORMATS["labelme"].write

    def slow(image, folder):
        yield from write(image, folder)
        reached.set()
        go_on.wait(20)

    monkeypatch.setitem(FORMATS, "labelme", replace(FORMATS["labelme"], write=slow))
    panel.folder.setText(str(tmp_path))
    choose(panel, "labelme")
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    qtbot.waitUntil(reached.is_set)
    assert panel.button.text() == "Stop"
    assert not panel.formats.isEnabled()
    qtbot.mouseClick(panel.button, Qt.MouseButton.LeftButton)
    go_on.set()
    assert panel.button.text() == "Export"
    assert panel.message.text() == f"Stopped. 1 file written to {tmp_path}: healthy.json."
    qtbot.waitUntil(lambda: panel._jobs._thread is None)
    assert [path.name for path in tmp_path.iterdir() if path.suffix == ".json"] == ["healthy.json"]
