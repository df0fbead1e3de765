"""A cluster is on in a scan where it forms a patch, and nowhere else."""

import numpy as np
import pytest

from napari_dgc.clustering.presence import keep_present, present_clusters

#: Clusters 1 and 4 are alike, and so are 2 and 3; 5 is on its own.
MEANS = np.array([[0.0, 0.0], [10.0, 0.0], [11.0, 0.0], [0.0, 1.0], [0.0, 50.0]])


def leaf() -> np.ndarray:
    """Cluster 1 with a patch of cluster 2."""
    labels = np.ones((12, 14), np.uint16)
    labels[2:6, 2:6] = 2
    return labels


def test_scattered_pixels_go_to_the_cluster_that_is_most_like_theirs() -> None:
    labels = leaf()
    labels[8, 3] = labels[10, 9] = 3
    labels[0, 12] = 4
    found = keep_present(labels, 4, MEANS)
    expected = labels.copy()
    expected[labels == 3] = 2
    expected[labels == 4] = 1
    np.testing.assert_array_equal(found, expected)


def test_a_lesion_of_five_pixels_stays() -> None:
    labels = leaf()
    labels[8, 8:11] = labels[9, 8:10] = 5
    np.testing.assert_array_equal(keep_present(labels, 4, MEANS), labels)


def test_a_lesion_of_two_shades_stays_although_neither_makes_a_patch() -> None:
    labels = leaf()
    labels[8, 8:11] = 5
    labels[9, 8:10] = 3
    np.testing.assert_array_equal(present_clusters(labels, 4), [1, 2])
    np.testing.assert_array_equal(keep_present(labels, 4, MEANS), labels)


def test_pixels_that_touch_at_a_corner_are_a_patch() -> None:
    labels = leaf()
    for step in range(4):
        labels[7 + step, 8 + step] = 5
    np.testing.assert_array_equal(present_clusters(labels, 4), [1, 2, 5])
    np.testing.assert_array_equal(present_clusters(labels, 5), [1, 2])


def test_one_patch_is_enough_for_the_pixels_elsewhere() -> None:
    labels = leaf()
    labels[10, 12] = 2
    np.testing.assert_array_equal(keep_present(labels, 4, MEANS), labels)


def test_no_data_stays_no_data() -> None:
    labels = leaf()
    labels[:, 7] = 0
    labels[9, 10] = 5
    found = keep_present(labels, 4, MEANS)
    np.testing.assert_array_equal(found == 0, labels == 0)
    assert found[9, 10] != 5


@pytest.mark.parametrize("patch", [0, 1])
def test_switched_off_leaves_single_pixels(patch: int) -> None:
    labels = leaf()
    labels[10, 10] = 5
    np.testing.assert_array_equal(keep_present(labels, patch, MEANS), labels)


@pytest.mark.parametrize("labels", [np.zeros((3, 4), np.uint16), np.array([[1, 2, 3]], np.uint16)])
def test_a_scan_without_any_patch_is_left_alone(labels: np.ndarray) -> None:
    np.testing.assert_array_equal(keep_present(labels, 4, MEANS), labels)
