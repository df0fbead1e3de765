"""Naming by clicks on the leaf, with a real mouse on the canvas of a napari window."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QApplication, QInputDialog

from napari_dgc.workspace.commands import MergeClasses, NameClasses, NoteClass


@pytest.fixture
def click(viewer, qtbot):
    """Click a pixel of a scan."""

    def press(scan, row, column, modifier=Qt.KeyboardModifier.NoModifier):
        viewer.reset_view()
        qtbot.wait(20)
        canvas = viewer.window._qt_viewer.canvas
        y, x = scan.labels.data_to_world((row, column))[-2:]
        where = canvas.view.scene.transform.map([x, y])[:2]
        qtbot.mouseClick(
            canvas.native, Qt.MouseButton.LeftButton, modifier, QPoint(*map(round, where))
        )

    return press


@pytest.fixture
def naming(labelled, merge_dock, qtbot):
    """Naming by clicks, switched on by its key, with the name of key 4: lesion."""
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_N)
    assert "Choose a name" in merge_dock.tools.naming.text.text()
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_4)
    return merge_dock.tools.naming


def test_each_click_names_the_cluster_there_and_is_one_step(
    labelled, merge_dock, session, naming, click, qtbot
):
    assert naming.text.text() == "Click the leaf to name lesion; Esc ends."
    assert session.viewer.help == naming.text.text()
    assert merge_dock.names.buttons["lesion"].isChecked()
    assert session.history.undo_title is None  # choosing the name names nothing
    click(labelled[1], 17, 3)
    assert session.partition.class_of(5).name == "lesion"
    click(labelled[0], 5, 7)
    assert session.partition.class_of(2).members == (2, 5)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_Z, Qt.KeyboardModifier.ControlModifier)
    assert session.partition.class_of(5).members == (5,)
    assert session.partition.class_of(2).name == ""
    click(labelled[0], 5, 7)
    assert session.partition.class_of(2).members == (2, 5)


def test_escape_ends_and_clicks_select_again(labelled, merge_dock, session, naming, click, qtbot):
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    assert not naming.isVisible()
    assert not merge_dock.names.buttons["lesion"].isChecked()
    assert session.viewer.help == ""
    click(labelled[1], 17, 3)
    assert [info.number for info in merge_dock.table.selected_classes] == [5]
    assert session.history.undo_title is None
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_4)
    assert session.partition.class_of(5).name == "lesion"


@pytest.mark.parametrize("active", ["image", "labels"])
def test_escape_ends_while_the_canvas_has_the_keys(viewer, labelled, naming, click, qtbot, active):
    click(labelled[0], 5, 7)
    viewer.layers.selection.active = getattr(labelled[0], active)
    canvas = viewer.window._qt_viewer.canvas.native
    canvas.setFocus()
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not naming.isVisible()
    # Once more is no matter of naming.
    qtbot.keyClick(canvas, Qt.Key.Key_Escape)
    assert not naming.on


def test_ctrl_click_still_selects(labelled, merge_dock, session, naming, click):
    click(labelled[1], 17, 3, Qt.KeyboardModifier.ControlModifier)
    assert session.history.undo_title is None
    assert [info.number for info in merge_dock.table.selected_classes] == [5]


def test_digits_choose_the_next_name(labelled, merge_dock, session, naming, click, qtbot):
    click(labelled[1], 17, 3)
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_2)
    click(labelled[0], 5, 7)
    assert session.partition.class_of(5).name == "lesion"
    assert session.partition.class_of(2).name == "healthy tissue"


def test_a_merged_class_without_a_name_is_named_as_a_whole(
    labelled, merge_dock, session, naming, click
):
    session.do(MergeClasses((2, 5)))
    session.do(NoteClass(2, "brown spots"))
    click(labelled[0], 5, 7)
    info = session.partition.class_of(5)
    assert (info.name, info.members, info.note) == ("lesion", (2, 5), "brown spots")


@pytest.fixture
def conflict(labelled, session, naming, click):
    """A click, for lesion, on cluster 2 of a healthy tissue of three clusters."""
    session.do(MergeClasses((2, 3, 5)))
    session.do(NameClasses((2,), "healthy tissue"))
    before = session.partition
    click(labelled[0], 5, 7)
    assert session.partition is before  # nothing is guessed
    return before


def test_a_cluster_of_another_name_is_asked_about(labelled, naming, conflict, merge_dock):
    pixels = sum(np.count_nonzero(np.isin(scan.fine, (2, 3, 5))) for scan in labelled)
    text = naming.text.text().replace("\u2009", "")
    assert text == (
        f"Cluster 2 is in “healthy tissue” (3 clusters, {pixels} px). Name it “lesion”?"
    )
    assert naming.move_one.text() == "Only cluster 2 (M)"
    assert QApplication.activeModalWidget() is None


def test_answer_moves_only_the_cluster(session, naming, conflict, qtbot):
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_M)
    assert session.partition.class_of(2).members == (2,)
    assert session.partition.class_of(2).name == "lesion"
    assert session.partition.class_of(3).name == "healthy tissue"
    assert not naming.move_one.isVisible()
    session.undo()
    assert session.partition.classes == conflict.classes


def test_answer_names_the_whole_class(session, naming, conflict, qtbot):
    qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_R)
    info = session.partition.class_of(3)
    assert (info.members, info.name) == ((2, 3, 5), "lesion")
    session.undo()
    assert session.partition.classes == conflict.classes


@pytest.mark.parametrize("by_key", [True, False])
def test_question_is_cancelled_and_naming_goes_on(
    labelled, session, naming, conflict, qtbot, click, by_key
):
    if by_key:
        qtbot.keyClick(QApplication.focusWidget(), Qt.Key.Key_Escape)
    else:
        qtbot.mouseClick(naming.cancel, Qt.MouseButton.LeftButton)
    assert session.partition is conflict
    assert naming.on
    assert not naming.cancel.isVisible()
    click(labelled[0], 5, 1)
    assert session.partition.class_of(1).name == "lesion"


def test_a_step_taken_back_puts_the_question_away(session, naming, conflict):
    session.undo()
    assert not naming.move_one.isVisible()
    assert naming.on


def test_a_click_on_what_has_the_name_changes_nothing(labelled, session, naming, click):
    click(labelled[1], 17, 3)
    before = session.partition
    click(labelled[1], 17, 3)
    assert session.partition is before
    assert "already" in naming.text.text()


def test_free_names_can_be_given_by_clicks(
    labelled, merge_dock, session, naming, click, monkeypatch
):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("  powdery   mildew ", True))
    merge_dock.names.menu.actions()[0].trigger()
    click(labelled[1], 17, 3)
    assert session.partition.class_of(5).name == "powdery mildew"
