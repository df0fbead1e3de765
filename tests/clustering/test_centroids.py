"""Centroids of fine clusters: rare materials, borders half-way, numbers that stay."""

import numpy as np

from napari_dgc.clustering.dgc.centroids import Centroids
from napari_dgc.clustering.dgc.kmeans import nearest


def fit(points: np.ndarray, clusters: int, before: Centroids | None = None) -> Centroids:
    return Centroids.fit(
        points.astype(np.float32),
        prototypes=64,
        clusters=clusters,
        generator=np.random.default_rng(0),
        before=before,
    )


def blobs(counts: list[int], centres: list[list[float]], spread: float = 1.0) -> np.ndarray:
    random = np.random.default_rng(1)
    return np.concatenate(
        [
            centre + spread * random.normal(size=(count, len(centre)))
            for count, centre in zip(counts, np.array(centres), strict=True)
        ]
    )


def test_a_material_of_two_in_a_thousand_gets_a_cluster() -> None:
    points = blobs([8000, 2000, 20], [[0, 0, 0], [60, 0, 0], [0, 12, 0]])
    labels = fit(points, 3).assign(points.astype(np.float32))
    rare = labels[-20:]
    assert len(set(rare)) == 1
    assert (labels == rare[0]).sum() <= 25


def test_the_largest_is_number_one() -> None:
    points = blobs([500, 4000, 1500], [[0, 0], [30, 0], [0, 30]])
    labels = fit(points, 3).assign(points.astype(np.float32))
    assert [
        int(np.median(labels[i])) for i in (slice(500), slice(500, 4500), slice(4500, 6000))
    ] == [
        3,
        1,
        2,
    ]


def test_mixed_pixels_are_divided_half_way() -> None:
    random = np.random.default_rng(2)
    share = np.concatenate([np.zeros(3000), np.ones(3000), random.random(1500)])
    points = np.stack([20 * share, np.zeros(len(share))], 1) + random.normal(
        0, 0.5, (len(share), 2)
    )
    centroids = fit(points, 2)
    border = centroids.fine[:, 0].mean()
    assert 9 < border < 11


def test_numbers_stay_when_the_features_move_a_little() -> None:
    points = blobs([3000, 2900, 2800, 200], [[0, 0], [25, 0], [0, 25], [25, 25]])
    first = fit(points, 4)
    # The sizes change places, the materials do not.
    moved = np.concatenate([points[:2600], points[3000:]]) + 0.7
    second = fit(moved, 4, before=first)
    np.testing.assert_array_equal(
        first.assign(points[3000:].astype(np.float32)),
        second.assign(moved[2600:].astype(np.float32)),
    )


def test_fewer_different_points_than_clusters() -> None:
    points = np.repeat([[0.0, 0.0], [5.0, 5.0]], 40, axis=0)
    centroids = fit(points, 6)
    assert centroids.fine.shape == (6, 2)
    assert np.isfinite(centroids.fine).all()
    labels = centroids.assign(points.astype(np.float32))
    assert len(set(labels[:40])) == 1
    assert len(set(labels[40:])) == 1
    assert labels[0] != labels[-1]


def test_nearest_against_brute_force() -> None:
    random = np.random.default_rng(3)
    points = random.normal(size=(50, 4)).astype(np.float32)
    centres = random.normal(size=(7, 4)).astype(np.float32)
    labels, squared = nearest(points, centres)
    table = ((points[:, None] - centres) ** 2).sum(-1)
    np.testing.assert_array_equal(labels, table.argmin(1))
    np.testing.assert_allclose(squared, table.min(1), rtol=1e-4, atol=1e-5)
