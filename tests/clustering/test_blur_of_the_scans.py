"""How far ends of mixed pixels lie apart is read off the scans."""

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter

from napari_dgc.clustering import get_method
from napari_dgc.cubes import HyperCube


def checked_scan(blur: float, bands: int = 24) -> HyperCube:
    """Two materials in squares of 16 pixels, blurred across rows and columns."""
    random = np.random.default_rng(3)
    rows, columns = np.indices((96, 96)) // 16
    share = gaussian_filter(((rows + columns) % 2).astype(float), blur)
    slope = np.linspace(0.1, 0.7, bands)
    spectra = (1 - share)[None] * slope[:, None, None] + share[None] * slope[::-1, None, None]
    noise = random.normal(0, 0.004, spectra.shape)
    return HyperCube(data=(spectra + noise).astype(np.float32), name="squares")


@pytest.mark.parametrize(("blur", "reach"), [(0.5, 2), (2.2, 4)])
def test_reach_follows_the_blur(blur: float, reach: int) -> None:
    model = get_method("dgc")(clusters=2, epochs=1, prototypes=16)
    model.fit([checked_scan(blur)])
    found = model.model.reach
    assert found == 2 if reach == 2 else found >= reach
