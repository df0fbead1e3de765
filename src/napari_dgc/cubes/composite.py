"""A picture of a cube as the eye would see it."""

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes.cube import HyperCube

VISIBLE_NM = (400.0, 700.0)
_BLOCK_SAMPLES = 8 << 20
_SAMPLE_ROWS, _SAMPLE_COLUMNS = 48, 256
# Linear sRGB of CIE XYZ with an equal-energy white, so that a white panel comes out white.
_RGB_OF_XYZ = np.array(
    [
        [3.2404542, -1.5371385, -0.4985314],
        [-0.9692660, 1.8760108, 0.0415560],
        [0.0556434, -0.2040259, 1.0572252],
    ]
) * np.array([0.95047, 1.0, 1.08883])


def true_colour(cube: HyperCube) -> NDArray[np.uint8]:
    """Make a true-colour picture.

    The bands between 400 and 700 nm are weighted by the CIE 1931 colour
    matching functions. Where the wavelengths are unknown or do not cover the
    visible, three bands spread over the cube stand for red, green and blue
    (long wavelengths red, short ones blue; three bands of unknown wavelength
    are taken as red, green and blue).

    Parameters
    ----------
    cube
        The cube; read in blocks of rows.

    Returns
    -------
    ndarray
        (rows, columns, 3), uint8, stretched between the 1st and the 99th
        percentile (common to the channels in true colour, else of each
        channel); pixels without data are black.
    """
    bands, weights = colour_weights(cube)
    # One stretch for all channels keeps hues; of unrelated bands it would show but the brightest.
    low, high = _stretch(cube, bands, weights, common=len(bands) > 3)
    picture = np.zeros((cube.rows, cube.columns, 3), np.uint8)
    step = max(1, _BLOCK_SAMPLES // (len(bands) * cube.columns))
    for start in range(0, cube.rows, step):
        rows = slice(start, min(cube.rows, start + step))
        linear = _linear(cube, bands, weights, rows, slice(None))
        missing = ~np.isfinite(linear).all(axis=-1)
        linear[missing] = 0
        stretched = np.clip((linear - low) / (high - low), 0, 1)
        picture[rows] = np.round(255 * _companded(stretched)).astype(np.uint8)
        picture[rows][missing] = 0
    return picture


def has_true_colour(cube: HyperCube) -> bool:
    """Whether the bands of a cube are known to cover the visible finely enough.

    Otherwise the picture that `true_colour` makes is in false colours.

    Parameters
    ----------
    cube
        The cube; only its wavelengths are looked at.
    """
    return len(colour_weights(cube)[0]) > 3


def colour_weights(cube: HyperCube) -> tuple[NDArray[np.intp], NDArray[np.float32]]:
    """Return the bands of the picture and their weights.

    Parameters
    ----------
    cube
        The cube; only its wavelengths are looked at.

    Returns
    -------
    bands, weights
        Indices, shape (used,), and weights for linear red, green and blue,
        shape (3, used), each row with sum 1.
    """
    good = cube.good_bands
    centres = cube.wavelengths_nm
    if centres is not None:
        visible = good[(centres[good] >= VISIBLE_NM[0]) & (centres[good] <= VISIBLE_NM[1])]
        visible = visible[np.argsort(centres[visible], kind="stable")]
        # Blue, green and red must all be seen, and finely enough to weigh.
        gaps = np.diff(np.concatenate(([430.0], centres[visible], [660.0])))
        if len(visible) >= 8 and float(gaps.max()) <= 40:
            widths = np.abs(np.gradient(centres[visible]))
            matching = _colour_matching(centres[visible]) * widths
            matching /= matching.sum(axis=1, keepdims=True)
            return visible, (_RGB_OF_XYZ @ matching).astype(np.float32)
        good = good[np.argsort(centres[good], kind="stable")]
    if len(good) == 0:
        good = np.arange(cube.n_bands)
    if centres is None and cube.n_bands == 3:
        return np.arange(3), np.eye(3, dtype=np.float32)
    # The middles of three thirds: sensors are noisy at both ends.
    spread = good[(np.array([5, 3, 1]) * len(good)) // 6]
    return spread, np.eye(3, dtype=np.float32)


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


def _linear(
    cube: HyperCube,
    bands: NDArray[np.intp],
    weights: NDArray[np.float32],
    rows: slice,
    columns: slice,
) -> NDArray[np.float32]:
    steps = np.unique(np.diff(bands))
    # A slice reads much less of a file than separate bands do.
    chosen = slice(bands[0], bands[-1] + 1) if steps.tolist() == [1] else bands
    window = cube.read(rows, columns, chosen)
    linear: NDArray[np.float32] = np.einsum("brc,kb->rck", window, weights, optimize=True)
    return linear


def _stretch(
    cube: HyperCube, bands: NDArray[np.intp], weights: NDArray[np.float32], *, common: bool
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what becomes black and what becomes full, one value per channel."""
    rows = np.unique(np.linspace(0, cube.rows - 1, min(cube.rows, _SAMPLE_ROWS)).astype(int))
    columns = slice(None, None, max(1, cube.columns // _SAMPLE_COLUMNS))
    sample = np.concatenate(
        [_linear(cube, bands, weights, slice(row, row + 1), columns) for row in rows.tolist()]
    )
    sample = sample[np.isfinite(sample).all(axis=-1)]
    if sample.size == 0:
        return np.zeros(3, np.float32), np.ones(3, np.float32)
    low, high = np.percentile(sample, (1, 99), axis=None if common else 0)
    if common:
        # Saturated colours have negative channels, which must not lift the black point.
        low = np.percentile(sample.mean(axis=-1), 1)
    low, high = (np.broadcast_to(value, 3).astype(np.float32) for value in (low, high))
    # A flat channel becomes middling.
    flat = ~(high > low)
    half = np.maximum(np.abs(low) / 2, np.float32(0.5))
    return np.where(flat, low - half, low), np.where(flat, low + half, high)


def _companded(linear: NDArray[np.float32]) -> NDArray[np.float32]:
    """Apply the sRGB transfer curve to values between 0 and 1."""
    curve = 1.055 * np.power(linear, 1 / 2.4, dtype=np.float32) - 0.055
    companded: NDArray[np.float32] = np.where(linear <= 0.0031308, 12.92 * linear, curve)
    return companded
