"""Names of classes and scans are shown letter by letter, whatever they hold."""

import numpy as np
from qtpy.QtCore import Qt
from qtpy.QtGui import QTextDocument
from qtpy.QtWidgets import QLabel

from napari_dgc.annotations import LabelClass, LabelImage
from napari_dgc.gui.calm_boxes import NameComboBox
from napari_dgc.gui.import_dialog import ImportDialog
from napari_dgc.workspace.commands import NameClasses

#: Taken for HTML, it would need three lines.
NAME = "rust<br><br><b>x</b>"


def lines(label):
    """How many lines a label shows."""
    return round(label.sizeHint().height() / label.fontMetrics().lineSpacing())


def test_a_selected_class(merge_dock, session, labelled):
    session.do(NameClasses((2,), NAME))
    merge_dock.table.select_clusters([2])
    assert NAME in merge_dock.hint.text()
    assert lines(merge_dock.hint) == 1


def test_a_scan_with_its_severity(merge_dock, session, labelled):
    labelled[0].image.name = NAME
    session.do(NameClasses((2,), "lesion"))
    session.do(NameClasses((3,), "healthy tissue"))
    assert NAME in merge_dock.severity.text()
    merge_dock.severity.setWordWrap(False)
    assert lines(merge_dock.severity) == 2


def test_annotations_about_to_be_imported(session, labelled, qtbot):
    image = LabelImage.build(NAME, np.ones((24, 32), np.uint8), [LabelClass(1, NAME)])
    dialog = ImportDialog([image], labelled, session.partition)
    qtbot.addWidget(dialog)
    dialog.boxes[0].setCurrentIndex(1)
    dialog.choices["correct"].setChecked(True)
    told = [label for label in dialog.findChildren(QLabel) if NAME in label.text()]
    assert len(told) >= 3
    for label in told:
        label.setMinimumHeight(0)
        label.setWordWrap(False)
        assert lines(label) == 1


def shown(tip):
    """What a tooltip shows as text."""
    document = QTextDocument()
    if "<" in tip:
        document.setHtml(tip)
    else:
        document.setPlainText(tip)
    return document.toPlainText()


def test_tooltips(merge_dock, session, labelled):
    session.do(NameClasses((2,), NAME))
    model = merge_dock.model
    row = model.rows_touching([2])[0]
    assert NAME in shown(model.index(row, 1).data(Qt.ItemDataRole.ToolTipRole))
    assert f"Undo: name “{NAME}”" in shown(merge_dock.buttons.undo.toolTip())


def test_tooltip_of_a_list_of_names(qtbot):
    box = NameComboBox("Choose a scan")
    qtbot.addWidget(box)
    box.show_names([NAME, "plain"], ["12 bands"])
    assert shown(box.toolTip()) == f"{NAME}\n12 bands\nChoose a scan"
    assert shown(box.itemData(0, Qt.ItemDataRole.ToolTipRole)) == f"{NAME}\n12 bands"
    box.setCurrentIndex(1)
    assert box.toolTip() == "plain\nChoose a scan"
