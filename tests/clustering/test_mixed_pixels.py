"""Mixed pixels: found between their ends, and given to what covers more than half of them."""

import numpy as np
import pytest
import torch

from napari_dgc.clustering import get_method
from napari_dgc.clustering.dgc.borders import Borders, find_borders
from napari_dgc.cubes import HyperCube


def borders_of(plane: np.ndarray, *, reach: int = 2, valid: np.ndarray | None = None) -> Borders:
    """Find mixed pixels in features (dimensions, rows, columns)."""
    known = np.ones(plane.shape[1:]) if valid is None else valid
    return find_borders(
        torch.from_numpy(plane[None].astype(np.float32)),
        torch.from_numpy(known[None, None].astype(np.float32)),
        torch.ones(len(plane)),
        reach=reach,
        contrast=6.0,
    )


def step(share: float, *, height: float = 40.0) -> np.ndarray:
    """Two materials side by side; the column between them mixes both."""
    plane = np.zeros((2, 5, 9), np.float32)
    plane[0, :, 5:] = height
    plane[0, :, 4] = share * height
    return plane


@pytest.mark.parametrize("share", [0.2, 0.45, 0.55, 0.8])
def test_a_column_between_two_materials_is_mixed_in_its_share(share: float) -> None:
    found = borders_of(step(share))
    mixed = found.share.reshape(5, 9) > 0
    assert mixed[:, 4].all()
    assert not mixed[:, [0, 1, 2, 6, 7, 8]].any()
    first, second = found.first[mixed.ravel()], found.second[mixed.ravel()]
    values = step(share)[0].ravel()
    covered = found.share[mixed.ravel()]
    mixture = (1 - covered) * values[first] + covered * values[second]
    np.testing.assert_allclose(mixture, values[mixed.ravel()], atol=1e-3)


@pytest.mark.parametrize(("share", "material"), [(0.35, 1), (0.49, 1), (0.51, 2), (0.7, 2)])
def test_more_than_half_decides(share: float, material: int) -> None:
    plane = step(share)
    found = borders_of(plane)
    points = plane.reshape(2, -1).T
    means = np.array([[0, 0], [40, 0]], np.float32)
    pure = points[found.nearer]
    labels = (np.abs(pure[:, :1] - means[:, 0]).argmin(axis=1) + 1).astype(np.uint16)
    divided = found.divide(points, labels, means).reshape(5, 9)
    assert (divided[:, 4] == material).all()
    assert (divided[:, :4] == 1).all()
    assert (divided[:, 5:] == 2).all()


def test_a_third_material_between_two_is_not_mixed() -> None:
    plane = step(0.5)
    plane[1, :, 4] = 30.0
    assert not (borders_of(plane).share.reshape(5, 9)[:, 4] > 0).any()


def test_noise_is_hardly_ever_mixed() -> None:
    random = np.random.default_rng(0)
    found = borders_of(random.normal(size=(6, 60, 60)))
    assert (found.share > 0).mean() < 0.01


def test_ends_have_data() -> None:
    plane = step(0.4)
    valid = np.ones((5, 9))
    valid[:, 5:] = 0
    plane[:, :, 5:] = 0
    assert not borders_of(plane, valid=valid).share.any()


def test_no_reach_no_mixed_pixels() -> None:
    found = borders_of(step(0.4), reach=0)
    assert not found.share.any()
    np.testing.assert_array_equal(found.nearer, np.arange(45))


def test_a_disc_keeps_its_area_and_no_cluster_is_its_rim() -> None:
    """Clusters of a blurred disc on a flat ground: the ground, the disc, nothing between."""
    random = np.random.default_rng(5)
    rows, columns = np.indices((64 * 8, 64 * 8)) / 8
    fine = np.hypot(rows - 30, columns - 33) < 6.3
    share = fine.reshape(64, 8, 64, 8).mean(axis=(1, 3))
    share = sum(
        weight * np.roll(share, (down, right), (0, 1))
        for down, right, weight in (
            (0, 0, 0.6),
            (0, 1, 0.1),
            (0, -1, 0.1),
            (1, 0, 0.1),
            (-1, 0, 0.1),
        )
    )
    ground, disc = np.linspace(0.2, 0.6, 20), np.linspace(0.5, 0.1, 20)
    data = (1 - share) * ground[:, None, None] + share * disc[:, None, None]
    data = data + random.normal(0, 0.002, data.shape)
    cube = HyperCube(data=data.astype(np.float32), name="disc")

    model = get_method("dgc")(clusters=4, epochs=2).fit([cube])
    labels = model.predict(cube)
    covered = share > 0.5
    inside = np.unique(labels[covered])
    outside = np.unique(labels[~covered])
    wrong = sum(
        min((covered & (labels == k)).sum(), (~covered & (labels == k)).sum())
        for k in np.intersect1d(inside, outside)
    )
    assert wrong <= 4
