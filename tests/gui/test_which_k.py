"""How many clusters: numbers are tried, the recommendation explained, and the number used."""

import csv
import json
import threading

import numpy as np
import pytest
from qtpy.QtCore import QPoint, QPointF, Qt
from qtpy.QtWidgets import QFileDialog

from napari_dgc.clustering import choose_k as engine
from napari_dgc.clustering.choice import METHOD_TITLES, ChoiceStarted, Chosen, Measured
from napari_dgc.clustering.events import Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.gui.session import TrainingState
from napari_dgc.gui.train_dock import TrainDock
from napari_dgc.preprocessing import STEPS


def leaf(name="leaf", materials=3, size=24):
    """Stripes of materials with clearly different spectra."""
    spectra = np.random.default_rng(11).uniform(0.1, 0.9, (materials, 12))
    place = np.repeat(np.arange(size) * materials // size, size).reshape(size, size)
    data = spectra[place].transpose(2, 0, 1)
    data = data + np.random.default_rng(len(name)).normal(0, 0.03, data.shape)
    return HyperCube(data.astype(np.float32), name, np.linspace(400, 1000, 12), "nm")


def figures(number):
    return Measured(number, 0.1 * number, 1.0 if number < 6 else 0.3, 0.02, 10.0 - number)


class StandIn:
    """Measures nothing, and waits where it is told to."""

    def __init__(self):
        self.asked = []
        self.go_on = threading.Event()
        self.holds_at = None
        self.error = None

    def __call__(self, cubes, numbers, *, method, seed, token):
        self.asked.append((tuple(cubes), tuple(numbers), method, seed))
        yield Progress("reading samples", 0.5)
        if self.error is not None:
            raise self.error
        yield ChoiceStarted(method, len(cubes), 500, tuple(numbers))
        done = []
        for number in numbers:
            yield Progress(f"trying {number} clusters", 0.0)
            while number == self.holds_at and not self.go_on.is_set() and not token.cancelled:
                self.go_on.wait(0.01)
            if token.cancelled:
                reason = f"Stopped with {len(done)}."
                yield Chosen(tuple(done), done[-1].clusters if done else None, reason, stopped=True)
                return
            done.append(figures(number))
            yield done[-1]
        yield Chosen(tuple(done), 5, "Five <are> right.")


@pytest.fixture
def stand_in(monkeypatch):
    found = StandIn()
    monkeypatch.setattr(engine, "choose_k", found)
    yield found
    found.go_on.set()


@pytest.fixture
def dock(viewer, qtbot):
    viewer.window.show()
    viewer.window.resize(1366, 768)
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="DGC: train")
    qtbot.waitUntil(dock.isVisible)
    yield dock
    qtbot.waitUntil(lambda: not dock.which_k.busy, timeout=10000)


@pytest.fixture
def page(dock, qtbot):
    click(qtbot, dock.options.which_k)
    assert dock.which_k.isVisible() and not dock.train.isVisible()
    return dock.which_k


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def measure(page, qtbot, timeout=20000):
    click(qtbot, page.form.measure)
    qtbot.waitUntil(lambda: not page.busy, timeout=timeout)


def test_without_scans_it_says_what_to_do(page, session, qtbot):
    assert "Open a scan first" in page.form.status.text()
    assert not page.form.measure.isEnabled()
    assert not (page.use.isVisible() or page.save.isVisible() or page.plot.isVisible())
    session.add_cube_layers(leaf())
    assert "1 checked scan" in page.form.status.text()
    assert page.form.measure.isEnabled()


def test_the_number_of_materials_is_measured_recommended_and_used(dock, session, page, qtbot):
    session.add_cube_layers(leaf())
    page.form.high.setValue(4)
    measure(page, qtbot)
    numbers, silhouettes = page.plot.curve_data("silhouette")
    np.testing.assert_array_equal(numbers, [2, 3, 4])
    assert silhouettes.argmax() == 1
    assert "Recommended: 3." in page.reason.text()
    assert "With 3 clusters two halves of the pixels agree" in page.reason.text()
    assert page.use.text() == "Use 3 clusters"
    click(qtbot, page.use)
    assert dock.options.clusters.value() == 3
    assert dock.train.isVisible() and not page.isVisible()


def test_method_range_seed_and_checked_scans_reach_the_engine(dock, session, page, stand_in, qtbot):
    scans = [session.add_cube_layers(leaf(name)) for name in ("one", "two")]
    dock.scans.item(0).setCheckState(Qt.CheckState.Unchecked)
    dock.options.seed.setValue(7)
    page.form.low.setValue(3)
    page.form.high.setValue(6)
    page.form.method.setCurrentIndex(page.form.method.findText(METHOD_TITLES["gmm"]))
    measure(page, qtbot)
    assert stand_in.asked == [((scans[1].cube,), (3, 4, 5, 6), "gmm", 7)]


def test_scans_are_measured_after_the_steps_of_preprocessing(dock, session, page, stand_in, qtbot):
    cube = session.add_cube_layers(leaf()).cube
    (action,) = [a for a in dock.preprocessing.menu.actions() if a.text() == STEPS["snv"].title]
    action.trigger()
    assert "preprocessing" in page.form.status.text()
    page.form.high.setValue(3)
    measure(page, qtbot)
    ((used,),) = [cubes for cubes, *_ in stand_in.asked]
    window = used.read(slice(0, 4), slice(0, 4))
    assert used is not cube
    np.testing.assert_allclose(window.mean(axis=0), 0, atol=1e-4)


def test_curves_grow_while_numbers_are_tried(session, page, stand_in, qtbot):
    session.add_cube_layers(leaf())
    stand_in.holds_at = 4
    click(qtbot, page.form.measure)
    qtbot.waitUntil(lambda: len(page.plot.curve_data("bic")[0]) == 2, timeout=10000)
    assert page.form.measure.text() == "Stop" and page.form.bar.isVisible()
    qtbot.waitUntil(lambda: page.form.status.text() == "Trying 4 clusters…", timeout=5000)
    assert not page.use.isVisible()
    stand_in.go_on.set()
    qtbot.waitUntil(lambda: not page.busy, timeout=10000)
    _, stability = page.plot.curve_data("stability")
    assert len(stability) == 19 and stability[0] == 1.0
    assert not page.form.bar.isVisible()
    assert "Five &lt;are&gt; right." in page.reason.text()


def test_stop_keeps_what_was_measured(dock, session, page, stand_in, qtbot):
    session.add_cube_layers(leaf())
    stand_in.holds_at = 5
    click(qtbot, page.form.measure)
    qtbot.waitUntil(lambda: len(page.plot.curve_data("bic")[0]) == 3, timeout=10000)
    click(qtbot, page.form.measure)
    qtbot.waitUntil(lambda: not page.busy, timeout=10000)
    assert page.form.status.text() == "Stopped; 3 numbers tried."
    assert page.use.text() == "Use 4 clusters" and page.save.isVisible()
    assert page.form.measure.text() == "Measure"


def test_going_back_lets_the_measuring_go_on(dock, session, page, stand_in, qtbot):
    session.add_cube_layers(leaf())
    stand_in.holds_at = 3
    click(qtbot, page.form.measure)
    click(qtbot, page.back)
    assert dock.train.isVisible()
    stand_in.go_on.set()
    qtbot.waitUntil(lambda: not page.busy, timeout=10000)
    click(qtbot, dock.options.which_k)
    assert page.use.text() == "Use 5 clusters"


def test_a_click_on_the_curves_takes_another_number(session, page, stand_in, qtbot):
    session.add_cube_layers(leaf())
    page.form.high.setValue(8)
    measure(page, qtbot)
    assert page.use.text() == "Use 5 clusters"
    box = page.plot.rows["bic"].item.getViewBox()
    where = page.plot.mapFromScene(box.mapViewToScene(QPointF(7, 4)))
    qtbot.mouseClick(page.plot.viewport(), Qt.MouseButton.LeftButton, pos=where)
    assert page.use.text() == "Use 7 clusters"
    assert page.figures.text().startswith("7 clusters: silhouette 0.70, stability 0.30 ± 0.02")
    assert page.plot.rows["silhouette"].line.value() == 7


@pytest.mark.parametrize("name", ["figures.csv", "figures.json", "figures"])
def test_figures_are_written(session, page, stand_in, monkeypatch, tmp_path, name, qtbot):
    session.add_cube_layers(leaf())
    page.form.high.setValue(4)
    measure(page, qtbot)
    path = tmp_path / name
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), "Table (*.csv)"))
    click(qtbot, page.save)
    if path.suffix == ".json":
        document = json.loads(path.read_text())
        assert document["recommended"] == 5 and document["method"] == "mnf-kmeans"
        assert [row["clusters"] for row in document["measured"]] == [2, 3, 4]
    else:
        with path.with_suffix(".csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["clusters"] for row in rows] == ["2", "3", "4"]
        assert float(rows[0]["stability"]) == 1.0
    assert "Written" in page.form.status.text()


def test_a_place_that_cannot_be_written_to_is_told(
    session, page, stand_in, told, monkeypatch, tmp_path, qtbot
):
    session.add_cube_layers(leaf())
    page.form.high.setValue(3)
    measure(page, qtbot)
    (tmp_path / "file").write_text("")
    path = tmp_path / "file" / "table.csv"
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(path), ""))
    click(qtbot, page.save)
    assert len(told["error"]) == 1 and "cannot be written" in told["error"][0]


def test_bad_input_is_told_in_one_sentence(session, page, stand_in, qtbot):
    session.add_cube_layers(leaf())
    stand_in.error = UserError("The scans differ in their bands.")
    measure(page, qtbot)
    assert page.form.status.text() == "The scans differ in their bands."
    assert page.form.measure.isEnabled() and not page.use.isVisible()
    page.form.low.setValue(21)
    assert "larger than the second" in page.form.status.text()
    assert not page.form.measure.isEnabled()


def test_nothing_is_measured_while_training_runs(dock, session, page):
    session.add_cube_layers(leaf())
    assert page.form.measure.isEnabled()
    session.state = TrainingState.TRAINING
    assert not page.form.measure.isEnabled()
    assert "once training has ended" in page.form.measure.toolTip()
    session.state = TrainingState.DONE
    assert page.form.measure.isEnabled()


def test_fits_a_small_screen_and_follows_the_theme(dock, viewer, session, page, stand_in, qtbot):
    session.add_cube_layers(leaf())
    measure(page, qtbot)
    qtbot.waitUntil(lambda: page.save.isVisible(), timeout=5000)
    qtbot.wait(50)
    assert dock.minimumWidth() <= 340
    bottom = page.save.mapTo(dock, QPoint(0, page.save.height())).y()
    assert bottom <= dock.height()
    viewer.theme = "light"
    light = page.plot.backgroundBrush().color().lightness()
    viewer.theme = "dark"
    assert page.plot.backgroundBrush().color().lightness() < light
