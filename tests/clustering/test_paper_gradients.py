"""Gradients of the paper's method: right in double precision, close to that in others."""

import pytest
import torch

from napari_dgc.clustering.dgc_paper import losses
from napari_dgc.clustering.dgc_paper.encoder import SpectralSpatialEncoder
from napari_dgc.clustering.dgc_paper.mean_shift import WindowedMeanShift

VALID = torch.tensor([True, False, True, True, True])


def random(*shape, seed=0):
    draws = torch.Generator().manual_seed(seed)
    return torch.randn(*shape, generator=draws, dtype=torch.float64)


C = torch.nn.functional.normalize(random(3, 4, seed=9), dim=1)

TERMS = {
    "squared_distances": lambda z: losses.squared_distances(z, C),
    "assign": lambda z: losses.assign(z, C, 0.3),
    "compactness": lambda z: losses.compactness(z, losses.assign(z, C, 0.3), C, VALID),
    "orthogonality": lambda z: losses.orthogonality(z[:3]),
    "balance": lambda z: losses.balance(losses.assign(z, C, 0.3), VALID),
    "uniform_assignment": lambda z: losses.uniform_assignment(losses.assign(z, C, 0.3), VALID),
    "consistency": lambda z: losses.consistency(
        losses.assign(z, C, 0.3), losses.assign(z.flip(0), C, 0.3), VALID
    ),
}


@pytest.mark.parametrize("name", TERMS)
def test_every_term_has_the_gradient_of_finite_differences(name):
    z = torch.nn.functional.normalize(random(5, 4), dim=1).requires_grad_()
    assert torch.autograd.gradcheck(TERMS[name], z)


def gradients(dtype, bands=7, clusters=4):
    """Sum of all losses and its gradients on all weights, the path of a training step."""
    encoder = SpectralSpatialEncoder(bands, 8, seed=1).to(dtype)
    shift = WindowedMeanShift(0.5, 5).to(dtype)
    # Four materials in blocks: on noise alone all embeddings are nearly the same after the
    # shift, and gradients are differences of equal numbers.
    blocks = random(2, bands, 2, 2, seed=2).repeat_interleave(5, 2).repeat_interleave(5, 3)
    spectra = (2 * blocks + 0.3 * random(2, bands, 10, 10, seed=4)).to(dtype)
    valid = torch.ones(2, 10, 10, dtype=torch.bool)
    valid[0, 2:4, 5] = False
    spectra = spectra * valid[:, None]
    centroids = torch.nn.functional.normalize(random(clusters, 8, seed=3), dim=1).to(dtype)
    moved = torch.nn.functional.normalize(shift(encoder(spectra, valid), valid), dim=1)
    z = moved.permute(0, 2, 3, 1).reshape(-1, 8)
    p = losses.assign(z, centroids, 0.2)
    flat = valid.flatten()
    total = (
        losses.compactness(z, p, centroids, flat)
        + losses.orthogonality(torch.nn.functional.normalize(p.to(z.dtype).T @ z, dim=1))
        + losses.balance(p, flat)
        + losses.uniform_assignment(p, flat)
        + losses.consistency(p[:100], p[100:], flat[:100])
    )
    total.backward()
    parameters = {**dict(encoder.named_parameters()), **dict(shift.named_parameters())}
    return total.item(), {name: value.grad.double() for name, value in parameters.items()}


@pytest.mark.parametrize(
    ("dtype", "cosine", "length"), [(torch.float32, 1e-6, 1e-4), (torch.bfloat16, 0.01, 0.05)]
)
def test_a_whole_step_in_single_and_half_precision_is_that_in_double(dtype, cosine, length):
    expected_total, expected = gradients(torch.float64)
    total, found = gradients(dtype)
    assert total == pytest.approx(expected_total, rel=length)
    assert all(torch.isfinite(gradient).all() for gradient in found.values())
    one = torch.cat([gradient.flatten() for gradient in found.values()])
    two = torch.cat([gradient.flatten() for gradient in expected.values()])
    assert torch.nn.functional.cosine_similarity(one, two, dim=0) > 1 - cosine
    assert (one.norm() / two.norm()).item() == pytest.approx(1, abs=length)
    bandwidth = expected["raw_bandwidth"].item()
    assert found["raw_bandwidth"].item() == pytest.approx(bandwidth, rel=2 * length)
