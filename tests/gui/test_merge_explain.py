"""The page that explains classes, in a real napari window."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QApplication

from napari_dgc.gui.session import TrainingState
from napari_dgc.workspace.commands import MergeClasses, NameClasses


@pytest.fixture
def explain(labelled, merge_dock, click_rows, qtbot):
    """Click rows, open the page with its key, and wait until all is read."""

    def show(*clusters):
        click_rows(merge_dock, *clusters)
        if merge_dock.pages.open_name != "explain":
            qtbot.keyClick(merge_dock.table, Qt.Key.Key_E)
        page = merge_dock.pages.page("explain")
        qtbot.waitUntil(lambda: not page.busy)
        return page

    return show


def pixels(scans, *clusters):
    return sum(np.count_nonzero(np.isin(scan.fine, clusters)) for scan in scans)


def test_key_explains_the_selected_class(explain, labelled):
    page = explain(3)
    assert page.isVisible()
    assert "cluster 3" in page.title.text()
    count = pixels(labelled, 3)
    assert page.text().startswith(f"cluster 3: {count} pixels")
    assert "Most like it" in page.text()
    assert f"Mean ± SD from {count} pixels." in page.sentences.text()
    values = np.concatenate([s.cube.data[:, s.fine == 3] for s in labelled], axis=1)
    np.testing.assert_allclose(page.plot.curves[3].getData()[1], values.mean(axis=1), rtol=1e-5)
    assert page.plot.shaded == []
    assert page.table.headerItem().text(1) == "Mean ± SD"


def test_two_classes_are_told_apart_where_they_differ(explain, labelled, session):
    for scan in labelled:
        scan.cube.data[2][scan.fine == 4] += 3
    session.do(NameClasses((4,), "lesion"))
    session.do(NameClasses((3,), "healthy tissue"))
    page = explain(3, 4)
    # The third of five bands from 400 to 1000 nm; the smaller class is told from the bigger.
    small, big = sorted((pixels(labelled, k), k) for k in (3, 4))
    more = "brighter" if small[1] == 4 else "darker"
    name = "lesion" if small[1] == 4 else "healthy tissue"
    assert f"700 nm (red edge): {name} is {more} by " in page.text()
    ((low, high),) = page.plot.shaded
    assert low < 700 < high
    assert set(page.plot.curves) == {3, 4}
    header = [page.table.headerItem().text(column) for column in range(4)]
    assert header[0] == "Index"
    assert set(header[1:3]) == {"lesion", "healthy tissue"}
    assert big[0] >= small[0]


def test_page_follows_the_selection(explain, merge_dock, qtbot, session):
    page = explain(2)
    explain(5)
    assert page.text().startswith("cluster 5: ")
    session.selection.choose([1, 2, 3])
    assert "Select one class, or two" in page.title.text()
    assert not page.copy.isEnabled()
    assert not page.scroll.isVisible()
    session.selection.choose([2])
    qtbot.waitUntil(lambda: page.text().startswith("cluster 2: "))
    assert page.scroll.isVisible()


def test_page_follows_merges_names_and_the_brush(explain, labelled, session, qtbot):
    page = explain(2)
    session.do(MergeClasses((2, 3)))
    qtbot.waitUntil(lambda: f"{pixels(labelled, 2, 3)} pixels" in page.text())
    session.do(NameClasses((2,), "halo <b>"))
    qtbot.waitUntil(lambda: page.text().startswith("halo <b>: "))
    assert "halo &lt;b&gt;" in page.title.text()
    before = pixels(labelled, 2, 3)
    labelled[0].labels.paint((3, 27), 2)
    assert pixels(labelled, 2, 3) > before
    qtbot.waitUntil(lambda: f"{pixels(labelled, 2, 3)} pixels" in page.text())


def test_text_and_indices_are_copied(explain, qtbot):
    page = explain(3, 4)
    qtbot.mouseClick(page.copy, Qt.MouseButton.LeftButton)
    copied = QApplication.clipboard().text()
    assert copied == page.text()
    assert copied.splitlines()[0].endswith(":") or "No band" in copied.splitlines()[0]
    assert page.copy.text() == "Copied"


def test_nothing_is_read_while_training_or_closed(explain, merge_dock, session, qtbot):
    page = explain(3)
    session.state = TrainingState.TRAINING
    assert "training" in page.title.text()
    assert not page.busy
    session.state = TrainingState.DONE
    qtbot.waitUntil(lambda: page.text().startswith("cluster 3: "))
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_E)
    assert not page.isVisible()
    session.selection.choose([1])
    assert not page.busy
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_E)
    qtbot.waitUntil(lambda: page.text().startswith("cluster 1: "))


def test_a_scan_that_went_away_is_said(explain, merge_dock, session, qtbot, monkeypatch):
    page = explain(3)

    def gone(*_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr("napari_dgc.gui.explain.page.explain_classes", gone)
    session.selection.choose([4])
    qtbot.waitUntil(lambda: not page.busy)
    assert page.title.text() == "The scans cannot be read: Input/output error."
    monkeypatch.undo()
    session.selection.choose([5])
    qtbot.waitUntil(lambda: page.text().startswith("cluster 5: "))


def test_page_fits_a_small_screen(explain, merge_dock, viewer, qtbot):
    viewer.window.resize(1366, 768)
    explain(3, 4)
    qtbot.wait(50)
    assert merge_dock.minimumSizeHint().width() <= 360
    assert viewer.window._qt_window.width() <= 1366
    assert viewer.window._qt_window.height() <= 768


def test_nothing_is_drawn_before_anything_was_read(labelled, merge_dock, click_rows, qtbot):
    click_rows(merge_dock, 3)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_E)
    page = merge_dock.pages.page("explain")
    assert page.busy
    assert page.title.text().startswith("Reading")
    assert not page.plot.isVisible()
    qtbot.waitUntil(lambda: not page.busy)
    assert page.plot.isVisible()
    # While another class is read, what was shown stays in sight.
    click_rows(merge_dock, 4)
    assert page.busy
    assert page.plot.isVisible()
