"""Mean ± SD of spectra and indices by class."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.indices import find_index
from napari_dgc.measure import areas
from napari_dgc.measure.class_values import (
    ScanClassValues,
    class_values,
    indices_table,
    spectra_table,
)

NAMES = {1: "healthy tissue", 2: "lesion", 3: "Lesion"}


def scan(rows=30, columns=20):
    random = np.random.default_rng(0)
    # Smooth, as an index has no value where noise hides its divisor.
    levels = np.array([0.1, 0.15, 0.2, 0.1, 0.5, 0.55])[:, None, None]
    slope = np.linspace(0.7, 1.3, rows)[:, None] * np.linspace(0.9, 1.1, columns)
    data = levels * slope + 0.001 * random.standard_normal((6, rows, columns))
    data = data.astype(np.float32)
    data[:, 3, 4] = np.nan
    centres = np.array([500, 531, 570, 670, 800, 900.0])
    cube = HyperCube(data=data, name="leaf", wavelengths=centres, wavelength_unit="nm")
    labels = random.integers(0, 5, (rows, columns)).astype(np.uint16)
    labels[3, 4] = 1
    return cube, labels


@pytest.mark.parametrize("block", [1, 10**9])
def test_every_class_is_averaged_over_its_pixels(monkeypatch, block):
    monkeypatch.setattr(areas, "_BLOCK_SAMPLES", block)
    monkeypatch.setattr("napari_dgc.indices.compute._BLOCK_SAMPLES", block)
    cube, labels = scan()
    found = class_values(cube, labels, NAMES, [find_index("NDVI"), find_index("PRI")])
    assert [one.name for one in found] == ["healthy tissue", "lesion", "class 4"]
    data = np.asarray(cube.data, np.float64)
    for one, members in zip(found, ((1,), (2, 3), (4,)), strict=True):
        here = np.isin(labels, members)
        known = here & np.isfinite(data[0])
        assert one.pixels == here.sum()
        np.testing.assert_allclose(one.mean, data[:, known].mean(axis=1), rtol=1e-6)
        np.testing.assert_allclose(one.sd, data[:, known].std(axis=1), rtol=1e-6)
        ndvi = (data[4] - data[3]) / (data[4] + data[3])
        assert [value.index for value in one.indices] == ["NDVI", "PRI"]
        assert one.indices[0].pixels == known.sum()
        assert one.indices[0].mean == pytest.approx(ndvi[known].mean(), abs=1e-6)
        assert one.indices[0].sd == pytest.approx(ndvi[known].std(), abs=1e-6)


def test_tables_have_one_row_for_each_value():
    cube, labels = scan()
    found = class_values(cube, labels, NAMES, [find_index("NDVI")])
    spectra = spectra_table([ScanClassValues.of(cube.name, cube, found)])
    assert len(spectra.rows) == 3 * 6
    assert spectra.rows[0][:5] == ("leaf", "healthy tissue", found[0].pixels, 500.0, 1)
    assert spectra.rows[0][5] == found[0].mean[0]
    indices = indices_table([ScanClassValues.of(cube.name, cube, found)])
    assert [row[:3] for row in indices.rows] == [
        ("leaf", "healthy tissue", "NDVI"),
        ("leaf", "lesion", "NDVI"),
        ("leaf", "class 4", "NDVI"),
    ]


def test_a_scan_without_labels_has_no_classes():
    cube, labels = scan()
    assert class_values(cube, np.zeros_like(labels), NAMES, [find_index("NDVI")]) == ()


def test_what_a_scan_does_not_allow_is_said():
    cube, labels = scan()
    with pytest.raises(UserError, match="PSRI needs"):
        class_values(cube, labels, NAMES, [find_index("PSRI")])
    with pytest.raises(ValueError, match="map"):
        class_values(cube, labels[1:], NAMES)


def test_measuring_can_be_stopped():
    cube, labels = scan()
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        class_values(cube, labels, NAMES, token=source.token)
