"""Where a method finds the number of clusters itself: the box, the curve, and scans given back."""

import threading
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from qtpy.QtCore import Qt

from napari_dgc.clustering import registry
from napari_dgc.clustering.dsc.estimator import DeepSpectralClustering
from napari_dgc.clustering.events import ClustersChosen
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.cubes.tiled import TiledCube
from napari_dgc.errors import UserError
from napari_dgc.gui.denoising import work
from napari_dgc.gui.layers import CUBE_KEY
from napari_dgc.gui.session import TrainingState, get_session
from napari_dgc.gui.train_dock import TrainDock
from napari_dgc.gui.worker import get_trainer
from napari_dgc.preprocessing import parse_steps
from napari_dgc.simulate.xrf import simulate_xrf


def counting_method(stripes):
    """Make a stand-in method of another one."""

    class Counting(stripes):
        """Finds the number of clusters, and gives scans back without their noise."""

        method = "dsc"
        title = "Counting stripes"
        chooses_clusters = True
        curve = None

        @property
        def n_clusters(self):
            return 12 if self.options["clusters"] == "auto" else self.options["clusters"]

        def fit_iter(self, cubes, **options):
            for number, event in enumerate(super().fit_iter(cubes, **options)):
                yield event
                if number == 0 and self.options["clusters"] == "auto":
                    self.curve = SimpleNamespace(
                        counts=np.array([2, 3, 4]), scores=np.array([0.2, 0.6, 0.4]), chosen=3
                    )
                    yield ClustersChosen((2, 3, 4), (0.2, 0.6, 0.4), 3)

        def reconstruct(self, cube):
            data = np.asarray(cube.data, np.float32)
            return replace(cube, data=0.5 * data, name=f"{cube.name}_denoised", format="denoised")

    return Counting


@pytest.fixture
def counting(stripes, monkeypatch):
    """The method dsc is one that finds the number; all others need one."""
    method = counting_method(stripes)
    monkeypatch.setattr(registry, "get_method", lambda name: method if name == "dsc" else stripes)
    monkeypatch.setattr(stripes, "pause", 0.02)
    return method


@pytest.fixture
def dock(viewer, counting, two_scans, qtbot):
    viewer.window.show()
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="DGC: train")
    qtbot.waitUntil(dock.isVisible)
    dock.options.epochs.setValue(2)
    qtbot.waitUntil(lambda: dock.options.method.findText("Counting stripes") >= 0, timeout=20000)
    yield dock
    trainer = get_trainer(get_session(viewer))
    trainer.stop()
    qtbot.waitUntil(lambda: not trainer.running and not dock.denoise.busy, timeout=10000)


@pytest.fixture
def found(dock, session, qtbot):
    """A model that chose the number."""
    choose(dock, "dsc")
    train(dock, session, qtbot)
    return session.model


def choose(dock, method):
    dock.options.method.setCurrentIndex(dock.options.method.findData(method))


def click(qtbot, button):
    qtbot.mouseClick(button, Qt.MouseButton.LeftButton)


def train(dock, session, qtbot):
    click(qtbot, dock.train)
    qtbot.waitUntil(lambda: session.state is TrainingState.TRAINING, timeout=5000)
    qtbot.waitUntil(lambda: session.state is TrainingState.DONE, timeout=10000)


def test_a_method_that_finds_the_number_begins_with_automatic(dock, qtbot):
    box = dock.options.clusters
    assert (box.minimum(), box.text()) == (2, "16")
    box.setValue(9)
    choose(dock, "dsc")
    assert box.text() == "automatic"
    assert "automatic" in box.toolTip()
    box.setFocus()
    qtbot.keyClick(box, Qt.Key.Key_Up)
    assert box.text() == "2"
    qtbot.keyClick(box, Qt.Key.Key_Down)
    assert box.text() == "automatic"
    choose(dock, "kmeans")
    assert (box.minimum(), box.text()) == (2, "9")
    assert "automatic" not in box.toolTip()


def test_automatic_and_numbers_reach_the_method(dock, session, stripes, qtbot):
    choose(dock, "dsc")
    train(dock, session, qtbot)
    assert stripes.made[-1].options["clusters"] == "auto"
    dock.options.clusters.setValue(5)
    session.state = TrainingState.IDLE
    train(dock, session, qtbot)
    assert stripes.made[-1].options["clusters"] == 5


def test_the_silhouettes_are_shown_with_the_number_marked(dock, session, found, viewer, qtbot):
    assert dock.chosen.isVisible()
    counts, scores = dock.chosen.curve_data()
    np.testing.assert_array_equal(counts, [2, 3, 4])
    np.testing.assert_allclose(scores, [0.2, 0.6, 0.4])
    assert dock.chosen.marked == 3
    assert "<b>3 clusters</b> chosen of 2 to 4" in dock.chosen.sentence.text()
    assert "0.60" in dock.chosen.sentence.text()
    again = TrainDock(viewer)
    viewer.window.add_dock_widget(again, name="DGC: train again")
    assert again.chosen.marked == 3
    choose(dock, "kmeans")
    session.state = TrainingState.IDLE
    train(dock, session, qtbot)
    assert not dock.chosen.isVisible()


def test_denoised_scans_come_as_layers_that_can_be_compared(
    dock, viewer, session, two_scans, found, qtbot
):
    first, _ = two_scans
    first.image.contrast_limits = (0.1, 0.8)
    first.image.scale = (1, 2, 2)
    dock.scans.item(1).setCheckState(Qt.CheckState.Unchecked)
    assert dock.denoise.isVisible()
    click(qtbot, dock.denoise.button)
    qtbot.waitUntil(lambda: not dock.denoise.busy, timeout=10000)
    assert [scan.name for scan in session.scans] == ["healthy", "sick", "healthy denoised"]
    result = session.scans[2]
    # Browsed from disk, in the units of the scan.
    assert isinstance(result.image.data, TiledCube)
    np.testing.assert_allclose(result.image.data[2], 0.5 * first.cube.data[2], rtol=1e-6)
    np.testing.assert_allclose(result.cube.wavelengths_nm, first.cube.wavelengths_nm)
    np.testing.assert_allclose(result.image.contrast_limits, (0.1, 0.8))
    np.testing.assert_allclose(result.image.scale, (1, 2, 2))
    assert result.composite is not None
    before, after = viewer.layers["healthy sum"], viewer.layers["healthy denoised sum"]
    np.testing.assert_allclose(before.data, first.cube.data.sum(axis=0), rtol=1e-5)
    np.testing.assert_allclose(after.data, 0.5 * before.data, rtol=1e-5)
    assert before.contrast_limits == after.contrast_limits
    np.testing.assert_allclose(before.translate, first.image.translate[-2:])
    np.testing.assert_allclose(after.translate, result.image.translate[-2:])
    assert not np.allclose(before.translate, after.translate)
    assert dock.scans.item(2).checkState() == Qt.CheckState.Unchecked
    assert "open as a scan of its own" in dock.message.text()


def test_denoising_is_stopped_and_what_is_done_stays(
    dock, viewer, session, found, monkeypatch, qtbot
):
    waiting, seen = threading.Event(), []
    whole = work.computed_once

    def slow(cube, *, token, progress):
        seen.append(cube.name)
        progress(0.5)
        if len(seen) == 2:
            while not token.cancelled:
                waiting.wait(0.01)
            raise InterruptedError
        return whole(cube, token=token, progress=progress)

    monkeypatch.setattr(work, "computed_once", slow)
    click(qtbot, dock.denoise.button)
    assert dock.denoise.button.text() == "Stop" and dock.denoise.bar.isVisible()
    qtbot.waitUntil(lambda: len(session.scans) == 3 and len(seen) == 2, timeout=10000)
    qtbot.waitUntil(lambda: dock.denoise.bar.value() > 500, timeout=5000)
    click(qtbot, dock.denoise.button)
    assert not dock.denoise.busy
    assert dock.message.text().endswith("Stopped; 1 scan denoised.")
    assert dock.denoise.button.text() == "Denoised cube"
    qtbot.wait(100)
    assert [scan.name for scan in session.scans] == ["healthy", "sick", "healthy denoised"]


def test_a_scan_that_does_not_fit_is_told_and_the_others_are_denoised(
    dock, session, found, monkeypatch, told, qtbot
):
    give_back = found.reconstruct

    def refuse(cube):
        if cube.name == "healthy":
            raise UserError("The model has other bands.")
        return give_back(cube)

    monkeypatch.setattr(found, "reconstruct", refuse)
    click(qtbot, dock.denoise.button)
    qtbot.waitUntil(lambda: not dock.denoise.busy, timeout=10000)
    assert told["error"] == ["healthy: The model has other bands."]
    assert [scan.name for scan in session.scans] == ["healthy", "sick", "sick denoised"]


def test_without_room_on_disk_the_scan_is_computed_when_it_is_looked_at(
    dock, session, two_scans, found, monkeypatch, qtbot
):
    monkeypatch.setenv("NAPARI_DGC_CACHE_GB", "0")
    click(qtbot, dock.denoise.button)
    qtbot.waitUntil(lambda: not dock.denoise.busy, timeout=10000)
    assert len(session.scans) == 4
    np.testing.assert_allclose(
        session.scans[2].image.data[1], 0.5 * two_scans[0].cube.data[1], rtol=1e-6
    )
    assert "slowly" in dock.message.text()


def test_other_models_offer_no_denoising(dock, session, counting, qtbot):
    assert not dock.denoise.isVisible()
    train(dock, session, qtbot)
    assert not dock.denoise.isVisible()
    model = counting(clusters="auto", epochs=1)
    session.model = model
    assert dock.denoise.button.isEnabled()
    session.model = Preprocessed(model, parse_steps("snv"))
    assert dock.denoise.isVisible() and not dock.denoise.button.isEnabled()
    assert "without preprocessing" in dock.denoise.button.toolTip()


def test_a_real_model_gives_a_scan_back_with_less_noise(viewer, session, monkeypatch, qtbot):
    scene = simulate_xrf(size=(24, 24), bands=64, seed=1)
    model = DeepSpectralClustering(epochs=2, steps=10, device="cpu").fit([scene.cube])
    session.add_cube_layers(scene.cube)
    session.model = model
    dock = TrainDock(viewer)
    viewer.window.add_dock_widget(dock, name="DGC: train")
    assert dock.chosen.marked == model.curve.chosen
    click(qtbot, dock.denoise.button)
    qtbot.waitUntil(lambda: not dock.denoise.busy, timeout=20000)
    (layer,) = [
        one for one in viewer.layers if one.metadata.get(CUBE_KEY) not in (None, scene.cube)
    ]
    counts, smooth = np.asarray(scene.cube.data, float), np.asarray(layer.data)
    assert smooth.shape == counts.shape
    # The same counts, with less noise between neighbours.
    assert np.corrcoef(smooth.sum(axis=0).ravel(), counts.sum(axis=0).ravel())[0, 1] > 0.9
    assert np.abs(np.diff(smooth, axis=2)).mean() < 0.7 * np.abs(np.diff(counts, axis=2)).mean()
