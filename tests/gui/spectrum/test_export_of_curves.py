"""Curves leave the dock as a table and as a figure."""

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from qtpy.QtWidgets import QFileDialog

from .conftest import SHIFT


@pytest.fixture
def curves(leaves, spectrum, mouse, settled):
    """A pin on each scan and a rectangle on the first."""
    mouse.click(leaves[0], 4, 5, keys=SHIFT)
    mouse.click(leaves[1], 10, 12, keys=SHIFT)
    spectrum.sources.regions.draw("Rectangle")
    layer = spectrum.sources.regions.layer
    layer.add([[1.5, 1.5], [1.5, 5.5], [5.5, 5.5], [5.5, 1.5]], shape_type="rectangle")
    layer.mode = "pan_zoom"
    return settled(spectrum, 3)


def test_table_holds_curves_and_where_they_came_from(curves, spectrum, tmp_path, monkeypatch):
    target = str(tmp_path / "spectra.csv")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (target, ""))
    spectrum.options.table.trigger()
    table = pd.read_csv(tmp_path / "spectra.csv")
    assert table["wavelength_nm"].tolist() == [400, 550, 700, 850, 1000]
    for curve in curves:
        np.testing.assert_allclose(table[f"{curve.name} mean"], curve.mean, rtol=1e-6)
    np.testing.assert_allclose(table["Region 1 SD"], curves[2].sd, rtol=1e-6)
    sources = pd.read_csv(tmp_path / "spectra_sources.csv").set_index("curve")
    assert sources.loc["Pin 1", ["scan", "row", "column"]].tolist() == ["healthy", 4, 5]
    assert sources.loc["Pin 2", ["scan", "row", "column"]].tolist() == ["sick", 10, 12]
    assert sources.loc["Region 1", ["kind", "pixels"]].tolist() == ["shape", 16]
    assert "spectra.csv" in spectrum.status.text()


def test_hidden_curves_are_left_out(curves, spectrum, tmp_path):
    curves[1].visible = False
    spectrum.export.write(tmp_path / "some.csv")
    titles = list(pd.read_csv(tmp_path / "some.csv"))
    assert "Pin 1 mean" in titles and "Pin 2 mean" not in titles


def test_without_pins_the_curve_under_the_mouse_is_written(
    leaves, spectrum, mouse, tmp_path, qtbot
):
    mouse.move(leaves[0], 7, 8)
    qtbot.waitUntil(lambda: spectrum.sources.cursor.curve.mean is not None, timeout=2000)
    spectrum.export.write(tmp_path / "cursor.csv")
    table = pd.read_csv(tmp_path / "cursor.csv")
    np.testing.assert_allclose(table["cursor mean"], leaves[0].cube.data[:, 7, 8], rtol=1e-6)


def test_nothing_to_write_is_told(leaves, spectrum, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("napari_dgc.gui.messages.show_error", told.append)
    spectrum.export.write(tmp_path / "none.csv")
    assert len(told) == 1 and "pin a pixel first" in told[0]
    assert list(tmp_path.iterdir()) == []


def test_picture_is_a_figure_on_white_with_every_curve(curves, spectrum, tmp_path, monkeypatch):
    target = str(tmp_path / "spectra")
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (target, ""))
    spectrum.options.picture.trigger()
    with Image.open(tmp_path / "spectra.png") as picture:
        assert picture.size[0] >= 1600
        pixels = np.asarray(picture.convert("RGB")).reshape(-1, 3)
    white = (pixels == 255).all(axis=1)
    assert white.mean() > 0.5
    for curve in curves:
        colour = [int(curve.colour[i : i + 2], 16) for i in (1, 3, 5)]
        assert (np.abs(pixels - np.array(colour, int)).max(axis=1) < 8).sum() > 200, curve.name


def test_place_that_cannot_be_written_is_told(curves, spectrum, tmp_path, monkeypatch):
    told = []
    monkeypatch.setattr("napari_dgc.gui.messages.show_error", told.append)
    (tmp_path / "file").touch()
    spectrum.export.write(tmp_path / "file" / "spectra.csv")
    spectrum.export.write(tmp_path / "file" / "spectra.png")
    assert len(told) == 2 and all("cannot be written" in sentence for sentence in told)
