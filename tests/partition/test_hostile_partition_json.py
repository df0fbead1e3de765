"""Damaged or hostile partition files end in one sentence."""

import copy

import pytest

from napari_dgc.errors import UserError
from napari_dgc.partition import MergeTree, Partition
from napari_dgc.partition.tree import Merge


def good() -> dict:
    tree = MergeTree(3, (Merge(1, 2, 0.5), Merge(3, 4, 1.5)))
    return Partition.fine(3, tree).merge([1, 3]).rename(1, "lesion").to_json()


def test_the_unharmed_one_is_read() -> None:
    assert Partition.from_json(good()).class_of(3).name == "lesion"


@pytest.mark.parametrize(
    "path_and_value",
    [
        (("clusters",), "many"),
        (("clusters",), None),
        (("clusters",), 10**9),
        (("clusters",), -1),
        (("clusters",), 2),
        (("classes",), None),
        (("classes",), 7),
        (("classes",), []),
        (("classes",), ["x"]),
        (("classes", 0, "members"), []),
        (("classes", 0, "members"), [1, 1, 3]),
        (("classes", 0, "members"), "13"),
        (("classes", 0, "members"), [[1], 3]),
        (("tree",), [[1, 2]]),
        (("tree",), [[1, 2, 0.5], [1, 2, 1.5]]),
        (("tree",), [[1, 2, "high"], [3, 4, 1]]),
        (("tree",), 5),
    ],
)
def test_damage_is_named_in_one_sentence(path_and_value: tuple) -> None:
    (*path, last), value = path_and_value
    content = copy.deepcopy(good())
    target = content
    for key in path:
        target = target[key]
    target[last] = value
    try:
        Partition.from_json(content)
    except UserError as error:
        assert "\n" not in str(error)
    else:
        pytest.fail("the damage was not noticed")


@pytest.mark.parametrize("key", ["clusters", "classes", "tree"])
def test_missing_parts_are_noticed(key: str) -> None:
    content = good()
    del content[key]
    with pytest.raises(UserError, match="damaged"):
        Partition.from_json(content)


def test_a_colour_must_be_a_colour() -> None:
    content = good()
    content["classes"][0]["colour"] = "url(javascript:1)"
    with pytest.raises(UserError, match="colour"):
        Partition.from_json(content)
