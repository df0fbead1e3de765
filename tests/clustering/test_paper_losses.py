"""The five loss terms against values worked out by hand."""

import math

import pytest
import torch

from napari_dgc.clustering.dgc_paper import losses

SQUARE = torch.tensor([[1.0, 0.0], [0.0, 1.0]])


def test_distances_and_soft_assignment():
    distances = losses.squared_distances(SQUARE, SQUARE)
    torch.testing.assert_close(distances, torch.tensor([[0.0, 2.0], [2.0, 0.0]]))
    probabilities = losses.assign(SQUARE, SQUARE, 0.5)
    near = 1 / (1 + math.exp(-2))
    torch.testing.assert_close(probabilities, torch.tensor([[near, 1 - near], [1 - near, near]]))
    # For unit vectors: the same as a softmax over cosines.
    torch.testing.assert_close(probabilities, torch.softmax(SQUARE @ SQUARE.T / 0.5, dim=1))


def test_compactness():
    sure = torch.tensor([[1.0, 0.0], [0.0, 1.0]])
    assert losses.compactness(SQUARE, sure, SQUARE) == 0
    torn = torch.full((2, 2), 0.5)
    assert losses.compactness(SQUARE, torn, SQUARE).item() == pytest.approx(1.0)
    # One pixel, distances 1 and 4: 0.7 * 1 + 0.3 * 4.
    z, c = torch.zeros(1, 2), torch.tensor([[1.0, 0.0], [0.0, 2.0]])
    skewed = torch.tensor([[0.7, 0.3]])
    assert losses.compactness(z, skewed, c).item() == pytest.approx(1.9)


def test_orthogonality():
    assert losses.orthogonality(SQUARE) == 0
    same = torch.tensor([[1.0, 0.0]] * 4)
    assert losses.orthogonality(same).item() == pytest.approx(12.0)
    # Both orders of every pair count: 2 cos(60 degrees)^2.
    tilted = torch.tensor([[1.0, 0.0], [0.5, math.sqrt(0.75)]])
    assert losses.orthogonality(tilted).item() == pytest.approx(0.5)


def test_balance_is_smallest_when_all_clusters_are_used():
    even = torch.eye(4)
    assert losses.balance(even).item() == pytest.approx(0.0, abs=1e-6)
    one = torch.tensor([[1.0, 0.0, 0.0, 0.0]] * 3)
    assert losses.balance(one).item() == pytest.approx(math.log(4))
    skewed = torch.tensor([[0.9, 0.1], [0.6, 0.4]])
    expected = math.log(2) + 0.75 * math.log(0.75) + 0.25 * math.log(0.25)
    assert losses.balance(skewed).item() == pytest.approx(expected)
    # Undecided pixels also use all clusters.
    assert losses.balance(torch.full((3, 4), 0.25)).item() == pytest.approx(0.0, abs=1e-6)


def test_uniform_assignment():
    assert losses.uniform_assignment(torch.full((5, 4), 0.25)).item() == pytest.approx(math.log(4))
    skewed = torch.tensor([[0.9, 0.1]])
    expected = -(math.log(0.9) + math.log(0.1)) / 2
    assert losses.uniform_assignment(skewed).item() == pytest.approx(expected)


def test_uniform_assignment_is_the_expected_cross_entropy_with_random_labels():
    generator = torch.Generator().manual_seed(0)
    probabilities = torch.softmax(torch.randn(6, 3, generator=generator), dim=1)
    balanced = torch.tensor([0, 0, 1, 1, 2, 2])
    draws = [
        torch.nn.functional.nll_loss(
            probabilities.log(), balanced[torch.randperm(6, generator=generator)]
        )
        for _ in range(4000)
    ]
    mean = torch.stack(draws).mean().item()
    assert losses.uniform_assignment(probabilities).item() == pytest.approx(mean, abs=0.02)


def test_consistency():
    p = torch.tensor([[0.5, 0.5]])
    q = torch.tensor([[0.9, 0.1]])
    assert losses.consistency(p, p) == 0
    forth = 0.5 * math.log(0.5 / 0.9) + 0.5 * math.log(0.5 / 0.1)
    back = 0.9 * math.log(0.9 / 0.5) + 0.1 * math.log(0.1 / 0.5)
    assert losses.consistency(p, q).item() == pytest.approx(0.5 * (forth + back))


def test_pixels_without_data_do_not_count():
    z = torch.tensor([[1.0, 0.0], [0.6, 0.8], [-1.0, 0.0]])
    p = losses.assign(z, SQUARE, 0.3)
    q = p.flip(1)
    valid = torch.tensor([True, True, False])
    pairs = [
        (losses.compactness(z, p, SQUARE, valid), losses.compactness(z[:2], p[:2], SQUARE)),
        (losses.balance(p, valid), losses.balance(p[:2])),
        (losses.uniform_assignment(p, valid), losses.uniform_assignment(p[:2])),
        (losses.consistency(p, q, valid), losses.consistency(p[:2], q[:2])),
    ]
    for masked, kept in pairs:
        torch.testing.assert_close(masked, kept)
    nothing = torch.zeros(3, dtype=torch.bool)
    assert losses.consistency(p, q, nothing) == 0


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("scale", [1.0, 40.0])
def test_gradients_are_finite_even_for_sure_assignments(dtype, scale):
    generator = torch.Generator().manual_seed(1)
    z = torch.randn(50, 8, generator=generator).to(dtype).requires_grad_()
    c = (scale * torch.randn(5, 8, generator=generator)).to(dtype)
    p = losses.assign(z, c, 0.05)
    q = losses.assign(z.flip(0), c, 0.05)
    total = (
        losses.compactness(z, p, c)
        + losses.orthogonality(p.T @ z.float())
        + losses.balance(p)
        + losses.uniform_assignment(p)
        + losses.consistency(p, q)
    )
    total.backward()
    assert torch.isfinite(total)
    assert torch.isfinite(z.grad).all()
