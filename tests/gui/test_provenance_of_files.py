"""What the docks write has a file beside it that says how it was made."""

import json

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QFileDialog

from napari_dgc.annotations import LabelClass, LabelImage
from napari_dgc.clustering import choose_k as engine
from napari_dgc.clustering.choice import Chosen, Measured
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.read import open_cube
from napari_dgc.gui.evaluation import comparing
from napari_dgc.gui.reference_layers import add_reference
from napari_dgc.hashes import hash_scan, sha256_of

pytestmark = pytest.mark.usefixtures("no_dialog_stays_open", "stripes", "labelled")


@pytest.fixture
def two_scans(session, make_cube, tmp_path):
    """Two open scans that are files, with a white reference beside them."""
    centres = np.linspace(400, 1000, 5)
    white = HyperCube(np.full((5, 3, 32), 4000, np.uint16), "white", centres, "nm")
    write_envi(white, tmp_path / "scans" / "white_reference.hdr")
    headers = [tmp_path / "scans" / f"{name}.hdr" for name in ("healthy", "sick")]
    for header in headers:
        counts = (make_cube(header.stem).data * 3000).astype(np.uint16)
        write_envi(HyperCube(counts, header.stem, centres, "nm"), header)
    return [session.add_cube_layers(open_cube(header)) for header in headers]


class Window:
    """Opens docks and clicks, as the user does."""

    def __init__(self, viewer, session, qtbot, monkeypatch):
        self.viewer, self.session, self.qtbot = viewer, session, qtbot
        self.monkeypatch = monkeypatch

    def dock(self, title):
        self.viewer.window.show()
        self.viewer.window.resize(1366, 768)
        _, dock = self.viewer.window.add_plugin_dock_widget("napari-dgc", title)
        self.qtbot.waitExposed(dock)
        return dock

    def click(self, button):
        self.qtbot.mouseClick(button, Qt.MouseButton.LeftButton)

    def until(self, done):
        self.qtbot.waitUntil(done, timeout=20000)

    def evaluation(self, _path):
        self.monkeypatch.setattr(comparing, "RESAMPLES", 20)
        dock, scan = self.dock("Evaluate"), self.session.scans[1]
        classes = [LabelClass(1, "leaf"), LabelClass(2, "lesion")]
        truth = np.where(np.indices((24, 32))[0] < 16, 1, 2).astype(np.uint8)
        add_reference(self.viewer, LabelImage.build("sick", truth, classes), scan)
        self.until(dock.save.isEnabled)
        self.click(dock.save)

    def comparison(self, _path):
        dock = self.dock("Compare")
        dock.choices.epochs.setValue(1)
        dock.choices.clusters.setValue(6)
        self.click(dock.compare)
        self.until(lambda: not dock.work.running)
        self.click(dock.results.save)
        self.until(lambda: "Written" in dock.message.text())

    def number_of_clusters(self, _path):
        found = Chosen((Measured(2, 0.5, 1.0, 0.0, 1.0),), 2, "Two.")
        self.monkeypatch.setattr(engine, "choose_k", lambda *_args, **_options: iter([found]))
        dock = self.dock("DGC: train")
        self.click(dock.options.which_k)
        page = dock.which_k
        self.click(page.form.measure)
        self.until(lambda: not page.busy and page.save.isVisible())
        self.click(page.save)

    def spectra(self, path):
        dock = self.dock("Spectrum")
        dock.sources.regions.draw("Rectangle")
        corners = [[1.5, 1.5], [1.5, 5.5], [5.5, 5.5], [5.5, 1.5]]
        dock.sources.regions.layer.add([corners], shape_type="rectangle")
        self.until(lambda: any(curve.mean is not None for curve in dock._curves_to_export()))
        (dock.options.picture if path.suffix == ".png" else dock.options.table).trigger()

    def calibration(self, _path):
        dock = self.dock("Calibrate to reflectance")
        self.until(dock.calibrate.isEnabled)
        self.click(dock.saver.button)
        self.until(lambda: "Written" in dock.saver.message.text())

    def menu(self, path):
        self.viewer.layers.selection = {self.session.scans[0].image}
        self.viewer.layers.save(str(path), selected=True)


@pytest.mark.parametrize(
    ("act", "name", "command", "scans", "settings"),
    [
        (Window.evaluation, "a.html", "evaluate", ["sick"], {"truth": {"sick": "sick reference"}}),
        (Window.comparison, "a.csv", "compare", ["healthy", "sick"], {"truth": ""}),
        (Window.number_of_clusters, "a.json", "choose-k", ["healthy", "sick"], {"seed": 0}),
        (Window.spectra, "a.csv", "spectra", ["healthy"], {"curves": ["Region 1"]}),
        (Window.spectra, "a.png", "spectra", ["healthy"], {"curves": ["Region 1"]}),
        (Window.calibration, "a.hdr", "save", ["healthy reflectance"], {"panel": 1.0}),
        (Window.menu, "a.hdr", "save", ["healthy"], {}),
    ],
)
def test_it_names_scans_settings_and_files(
    viewer, session, qtbot, monkeypatch, tmp_path, act, name, command, scans, settings
):
    out = tmp_path / "out" / name
    out.parent.mkdir()
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_a, **_k: (str(out), ""))
    act(Window(viewer, session, qtbot, monkeypatch), out)
    (run,) = json.loads((out.parent / "a.provenance.json").read_text())["runs"]
    assert run["command"] == command
    assert sorted(run["scans"]) == scans
    for scan in scans:
        header = tmp_path / "scans" / f"{scan.split()[0]}.hdr"
        assert [one["sha256"] for one in run["scans"][scan]] == [
            one.sha256 for one in hash_scan(header)
        ]
    assert settings.items() <= run["settings"].items()
    written = {path.name for path in out.parent.iterdir()} - {"a.provenance.json"}
    assert run["files"] == {one: sha256_of((out.parent / one).read_bytes()) for one in written}
    if act is Window.calibration:
        assert {one["name"] for one in run["inputs"]} >= {"white_reference.hdr"}
