"""The dock "Composites and indices": colours change on the canvas, indices become layers."""

import threading

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dgc.composites import Painter, Recipe, Span
from napari_dgc.cubes import HyperCube
from napari_dgc.gui.composites import index_worker
from napari_dgc.gui.composites.live import get_live
from napari_dgc.gui.layers import COMPANION_KEY
from napari_dgc.indices import find_index, index_map

NM = np.arange(400.0, 1001.0, 10.0)
LEFT = Qt.MouseButton.LeftButton


def leaf(name="leaf", seed=0, **more):
    data = np.random.default_rng(seed).uniform(0.1, 0.9, (len(NM), 20, 30)).astype(np.float32)
    return HyperCube(data, name, NM, "nm", **more)


@pytest.fixture
def scans(session):
    return [session.add_cube_layers(leaf(name, seed)) for seed, name in enumerate(("one", "two"))]


@pytest.fixture
def dock(viewer, qtbot, scans):
    """The dock as the user opens it, in a real window."""
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Composites and indices")
    qtbot.waitExposed(dock)
    return dock


@pytest.fixture
def choose(qtbot):
    """Choose an item of a combo box with the keyboard, as a user does."""

    def pick(combo, text):
        row = combo.findText(text, Qt.MatchFlag.MatchStartsWith)
        assert row >= 0, text
        combo.setFocus()
        combo.showPopup()
        combo.view().setCurrentIndex(combo.model().index(row, 0))
        qtbot.keyClick(combo.view(), Qt.Key.Key_Return)
        assert combo.currentIndex() == row

    return pick


@pytest.fixture
def pick_index(qtbot):
    """Click an index in the list."""

    def pick(dock, name, modifier=Qt.KeyboardModifier.NoModifier):
        dock.tabs.setCurrentWidget(dock.indices)
        tree = dock.indices.list.tree
        item = dock.indices.list._items[name]
        tree.scrollToItem(item)
        where = tree.visualItemRect(item).center()
        qtbot.mouseClick(tree.viewport(), LEFT, modifier, where)

    return pick


def waits_for(qtbot, condition):
    qtbot.waitUntil(condition, timeout=20_000)


# -------------------------------------------------------------------- colours


def expected(scans, recipe):
    """Return the pictures of scans that share their stretch."""
    painters = [Painter(scan.cube) for scan in scans]
    levels = painters[0].levels(recipe, painters[1:])
    return [painter.paint(recipe, levels=levels) for painter in painters]


def show(scans, recipe):
    """Whether the scans show what a recipe gives them together."""
    return all(
        np.array_equal(scan.composite.data, picture)
        for scan, picture in zip(scans, expected(scans, recipe), strict=True)
    )


def test_a_preset_colours_all_scans_and_says_so_in_their_names(qtbot, dock, scans, choose):
    assert dock.scans.currentText() == "All 2 open scans"
    assert dock.colours.preset.currentText() == "True colour"
    choose(dock.colours.preset, "Colour-infrared")
    names = ["one colour-infrared", "two colour-infrared"]
    waits_for(qtbot, lambda: [scan.composite.name for scan in scans] == names)
    assert show(scans, Recipe("infrared"))


def test_one_scan_can_be_coloured_by_itself(qtbot, dock, scans, choose):
    waits_for(qtbot, lambda: show(scans, Recipe()))
    before = scans[0].composite.data.copy()
    choose(dock.scans, "two")
    choose(dock.colours.preset, "Colour-infrared")
    waits_for(qtbot, lambda: scans[1].composite.name == "two colour-infrared")
    assert scans[0].composite.name == "one true colour"
    np.testing.assert_array_equal(scans[0].composite.data, before)
    # the controls tell what each scan shows
    choose(dock.scans, "one")
    assert dock.colours.preset.currentText() == "True colour"
    choose(dock.scans, "two")
    assert dock.colours.preset.currentText() == "Colour-infrared"


def test_moving_a_slider_shows_that_band_live(qtbot, dock, scans):
    red = dock.colours.channels[0]
    red.width_nm.setValue(0)
    red.slider.setFocus()
    qtbot.keyClick(red.slider, Qt.Key.Key_End)
    qtbot.keyClick(red.slider, Qt.Key.Key_Left)
    assert red.value.value() == 990
    assert dock.colours.preset.currentText() == "Any three bands"
    waits_for(qtbot, lambda: scans[0].composite.name.startswith("one 990, "))
    spans = [channel.span() for channel in dock.colours.channels]
    assert spans[0] == Span(990, 990)
    waits_for(qtbot, lambda: show(scans, Recipe("chosen", tuple(spans))))
    # typing another wavelength moves the slider along
    red.value.setValue(404)
    assert red.slider.value() == 0
    waits_for(qtbot, lambda: scans[0].composite.name.startswith("one 404, "))


def test_stretch_gamma_and_balance_change_the_picture(qtbot, dock, scans, choose):
    waits_for(qtbot, lambda: show(scans, Recipe()))
    shown = scans[0].composite.data.copy()
    dock.colours.low.setValue(20)
    assert dock.colours.range.value()[0] == pytest.approx(20)
    waits_for(qtbot, lambda: not np.array_equal(scans[0].composite.data, shown))
    stretched = scans[0].composite.data.copy()
    assert (stretched == 0).mean() > (shown == 0).mean()
    dock.colours.gamma.setValue(20)
    waits_for(qtbot, lambda: scans[0].composite.data.mean() > stretched.mean())
    choose(dock.colours.balance, "grey world")
    waits_for(qtbot, lambda: scans[0].composite.name == "one true colour, grey-world balance")

    qtbot.mouseClick(dock.colours.reset, LEFT)
    waits_for(qtbot, lambda: np.array_equal(scans[0].composite.data, shown))
    assert scans[0].composite.name == "one true colour"
    assert dock.colours.gamma.value() == 0


@pytest.fixture
def dim(session):
    """Half of a scan is another one's background; the rest is much darker than its leaf."""
    made = []
    for name, leaf_is in (("bright", 0.8), ("dim", 0.2)):
        values = np.full((len(NM), 20, 30), 0.1, np.float32)
        values[:, :, 15:] = leaf_is
        values += np.linspace(0, 0.01, 20, dtype=np.float32)[:, None]
        made.append(session.add_cube_layers(HyperCube(values, name, NM, "nm")))
    return made


def backgrounds(scans):
    return [scan.composite.data[:, :15].astype(int).mean() for scan in scans]


def test_scans_opened_together_share_their_limits(qtbot, session, dim):
    waits_for(qtbot, lambda: np.ptp(backgrounds(dim)) < 1)
    leaves = [scan.composite.data[:, 15:].astype(int).mean() for scan in dim]
    assert leaves[0] > leaves[1] + 60
    # With the bright one closed, the other has the whole range.
    before = leaves[1]
    session.viewer.layers.remove(dim[0].image)
    waits_for(qtbot, lambda: dim[1].composite.data[:, 15:].mean() > before + 60)


def test_each_scan_can_have_its_own_limits(qtbot, dim, viewer, choose):
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Composites and indices")
    viewer.window.show()
    choose(dock.colours.preset, "Colour-infrared")
    waits_for(qtbot, lambda: show(dim, Recipe("infrared")))
    assert np.ptp(backgrounds(dim)) < 1
    choose(dock.colours.together, "each scan")
    alone = [Painter(scan.cube).paint(Recipe("infrared")) for scan in dim]
    waits_for(
        qtbot,
        lambda: all(
            np.array_equal(scan.composite.data, picture)
            for scan, picture in zip(dim, alone, strict=True)
        ),
    )
    qtbot.mouseClick(dock.colours.reset, LEFT)
    waits_for(qtbot, lambda: show(dim, Recipe()))
    assert dock.colours.together.currentData() is True


def test_a_scan_hidden_by_the_user_stays_hidden_when_others_are_opened(qtbot, session, dim):
    waits_for(qtbot, lambda: np.ptp(backgrounds(dim)) < 1)
    dim[1].composite.visible = False
    before = dim[1].composite.data.copy()
    values = 3 * np.asarray(dim[0].cube.data)[:, :, ::-1]
    session.add_cube_layers(HyperCube(np.clip(values, 0, 1.9), "brighter", NM, "nm"))
    waits_for(qtbot, lambda: not np.array_equal(dim[1].composite.data, before))
    assert not dim[1].composite.visible


def test_what_is_not_possible_is_grey_with_the_reason(qtbot, dock, scans):
    preset, balance = dock.colours.preset.model(), dock.colours.balance.model()
    file_item = preset.item(dock.colours.preset.findData("file"))
    assert not file_item.isEnabled()
    assert file_item.toolTip() == "The file of one names no bands to show."
    white = balance.item(dock.colours.balance.findData("white-reference"))
    assert not white.isEnabled()
    assert "white reference" in white.toolTip()
    assert preset.item(dock.colours.preset.findData("infrared")).isEnabled()


def test_bands_named_in_the_file_are_offered(qtbot, dock, session, choose):
    scan = session.add_cube_layers(leaf("named", default_bands=(40, 25, 15)))
    choose(dock.scans, "named")
    choose(dock.colours.preset, "Bands named in the file")
    waits_for(qtbot, lambda: scan.composite.name == "named bands named in the file")
    assert [channel.value.value() for channel in dock.colours.channels] == [800, 650, 550]


def test_scans_without_wavelengths_are_chosen_by_band(qtbot, dock, session, choose):
    plain = session.add_cube_layers(HyperCube(leaf().data, "plain"))
    choose(dock.scans, "plain")
    assert dock.colours.preset.currentText() == "Any three bands"
    red = dock.colours.channels[0]
    assert red.value.text() == "band 51"
    assert not red.width_nm.isVisible()
    red.slider.setFocus()
    qtbot.keyClick(red.slider, Qt.Key.Key_Home)
    waits_for(qtbot, lambda: plain.composite.name.startswith("plain bands 1, "))


def test_scans_with_and_without_wavelengths_are_not_mixed_up(qtbot, dock, session, scans):
    plain = session.add_cube_layers(HyperCube(leaf().data, "plain"))
    before = plain.composite.name
    dock.colours.channels[0].value.setValue(700)
    assert "choose plain by itself" in dock.colours.message.text()
    waits_for(qtbot, lambda: scans[0].composite.name.startswith("one 6"))
    assert plain.composite.name == before


def test_a_composite_that_was_deleted_comes_back_in_its_place(qtbot, dock, viewer, scans, choose):
    viewer.layers.remove(scans[0].composite)
    choose(dock.scans, "one")
    choose(dock.colours.preset, "Colour-infrared")
    waits_for(qtbot, lambda: scans[0].composite is not None)
    layer = scans[0].composite
    assert layer.name == "one colour-infrared"
    assert viewer.layers.index(layer) == viewer.layers.index(scans[0].image) + 1
    np.testing.assert_allclose(layer.extent.world, scans[0].image.extent.world[:, -2:])


def test_a_hidden_composite_is_shown_when_its_colours_change(qtbot, dock, scans, choose):
    scans[0].composite.visible = False
    choose(dock.colours.preset, "Colour-infrared")
    waits_for(qtbot, lambda: scans[0].composite.name == "one colour-infrared")
    assert scans[0].composite.visible


def test_a_file_that_went_away_is_told_in_one_sentence(qtbot, dock, session, scans, choose):
    class Gone:
        def __init__(self, data):
            self.data, self.gone = data, False
            self.shape, self.dtype, self.ndim, self.size = data.shape, data.dtype, 3, data.size

        def __getitem__(self, key):
            if self.gone:
                raise OSError("the drive was unplugged")
            return self.data[key]

    samples = Gone(np.asarray(leaf().data))
    scan = session.add_cube_layers(leaf("far"))
    scan.cube = HyperCube(samples, "far", NM, "nm")
    dock.scans.refresh()
    choose(dock.scans, "far")
    samples.gone = True
    choose(dock.colours.preset, "Colour-infrared")
    waits_for(qtbot, lambda: "unplugged" in dock.colours.message.text())


# -------------------------------------------------------------------- indices


def test_an_index_becomes_a_layer_over_each_scan(qtbot, dock, viewer, scans, pick_index):
    scans[1].image.scale = (1, 2, 2)
    pick_index(dock, "PRI")
    qtbot.mouseClick(dock.indices.add, LEFT)
    waits_for(qtbot, lambda: "PRI two" in viewer.layers)
    for scan in scans:
        layer = viewer.layers[f"PRI {scan.name}"]
        np.testing.assert_array_equal(layer.data, index_map(scan.cube, find_index("PRI")))
        np.testing.assert_allclose(layer.extent.world, scan.image.extent.world[:, -2:])
        assert layer.units == scan.image.units[-2:]
        assert layer.colormap.name == "viridis"
        assert layer.metadata[COMPANION_KEY] is scan.cube
    first, second = (viewer.layers[f"PRI {scan.name}"] for scan in scans)
    assert first.contrast_limits == second.contrast_limits
    assert -1 <= first.contrast_limits[0] < first.contrast_limits[1] <= 1
    assert first.colorbar.visible
    assert not second.colorbar.visible
    assert dock.indices.message.text() == "Added PRI one, PRI two."


def test_adding_again_renews_the_layer(qtbot, dock, viewer, scans, pick_index):
    pick_index(dock, "NDVI")
    qtbot.mouseClick(dock.indices.add, LEFT)
    waits_for(qtbot, lambda: "NDVI two" in viewer.layers)
    layers, before = len(viewer.layers), viewer.layers["NDVI one"].data.copy()
    viewer.layers["NDVI one"].visible = False
    dock.indices.bandwidth.setValue(20)
    qtbot.mouseClick(dock.indices.add, LEFT)
    waits_for(
        qtbot, lambda: not np.array_equal(viewer.layers["NDVI one"].data, before, equal_nan=True)
    )
    assert len(viewer.layers) == layers
    assert viewer.layers["NDVI one"].visible


def test_several_indices_are_added_at_once(qtbot, dock, viewer, pick_index, choose):
    choose(dock.scans, "one")
    pick_index(dock, "PRI")
    pick_index(dock, "PSRI", Qt.KeyboardModifier.ControlModifier)
    assert dock.indices.add.text() == "Add 2 indices as layers"
    qtbot.mouseClick(dock.indices.add, LEFT)
    waits_for(qtbot, lambda: "PSRI one" in viewer.layers)
    assert "PRI one" in viewer.layers
    assert "PRI two" not in viewer.layers


def test_the_index_is_explained(dock, pick_index):
    pick_index(dock, "PRI")
    text = dock.indices.details.toPlainText()
    index = find_index("PRI")
    assert "(R531 − R570) / (R531 + R570)" in text
    assert index.meaning in text
    assert index.source in text
    assert "Takes the bands at 530.0, 570.0 nm" in text
    assert "https://doi.org/10.1016/0034-4257(92)90059-S" in dock.indices.details.toHtml()


def test_an_index_without_its_wavelengths_is_grey_and_says_why(qtbot, dock, viewer, pick_index):
    pick_index(dock, "NDWI")
    assert not dock.indices.add.isEnabled()
    text = dock.indices.details.toPlainText()
    assert "one (400 to 1000 nm) has no band within 10 nm of 1240 nm" in text
    assert "Nor for two." in text
    tree = dock.indices.list.tree
    items = dock.indices.list._items
    grey, black = (items[name].foreground(0).color() for name in ("NDWI", "NDVI"))
    assert grey.alpha() < black.alpha()
    assert "1240" in items["NDWI"].toolTip(0)
    layers = len(viewer.layers)
    where = tree.visualItemRect(items["NDWI"]).center()
    qtbot.mouseDClick(tree.viewport(), LEFT, pos=where)
    qtbot.wait(100)
    assert len(viewer.layers) == layers


def test_counts_are_said_to_be_uncalibrated(qtbot, dock, viewer, session, pick_index, choose):
    counts = (np.asarray(leaf().data) * 4000).astype(np.uint16)
    session.add_cube_layers(HyperCube(counts, "raw", NM, "nm"))
    choose(dock.scans, "raw")
    pick_index(dock, "HI")
    assert not dock.indices.add.isEnabled()
    assert "calibrate it first" in dock.indices.details.toPlainText()
    pick_index(dock, "NDVI")
    assert "Uncalibrated, to be compared within the scan only: raw" in (
        dock.indices.details.toPlainText()
    )
    qtbot.mouseClick(dock.indices.add, LEFT)
    waits_for(qtbot, lambda: "NDVI raw (uncalibrated)" in viewer.layers)


def test_the_list_is_searched_by_what_an_index_tells(qtbot, dock, pick_index):
    pick_index(dock, "NDVI")
    qtbot.keyClicks(dock.indices.list.search, "rust sugar")
    items = dock.indices.list._items
    shown = {name for name, item in items.items() if not item.isHidden()}
    assert "SBRI" in shown
    assert "NDVI" not in shown
    assert len(shown) < 6
    groups = {group.text(0): group.isHidden() for group in dock.indices.list._groups}
    assert groups["Water"]
    assert not groups["Disease"]
    dock.indices.list.search.clear()
    assert not any(item.isHidden() for item in items.values())


def test_cancel_stops_the_work_and_adds_nothing(qtbot, dock, viewer, monkeypatch, pick_index):
    begun, stopped = threading.Event(), threading.Event()

    def endless(cube, indices, token, *, bandwidth_nm):
        while not token.cancelled:
            begun.set()
            yield slice(0, 1), [np.zeros((1, cube.columns), np.float32) for _ in indices]
            threading.Event().wait(0.005)
        stopped.set()
        raise InterruptedError

    monkeypatch.setattr(index_worker, "index_blocks", endless)
    pick_index(dock, "NDVI")
    layers = len(viewer.layers)
    qtbot.mouseClick(dock.indices.add, LEFT)
    waits_for(qtbot, lambda: begun.is_set() and dock.indices.bar.value() > 0)
    assert not dock.indices.add.isVisible()
    qtbot.mouseClick(dock.indices.cancel_button, LEFT)
    waits_for(qtbot, stopped.is_set)
    assert dock.indices.message.text() == "Cancelled; nothing was added."
    assert dock.indices.add.isVisible()
    assert len(viewer.layers) == layers


def test_a_brush_keeps_its_layer(qtbot, dock, viewer, scans, pick_index):
    labels = viewer.add_labels(np.zeros((20, 30), np.uint8), name="mine")
    labels.mode = "paint"
    pick_index(dock, "NDVI")
    qtbot.mouseClick(dock.indices.add, LEFT)
    waits_for(qtbot, lambda: "NDVI two" in viewer.layers)
    assert viewer.layers.selection.active is labels


def test_without_scans_the_dock_says_what_to_do(viewer, qtbot):
    viewer.window.show()
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "Composites and indices")
    qtbot.waitExposed(dock)
    assert dock.scans.currentText() == "No scan is open yet"
    assert not dock.colours.isEnabled()
    assert dock.empty.isVisibleTo(dock)
    assert "Open Sample" in dock.empty.text()
    assert not dock.tabs.isVisibleTo(dock)


def test_scans_that_come_and_go_are_followed(qtbot, dock, viewer, session, scans):
    viewer.layers.remove(scans[1].image)
    assert dock.scans.currentText().startswith("one")
    session.add_cube_layers(leaf("three"))
    assert dock.scans.currentText() == "All 2 open scans"
    assert get_live(session).recipe(session.scans[1]) == Recipe()


# ---------------------------------------------------------------------- drafts


def test_a_big_scan_opens_with_a_draft_that_is_painted_in_full(qtbot, session, monkeypatch):
    from napari_dgc.composites import draft, true_colour

    cube = leaf("big")
    monkeypatch.setattr("napari_dgc.composites.painting._SLOW_SAMPLES", 100)
    monkeypatch.setattr("napari_dgc.composites.painting._DRAFT_ROWS", 5)
    rough, fine = draft(cube), true_colour(cube)
    assert not np.array_equal(rough, fine)
    scan = session.add_cube_layers(cube)
    np.testing.assert_array_equal(scan.composite.data, rough)
    scan.composite.visible = False
    waits_for(qtbot, lambda: np.array_equal(scan.composite.data, fine))
    assert scan.composite.name == "big true colour"
    assert not scan.composite.visible  # the user had hidden it meanwhile
