"""Named classes against annotations."""

import numpy as np
import pytest

from napari_dgc.annotations import LabelClass, LabelImage
from napari_dgc.errors import UserError
from napari_dgc.evaluation.named import compare_named


def image(labels, **names):
    classes = [LabelClass(number, name) for name, number in names.items()]
    return LabelImage.build("leaf", np.array([labels], np.uint8), classes)


FOUND = np.array([[1, 1, 2, 2, 3, 3]], np.uint16)
NAMES = {1: "leaf", 2: "Lesion", 3: "lesion"}


def test_classes_of_one_name_count_together():
    (lesion, leaf) = compare_named(
        [image([0, 2, 1, 1, 1, 2], lesion=1, leaf=2)], [FOUND], NAMES
    ).classes
    assert (lesion.name, lesion.pixels) == ("lesion", 3)
    assert lesion.named.iou == pytest.approx(3 / 4)
    assert leaf.named.iou == pytest.approx(1 / 2)


def test_pixels_without_a_label_count_where_told():
    truth = [image([0, 0, 1, 0, 1, 1], lesion=1)]
    without = compare_named(truth, [FOUND], NAMES)
    with_rest = compare_named(truth, [FOUND], NAMES, rest=True)
    assert without.classes[0].named.iou == 1.0
    assert with_rest.classes[0].named.iou == pytest.approx(3 / 4)
    assert (without.pixels, with_rest.pixels) == (3, 6)
    assert [score.name for score in with_rest.classes] == ["lesion"]


def test_a_class_that_nobody_named_is_scored_by_the_best_merge_only():
    (rust,) = compare_named([image([0, 0, 1, 1, 0, 0], rust=1)], [FOUND], NAMES, rest=True).classes
    assert rust.named is None
    assert rust.merged.iou == 1.0


def test_scans_are_scored_together_by_names():
    truth = [image([1, 1, 2, 2, 2, 2], leaf=1, lesion=2), image([1] * 6, lesion=1)]
    result = compare_named(truth, [FOUND, FOUND], NAMES)
    assert {score.name: score.pixels for score in result.classes} == {"leaf": 2, "lesion": 10}
    assert {score.name: score.named.recall for score in result.classes} == {
        "leaf": 1.0,
        "lesion": pytest.approx(8 / 10),
    }


def test_nothing_labelled_is_said():
    with pytest.raises(UserError, match="Nothing is labelled"):
        compare_named([image([0] * 6)], [FOUND], NAMES)
