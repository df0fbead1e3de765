"""Encoder, mean shift and centroid memory of the paper's method."""

import pytest
import torch

from napari_dgc.clustering.dgc_paper.encoder import ENCODER_REACH, SpectralSpatialEncoder
from napari_dgc.clustering.dgc_paper.mean_shift import WINDOW_RADIUS, WindowedMeanShift
from napari_dgc.clustering.dgc_paper.memory import CentroidMemory


def random(*shape, seed=0, dtype=torch.float32):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=dtype)


def unit(values, dim=1):
    return torch.nn.functional.normalize(values, dim=dim)


def shift_by_loops(x, valid, bandwidth, iterations):
    """The definition, pixel by pixel."""
    z = x.clone()
    _, _, rows, columns = x.shape
    for _ in range(iterations):
        new = z.clone()
        for n in range(len(x)):
            for i in range(rows):
                for j in range(columns):
                    total, weight = 0, 0
                    for a in range(max(i - 2, 0), min(i + 3, rows)):
                        for b in range(max(j - 2, 0), min(j + 3, columns)):
                            if valid[n, a, b]:
                                gap = (z[n, :, i, j] - x[n, :, a, b]).square().sum()
                                w = torch.exp(-gap / (2 * bandwidth**2))
                                total, weight = total + w * x[n, :, a, b], weight + w
                    new[n, :, i, j] = total / weight
        z = new
    return z


def test_mean_shift_follows_its_definition():
    x = unit(random(2, 3, 6, 7, dtype=torch.float64))
    valid = torch.ones(2, 6, 7, dtype=torch.bool)
    valid[0, 1:3, 2:4] = False
    layer = WindowedMeanShift(bandwidth=0.4, iterations=3).double()
    expected = shift_by_loops(x, valid, layer.bandwidth, 3)
    torch.testing.assert_close(layer(x, valid), expected)
    assert layer.bandwidth.item() == pytest.approx(0.4, rel=1e-5)


def test_mean_shift_gradients_are_right():
    x = unit(random(1, 2, 4, 5, dtype=torch.float64)).requires_grad_()
    valid = torch.ones(1, 4, 5, dtype=torch.bool)
    valid[0, 0, 3] = False
    layer = WindowedMeanShift(bandwidth=0.7, iterations=2).double()

    def shift(embedding, raw):
        return torch.func.functional_call(layer, {"raw_bandwidth": raw}, (embedding, valid))

    assert torch.autograd.gradcheck(shift, (x, layer.raw_bandwidth))


def test_mean_shift_reaches_two_pixels_and_survives_windows_without_data():
    x = unit(random(1, 4, 9, 9))
    changed = x.clone()
    changed[0, :, 4, 4] *= -1
    layer = WindowedMeanShift()
    valid = torch.ones(1, 9, 9, dtype=torch.bool)
    moved = (layer(x, valid) != layer(changed, valid)).any(1)[0].nonzero()
    assert (moved - 4).abs().max() <= WINDOW_RADIUS
    assert torch.isfinite(layer(x, torch.zeros_like(valid))).all()


@pytest.mark.parametrize("bands", [4, 1000])
def test_embeddings_have_unit_length_for_any_number_of_bands(bands):
    encoder = SpectralSpatialEncoder(bands, seed=1)
    z = encoder(random(2, bands, 8, 6), torch.ones(2, 8, 6, dtype=torch.bool))
    assert z.shape == (2, 32, 8, 6)
    torch.testing.assert_close(z.norm(dim=1), torch.ones(2, 8, 6))
    assert (z < 0).any()


def test_encoder_reaches_two_pixels_and_has_no_direction_of_its_own():
    encoder = SpectralSpatialEncoder(5, seed=0)
    x = random(1, 5, 11, 11)
    changed = x.clone()
    changed[0, :, 5, 5] += 3
    valid = torch.ones(1, 11, 11, dtype=torch.bool)
    moved = (encoder(x, valid) - encoder(changed, valid)).abs().amax(1)[0] > 1e-6
    offsets = moved.nonzero() - 5
    assert offsets.abs().max() == ENCODER_REACH
    assert offsets.amin() == -ENCODER_REACH


def test_values_without_data_do_not_matter():
    encoder = SpectralSpatialEncoder(5, seed=0)
    x = random(1, 5, 8, 8)
    valid = torch.ones(1, 8, 8, dtype=torch.bool)
    valid[0, 3, 3] = False
    changed = x.clone()
    changed[0, :, 3, 3] = 7
    torch.testing.assert_close(encoder(x, valid), encoder(changed, valid), rtol=0, atol=0)


def test_weights_depend_on_the_seed_only_and_leave_the_global_state_alone():
    before = torch.random.get_rng_state()
    first = SpectralSpatialEncoder(6, seed=3)
    torch.testing.assert_close(torch.random.get_rng_state(), before)
    torch.manual_seed(99)
    again = SpectralSpatialEncoder(6, seed=3)
    for one, two in zip(first.parameters(), again.parameters(), strict=True):
        assert torch.equal(one, two)
    torch.random.set_rng_state(before)


def test_memory_moves_by_the_moving_average_without_gradients():
    memory = CentroidMemory(torch.tensor([[1.0, 0.0], [0.0, 1.0]]), keep=0.75)
    z = torch.tensor([[0.0, 1.0], [0.6, 0.8]], requires_grad=True)
    p = torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    memory.update(z, p, step=0)
    mean = torch.tensor([(0.5 * 0.6) / 1.5, (1 + 0.5 * 0.8) / 1.5])
    expected = 0.75 * torch.tensor([1.0, 0.0]) + 0.25 * mean
    torch.testing.assert_close(memory.centroids[0], unit(expected, 0))
    assert not memory.centroids.requires_grad


def test_dead_centroids_are_perturbed_and_repeatably_so():
    start = unit(random(3, 4))
    z = unit(random(50, 4, seed=1))
    p = torch.zeros(50, 3)
    p[:, 0] = 1
    memories = [CentroidMemory(start, kick=0.05, seed=2) for _ in range(2)]
    for memory in memories:
        memory.update(z, p, step=5)
    moved = (memories[0].centroids - start).norm(dim=1)
    assert (moved[1:] > 0.01).all()
    assert (moved[1:] < 0.5).all()
    assert torch.equal(memories[0].centroids, memories[1].centroids)
    # Living ones are averaged, without any randomness.
    expected = unit(0.99 * start[0] + 0.01 * z.mean(0), 0)
    torch.testing.assert_close(memories[0].centroids[0], expected)
    # A run goes on kicking in other directions.
    memories[0].update(z, p, step=6)
    later = memories[0].centroids[1] - memories[1].centroids[1]
    first = memories[1].centroids[1] - start[1]
    assert torch.nn.functional.cosine_similarity(later, first, dim=0) < 0.99


def test_memory_starts_from_pixels_that_lie_apart():
    groups = unit(torch.eye(4)).repeat_interleave(25, 0)
    memory = CentroidMemory.from_embeddings(groups, 4, seed=0)
    assert sorted(memory.centroids.argmax(1).tolist()) == [0, 1, 2, 3]
    alike = CentroidMemory.from_embeddings(groups[:3], 4, seed=0)
    assert torch.isfinite(alike.centroids).all()
