"""Whatever is done with the real widgets in whatever order, undo and redo are exact."""

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dgc.partition.tree import MergeTree

CONTROL = Qt.KeyboardModifier.ControlModifier


def state(session, scans, dock):
    dock.table.clearSelection()  # selected classes stand out
    session.settle()
    names = [scan.labels.features["class"].tolist() for scan in scans]
    colours = [
        {number: tuple(np.round(scan.labels.get_color(number), 3)) for number in range(1, 7)}
        for scan in scans
    ]
    pixels = [np.array(scan.labels.data).tolist() for scan in scans]
    return session.work, pixels, names, colours


@pytest.mark.parametrize("seed", [0, 1])
def test_random_use_of_the_dock_and_brush_is_undone_and_redone_exactly(
    seed, labelled, merge_dock, session, viewer, qtbot, click_rows, canvas, drag
):
    random = np.random.default_rng(seed)
    assert isinstance(session.partition.tree, MergeTree)
    start = state(session, labelled, merge_dock)

    def some_classes():
        numbers = [info.number for info in session.partition.classes]
        count = min(len(numbers), int(random.integers(1, 4)))
        return [int(n) for n in random.choice(numbers, count, replace=False)]

    def key(which):
        click_rows(merge_dock, *some_classes())
        qtbot.keyClick(merge_dock.table, which)

    def slide():
        which = [Qt.Key.Key_Left, Qt.Key.Key_Right][random.integers(2)]
        for _ in range(int(random.integers(1, 4))):
            qtbot.keyClick(merge_dock.slider.slider, which)

    def paint():
        layer = labelled[0].labels
        viewer.layers.selection.active = layer
        layer.selected_label = some_classes()[0]
        points = random.integers((1, 1), (15, 20), (3, 2)).tolist()
        drag(layer, points)

    acts = [
        lambda: key(Qt.Key.Key_G),
        lambda: key(Qt.Key.Key_S),
        lambda: key([Qt.Key.Key_1, Qt.Key.Key_2, Qt.Key.Key_4][random.integers(3)]),
        slide,
        paint,
        lambda: qtbot.keyClick(merge_dock.table, Qt.Key.Key_Z, CONTROL),
        lambda: qtbot.keyClick(canvas, Qt.Key.Key_Y, CONTROL),
    ]
    for _ in range(40):
        acts[random.integers(len(acts))]()
    end = state(session, labelled, merge_dock)
    steps = len(session.history.commands)
    assert steps > 3
    places = (merge_dock.table, canvas)
    for turn in range(steps):
        assert session.history.undo_title
        qtbot.keyClick(places[turn % 2], Qt.Key.Key_Z, CONTROL)
    assert session.history.undo_title is None
    assert state(session, labelled, merge_dock) == start
    for turn in range(steps):
        qtbot.keyClick(places[turn % 2], Qt.Key.Key_Y, CONTROL)
    assert state(session, labelled, merge_dock) == end
