"""Exporting from the merge dock: folder, formats, overwriting, refusals."""

from dataclasses import replace

import numpy as np
import pytest
from napari.components import ViewerModel
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dgc.annotations import read_labels
from napari_dgc.gui.export_panel import ExportPanel, unique_stems


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
    qtbot.waitUntil(panel.button.isEnabled)


def test_only_the_ticked_formats_are_written(panel, qtbot, tmp_path):
    panel.folder.setText(str(tmp_path / "new"))
    panel.png.setChecked(False)
    export(qtbot, panel)
    names = sorted(path.name for path in (tmp_path / "new").iterdir())
    assert names == ["healthy.tif", "healthy_classes.csv", "sick.tif", "sick_classes.csv"]


def test_no_format_no_button(panel):
    panel.tiff.setChecked(False)
    panel.png.setChecked(False)
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
