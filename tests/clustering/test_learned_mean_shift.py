"""Mean shift: against brute force, blind to its own column, still on the unlike."""

import numpy as np
import torch

from napari_dgc.clustering.dgc.mean_shift import LearnedMeanShift


def brute_force(network: LearnedMeanShift, features: np.ndarray, valid: np.ndarray) -> np.ndarray:
    """The same in loops over pixels."""
    width = 1.5 * network.log_bandwidth.detach().exp().numpy()
    place = network._places().detach().numpy()
    place = np.exp(place - place.max())
    radius = network.radius
    dimensions, rows, columns = features.shape
    result = features.copy()
    for r in range(rows):
        for c in range(columns):
            here = features[:, r, c]
            for _ in range(network.iterations):
                total, weight, most = np.zeros(dimensions), 0.0, 0.02
                for i in range(-radius, radius + 1):
                    for j in range(-radius, radius + 1):
                        if i == j == 0:
                            continue
                        if not (0 <= r + i < rows and 0 <= c + j < columns):
                            continue
                        if not valid[r + i, c + j]:
                            continue
                        other = features[:, r + i, c + j]
                        near = np.exp(-0.5 * (((here - other) / width) ** 2).sum())
                        factor = place[radius + i, radius + j] * near
                        total, weight = total + factor * other, weight + factor
                        most = max(most, factor)
                here = (total + most * features[:, r, c]) / (weight + most)
            result[:, r, c] = here
    return result


def network(dimensions: int = 3) -> LearnedMeanShift:
    torch.manual_seed(0)
    made = LearnedMeanShift(torch.full((dimensions,), 4.0))
    with torch.no_grad():
        made.place.normal_()
        made.log_bandwidth.normal_(0.5, 0.2)
    return made


def test_equals_brute_force() -> None:
    random = np.random.default_rng(0)
    features = random.normal(0, 2, (3, 7, 6)).astype(np.float32)
    valid = random.random((7, 6)) > 0.2
    features[:, ~valid] = 0
    shift = network()
    got = shift(
        torch.from_numpy(features[None]), torch.from_numpy(valid[None, None].astype(np.float32))
    )[0].numpy()
    expected = brute_force(shift, features, valid)
    np.testing.assert_allclose(got[:, valid], expected[:, valid], atol=1e-4)


def test_a_pixel_unlike_its_neighbours_stays() -> None:
    features = torch.zeros(1, 3, 9, 9)
    features[0, :, 4, 4] = 30.0
    shifted = network()(features, torch.ones(1, 1, 9, 9))
    torch.testing.assert_close(shifted[0, :, 4, 4], features[0, :, 4, 4])


def test_noise_shrinks_and_edges_stay() -> None:
    torch.manual_seed(1)
    scene = torch.zeros(1, 3, 20, 20)
    scene[..., 10:] = 20.0
    noisy = scene + torch.randn(scene.shape)
    shifted = network()(noisy, torch.ones(1, 1, 20, 20))
    assert (shifted - scene).std() < 0.75 * (noisy - scene).std()
    assert (shifted - scene).abs().max() < 6


def test_column_stripes_cannot_be_predicted_and_row_stripes_can() -> None:
    """A column that looks like itself gains nothing: it predicts only other columns."""
    torch.manual_seed(2)
    valid = torch.ones(1, 1, 16, 16)
    columns = (3 * torch.randn(1, 3, 1, 16)).expand(1, 3, 16, 16)
    shift = network()
    with torch.no_grad():
        along_columns = float(shift.surprise(columns, valid))
        along_rows = float(shift.surprise(columns.transpose(-1, -2), valid))
    assert along_rows < along_columns - 0.5


def test_surprise_is_finite_where_nothing_is_known() -> None:
    shift = network()
    value = shift.surprise(torch.zeros(1, 3, 6, 6), torch.zeros(1, 1, 6, 6))
    value.backward()
    assert torch.isfinite(value)
    assert torch.isfinite(shift.log_bandwidth.grad).all()


def test_likelihood_of_two_pixels_by_hand() -> None:
    """One neighbour in another column, one broad component."""
    shift = LearnedMeanShift(torch.tensor([4.0]), radius=1)
    features = torch.tensor([[[[0.0, 1.0]]]])
    width = float(np.exp(0.7))
    outlier = np.exp(-3.0)

    def density(here: float, other: float) -> float:
        near = np.exp(-0.5 * ((here - other) / width) ** 2) / width
        broad = np.exp(-0.5 * here**2 / 4) / 2
        return (near + outlier * broad) / (1 + outlier)

    expected = -(np.log(density(0, 1)) + np.log(density(1, 0))) / 2
    value = float(shift.surprise(features, torch.ones(1, 1, 1, 2)).detach())
    np.testing.assert_allclose(value, expected, rtol=1e-5)
