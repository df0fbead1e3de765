"""Colours as the eye sees them: from a spectrum to linear sRGB."""

import numpy as np
from numpy.typing import NDArray

# Linear sRGB of CIE XYZ with an equal-energy white, so that a white panel comes out white.
_RGB_OF_XYZ = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
) * np.array([0.95047, 1.0, 1.08883])


def rgb_weights(centres_nm: NDArray[np.float64]) -> NDArray[np.float32]:
    """Return by which weights bands add up to linear red, green and blue.

    Parameters
    ----------
    centres_nm
        Band centres in the visible, ascending, shape (bands,).

    Returns
    -------
    ndarray
        (3, bands), each row with sum 1.
    """
    matching = _colour_matching(centres_nm) * np.abs(np.gradient(centres_nm))
    matching /= matching.sum(axis=1, keepdims=True)
    weights: NDArray[np.float32] = (_RGB_OF_XYZ @ matching).astype(np.float32)
    return weights


def _colour_matching(nm: NDArray[np.float64]) -> NDArray[np.float64]:
    """CIE 1931 colour matching functions, shape (3, bands).

    Multi-lobe fit of Wyman, Sloan and Shirley (2013), "Simple analytic
    approximations to the CIE XYZ color matching functions", Journal of
    Computer Graphics Techniques 2(2).
    """

    def lobe(height: float, centre: float, below: float, above: float) -> NDArray[np.float64]:
        width = np.where(nm < centre, below, above)
        return np.asarray(height * np.exp(-0.5 * ((nm - centre) / width) ** 2))

    x = lobe(1.056, 599.8, 37.9, 31.0) + lobe(0.362, 442.0, 16.0, 26.7)
    x += lobe(-0.065, 501.1, 20.4, 26.2)
    y = lobe(0.821, 568.8, 46.9, 40.5) + lobe(0.286, 530.9, 16.3, 31.1)
    z = lobe(1.217, 437.0, 11.8, 36.0) + lobe(0.681, 459.0, 26.0, 13.8)
    return np.stack((x, y, z))
