"""Pins keep spectra: coloured markers on the image, curves of the same colours in the plot."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor

from napari_dgc.gui.spectrum.place import to_world

from .conftest import SHIFT


def pixels(dock):
    return [(c.scan.name if c.scan else None, c.row, c.column) for c in dock.sources.curves]


def marker_colours(dock):
    return [
        QColor.fromRgbF(*map(float, colour)).name() for colour in dock.sources.pins.layer.face_color
    ]


@pytest.fixture
def three(leaves, spectrum, mouse, settled):
    """Three pins: two on the first scan, one on the second."""
    mouse.click(leaves[0], 4, 4, keys=SHIFT)
    mouse.click(leaves[0], 18, 25, keys=SHIFT)
    mouse.click(leaves[1], 10, 12, keys=SHIFT)
    settled(spectrum, 3)
    return spectrum


def test_shift_and_click_pins_what_is_there(three, leaves):
    assert pixels(three) == [("healthy", 4, 4), ("healthy", 18, 25), ("sick", 10, 12)]
    for curve in three.sources.curves:
        row, column = int(curve.row), int(curve.column)
        np.testing.assert_allclose(curve.mean, curve.scan.cube.data[:, row, column])
        np.testing.assert_allclose(three.plot.drawn(curve).getData()[1], curve.mean)


def test_markers_have_the_colours_of_the_curves(three):
    colours = [curve.colour for curve in three.sources.curves]
    assert len(set(colours)) == 3
    assert marker_colours(three) == colours
    drawn = [three.plot.drawn(curve).opts["pen"].color().name() for curve in three.sources.curves]
    assert drawn == colours


def test_plain_click_pins_only_when_asked(leaves, spectrum, mouse, settled, qtbot):
    mouse.click(leaves[0], 4, 4)
    assert spectrum.sources.curves == []
    spectrum.tools.pin.click()
    mouse.click(leaves[0], 4, 4)
    mouse.click(leaves[1], 5, 5)
    settled(spectrum, 2)
    spectrum.tools.pin.click()
    mouse.click(leaves[0], 9, 9)
    assert len(spectrum.sources.curves) == 2


def test_dragging_the_image_pins_nothing(leaves, spectrum, mouse, viewer):
    spectrum.tools.pin.click()
    centre = tuple(viewer.scene.camera.center)
    mouse.drag(leaves[0], (4, 4), (12, 20))
    assert spectrum.sources.curves == []
    assert tuple(viewer.scene.camera.center) != centre


def test_click_outside_of_every_scan_is_told(leaves, spectrum, mouse):
    mouse.click(leaves[0], -1.3, 4, keys=SHIFT)
    assert spectrum.sources.curves == []
    assert spectrum.status.text() == "There is no scan here."


def test_same_pixel_is_pinned_once(leaves, spectrum, mouse, settled, qtbot):
    mouse.click(leaves[0], 4, 4, keys=SHIFT)
    settled(spectrum, 1)
    qtbot.wait(600)  # not a double click
    mouse.click(leaves[0], 4.2, 3.9, keys=SHIFT)
    assert len(spectrum.sources.curves) == 1


def test_pinning_leaves_the_layer_in_hand(leaves, spectrum, mouse, viewer, settled):
    viewer.layers.selection.active = leaves[0].composite
    mouse.click(leaves[0], 4, 4, keys=SHIFT)
    settled(spectrum, 1)
    assert viewer.layers.selection.active is leaves[0].composite


def test_brush_of_a_label_layer_is_left_alone(leaves, spectrum, mouse, viewer):
    labels = viewer.add_labels(np.zeros((24, 32), np.uint8))
    labels.mode = "paint"
    mouse.click(leaves[0], 4, 4, keys=SHIFT)
    assert spectrum.sources.curves == []
    # The tool of the dock takes the brush out of the hand, as a click cannot do both.
    spectrum.tools.pin.click()
    assert str(labels.mode) == "pan_zoom"
    mouse.click(leaves[0], 6, 6)
    assert len(spectrum.sources.curves) == 1


def test_pin_can_be_dragged_to_another_scan(three, leaves, mouse, viewer, qtbot, settled):
    centre = tuple(viewer.scene.camera.center)
    mouse.press(leaves[0], 4, 4)
    mouse.move(leaves[0], 8, 8, held=True)
    curve = three.sources.curves[0]
    # The curve follows while the mouse is still held.
    qtbot.waitUntil(lambda: (curve.row, curve.column) == (8, 8), timeout=2000)
    mouse.move(leaves[1], 20, 3, held=True)
    mouse.release(leaves[1], 20, 3)
    settled(three, 3)
    assert pixels(three)[0] == ("sick", 20, 3)
    expected = leaves[1].cube.data[:, 20, 3]
    qtbot.waitUntil(lambda: np.allclose(curve.mean, expected), timeout=2000)
    assert three.list.topLevelItem(0).text(1) == "row 20, column 3, sick"
    assert tuple(viewer.scene.camera.center) == centre


def test_pin_moved_with_naparis_own_tools(three, leaves, qtbot, settled):
    layer = three.sources.pins.layer
    layer.data = layer.data + np.array([[3, 2], [0, 0], [0, 0]])
    curve = three.sources.curves[0]
    expected = leaves[0].cube.data[:, 7, 6]
    qtbot.waitUntil(lambda: np.allclose(curve.mean, expected), timeout=2000)


def test_pin_outside_of_every_scan_says_so(three, leaves, qtbot):
    layer = three.sources.pins.layer
    layer.data = layer.data - np.array([[50], [0], [0]])
    curve = three.sources.curves[0]
    assert curve.mean is None and three.plot.drawn(curve) is None
    assert three.list.topLevelItem(0).text(1) == "outside of every scan"


def test_point_added_in_napari_gets_a_name_and_a_colour(three, leaves, settled):
    layer = three.sources.pins.layer
    layer.add(np.array([to_world(leaves[1], 2, 3)]))
    curves = settled(three, 4)
    assert pixels(three)[3] == ("sick", 2, 3)
    assert [curve.name for curve in curves] == ["Pin 1", "Pin 2", "Pin 3", "Pin 4"]
    assert len({curve.colour for curve in curves}) == 4
    assert marker_colours(three) == [curve.colour for curve in curves]


def test_deleting_the_point_deletes_the_curve(three, settled):
    layer = three.sources.pins.layer
    layer.selected_data = {1}
    layer.remove_selected()
    curves = settled(three, 2)
    assert [curve.name for curve in curves] == ["Pin 1", "Pin 3"]
    assert three.list.topLevelItemCount() == 2
    assert marker_colours(three) == [curve.colour for curve in curves]


def test_cross_in_the_list_deletes_the_pin(three, qtbot, settled):
    item = three.list.topLevelItem(0)
    where = three.list.visualItemRect(item).center()
    where.setX(three.list.viewport().width() - 8)
    qtbot.mouseClick(three.list.viewport(), Qt.MouseButton.LeftButton, pos=where)
    curves = settled(three, 2)
    assert [curve.name for curve in curves] == ["Pin 2", "Pin 3"]
    assert len(three.sources.pins.layer.data) == 2


def test_freed_colour_is_used_again(three, leaves, mouse, settled):
    first = three.sources.curves[0].colour
    three.sources.remove(three.sources.curves[0])
    mouse.click(leaves[1], 20, 20, keys=SHIFT)
    curves = settled(three, 3)
    assert curves[-1].colour == first and len({curve.colour for curve in curves}) == 3


def test_name_given_in_the_list_is_shown_on_the_image(three):
    three.list.topLevelItem(1).setText(0, "necrotic spot")
    assert three.sources.curves[1].name == "necrotic spot"
    assert three.sources.pins.layer.features["name"].tolist()[1] == "necrotic spot"


def test_unticked_curve_is_hidden(three):
    curve = three.sources.curves[0]
    three.list.topLevelItem(0).setCheckState(0, Qt.CheckState.Unchecked)
    assert three.plot.drawn(curve) is None
    three.list.topLevelItem(0).setCheckState(0, Qt.CheckState.Checked)
    assert three.plot.drawn(curve) is not None


def test_colour_given_in_napari_is_the_curves(three):
    layer = three.sources.pins.layer
    layer.selected_data = {0}
    layer.current_face_color = "#123456"
    layer.refresh()
    assert three.sources.curves[0].colour == "#123456"
    assert three.plot.drawn(three.sources.curves[0]).opts["pen"].color().name() == "#123456"


def test_pins_stay_on_their_pixels_when_another_scan_is_opened(
    three, leaves, session, make_leaf, settled
):
    before = pixels(three)
    moved = leaves[1].image.translate.copy()
    for name in ("third", "fourth", "fifth"):
        session.add_cube_layers(make_leaf(name))
    assert not np.array_equal(leaves[1].image.translate, moved) or len(session.scans) == 5
    settled(three, 3)
    assert pixels(three) == before
    for curve, point in zip(three.sources.curves, three.sources.pins.layer.data, strict=True):
        assert point == pytest.approx(to_world(curve.scan, curve.row, curve.column))


def test_pins_stay_above_layers_that_come_later(three, leaves, viewer, session, make_leaf, qtbot):
    session.add_cube_layers(make_leaf("late"))
    qtbot.waitUntil(lambda: viewer.layers[-1] is three.sources.pins.layer, timeout=2000)


def test_pins_of_a_closed_scan_go(three, leaves, viewer, settled):
    viewer.layers.remove(leaves[0].image)
    settled(three, 1)
    assert pixels(three) == [("sick", 10, 12)]
    assert len(three.sources.pins.layer.data) == 1


def test_removed_layer_takes_its_curves_along(three, viewer, leaves, mouse, settled):
    viewer.layers.remove(three.sources.pins.layer)
    assert three.sources.curves == [] and three.list.topLevelItemCount() == 0
    mouse.click(leaves[0], 4, 4, keys=SHIFT)
    settled(three, 1)
    assert pixels(three) == [("healthy", 4, 4)]


def test_dock_opened_again_finds_the_pins(three, viewer, qtbot, settled):
    names = [curve.name for curve in three.sources.curves]
    before = pixels(three)
    viewer.window.remove_dock_widget(three)
    three.deleteLater()
    qtbot.wait(30)
    _, again = viewer.window.add_plugin_dock_widget("napari-dgc", "Spectrum")
    settled(again, 3)
    assert [curve.name for curve in again.sources.curves] == names
    assert pixels(again) == before


def test_markers_keep_their_size_on_the_screen(three, viewer):
    layer = three.sources.pins.layer
    before = float(layer.size[0]) * viewer.scene.camera.zoom
    viewer.scene.camera.zoom *= 4
    assert float(layer.size[0]) * viewer.scene.camera.zoom == pytest.approx(before)


def test_names_stand_beside_the_markers_at_any_zoom(viewer, spectrum, leaves, mouse, settled):
    mouse.click(leaves[0], 5, 6, keys=SHIFT)
    settled(spectrum, 1)
    layer = viewer.layers["Spectrum pins"]
    for _ in range(2):
        assert layer.text.translation[1] > layer.size[0] / 2
        viewer.scene.camera.zoom *= 3


def test_names_are_told_from_bright_and_dark_scans(viewer, spectrum, leaves, mouse, settled):
    leaves[0].composite.data = np.full_like(leaves[0].composite.data, 235)
    leaves[1].composite.data = np.full_like(leaves[1].composite.data, 20)
    for number, scan in enumerate(leaves[:2], start=1):
        mouse.click(scan, 5, 6, keys=SHIFT)
        settled(spectrum, number)
    text = viewer.layers["Spectrum pins"].text
    viewer.scene.camera.zoom *= 1.1
    np.testing.assert_allclose(text.color.array[:, :3], [[0, 0, 0], [1, 1, 1]])
