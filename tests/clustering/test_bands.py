"""Bringing scans onto the bands of a model."""

import json

import numpy as np
import pytest

from napari_dgc.clustering.bands import BandGrid
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

ALL = (slice(None), slice(None))


def ramp(wavelengths, unit="nm", name="scan", bad=()):
    """A scan whose value is the wavelength in nm (so interpolation is exact)."""
    wavelengths = np.asarray(wavelengths, float)
    nm = {"nm": wavelengths, "um": wavelengths * 1e3, "cm-1": 1e7 / wavelengths}[unit]
    data = np.repeat(nm, 12).reshape(-1, 3, 4).astype(np.float32)
    return HyperCube(data, name, wavelengths, unit, bad_bands=tuple(bad))


def test_scans_with_the_same_bands_are_read_as_they_are_without_bad_bands():
    cubes = [ramp([400, 500, 600, 700], bad=[1]), ramp([400, 500, 600, 700], bad=[3])]
    grid = BandGrid.from_cubes(cubes)
    assert grid.good_bands.tolist() == [0, 2]
    window = grid.read(cubes[0], slice(1, 3), slice(0, 2))
    assert window.shape == (2, 2, 2)
    assert window.dtype == np.float32
    assert window[:, 0, 0].tolist() == [400, 600]


@pytest.mark.parametrize(
    ("centres", "unit"),
    [
        (np.linspace(380, 760, 77), "nm"),
        (np.linspace(0.39, 0.71, 50), "um"),
        (1e7 / np.linspace(395, 705, 40), "cm-1"),
        (np.linspace(720, 390, 23), "nm"),
    ],
)
def test_other_bands_are_interpolated_by_wavelength(centres, unit):
    grid = BandGrid.from_cubes([ramp([400, 450, 500, 600, 700], bad=[1])])
    window = grid.read(ramp(centres, unit), *ALL)
    np.testing.assert_allclose(window[:, 0, 0], [400, 500, 600, 700], rtol=1e-5)


def test_a_band_that_is_bad_in_the_scan_alone_is_interpolated():
    grid = BandGrid.from_cubes([ramp([400, 500, 600])])
    damaged = ramp([400, 500, 600], bad=[1])
    damaged.data[1] = np.nan
    assert grid.read(damaged, *ALL)[:, 0, 0].tolist() == [400, 500, 600]


def test_missing_samples_spread_only_to_bands_that_use_them():
    grid = BandGrid.from_cubes([ramp([400, 500, 600])])
    cube = ramp([400, 450, 500, 550, 600])
    cube.data[1, 0, 0] = np.nan
    cube.data[2, 2, 2] = np.nan
    window = grid.read(cube, *ALL)
    assert np.isfinite(window[:, 0, 0]).all()
    assert np.isnan(window[:, 2, 2]).tolist() == [False, True, False]


def test_scans_that_do_not_fit_together_are_refused_in_one_sentence():
    with pytest.raises(UserError, match=r"a \(3 bands\) and b \(2 bands\)"):
        BandGrid.from_cubes([ramp([1, 2, 3], name="a"), ramp([1, 2], name="b")])
    with pytest.raises(UserError, match="a and b have different wavelengths"):
        BandGrid.from_cubes([ramp([400, 410], name="a"), ramp([400, 420], name="b")])
    with pytest.raises(UserError, match="no scan"):
        BandGrid.from_cubes([])
    with pytest.raises(UserError, match="marked bad"):
        BandGrid.from_cubes([ramp([400, 410], bad=[0, 1])])


def test_scans_that_do_not_fit_a_model_are_refused_with_the_reason():
    grid = BandGrid.from_cubes([ramp([400, 500, 600])])
    with pytest.raises(UserError, match="400-600 nm and short covers 450-700 nm"):
        grid.check(ramp([450, 600, 700, 650], name="short"))
    blind = HyperCube(np.zeros((7, 2, 2)), "blind")
    with pytest.raises(UserError, match="blind's wavelengths are unknown"):
        grid.check(blind)
    numbered = BandGrid.from_cubes([HyperCube(np.zeros((3, 2, 2)), "x")])
    with pytest.raises(UserError, match="the model's wavelengths are unknown"):
        numbered.check(ramp([400, 500]))
    with pytest.raises(UserError, match="band 2, which is bad in half"):
        numbered.check(HyperCube(np.zeros((3, 2, 2)), "half", bad_bands=(1,)))


def test_scans_without_wavelengths_are_matched_by_band_number():
    grid = BandGrid.from_cubes([ramp([400, 500, 600]), HyperCube(np.ones((3, 2, 2)), "x")])
    assert grid.wavelengths_nm is not None
    assert (grid.read(HyperCube(np.full((3, 2, 2), 5.0), "y"), *ALL) == 5).all()


def test_metadata_survives_json_and_nonsense_is_noticed():
    grid = BandGrid.from_cubes([ramp([400, 500, 600], bad=[2])])
    values = json.loads(json.dumps(grid.metadata()))
    again = BandGrid.from_metadata(values)
    assert again.metadata() == grid.metadata()
    for wrong in ({"good_bands": [9]}, {"wavelengths_nm": [1.0]}, {"good_bands": []}):
        with pytest.raises(ValueError, match=r"band"):
            BandGrid.from_metadata(values | wrong)


def test_bands_marked_bad_after_training_are_named_as_the_reason():
    grid = BandGrid.from_cubes([ramp(np.linspace(400, 1000, 20))])
    marked = ramp(np.linspace(400, 1000, 20), name="leaf", bad=(0, 1, 2))
    with pytest.raises(UserError, match="where 3 bands of leaf are marked bad; mark those"):
        grid.check(marked)
