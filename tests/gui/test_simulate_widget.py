"""The dock "Simulate scans"."""

import numpy as np
import pytest
from magicgui.widgets import PushButton
from qtpy.QtCore import Qt

from napari_dgc.errors import UserError
from napari_dgc.gui.session import get_session
from napari_dgc.gui.simulate_widget import parse_days


def test_scans_of_the_wanted_size_open_one_by_one(viewer, qtbot):
    _, widget = viewer.window.add_plugin_dock_widget("napari-dgc", "Simulate scans")
    widget.days.value = "0, 5"
    widget.rows.value, widget.columns.value = 40, 32
    widget.bands.value = 12
    button = next(part for part in widget if isinstance(part, PushButton))
    qtbot.mouseClick(button.native, Qt.MouseButton.LeftButton)
    session = get_session(viewer)
    qtbot.waitUntil(lambda: len(session.scans) == 2, timeout=60_000)
    assert [scan.name for scan in session.scans] == ["healthy_1", "day5_1"]
    assert session.scans[0].image.data.shape == (12, 40, 32)
    truth = viewer.layers["day5_1 truth"].data
    assert truth.shape == (40, 32)
    assert set(np.unique(truth)) <= {1, 2, 3, 4}


@pytest.mark.parametrize("text", ["", "healthy", "0; 3"])
def test_days_are_numbers(text):
    with pytest.raises(UserError, match="numbers like 0 3 5"):
        parse_days(text)
