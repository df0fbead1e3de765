"""The tour opens, calibrates and compares scans by itself and takes a picture of each step."""

from itertools import pairwise

import numpy as np
import pytest
from imageio.v3 import imread

from napari_dgc.gui import remembered, scan_tour

PICTURES = [
    "05-opening.png",
    "06-calibration.png",
    "07-spectrum.png",
    "08-composites.png",
    "09-indices.png",
]


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr("napari_dgc.gui.samples.SIZE", (32, 32))
    monkeypatch.setattr("napari_dgc.gui.samples.BANDS", 61)


def test_tour_of_scans_writes_five_pictures(small, qapp, tmp_path, capsys):
    out = tmp_path / "out"
    assert scan_tour.main(["--out", str(out), "--seed", "1", "--theme", "light", "--close"]) == 0
    assert sorted(path.name for path in out.glob("*.png")) == PICTURES
    pictures = [imread(out / name)[..., :3] for name in PICTURES]
    for picture in pictures:
        assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 500
        # the light theme: most of the window is bright
        assert np.median(picture[:, :200]) > 180
    for before, after in pairwise(pictures):
        assert before.shape != after.shape or (before != after).any(axis=-1).mean() > 0.02
    told = capsys.readouterr().out
    assert all(str(out / name) in told for name in PICTURES)
    # the question was answered by the tour, not by the user
    assert "leaves" not in remembered.memory_file().read_text()
    assert not [one for one in qapp.topLevelWidgets() if one.isVisible()]


def test_closing_the_window_ends_the_tour_of_scans(small, qapp, tmp_path, capsys):
    import napari
    from qtpy.QtCore import QTimer

    def close():
        if (tmp_path / "06-calibration.png").exists():
            napari.current_viewer().close()
            timer.stop()

    timer = QTimer()
    timer.timeout.connect(close)
    timer.start(50)
    assert scan_tour.main(["--out", str(tmp_path)]) == 0
    assert "was closed" in capsys.readouterr().out
    assert not (tmp_path / "09-indices.png").exists()
