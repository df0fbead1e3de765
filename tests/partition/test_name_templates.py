"""Templates of names: colours, roles in severity, files, and work saved without one."""

import json

import numpy as np
import pytest

from napari_dgc.errors import UserError
from napari_dgc.measure.lesions import count_lesions
from napari_dgc.measure.severity import measure_scan, severity, severity_from_counts
from napari_dgc.partition import Partition
from napari_dgc.partition.partition import DISEASED_NAMES, LEAF_NAMES
from napari_dgc.partition.template import (
    MOST_NAMES,
    PLANT_PATHOLOGY,
    NameTemplate,
    Role,
    TemplateName,
    read_template,
    write_template,
)
from napari_dgc.workspace import History, Workspace
from napari_dgc.workspace.commands import NameClasses, SetMask, SetTemplate

RUST = NameTemplate(
    "Wheat rust",
    (
        TemplateName("soil"),
        TemplateName("blade", Role.LEAF, "#00aa00"),
        TemplateName("rust", Role.DISEASED, "#8b4513"),
    ),
)


def test_the_default_counts_names_as_before():
    assert PLANT_PATHOLOGY.diseased == DISEASED_NAMES
    assert PLANT_PATHOLOGY.leaf == LEAF_NAMES


def test_a_free_name_counts_as_diseased_where_the_template_says_so():
    labels = np.array([[1, 1, 1, 2], [1, 1, 3, 2]])
    partition = Partition.fine(3).rename(1, "blade").rename(2, "Rust").rename(3, "lesion")
    assert severity(labels, partition, RUST).percent == pytest.approx(100 * 3 / 8)
    counts = np.bincount(labels.ravel(), minlength=4)[1:]
    assert severity_from_counts(counts, partition, RUST).lesion_pixels == 3
    assert count_lesions(labels, partition, least_pixels=1, template=RUST) == 1
    assert severity(labels, partition).leaf_pixels == 1  # lesion alone, without the template


def test_leaves_are_found_by_the_names_of_the_template():
    labels = np.repeat([[1, 2]], 20, axis=0).repeat(20, axis=1)
    names = {1: "blade", 2: "rust"}
    work = History(Partition.fine(2))
    work.do(SetTemplate(RUST))
    found = measure_scan(
        labels, names, settings=work.work.masks, leaf_names=work.work.template.leaf
    )
    assert found.total.percent == 50


def test_a_template_may_give_a_preset_another_role():
    odd = NameTemplate("Odd", (TemplateName("Lesion", Role.LEAF),))
    assert "lesion" not in odd.diseased
    assert odd.role_of("LESION") is Role.LEAF
    assert odd.role_of("necrosis") is Role.DISEASED


def test_classes_take_the_colour_of_their_name_and_keep_a_colour_chosen_by_hand():
    history = History(Partition.fine(3))
    history.do(NameClasses((1,), "rust"))
    before = history.partition.class_of(1).shown_colour
    history.do(SetTemplate(RUST))
    assert history.partition.class_of(1).shown_colour == "#8b4513"
    history.do(NameClasses((1,), "lesion"))
    assert history.partition.class_of(1).shown_colour == "#d55e00"
    history.undo()
    history.undo()
    assert history.partition.class_of(1).shown_colour == before
    recoloured = RUST.colours(Partition.fine(1).rename(1, "rust").recolour(1, "#010203"))
    assert recoloured.class_of(1).shown_colour == "#010203"


def test_names_that_lesions_are_made_of_follow_the_template_unless_chosen_by_hand():
    history = History(Partition.fine(2))
    history.do(SetTemplate(RUST))
    assert "rust" in history.work.masks.names
    history.do(SetMask(type(history.work.masks)(names=("blade",))))
    history.do(SetTemplate(PLANT_PATHOLOGY))
    assert history.work.masks.names == ("blade",)


def test_work_saved_without_a_template_is_read_with_the_usual_one():
    work = Workspace(Partition.fine(2).rename(1, "lesion"))
    content = json.loads(json.dumps(work.to_json()))
    del content["template"]
    assert Workspace.from_json(content) == work


def test_a_file_gives_the_template_back(tmp_path):
    write_template(tmp_path / "rust.json", RUST)
    assert read_template(tmp_path / "rust.json") == RUST


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[" * 100_000,
        b"\xff\xfe\x00",
        b"[]",
        b"null",
        b'{"title": "x", "names": []}',
        b'{"title": 3, "names": [{"name": "a", "role": "leaf"}]}',
        b'{"title": "x", "names": {"a": 1}}',
        b'{"title": "x", "names": [{"name": "a", "role": "king"}]}',
        b'{"title": "x", "names": [{"name": "", "role": "leaf"}]}',
        b'{"title": "x", "names": [{"name": "a", "role": "leaf", "colour": "url(x)"}]}',
        b'{"title": "x", "names": [{"name": "a", "role": "leaf"}, {"name": "A", "role": "leaf"}]}',
        json.dumps(
            {"title": "x", "names": [{"name": f"n{i}", "role": "leaf"} for i in range(10**4)]}
        ).encode(),
        json.dumps({"title": "x", "names": [{"name": "n" * 10**5, "role": "leaf"}]}).encode(),
        b" " * 2_000_000,
    ],
)
def test_a_damaged_file_is_one_sentence_with_its_path(tmp_path, content):
    path = tmp_path / "names.json"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"names\.json") as caught:
        read_template(path)
    assert len(str(caught.value)) < 400 + len(str(path))


def test_a_folder_or_a_missing_file_is_one_sentence(tmp_path):
    for path in (tmp_path, tmp_path / "none.json"):
        with pytest.raises(UserError, match="cannot be read"):
            read_template(path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="cannot be written"):
        write_template(tmp_path / "file" / "x.json", RUST)


def test_too_many_names_are_refused():
    with pytest.raises(UserError, match=str(MOST_NAMES)):
        NameTemplate("x", tuple(TemplateName(f"n{i}") for i in range(MOST_NAMES + 1)))
