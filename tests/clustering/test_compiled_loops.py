"""Compiled loops do what the operations on whole images do that they stand for."""

import numpy as np
import pytest
import torch

from napari_dgc.clustering import compiled
from napari_dgc.clustering.dgc import borders
from napari_dgc.clustering.dgc import mean_shift as learned
from napari_dgc.clustering.dgc_paper import mean_shift as paper
from napari_dgc.clustering.dgc_paper.encoder import SpectralSpatialEncoder
from napari_dgc.clustering.dgc_paper.mean_shift import WindowedMeanShift


@pytest.fixture
def whole_images(monkeypatch):
    """Switch the compiled loops off."""

    def switch_off() -> None:
        for module in (paper, learned, borders):
            monkeypatch.setattr(module, "usable", lambda *_: False)

    return switch_off


def embeddings(rows: int, columns: int, dimensions: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(5)
    noise = torch.randn(2, dimensions, rows, columns)
    images = torch.nn.functional.normalize(noise + 0.5 * noise.cumsum(3), dim=1)
    valid = torch.rand(2, rows, columns) > 0.2
    # A hole that is wider than the window.
    valid[0, :7, :8] = False
    return images, valid


@pytest.mark.parametrize(("rows", "columns", "dimensions"), [(9, 21, 32), (16, 16, 6), (5, 3, 3)])
def test_the_papers_mean_shift_and_its_gradients(rows, columns, dimensions, whole_images) -> None:
    images, valid = embeddings(rows, columns, dimensions)
    downhill = torch.randn_like(images) * valid[:, None]
    shift = WindowedMeanShift(iterations=3)

    def passes() -> list[torch.Tensor]:
        shift.zero_grad()
        start = images.clone().requires_grad_()
        moved = shift(start, valid)
        moved.backward(downhill)
        assert start.grad is not None
        assert shift.raw_bandwidth.grad is not None
        return [moved.detach(), start.grad, shift.raw_bandwidth.grad.clone()]

    fast = passes()
    with torch.no_grad():
        np.testing.assert_array_equal(shift(images, valid), fast[0])
    whole_images()
    for one, other in zip(fast, passes(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-4)


def features(rows: int, columns: int, dimensions: int) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(6)
    noise = torch.randn(2, dimensions, rows, columns)
    valid = (torch.rand(2, 1, rows, columns) > 0.1).float()
    valid[0, :, :6, :7] = 0
    return (noise + 2 * noise.cumsum(3)) * valid, valid


@pytest.mark.parametrize(("rows", "columns", "dimensions"), [(9, 21, 16), (16, 32, 5), (4, 3, 2)])
def test_the_learned_mean_shift_and_its_gradients(rows, columns, dimensions, whole_images) -> None:
    images, valid = features(rows, columns, dimensions)
    network = learned.LearnedMeanShift(2 + 40 * torch.rand(dimensions))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter += 0.2 * torch.randn_like(parameter)

    def passes() -> list[torch.Tensor]:
        network.zero_grad()
        total, count = network.surprise_sum(images, valid)
        total.backward()
        gradients = [parameter.grad for parameter in network.parameters()]
        assert all(gradient is not None for gradient in gradients)
        return [network(images, valid), total.detach(), count, *gradients]

    fast = passes()
    whole_images()
    for one, other in zip(fast, passes(), strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=2e-3)


@pytest.mark.parametrize("reach", [1, 2, 3])
def test_mixed_pixels_are_the_same(reach: int, whole_images) -> None:
    torch.manual_seed(7)
    images = torch.randn(2, 5, 30, 43)
    images[..., 20:] += 40
    images = torch.nn.functional.avg_pool2d(images, 3, 1, 1)
    valid = (torch.rand(2, 1, 30, 43) > 0.05).float()
    arguments = (images * valid, valid, torch.ones(5))
    fast = borders.find_borders(*arguments, reach=reach, contrast=6)
    whole_images()
    slow = borders.find_borders(*arguments, reach=reach, contrast=6)
    assert len(fast.mixed) > 20
    for name in ("first", "second", "explanations", "voices"):
        np.testing.assert_array_equal(getattr(fast, name), getattr(slow, name))
    np.testing.assert_allclose(fast.share, slow.share, atol=1e-5)


@pytest.mark.parametrize("part", [slice(7, 30), slice(11, 51), slice(3, 8), slice(20, 34)])
def test_a_window_is_embedded_as_the_whole_is_to_the_last_bit(part: slice) -> None:
    torch.manual_seed(8)
    spectra, valid = torch.randn(1, 61, 60, 60), torch.rand(1, 60, 60) > 0.1
    encoder, shift = SpectralSpatialEncoder(61), WindowedMeanShift()
    with torch.no_grad():
        whole = encoder(spectra, valid)
        window = encoder(spectra[..., part, part].contiguous(), valid[..., part, part])
        np.testing.assert_array_equal(
            window[..., 2:-2, 2:-2], whole[..., part, part][..., 2:-2, 2:-2]
        )
        shifted = shift(whole, valid)
        cut = shift(whole[..., part, part].contiguous(), valid[..., part, part])
        np.testing.assert_array_equal(
            cut[..., 2:-2, 2:-2], shifted[..., part, part][..., 2:-2, 2:-2]
        )


def test_the_number_of_threads_changes_nothing() -> None:
    images, valid = embeddings(40, 37, 8)
    before = torch.get_num_threads()
    try:
        with torch.no_grad():
            torch.set_num_threads(1)
            alone = WindowedMeanShift()(images, valid)
            torch.set_num_threads(3)
            np.testing.assert_array_equal(WindowedMeanShift()(images, valid), alone)
    finally:
        torch.set_num_threads(before)


def test_the_exponential_is_that_of_the_library() -> None:
    values = np.linspace(-95, 0, 100_001, dtype=np.float32)
    found = values.copy()
    compiled.exponential(found, np.empty(len(found), np.int32))
    expected = np.where(values > -87, np.exp(values.astype(np.float64)), 0)
    np.testing.assert_allclose(found, expected, rtol=3e-7)


def test_spectra_far_from_all_others_beside_missing_ones_have_a_likelihood() -> None:
    generator = torch.Generator().manual_seed(3)
    features = 1e5 * torch.rand((1, 4, 12, 12), generator=generator)
    valid = torch.ones((1, 1, 12, 12))
    valid[..., 3:5, 3:5] = 0
    model = learned.LearnedMeanShift(torch.ones(4), radius=2, iterations=1)
    total, pixels = model.surprise_sum(features * valid, valid)
    assert int(pixels) == 140
    assert torch.isfinite(total)
