"""Scans of a camera that is known to the last count."""

from dataclasses import dataclass

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube

BANDS, ROWS, COLUMNS = 6, 12, 15


@dataclass(frozen=True)
class Camera:
    """A push-broom camera: each detector pixel (band, column) has its own gain and dark count."""

    gain: np.ndarray
    dark: np.ndarray

    def scan(self, reflectance, exposure=10.0, name="scan", dtype=np.uint16, **known):
        """Counts of a scene (bands, rows, columns); both parts grow with time, the offset not."""
        light = self.gain[:, None] * reflectance * exposure / 10.0
        counts = np.rint(light + self.dark[:, None]).astype(dtype)
        wavelengths = np.linspace(450, 950, len(counts))
        return HyperCube(
            counts,
            name,
            wavelengths=wavelengths,
            wavelength_unit="nm",
            exposure_ms=exposure,
            **known,
        )

    def white(self, exposure=10.0, lines=5, panel=1.0, **known):
        shape = (len(self.gain), lines, self.gain.shape[1])
        return self.scan(np.full(shape, panel), exposure, name="white", **known)

    def closed(self, exposure=10.0, lines=7, **known):
        shape = (len(self.gain), lines, self.gain.shape[1])
        return self.scan(np.zeros(shape), exposure, name="dark", **known)


@pytest.fixture
def camera():
    generator = np.random.default_rng(3)
    return Camera(
        gain=generator.integers(1000, 3000, (BANDS, COLUMNS)).astype(float),
        dark=generator.integers(20, 60, (BANDS, COLUMNS)).astype(float),
    )


@pytest.fixture
def scene():
    """Reflectance, a little above 1 in places as glints are."""
    return np.random.default_rng(4).uniform(0.02, 1.1, (BANDS, ROWS, COLUMNS))
