"""Annotations made elsewhere become corrections of the classes."""

import numpy as np
import pytest

from napari_dgc.annotations import LabelClass, LabelImage
from napari_dgc.errors import UserError
from napari_dgc.partition import Partition
from napari_dgc.workspace.adopt import take_over

FINE = np.array([[1, 1, 2, 3], [1, 4, 2, 3]], np.uint16)


@pytest.fixture
def partition():
    """Class 1 is leaf, the classes 2 and 3 are lesion, the latter of two clusters."""
    merged = Partition.fine(4).merge([3, 4])
    return merged.rename(1, "Leaf").rename(2, "lesion").rename(3, "lesion")


def annotated(labels, *names):
    classes = [LabelClass(number, name) for number, name in enumerate(names, start=1)]
    return LabelImage.build("leaf", np.array(labels, np.uint8), classes)


def corrected(taken, fine=FINE):
    values = fine.ravel().copy()
    values[taken.command.stroke.pixels] = taken.command.stroke.values
    return values.reshape(fine.shape)


def test_pixels_get_the_class_of_the_same_name(partition):
    image = annotated([[1, 0, 1, 0], [2, 0, 2, 0]], "Lesion", "leaf")
    taken = take_over(image, partition, "leaf", FINE, FINE)
    # class 2 has the name already; class 3 is the one of most clusters
    np.testing.assert_array_equal(corrected(taken), [[3, 1, 2, 3], [1, 4, 1, 3]])
    assert taken.pixels == {"Lesion": 1, "leaf": 1}
    assert taken.unknown == ()


def test_classes_without_a_name_here_are_left_out(partition):
    taken = take_over(annotated([[1] * 4, [2] * 4], "rust", ""), partition, "leaf", FINE, FINE)
    assert taken.command is None
    assert taken.unknown == ("rust", "class 2")


def test_pixels_that_the_model_had_right_get_their_cluster_back(partition):
    painted = FINE.copy()
    painted[1, 1] = 1  # the model said cluster 4
    image = annotated([[0] * 4, [0, 1, 0, 0]], "lesion")
    taken = take_over(image, partition, "leaf", painted, FINE)
    np.testing.assert_array_equal(corrected(taken, painted), FINE)


def test_another_size_is_refused_in_a_sentence(partition):
    with pytest.raises(UserError, match="leaf is 1 x 2 pixels, the scan day 3 2 x 4"):
        take_over(annotated([[1, 1]], "lesion"), partition, "day 3", FINE, FINE)
