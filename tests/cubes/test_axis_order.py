"""The band axis is found from the samples, or the question is left to the user."""

import numpy as np
import pytest

from napari_dgc.cubes.layout import BandEvidence, decide_layout, layout_of_samples

BAND_FIRST, BAND_LAST, BAND_BETWEEN = "band-row-column", "row-column-band", "row-band-column"


def leaf_like(bands, rows, columns, seed=0):
    """Make a leaf with spots on textured cloth, with sensor noise; (band, row, column)."""
    rng = np.random.default_rng(seed)
    nm = np.linspace(400, 1000, bands)
    edge = 1 / (1 + np.exp(-(nm - 715) / 15))
    leaf = 0.05 + 0.07 * np.exp(-(((nm - 550) / 40) ** 2)) + 0.4 * edge
    spot = 0.04 + 0.2 * (nm - 400) / 600
    cloth = 0.05 + 0.04 * edge
    row, column = np.mgrid[:rows, :columns] / [[[rows]], [[columns]]]
    inside = ((row - 0.55) / 0.3) ** 2 + ((column - 0.45) / 0.4) ** 2 < 1
    spots = np.zeros_like(inside)
    for y, x in rng.random((12, 2)):
        spots |= (row - y) ** 2 + (column - x) ** 2 < 0.004
    shade = 0.7 + 0.6 * rng.random((rows, columns))
    scene = np.where(inside, leaf[:, None, None], cloth[:, None, None])
    scene = np.where(inside & spots, spot[:, None, None], scene) * shade
    return (scene + rng.normal(0, 0.01, scene.shape)).astype(np.float32)


@pytest.mark.parametrize(
    "size",
    [
        (301, 40, 50),
        (20, 60, 80),
        (100, 90, 30),
        (100, 30, 90),
        (60, 60, 60),
        (10, 64, 64),
        (80, 12, 12),
    ],
)
def test_leaves_are_opened_the_right_way_round(size):
    for seed in range(3):
        scene = leaf_like(*size, seed=seed)
        assert layout_of_samples(scene) == BAND_FIRST
        assert layout_of_samples(scene.transpose(1, 2, 0)) == BAND_LAST
        # Line by line, each with its bands, as a push-broom camera delivers them.
        assert layout_of_samples(scene.transpose(1, 0, 2)) == BAND_BETWEEN


def test_standardised_and_integer_cubes_too():
    scene = leaf_like(60, 40, 50)
    standard = (scene - scene.mean((1, 2), keepdims=True)) / scene.std((1, 2), keepdims=True)
    assert layout_of_samples(standard.transpose(1, 2, 0)) == BAND_LAST
    assert layout_of_samples((scene * 4095).astype(np.uint16)) == BAND_FIRST


def test_missing_and_saturated_samples_do_not_mislead():
    scene = leaf_like(60, 40, 50)
    scene[:, :5] = np.nan
    scene[10] = np.nan
    scene[30, 12, 12] = 1e30
    scene[31, 20, 20] = -np.inf
    assert layout_of_samples(scene) == BAND_FIRST
    assert layout_of_samples(scene.transpose(1, 2, 0)) == BAND_LAST


@pytest.mark.parametrize(
    "shape", [(3, 3, 3), (4, 50, 60), (8, 8, 8), (50, 60, 70), (300, 40, 40), (30, 5, 300)]
)
def test_noise_is_undecided(shape):
    rng = np.random.default_rng(0)
    for _ in range(10):
        assert layout_of_samples(rng.normal(size=shape)) is None
        assert layout_of_samples(rng.integers(0, 4096, shape)) is None


@pytest.mark.parametrize(
    "values",
    [
        np.zeros((9, 9, 9)),
        np.full((9, 9, 9), np.nan),
        np.arange(9.0)[:, None, None] + np.zeros((9, 9, 9)),
        np.random.default_rng(0).random((40, 1, 50)),
    ],
    ids=["constant", "missing", "ramp", "one row"],
)
def test_featureless_cubes_are_undecided(values):
    assert layout_of_samples(values) is None


def test_one_line_copied_over_all_rows_is_undecided():
    line = leaf_like(30, 1, 40)
    panel = np.repeat(line, 25, axis=1)
    for axes in ((0, 1, 2), (1, 2, 0), (1, 0, 2)):
        assert layout_of_samples(panel.transpose(axes)) is None


def test_evidence_is_weighed_in_order():
    scene = leaf_like(30, 20, 25)

    def decide(layout="auto", **evidence):
        return decide_layout(scene, layout, BandEvidence(**evidence), "the scene")[0]

    assert decide() == BAND_FIRST
    assert decide(image_shapes=[(30, 20)]) == BAND_LAST
    assert decide(image_shapes=[(20, 25), (30, 20)]) == BAND_FIRST
    assert decide(wavelength_counts=[25], image_shapes=[(20, 25)]) == BAND_LAST
    assert decide(wavelength_counts=[99], image_shapes=[(20, 25)]) == BAND_FIRST
    assert decide(BAND_FIRST, wavelength_counts=[25]) == BAND_FIRST
