"""One training step of the paper's method: which pixels meet, and what pixels without data do."""

from dataclasses import fields, replace

import numpy as np
import pytest
import torch

from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.dgc_paper.config import SAFE_RANGES, WEIGHTINGS, PaperConfig
from napari_dgc.clustering.dgc_paper.model import PaperModel
from napari_dgc.clustering.patches import PairSampler
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

CONFIG = replace(PaperConfig.held_apart(), dimensions=8, shift_iterations=2)
SAMPLER = PairSampler([(30, 40), (26, 28)], patch=16, seed=4)


def model_of(cubes, centre, spread, config=CONFIG):
    grid = BandGrid.from_cubes(cubes)
    ones = np.ones(grid.size, np.float32)
    return PaperModel(
        grid, centre * ones, spread * ones, clusters=4, config=config, seed=0, device="cpu"
    )


def test_pixels_that_are_compared_are_the_same_ground_in_both_patches():
    # The value of every pixel is its own scan, row and column.
    cubes = []
    for number, (rows, columns) in enumerate(SAMPLER.extents):
        row, column = np.mgrid[:rows, :columns]
        data = np.stack([np.full_like(row, number), row, column, row * columns + column])
        cubes.append(HyperCube(data.astype(np.float32), f"scan {number}"))
    model = model_of(cubes, 0.0, 100.0)
    pairs = SAMPLER.batch(0, 16)
    assert {pair.quarter_turns for pair in pairs} == {0, 1, 2, 3}
    assert {pair.mirrored for pair in pairs} == {False, True}
    spectra, valid, in_a, in_b = model._load(cubes, pairs)
    assert valid.all()
    pixels = spectra.permute(0, 2, 3, 1).reshape(-1, 4)
    torch.testing.assert_close(pixels[in_a], pixels[in_b], rtol=0, atol=0)
    # All shared ground of every pair, once, from A in the first and B in the second half.
    overlaps = [
        np.prod([16 - abs(a - b) for a, b in zip(pair.origin_a, pair.origin_b, strict=True)])
        for pair in pairs
    ]
    assert len(in_a) == sum(overlaps)
    assert len(set(in_a.tolist())) == len(set(in_b.tolist())) == len(in_a)
    assert in_a.max() < len(pixels) // 2 <= in_b.min()


def noisy_cubes(missing=None):
    cubes = []
    for number, extent in enumerate(SAMPLER.extents):
        random = np.random.default_rng(number)
        data = random.random((6, *extent)).astype(np.float32)
        if missing is not None:
            data[:, 8:14, 9:20] = missing
            data[3, 20, 20] = missing
        cubes.append(HyperCube(data, f"scan {number}"))
    return cubes


def one_step(cubes, config):
    model = model_of(cubes, 0.5, 0.3, config)
    pairs = SAMPLER.batch(0, 2)
    model.prepare(noisy_cubes(), pairs)
    return model, model.step(cubes, pairs, 0)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_pixels_without_data_poison_neither_losses_nor_gradients(weighting):
    config = replace(CONFIG, weighting=weighting)
    model, (values, counts) = one_step(noisy_cubes(np.nan), config)
    assert all(np.isfinite(value) for value in values.values())
    assert 0 < counts.sum() < 4 * 16**2
    tensors = model.tensors()
    assert all(np.isfinite(value).all() for value in tensors.values())
    # What stands there does not matter at all, neither to losses nor to the new weights.
    other, (again, _) = one_step(noisy_cubes(np.inf), config)
    assert again == values
    for name, value in other.tensors().items():
        np.testing.assert_array_equal(value, tensors[name], err_msg=name)


def test_a_step_on_patches_without_any_data_changes_no_centroid_and_breaks_nothing():
    cubes = noisy_cubes()
    model, _ = one_step(cubes, CONFIG)
    before = model.memory.centroids.clone()
    empty = [HyperCube(np.full_like(cube.data, np.nan), cube.name) for cube in cubes]
    result = model.step(empty, SAMPLER.batch(1, 2), 1)
    assert result is not None
    assert result[1].sum() == 0
    assert torch.equal(model.memory.centroids, before)
    assert all(np.isfinite(value).all() for value in model.tensors().values())


def test_every_option_is_documented_with_its_range_and_enforces_it():
    words = PaperConfig.__doc__.split("Parameters")[1]
    assert {field.name for field in fields(PaperConfig)} == {*SAFE_RANGES, "weighting"}
    for name, (low, high) in SAFE_RANGES.items():
        assert name in words
        for value in (low - 1, high + 1, float("nan")):
            with pytest.raises(UserError, match=f"option {name} is .*from {low:g} to {high:g}"):
                PaperConfig(**{name: value})
        for value in (low, high):
            assert getattr(PaperConfig(**{name: value}), name) == value
        if isinstance(low, int):
            with pytest.raises(UserError, match="whole number"):
                PaperConfig(**{name: low + 0.5})


def test_options_that_leave_nothing_to_learn_or_are_unknown_are_refused():
    with pytest.raises(UserError, match="All five losses"):
        PaperConfig(**dict.fromkeys(PaperConfig().weights, 0.0))
    with pytest.raises(UserError, match="fixed, uncertainty, gradients, mgda"):
        PaperConfig(weighting="magic")
