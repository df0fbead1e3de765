"""Scans to prepare."""

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube
from napari_dgc.preprocessing import Pipeline, parse_steps


@pytest.fixture
def scan():
    """Makes a scan of reflectance (bands, rows, columns), from 400 to 1000 nm."""

    def make(values, wavelengths="even", name="scan", **known):
        values = np.asarray(values, np.float32)
        if isinstance(wavelengths, str):
            wavelengths = np.linspace(400, 1000, len(values))
        unit = None if wavelengths is None else "nm"
        return HyperCube(values, name, wavelengths=wavelengths, wavelength_unit=unit, **known)

    return make


@pytest.fixture
def prepare():
    """Makes the first of some scans what steps make of it that have seen them all."""

    def apply(steps, *cubes):
        return Pipeline(parse_steps(steps)).fit(cubes).apply(cubes[0])

    return apply


@pytest.fixture
def reflectance():
    """Smooth positive spectra with a little noise, (bands, rows, columns)."""
    generator = np.random.default_rng(5)
    axis = np.linspace(0, 1, 60)[:, None, None]
    bright = generator.uniform(0.2, 0.9, (1, 11, 13))
    curve = 0.5 + 0.3 * np.sin(5 * axis + generator.uniform(0, 1, (1, 11, 13)))
    return (bright * curve + generator.normal(0, 0.003, (60, 11, 13))).astype(np.float32)
