"""The work of a user as label images."""

import numpy as np

from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.scan_areas import LESION, NOT_LESION
from napari_dgc.partition import Partition
from napari_dgc.workspace import Stroke, Workspace
from napari_dgc.workspace.commands import NameClasses, PaintLesions, SetMask
from napari_dgc.workspace.label_images import class_image, knows_lesions, lesion_image

#: Background, leaf, and two lesions of 64 and 128 pixels.
FINE = np.kron(
    np.array([[1, 2, 2, 2, 2, 2], [1, 2, 3, 2, 3, 3], [1, 2, 2, 2, 2, 2]], np.uint16),
    np.ones((8, 8), np.uint16),
)


def named():
    work = NameClasses((2,), "healthy tissue").apply(Workspace(Partition.fine(3)))
    return NameClasses((3,), "lesion").apply(work)


def test_classes_have_their_names_and_the_pixel_size():
    image = class_image(named(), "leaf", FINE, pixel_size_mm=0.5)
    assert [info.name for info in image.classes] == ["", "healthy tissue", "lesion"]
    np.testing.assert_array_equal(image.labels, FINE)
    assert image.pixel_size_mm == 0.5


def test_lesions_are_objects_with_corrections_by_hand():
    work = named()
    assert np.unique(lesion_image(work, "leaf", "leaf", FINE).objects).tolist() == [0, 1, 2]
    painted = np.zeros(FINE.shape, np.uint16)
    painted[8:16, 16:24], painted[20, 10] = NOT_LESION, LESION
    stroke = Stroke.of(painted > 0, painted)
    corrected = PaintLesions("leaf", stroke).apply(work)
    image = lesion_image(corrected, "leaf", "leaf_lesions", FINE)
    expected = np.zeros(FINE.shape, int)
    expected[8:16, 32:] = expected[20, 10] = 1
    np.testing.assert_array_equal(image.labels, expected)
    assert [info.name for info in image.classes] == ["lesion"]
    # strokes over another scan change nothing
    other = lesion_image(corrected, "other", "other", FINE)
    np.testing.assert_array_equal(other.labels, FINE == 3)


def test_settings_of_the_mask_count():
    work = SetMask(MaskSettings(least_area=100)).apply(named())
    assert int(lesion_image(work, "leaf", "leaf", FINE).labels.sum()) == 128


def test_lesions_are_known_once_a_class_is_one():
    assert not knows_lesions(Workspace(Partition.fine(3)))
    assert knows_lesions(named())
