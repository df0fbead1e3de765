"""Confidence in a real napari window: shown, kept true to the classes, never in the way."""

import numpy as np
import pytest
from qtpy.QtCore import QPoint, Qt

from napari_dgc.errors import UserError
from napari_dgc.gui.session import TrainingState
from napari_dgc.workspace.commands import MergeClasses


def press(qtbot, widget):
    where = QPoint(8, widget.height() // 2)
    qtbot.mouseClick(widget, Qt.MouseButton.LeftButton, pos=where)


@pytest.fixture
def layers(viewer):
    """The confidence layers that can be seen now, by name."""

    def visible():
        return {
            layer.name: layer
            for layer in viewer.layers
            if layer.name.endswith(" confidence") and layer.visible
        }

    return visible


@pytest.fixture
def shown(labelled, merge_dock, qtbot, layers):
    """The merge dock after "Show confidence" was clicked and both layers are there."""
    press(qtbot, merge_dock.confidence.box)
    qtbot.waitUntil(lambda: len(layers()) == 2, timeout=10_000)
    return merge_dock


def test_one_layer_per_scan_in_its_place(labelled, shown, layers, session, viewer):
    assert sorted(layers()) == ["healthy confidence", "sick confidence"]
    for scan in labelled:
        layer = layers()[f"{scan.name} confidence"]
        assert tuple(layer.translate) == tuple(scan.labels.translate)
        assert tuple(layer.scale) == tuple(scan.labels.scale)
        assert layer.units == scan.labels.units
        assert layer.data.shape == scan.fine.shape
        assert tuple(layer.contrast_limits) == (0, 1)
    # Six classes.
    np.testing.assert_allclose(layer.data, 1 / 6)
    assert session.model.asked[-1] == (0, 1, 2, 3, 4, 5, 6)
    # What was worked on stays selected, and the scans stay two.
    assert viewer.layers.selection.active is not layer
    assert len(session.scans) == 2
    qt_bar = shown.confidence.bar
    assert not qt_bar.isVisible()


def test_certain_pixels_are_clear_and_doubtful_ones_are_not(shown, layers):
    layer = next(iter(layers().values()))
    certain, doubtful = layer.colormap.map(np.array([1.0, 0.5]))
    assert certain[3] == 0
    assert doubtful[3] == 1


def test_follows_merge_and_undo_and_hides_meanwhile(labelled, shown, qtbot, click_rows, layers):
    click_rows(shown, 2, 5)
    press(qtbot, shown.buttons.merge)
    assert layers() == {}
    assert shown.confidence.bar.isVisible()
    qtbot.waitUntil(lambda: len(layers()) == 2, timeout=10_000)
    np.testing.assert_allclose(layers()["sick confidence"].data, 1 / 5)
    press(qtbot, shown.buttons.undo)
    assert layers() == {}
    qtbot.waitUntil(lambda: len(layers()) == 2, timeout=10_000)
    np.testing.assert_allclose(layers()["sick confidence"].data, 1 / 6)


def test_a_name_changes_nothing(shown, session, qtbot, click_rows, layers):
    asked = len(session.model.asked)
    click_rows(shown, 3)
    press(qtbot, shown.names.buttons["lesion"])
    assert len(layers()) == 2
    qtbot.wait(400)
    assert len(session.model.asked) == asked


def test_off_hides_and_on_again_needs_no_work(shown, session, qtbot, layers):
    asked = len(session.model.asked)
    press(qtbot, shown.confidence.box)
    assert layers() == {}
    press(qtbot, shown.confidence.box)
    assert len(layers()) == 2
    assert len(session.model.asked) == asked


def test_a_layer_the_user_hid_stays_hidden(shown, qtbot, click_rows, layers):
    layers()["sick confidence"].visible = False
    click_rows(shown, 3)
    press(qtbot, shown.names.buttons["lesion"])
    assert list(layers()) == ["healthy confidence"]


def test_pixels_painted_by_hand_are_certain(labelled, shown, qtbot, layers):
    labelled[0].labels.paint((12, 3), 3)
    assert "healthy confidence" not in layers()
    qtbot.waitUntil(lambda: len(layers()) == 2, timeout=10_000)
    values = layers()["healthy confidence"].data
    assert values[12, 3] == 1
    assert values[0, 30] < 1


def test_nothing_stale_is_shown_while_training(shown, session, layers):
    session.state = TrainingState.TRAINING
    assert layers() == {}
    assert not shown.confidence.box.isEnabled()
    assert "training" in shown.confidence.box.toolTip()
    session.state = TrainingState.DONE
    assert shown.confidence.box.isEnabled()
    assert len(layers()) == 2


def test_a_refusal_is_said_beside_the_box(labelled, merge_dock, session, qtbot, monkeypatch):
    def refuse(*_args, **_options):
        raise UserError("The method stripes gives no confidence; train with another one.")

    monkeypatch.setattr(session.model, "predict_confidence", refuse)
    press(qtbot, merge_dock.confidence.box)
    qtbot.waitUntil(lambda: "no confidence" in merge_dock.confidence.message.text())
    assert not merge_dock.confidence.bar.isVisible()
    assert merge_dock.minimumSizeHint().width() <= 360


def test_nothing_stale_is_shown_once_the_dock_is_closed(shown, viewer, qtbot, session, layers):
    viewer.window.remove_dock_widget(shown)
    session.do(MergeClasses((1, 2)))
    qtbot.waitUntil(lambda: layers() == {})
