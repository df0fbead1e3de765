"""What the merge dock shows: empty state, spectra, counts, themes, sleeping while hidden."""

from dataclasses import replace

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_dgc.gui.class_table import ClassTableModel, Column
from napari_dgc.gui.merge_dock import MergeDock
from napari_dgc.gui.pixel_counts import PixelCounts
from napari_dgc.gui.session import TrainingState
from napari_dgc.gui.severity_line import severity_text
from napari_dgc.gui.spectra_plot import class_spectra
from napari_dgc.partition import Partition
from napari_dgc.workspace import Stroke
from napari_dgc.workspace.commands import MergeClasses, NameClasses, PaintLesions, SetMask


@pytest.fixture
def viewer():
    return ViewerModel()


@pytest.fixture
def merge_dock(viewer, qtbot):
    dock = MergeDock(viewer)
    qtbot.addWidget(dock)
    dock.show()
    qtbot.waitExposed(dock)
    return dock


def test_empty_dock_says_the_next_step(merge_dock, session, make_cube):
    assert merge_dock.empty.isVisible()
    assert "Open a scan first" in merge_dock.empty.text.text()
    assert not merge_dock.empty.button.isVisible()
    session.add_cube_layers(make_cube())
    assert "1 scan is open" in merge_dock.empty.text.text()
    assert merge_dock.empty.button.isVisible()
    session.state = TrainingState.TRAINING
    assert "Training has begun" in merge_dock.empty.text.text()


def test_table_appears_with_the_first_labels(merge_dock, session, labelled):
    assert not merge_dock.empty.isVisible()
    assert merge_dock.table.isVisible()
    assert merge_dock.model.rowCount() == 6


def test_spectra_of_the_summary_are_drawn_over_wavelengths(merge_dock, labelled):
    curves = merge_dock.plot.curves
    assert set(curves) == {1, 2, 3, 4, 5, 6}
    x, y = curves[3].getData()
    np.testing.assert_allclose(x, np.linspace(400, 1000, 5))
    np.testing.assert_allclose(y, 0.4)
    assert "nm" in merge_dock.plot.getPlotItem().getAxis("bottom").labelText


def test_spectra_stay_when_the_scans_learned_from_are_closed(merge_dock, labelled, viewer):
    viewer.layers.clear()
    assert set(merge_dock.plot.curves) == {1, 2, 3, 4, 5, 6}


def test_curves_are_kept_and_merged_ones_hidden(merge_dock, session, labelled):
    before = merge_dock.plot.curves
    session.do(MergeClasses((1, 2)))
    after = merge_dock.plot.curves
    assert set(after) == {1, 3, 4, 5, 6}
    assert after[1] is before[1]
    mass = np.array([sum(np.count_nonzero(s.fine == k) for s in labelled) for k in (1, 2)])
    np.testing.assert_allclose(after[1].getData()[1], (mass @ [0.05, 0.1]) / mass.sum())


def test_without_a_summary_spectra_are_sampled(merge_dock, session, two_scans, qtbot):
    fine = np.ones((24, 32), np.uint16)
    fine[10:, 16:] = 2
    for scan in two_scans:
        session.set_fine_labels(scan, fine)
    qtbot.waitUntil(lambda: set(merge_dock.plot.curves) == {1, 2})
    expected = np.mean([scan.cube.data[:, fine == 2].mean(axis=1) for scan in two_scans], axis=0)
    np.testing.assert_allclose(merge_dock.plot.curves[2].getData()[1], expected, rtol=1e-5)


def test_bands_are_numbered_without_wavelengths(merge_dock, session, make_cube, qtbot):
    scan = session.add_cube_layers(make_cube(wavelengths=False))
    session.set_fine_labels(scan, np.ones((24, 32), np.uint16))
    qtbot.waitUntil(lambda: bool(merge_dock.plot.curves))
    assert merge_dock.plot.curves[1].getData()[0].tolist() == [1, 2, 3, 4, 5]
    assert merge_dock.plot.getPlotItem().getAxis("bottom").labelText == "band"


def test_selected_class_is_drawn_bold(merge_dock, labelled):
    merge_dock.table.select_clusters([2])
    curves = merge_dock.plot.curves
    assert curves[2].opts["pen"].widthF() > curves[1].opts["pen"].widthF()
    assert curves[1].opts["pen"].color().alpha() < 255


def test_click_on_a_curve_selects_its_class(merge_dock, labelled):
    curve = merge_dock.plot.curves[4]
    curve.sigClicked.emit(curve, None)
    assert [info.number for info in merge_dock.table.selected_classes] == [4]


def test_plot_takes_the_theme(merge_dock, viewer):
    dark = merge_dock.plot.backgroundBrush().color().name()
    viewer.theme = "light"
    assert merge_dock.plot.backgroundBrush().color().name() != dark


def test_hidden_dock_sleeps_and_catches_up(merge_dock, session, labelled):
    merge_dock.hide()
    session.do(MergeClasses((1, 2)))
    assert merge_dock.model.rowCount() == 6
    merge_dock.show()
    assert merge_dock.model.rowCount() == 5


def test_open_name_editor_survives_new_label_maps(merge_dock, session, labelled):
    from qtpy.QtWidgets import QLineEdit

    merge_dock.table.select_clusters([2])
    merge_dock.table.edit_selected_name()
    (editor,) = merge_dock.table.findChildren(QLineEdit)
    session.set_fine_labels(labelled[0], np.full((24, 32), 2, np.uint16))
    assert editor.isVisible()
    assert merge_dock.table.selected_classes[0].number == 2


def test_maps_are_counted_once_however_often_classes_change(session, labelled, monkeypatch):
    counts = PixelCounts()
    first = counts.update(session.scans, 6)
    counted = []
    monkeypatch.setattr(np, "bincount", lambda *a, **k: counted.append(a))
    again = counts.update(session.scans, 6)
    assert not counted
    assert all(a[1] is b[1] for a, b in zip(first, again, strict=True))


def test_severity_follows_the_brush(merge_dock, session, labelled):
    session.do(NameClasses((2,), "lesion"))
    session.do(NameClasses((3,), "healthy tissue"))
    before = merge_dock.severity.text()
    labelled[0].labels.paint((12, 14), 2)
    assert merge_dock.severity.text() != before
    assert np.count_nonzero(labelled[0].fine == 2) > 24 * 6


@pytest.mark.parametrize("how", ["cleaned", "painted", "chosen"])
def test_severity_by_classes_says_so_where_lesions_are_others(merge_dock, session, labelled, how):
    session.do(NameClasses((2,), "lesion"))
    session.do(NameClasses((3,), "healthy tissue"))
    by_classes = merge_dock.severity.text()
    assert "alone" not in by_classes
    masks = session.work.masks
    session.do(
        {
            "cleaned": SetMask(replace(masks, least_area=5)),
            "painted": PaintLesions(
                labelled[0].key, Stroke.of(np.eye(24, 32, dtype=bool), np.ones((24, 32)))
            ),
            "chosen": SetMask(replace(masks, names=("halo",))),
        }[how]
    )
    assert merge_dock.severity.text().startswith(by_classes)
    assert "By the classes alone" in merge_dock.severity.text()
    session.undo()
    assert merge_dock.severity.text() == by_classes


def test_telling_touching_lesions_apart_changes_no_area(merge_dock, session, labelled):
    session.do(NameClasses((2,), "lesion"))
    session.do(NameClasses((3,), "healthy tissue"))
    session.do(SetMask(replace(session.work.masks, split_touching=True)))
    assert "alone" not in merge_dock.severity.text()


def test_another_number_of_clusters_starts_anew(merge_dock, session, labelled):
    session.model = None
    session.start_partition(3)
    assert merge_dock.model.rowCount() == 3
    assert not merge_dock.buttons.undo.isEnabled()


def test_removed_scan_is_no_longer_counted(merge_dock, session, labelled, viewer):
    viewer.layers.remove(labelled[0].image)
    viewer.layers.remove(labelled[0].labels)
    pixels = merge_dock.model.index(0, Column.PIXELS).data()
    assert pixels == str(np.count_nonzero(labelled[1].fine == 1))


def test_severity_says_when_there_is_no_leaf():
    partition = Partition.fine(3).rename(1, "healthy tissue").rename(2, "lesion")
    scans = [("a", np.array([30, 10, 5])), ("b", np.array([0, 0, 9]))]
    first, second = severity_text(scans, partition).splitlines()
    assert first == "a: 25.0 % of leaf (10 / 40 px)"
    assert second == "b: no leaf in this scan"


def test_class_without_pixels_has_no_spectrum():
    partition = Partition.fine(3).merge([1, 2])
    spectra = np.array([[1.0, 2.0], [3.0, np.nan], [np.nan, np.nan]])
    found = class_spectra(partition, spectra, np.array([1, 3, 0]))
    np.testing.assert_allclose(found, [[2.5, 2.0], [np.nan, np.nan]])


def test_table_model_obeys_qt(qtmodeltester, labelled, session):
    model = ClassTableModel()
    qtmodeltester.check(model)
    model.set_content(session.partition, np.arange(6))
    qtmodeltester.check(model)
    model.set_content(session.partition.merge([1, 6]), np.arange(6))
    qtmodeltester.check(model)


def test_a_renamed_scan_has_its_new_name_in_the_severity(merge_dock, session, labelled):
    session.do(NameClasses((2,), "lesion"))
    session.do(NameClasses((3,), "healthy tissue"))
    labelled[0].image.name = "plot 7"
    assert "plot 7" in merge_dock.severity.text()


def test_curves_that_are_hard_to_see_get_an_edge(merge_dock, session, labelled, qtbot):
    for number, name in ((2, "halo"), (3, "lesion")):
        session.do(NameClasses((number,), name))
    qtbot.waitUntil(lambda: set(merge_dock.plot.curves) >= {2, 3})

    def edged():
        pens = {n: curve.opts["shadowPen"] for n, curve in merge_dock.plot.curves.items()}
        return {n for n, pen in pens.items() if pen is not None}

    merge_dock.plot.set_theme("#efebe9", "#3b3a39")
    assert 2 in edged()  # yellow on a light ground
    assert 3 not in edged()
    merge_dock.plot.set_theme("#262930", "#f0f1f2")
    assert not {2, 3} & edged()
