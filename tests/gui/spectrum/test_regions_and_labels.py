"""Mean and spread of what is drawn or labelled, shown as a curve with a band around it."""

import numpy as np
import pytest

from napari_dgc.gui.session import TrainingState
from napari_dgc.workspace.commands import NameClasses

from .conftest import SHIFT


def masked(scan, mask):
    """Mean and standard deviation of a scan's pixels."""
    pixels = scan.cube.data[:, mask].astype(float)
    return pixels.mean(axis=1), pixels.std(axis=1, ddof=1)


def box(rows, columns):
    mask = np.zeros((24, 32), bool)
    mask[rows, columns] = True
    return mask


def wait_for(qtbot, curve, expected):
    def check():
        assert curve.mean is not None
        np.testing.assert_allclose(curve.mean, expected[0], rtol=1e-5)
        np.testing.assert_allclose(curve.sd, expected[1], rtol=1e-4)

    qtbot.waitUntil(check, timeout=4000)


@pytest.fixture
def painted(leaves, viewer):
    """A label map over the second scan: label 3 is a square, 7 the last column."""
    data = np.zeros((24, 32), np.uint8)
    data[5:9, 6:12] = 3
    data[:, 31] = 7
    image = leaves[1].image
    return viewer.add_labels(data, scale=image.scale[-2:], translate=image.translate[-2:])


# ------------------------------------------------------------------- regions


def test_drawn_rectangle_shows_mean_and_spread(leaves, spectrum, mouse, viewer, qtbot, settled):
    spectrum.tools.region_wanted.emit("Rectangle")
    # Corners between pixels: rows 3 to 10 and columns 5 to 14 lie inside.
    mouse.drag(leaves[1], (2.5, 4.5), (10.5, 14.5))
    (curve,) = settled(spectrum, 1)
    expected = masked(leaves[1], box(slice(3, 11), slice(5, 15)))
    wait_for(qtbot, curve, expected)
    assert curve.pixels == 80 and curve.where == "80 pixels, sick"
    items = spectrum.plot._items[curve]
    low, high = (np.asarray(edge.getData()[1]) for edge in (items._low, items._high))
    np.testing.assert_allclose((low + high) / 2, expected[0], rtol=1e-5)
    np.testing.assert_allclose((high - low) / 2, expected[1], rtol=1e-4)
    assert items._spread.isVisible()
    # The mouse moves the image again.
    assert str(viewer.layers.selection.active.mode) == "pan_zoom"


def test_polygon_is_drawn_corner_by_corner(leaves, spectrum, mouse, viewer, qtbot, settled):
    spectrum.tools.region_wanted.emit("Polygon")
    for corner in ((2.5, 2.5), (2.5, 20.5), (15.5, 20.5)):
        mouse.click(leaves[0], *corner)
        # Nothing is read of a shape in the making.
        assert spectrum.sources.curves == []
    mouse.double_click(leaves[0], 15.5, 2.5)
    (curve,) = settled(spectrum, 1)
    wait_for(qtbot, curve, masked(leaves[0], box(slice(3, 16), slice(3, 21))))
    assert str(viewer.layers.selection.active.mode) == "pan_zoom"


def test_menu_offers_shapes_with_an_area(leaves, spectrum):
    actions = spectrum.tools.region.menu().actions()
    assert [action.text() for action in actions] == ["Rectangle", "Ellipse", "Polygon"]
    actions[1].trigger()
    assert str(spectrum.sources.regions.layer.mode) == "add_ellipse"


def test_every_kind_of_shape_is_read(leaves, spectrum, settled, qtbot):
    spectrum.sources.regions.draw("Polygon")
    layer = spectrum.sources.regions.layer
    layer.add([[2, 2], [2, 20], [20, 2]], shape_type="polygon")
    layer.add([[4.2, 4.2], [4.2, 13.8], [13.8, 13.8], [13.8, 4.2]], shape_type="ellipse")
    layer.add([[4, 4], [14, 14]], shape_type="line")
    polygon, ellipse, line = settled(spectrum, 3)
    rows, columns = np.indices((24, 32))
    inside = (rows > 2) & (columns > 2) & (rows + columns < 22)
    edge = (rows >= 2) & (columns >= 2) & (rows + columns <= 22)
    assert inside.sum() <= polygon.pixels <= edge.sum()
    disc = masked(leaves[0], np.hypot(rows - 9, columns - 9) < 4.8)
    wait_for(qtbot, ellipse, disc)
    assert line.problem == "a line has no area" and line.mean is None


def test_moved_shape_is_read_anew(leaves, spectrum, settled, qtbot):
    spectrum.sources.regions.draw("Rectangle")
    layer = spectrum.sources.regions.layer
    corners = np.array([[2.5, 2.5], [2.5, 6.5], [6.5, 6.5], [6.5, 2.5]])
    layer.add(corners, shape_type="rectangle")
    (curve,) = settled(spectrum, 1)
    layer.data = [corners + np.array([10, 5])]
    wait_for(qtbot, curve, masked(leaves[0], box(slice(13, 17), slice(8, 12))))


def test_shapes_and_curves_share_colours(leaves, spectrum, settled):
    from qtpy.QtGui import QColor

    spectrum.sources.regions.draw("Rectangle")
    layer = spectrum.sources.regions.layer
    for left in (2, 12):
        layer.add([[2, left], [2, left + 4], [6, left + 4], [6, left]], shape_type="rectangle")
    curves = settled(spectrum, 2)
    edges = [QColor.fromRgbF(*map(float, colour)).name() for colour in layer.edge_color]
    assert edges == [curve.colour for curve in curves] and len(set(edges)) == 2


def test_shape_beyond_the_scan_is_cut_to_it(leaves, spectrum, settled, qtbot):
    spectrum.sources.regions.draw("Rectangle")
    spectrum.sources.regions.layer.add(
        [[-4, -4], [-4, 8.5], [7.5, 8.5], [7.5, -4]], shape_type="rectangle"
    )
    (curve,) = settled(spectrum, 1)
    wait_for(qtbot, curve, masked(leaves[0], box(slice(0, 8), slice(0, 9))))


def test_shape_smaller_than_a_pixel_takes_that_pixel(leaves, spectrum, settled):
    spectrum.sources.regions.draw("Rectangle")
    spectrum.sources.regions.layer.add(
        [[3.1, 4.1], [3.1, 4.3], [3.3, 4.3], [3.3, 4.1]], shape_type="rectangle"
    )
    (curve,) = settled(spectrum, 1)
    assert curve.pixels == 1
    np.testing.assert_allclose(curve.mean, leaves[0].cube.data[:, 3, 4])


def test_region_on_a_large_pixel_grid(leaves, spectrum, viewer, settled, qtbot):
    leaves[1].image.scale = (1, 3, 0.5)
    leaves[1].image.translate = (0, 200, 7)
    spectrum.sources.regions.draw("Rectangle")
    corners = np.array([[2.5, 2.5], [2.5, 6.5], [6.5, 6.5], [6.5, 2.5]]) * [3, 0.5] + [200, 7]
    spectrum.sources.regions.layer.add(corners, shape_type="rectangle")
    (curve,) = settled(spectrum, 1)
    wait_for(qtbot, curve, masked(leaves[1], box(slice(3, 7), slice(3, 7))))


# -------------------------------------------------------------------- labels


def test_click_on_a_label_shows_its_mean(leaves, painted, spectrum, mouse, qtbot, settled):
    spectrum.tools.label.click()
    mouse.click(leaves[1], 6, 8)
    (curve,) = settled(spectrum, 1)
    wait_for(qtbot, curve, masked(leaves[1], painted.data == 3))
    assert curve.name == "label 3" and curve.where == "24 pixels, sick"
    mouse.click(leaves[1], 10, 31)
    curves = settled(spectrum, 2)
    assert [curve.name for curve in curves] == ["label 3", "label 7"]


def test_click_beside_all_labels_is_told(leaves, painted, spectrum, mouse):
    spectrum.tools.label.click()
    mouse.click(leaves[1], 0, 0)
    assert spectrum.sources.curves == []
    assert "no label here" in spectrum.status.text()


def test_one_tool_at_a_time(leaves, spectrum):
    spectrum.tools.pin.click()
    spectrum.tools.label.click()
    assert not spectrum.tools.pin.isChecked() and spectrum.clicks.tool == "label"
    spectrum.tools.label.click()
    assert spectrum.clicks.tool is None


def test_class_has_its_name_and_colour(labelled, session, spectrum, mouse, qtbot, settled):
    from napari_dgc.partition import Partition

    assert isinstance(session.partition, Partition)
    session.do(NameClasses((1,), "lesion"))
    session.settle()
    spectrum.tools.label.click()
    mouse.click(labelled[0], 5, 2)
    (curve,) = settled(spectrum, 1)
    assert curve.name == "lesion"
    assert curve.colour == session.partition.classes[0].shown_colour
    wait_for(qtbot, curve, masked(labelled[0], labelled[0].fine == 1))


def test_paint_changes_the_mean(leaves, painted, spectrum, mouse, qtbot, settled):
    spectrum.tools.label.click()
    mouse.click(leaves[1], 6, 8)
    (curve,) = settled(spectrum, 1)
    painted.data_setitem((np.array([20, 21]), np.array([2, 2])), 3)
    after = painted.data == 3
    wait_for(qtbot, curve, masked(leaves[1], after))
    assert curve.pixels == 26


def test_maps_that_training_renews_are_read_at_its_end(
    leaves, painted, spectrum, mouse, qtbot, settled, session, reads
):
    spectrum.tools.label.click()
    mouse.click(leaves[1], 6, 8)
    (curve,) = settled(spectrum, 1)
    spectrum.tools.live.click()
    session.state = TrainingState.TRAINING
    reads.clear()
    moved = np.roll(painted.data, 3, axis=0)
    painted.data = moved
    qtbot.wait(700)
    assert reads == []
    session.state = TrainingState.DONE
    wait_for(qtbot, curve, masked(leaves[1], moved == 3))


def test_label_map_on_another_grid(leaves, viewer, spectrum, mouse, qtbot, settled):
    # Half as many, larger pixels, shifted by half a pixel to cover the same ground.
    coarse = np.zeros((12, 16), np.uint8)
    coarse[2:4, 3:6] = 5
    corner = leaves[1].image.translate[-2:] + 0.5
    viewer.add_labels(coarse, scale=(2, 2), translate=corner)
    spectrum.tools.label.click()
    mouse.click(leaves[1], 5, 8)
    (curve,) = settled(spectrum, 1)
    fine = np.kron(coarse, np.ones((2, 2))) == 5
    wait_for(qtbot, curve, masked(leaves[1], fine))


def test_curves_follow_a_scan_that_gets_other_data(
    leaves, painted, spectrum, mouse, qtbot, settled, session
):
    from dataclasses import replace

    spectrum.tools.label.click()
    mouse.click(leaves[1], 6, 8)
    mouse.click(leaves[1], 6, 8, keys=SHIFT)
    pin, label = settled(spectrum, 2)
    # As white and dark references change it.
    scan = leaves[1]
    scan.cube = replace(scan.cube, data=scan.cube.data / 2)
    session.scans_changed.emit()
    wait_for(qtbot, label, masked(scan, painted.data == 3))
    qtbot.waitUntil(lambda: np.allclose(pin.mean, scan.cube.data[:, 6, 8]), timeout=2000)


def test_vanished_label_says_so(leaves, painted, spectrum, mouse, qtbot, settled):
    spectrum.tools.label.click()
    mouse.click(leaves[1], 6, 8)
    (curve,) = settled(spectrum, 1)
    painted.data = np.zeros_like(painted.data)
    qtbot.waitUntil(lambda: curve.problem == "no pixel with data", timeout=4000)
    assert spectrum.plot.drawn(curve) is None


def test_removed_map_takes_its_curves_along(leaves, painted, spectrum, mouse, viewer, settled):
    spectrum.tools.label.click()
    mouse.click(leaves[1], 6, 8)
    settled(spectrum, 1)
    viewer.layers.remove(painted)
    assert spectrum.sources.curves == []


def test_long_reading_of_a_region_does_not_hold_pixels_up(
    leaves, spectrum, mouse, settled, qtbot, monkeypatch
):
    import threading

    from napari_dgc.measure import region_spectra

    free = threading.Event()
    original = region_spectra.region_spectrum

    def slow(*arguments, **options):
        free.wait(5)
        return original(*arguments, **options)

    monkeypatch.setattr(region_spectra, "region_spectrum", slow)
    spectrum.sources.regions.draw("Rectangle")
    spectrum.sources.regions.layer.add([[2, 2], [2, 9], [9, 9], [9, 2]], shape_type="rectangle")
    spectrum.sources.regions.layer.mode = "pan_zoom"
    mouse.move(leaves[0], 11, 12)
    qtbot.waitUntil(lambda: "row 11, column 12" in spectrum.status.text(), timeout=2000)
    assert spectrum.sources.curves[0].mean is None
    free.set()
    settled(spectrum, 1)
