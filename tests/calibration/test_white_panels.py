"""The panel's reflectance comes as a number or as a table."""

import numpy as np
import pytest

from napari_dgc.calibration.panel import panel_reflectance
from napari_dgc.errors import UserError


def test_a_number_holds_for_all_bands(camera):
    assert panel_reflectance(0.99, camera.white()) == 0.99


@pytest.mark.parametrize("separator", [",", "; ", "\t", " "])
def test_a_table_is_interpolated(camera, tmp_path, separator):
    table = tmp_path / "panel.csv"
    lines = ["Zenith panel", f"wavelength{separator}reflectance"]
    lines += [f"{nm}{separator}{value}" for nm, value in ((950, 0.8), (450, 0.9), (700, 0.85))]
    table.write_text("\n".join(lines))
    values = panel_reflectance(table, camera.white())
    np.testing.assert_allclose(values, np.linspace(0.9, 0.8, 6))


@pytest.mark.parametrize("panel", [99.0, 0.0, -1.0, float("nan")])
def test_percent_and_nonsense_are_refused(camera, panel):
    with pytest.raises(UserError, match=r"99 % is 0\.99"):
        panel_reflectance(panel, camera.white())


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"nothing here", "two columns"),
        (b"450 99\n950 98", r"0\.99"),
        (b"\xff\xfe\x00", "not text"),
        (b"-5 0.9\n950 0.9", "above 0"),
        (b"nan 0.9\n950 0.9", "above 0"),
    ],
)
def test_unusable_tables_are_refused(camera, tmp_path, content, reason):
    table = tmp_path / "panel.txt"
    table.write_bytes(content)
    with pytest.raises(UserError, match=reason):
        panel_reflectance(table, camera.white())


def test_a_missing_table_is_refused(camera, tmp_path):
    with pytest.raises(UserError, match=r"panel\.csv"):
        panel_reflectance(tmp_path / "panel.csv", camera.white())
