"""The merge assistant in a real napari window: ranks, ticks, preview, keys, undo."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt
from qtpy.QtWidgets import QLabel

from napari_dgc.gui.session import TrainingState
from napari_dgc.partition import build_tree
from napari_dgc.workspace.commands import MergeClasses, NameClasses, SetTree


@pytest.fixture
def key(qtbot, merge_dock):
    """Press keys where the keyboard focus is."""

    def press(*keys, modifier=Qt.KeyboardModifier.NoModifier):
        for one in keys:
            qtbot.keyClick(merge_dock.window().focusWidget(), one, modifier)

    return press


@pytest.fixture
def assistant(labelled, merge_dock, click_rows, key):
    """The page, opened by its key for the class of cluster 3."""
    click_rows(merge_dock, 3)
    key(Qt.Key.Key_A)
    return merge_dock.pages.page("assistant")


def colours(scans):
    return [[tuple(scan.labels.get_color(k)) for k in range(1, 7)] for scan in scans]


def state(session):
    return [
        session.history.undo_title,
        session.partition,
        *[np.array(scan.labels.data).tolist() for scan in session.labelled],
        *[scan.fine.tolist() for scan in session.labelled],
    ]


def test_key_opens_the_page_with_candidates_ranked(assistant, merge_dock, qtbot):
    assert assistant.isVisible()
    assert "cluster 3" in assistant.title.text()
    # Levels 0.05, 0.1, [0.4], 0.5, 0.55, 0.9 lie in one direction; neighbours come first.
    assert set(assistant.list.numbers) == {1, 2, 4, 5, 6}
    assert assistant.list.current == assistant.list.numbers[0]
    row = assistant.list.currentItem()
    assert row.text(1).endswith("°")
    assert row.text(3).endswith("%")
    assert assistant.list.hasFocus()
    close = merge_dock.pages._frames["assistant"].findChildren(type(merge_dock.in_image.pick))
    qtbot.mouseClick(close[0], Qt.MouseButton.LeftButton)
    assert not assistant.isVisible()


def test_another_linkage_of_the_tree_ranks_anew(assistant, session):
    row = assistant.list.currentItem()
    assert float(row.text(4)) <= float(row.text(1).removesuffix("°"))
    session.do(SetTree("distance", build_tree(session.model.summary, "distance")))
    rows = [assistant.list.topLevelItem(k) for k in range(assistant.list.topLevelItemCount())]
    assert len(rows) == 5
    # What is compared now is the distance alone.
    assert [row.text(4) for row in rows] == [row.text(2) for row in rows]


def test_list_can_be_sorted_by_each_number(assistant, qtbot):
    header = assistant.list.header()
    place = header.sectionViewportPosition(2) + 5
    where = header.viewport().rect().center()
    where.setX(place)
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)
    first = assistant.list.numbers
    assert first in ((4, 5, 2, 1, 6), (6, 1, 2, 5, 4))
    qtbot.mouseClick(header.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert assistant.list.numbers == first[::-1]


def test_ticked_classes_are_seen_merged_and_escape_brings_everything_back(
    assistant, labelled, session, key
):
    key(Qt.Key.Key_Escape)
    before, colours_before = state(session), colours(labelled)
    key(Qt.Key.Key_A)
    own = labelled[0].labels.get_color(3)
    best = assistant.list.numbers[:2]
    key(Qt.Key.Key_Space, Qt.Key.Key_Space)
    assert assistant.list.staged == tuple(sorted(best))
    assert assistant.list.current == assistant.list.numbers[2]
    for scan in labelled:
        merged = [scan.labels.get_color(number) for number in (3, *best)]
        assert all(np.array_equal(merged[0], other) for other in merged)
        assert merged[0][3] == 1
    assert np.array_equal(own, merged[0]) or 1 in best or 2 in best
    assert state(session) == before
    key(Qt.Key.Key_Escape)
    assert assistant.isVisible()
    assert assistant.list.staged == ()
    key(Qt.Key.Key_Escape)
    assert not assistant.isVisible()
    assert colours(labelled) == colours_before
    assert state(session) == before


def test_preview_is_seen_without_the_highlight_too(assistant, merge_dock, labelled, qtbot, key):
    qtbot.mouseClick(merge_dock.in_image.highlight, Qt.MouseButton.LeftButton)
    plain = labelled[0].labels.colormap
    assert labelled[0].labels.get_color(6)[3] == 1
    assistant.list.setFocus()
    best = assistant.list.current
    key(Qt.Key.Key_Space)
    layer = labelled[0].labels
    assert np.array_equal(layer.get_color(best), layer.get_color(3))
    assert layer.get_color(6)[3] == 1
    qtbot.mouseClick(assistant.cancel, Qt.MouseButton.LeftButton)
    assert layer.colormap is plain


@pytest.mark.parametrize("accept", [Qt.Key.Key_Return, Qt.Key.Key_G])
def test_accepting_is_one_step_and_the_merged_class_is_asked_for_next(
    assistant, merge_dock, session, key, accept
):
    best = assistant.list.numbers[:2]
    key(Qt.Key.Key_Space, Qt.Key.Key_Space, accept)
    assert list(session.history.commands) == [MergeClasses((3, *sorted(best)))]
    members = tuple(sorted((3, *best)))
    assert session.partition.class_of(3).members == members
    assert [info.members for info in merge_dock.table.selected_classes] == [members]
    assert session.partition.class_of(3).title in assistant.title.text()
    assert len(assistant.list.numbers) == 3
    assert assistant.list.staged == ()
    key(Qt.Key.Key_Z, modifier=Qt.KeyboardModifier.ControlModifier)
    assert len(session.partition.classes) == 6
    assert "cluster 3" in assistant.title.text()


def test_enter_without_a_tick_merges_with_the_current_one(assistant, session, key):
    second = assistant.list.numbers[1]
    key(Qt.Key.Key_Down, Qt.Key.Key_Return)
    assert session.partition.class_of(3).members == tuple(sorted((3, second)))


def test_not_alike_is_not_offered_again_until_asked(assistant, merge_dock, session, key, qtbot):
    best, second, third = assistant.list.numbers[:3]
    key(Qt.Key.Key_N)
    assert best not in assistant.list.numbers
    assert assistant.list.current == second
    assert session.history.undo_title is None
    # Neither the other way round, nor after a merge, nor when the page was closed meanwhile.
    key(Qt.Key.Key_Return, Qt.Key.Key_Escape, Qt.Key.Key_A)
    assert best not in assistant.list.numbers
    merge_dock.table.select_clusters([best])
    assert not {3, second} & set(assistant.list.numbers)
    assert third in assistant.list.numbers
    assert assistant.again.isVisible()
    qtbot.mouseClick(assistant.again, Qt.MouseButton.LeftButton)
    assert len(assistant.list.numbers) == 4
    assert not assistant.again.isVisible()


def test_swap_asks_what_the_candidate_is_like(assistant, merge_dock, key):
    best = assistant.list.current
    key(Qt.Key.Key_T)
    assert [info.number for info in merge_dock.table.selected_classes] == [best]
    assert assistant.list.current == 3


def test_mouse_ticks_merges_and_sets_aside(assistant, session, qtbot):
    def click(widget, where=None):
        qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=where or widget.rect().center())

    best, second, third = assistant.list.numbers[:3]
    row = assistant.list.visualItemRect(assistant.list.topLevelItem(1))
    click(assistant.list.viewport(), QPoint(row.left() + 9, row.center().y()))
    assert assistant.list.staged == (second,)
    assert assistant.accept.text() == "Merge 2 classes"
    click(assistant.list.viewport(), QPoint(row.left() + 80, row.center().y() + row.height()))
    assert assistant.list.current == third
    click(assistant.reject)
    assert third not in assistant.list.numbers
    assert assistant.list.staged == (second,)
    click(assistant.accept)
    assert session.partition.class_of(3).members == tuple(sorted((3, second)))
    assert best in assistant.list.numbers


def test_click_on_the_image_asks_about_that_class_and_keys_go_on(
    assistant, labelled, session, viewer, qtbot, key
):
    viewer.reset_view()
    qtbot.wait(50)
    canvas = viewer.window._qt_viewer.canvas
    y, x = labelled[1].labels.data_to_world((17, 3))[-2:]
    place = canvas.view.scene.transform.map([x, y])[:2]
    qtbot.mouseClick(canvas.native, Qt.MouseButton.LeftButton, pos=QPoint(*map(round, place)))
    assert "cluster 5" in assistant.title.text()
    best = assistant.list.current
    key(Qt.Key.Key_Space, Qt.Key.Key_Return)
    assert session.partition.class_of(5).members == tuple(sorted((5, best)))


def test_names_by_digits_work_while_the_list_has_the_keyboard(assistant, session, key):
    key(Qt.Key.Key_4)
    assert session.partition.class_of(3).name == "lesion"
    assert "lesion" in assistant.title.text()


def test_selecting_another_class_ranks_anew_and_drops_ticks(
    assistant, merge_dock, labelled, key, click_rows
):
    key(Qt.Key.Key_Space)
    click_rows(merge_dock, 6)
    assert "cluster 6" in assistant.title.text()
    assert assistant.list.staged == ()
    assert 3 in assistant.list.numbers
    click_rows(merge_dock, 6, 2)
    assert "Select one class" in assistant.title.text()
    assert not assistant.accept.isEnabled()


def preview_is_over(layer):
    return not any(
        np.array_equal(layer.get_color(a)[:3], layer.get_color(b)[:3])
        for a in range(1, 7)
        for b in range(1, a)
    )


def test_preview_ends_when_classes_change_or_training_starts(
    assistant, labelled, session, key, viewer
):
    layer = labelled[0].labels
    key(Qt.Key.Key_Space)
    assert not preview_is_over(layer)
    session.do(NameClasses((6,), "stem"))
    assert preview_is_over(layer)
    assert assistant.list.staged == ()
    key(Qt.Key.Key_Space)
    assert not preview_is_over(layer)
    session.state = TrainingState.TRAINING
    assert preview_is_over(layer)
    assert assistant.list.numbers == ()
    assert "training" in assistant.title.text()
    session.state = TrainingState.DONE
    assert len(assistant.list.numbers) == 5


def test_preview_ends_when_another_tab_comes_and_when_the_dock_goes(
    assistant, merge_dock, labelled, viewer, qtbot, key
):
    layer = labelled[0].labels
    key(Qt.Key.Key_Space)
    other = viewer.window.add_dock_widget(QLabel("another dock"), tabify=True)
    other.raise_()
    qtbot.waitUntil(lambda: preview_is_over(layer) and layer.get_color(6)[3] == 1)
    merge_dock._frame.raise_()
    qtbot.waitUntil(lambda: len(assistant.list.numbers) == 5)
    assert assistant.list.staged == ()
    assert preview_is_over(layer)
    assistant.list.setFocus()
    assistant.list.stage_current()
    assert not preview_is_over(layer)
    viewer.window.remove_dock_widget(merge_dock)
    qtbot.waitUntil(lambda: preview_is_over(layer) and layer.get_color(6)[3] == 1)


def test_a_brush_stroke_under_a_preview_corrects_the_class_painted(
    assistant, labelled, session, key
):
    key(Qt.Key.Key_Space)
    staged = assistant.list.staged
    labelled[0].labels.paint((12, 14), 6)
    assert np.count_nonzero(labelled[0].fine == 6) > 0
    assert assistant.list.staged == staged
    assert not preview_is_over(labelled[0].labels)
    assert len(session.partition.classes) == 6


def test_letters_in_the_folder_field_stay_letters(labelled, merge_dock, qtbot):
    merge_dock.export.folder.setFocus()
    qtbot.keyClicks(merge_dock.export.folder, "an")
    assert merge_dock.export.folder.text() == "an"
    assert merge_dock.pages.open_name == ""
