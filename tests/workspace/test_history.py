"""Everything a user does is a command: undone and redone exactly, saved and replayed."""

import json
from datetime import date

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dgc.errors import UserError
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import Cut, Join, LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.partition import MergeTree, Partition
from napari_dgc.partition.template import (
    PLANT_PATHOLOGY,
    NameTemplate,
    Role,
    TemplateName,
)
from napari_dgc.partition.tree import Merge
from napari_dgc.workspace import CorrectedMap, History, Several, Stroke, Workspace
from napari_dgc.workspace.commands import (
    COMMANDS,
    Command,
    CutTree,
    DescribeScan,
    EditLeaves,
    ForgetPainting,
    JoinNamed,
    MergeClasses,
    MoveClusters,
    NameClasses,
    NoteClass,
    PaintClasses,
    PaintLesions,
    RecolourClass,
    SetClasses,
    SetMask,
    SetTemplate,
    SetTree,
    SplitClasses,
    SplitInTwo,
)

CLUSTERS = 12
ROWS, COLUMNS = 20, 30
SCANS = ("healthy", "day 5")
RUST = NameTemplate("Rust", (TemplateName("rust", Role.DISEASED, "#8b4513"),))


def tree(order: np.random.Generator) -> MergeTree:
    nodes = list(range(1, CLUSTERS + 1))
    merges = []
    for position in range(CLUSTERS - 1):
        first, second = sorted(int(n) for n in order.choice(nodes, 2, replace=False))
        merges.append(Merge(first, second, float(position)))
        nodes = [n for n in nodes if n not in (first, second)] + [CLUSTERS + 1 + position]
    return MergeTree(CLUSTERS, tuple(merges))


def start() -> Workspace:
    return Workspace(Partition.fine(CLUSTERS, tree(np.random.default_rng(0))))


def stroke(random: np.random.Generator, highest: int) -> Stroke:
    where = np.zeros((ROWS, COLUMNS), bool)
    row, column = random.integers(0, (ROWS - 5, COLUMNS - 5))
    where[row : row + 4, column : column + 5] = True
    return Stroke.of(where, np.full(where.shape, random.integers(0, highest + 1)))


def any_command(random: np.random.Generator) -> Command:
    """Return one of all commands, some of which cannot be carried out."""
    one, two, three = (int(n) for n in random.integers(1, CLUSTERS + 1, 3))
    scan = SCANS[random.integers(2)]
    name = ["lesion", "halo", "healthy tissue", "background", "rust", ""][random.integers(6)]
    ends = [float(value) for value in random.integers(0, 20, 4)]
    choices = [
        MergeClasses((one, two, three)),
        SplitClasses((one,)),
        SplitInTwo(one),
        MoveClusters((one, two), three),
        MoveClusters((one,), 0),
        JoinNamed((one, two), name or "spot"),
        NameClasses((one, two), name),
        RecolourClass(one, ["#ff0000", "#00ff00", ""][random.integers(3)]),
        NoteClass(one, ["only at the rim", ""][random.integers(2)]),
        CutTree(one),
        SetClasses("fine again", Partition.fine(CLUSTERS).classes),
        SetTree("another", tree(random)),
        PaintClasses(scan, stroke(random, CLUSTERS)),
        PaintLesions(scan, stroke(random, 2)),
        ForgetPainting(scan),
        SetMask(MaskSettings(least_area=one, smooth=two % 3)),
        SetTemplate(RUST if one % 2 else PLANT_PATHOLOGY),
        EditLeaves(scan, LeafEdits(cuts=(Cut(*ends),), joins=(Join(*ends),) * (one % 2))),
        DescribeScan(ScanDetails(scan, "plant 1", "control", date(2026, 5, 1), one / 10)),
        Several(
            "smallest leaf",
            tuple(EditLeaves(each, LeafEdits(least_area=one)) for each in SCANS[: one % 2 + 1]),
        ),
    ]
    assert {type(choice) for choice in choices} == set(COMMANDS.values())
    return choices[random.integers(len(choices))]


def do_many(history: History, random: np.random.Generator, count: int) -> list[Workspace]:
    """Do, undo and redo at random; return the states on the way to the one now."""
    for _ in range(count):
        turn = random.random()
        if turn < 0.15:
            history.undo()
        elif turn < 0.25:
            history.redo()
        else:
            try:
                history.do(any_command(random), join=bool(random.random() < 0.1))
            except UserError:
                continue  # nothing to split, no two classes to merge
    states = []
    here = History(start())
    for command in history.commands:
        states.append(here.work)
        here.do(command)
    assert here.work == history.work
    return [*states, history.work]


def test_ten_thousand_operations_are_undone_and_redone_exactly() -> None:
    random = np.random.default_rng(1)
    fine = {scan: random.integers(0, CLUSTERS + 1, (ROWS, COLUMNS)).astype("u2") for scan in SCANS}
    shown = {scan: CorrectedMap(labels) for scan, labels in fine.items()}
    kept = {scan: labels.copy() for scan, labels in fine.items()}
    history = History(start())

    def follow() -> None:
        for scan, labels in shown.items():
            labels.move(history.work.painted_classes(scan))

    history.on_change(follow)
    states = do_many(history, random, 10_000)
    end = {scan: labels.values.copy() for scan, labels in shown.items()}
    assert len(states) > 2000
    assert any(not np.array_equal(end[scan], kept[scan]) for scan in SCANS)
    while history.redo_title:
        history.redo()
    while len(history.commands) >= len(states):
        history.undo()
    for expected in reversed(states[:-1]):
        history.undo()
        assert history.work == expected
    assert history.work == start()
    assert history.undo_title is None
    for scan, labels in shown.items():
        assert np.array_equal(labels.values, kept[scan])
        assert np.array_equal(labels.base, kept[scan])
    for expected in states[1:]:
        history.redo()
        assert history.work == expected
    for scan, labels in shown.items():
        assert np.array_equal(labels.values, end[scan])


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_saved_work_replays_to_the_same_state(seed: int) -> None:
    random = np.random.default_rng(seed)
    history = History(start())
    do_many(history, random, 40)
    saved = json.loads(json.dumps(history.to_json(), allow_nan=False))
    again = History.from_json(saved)
    assert again.work == history.work
    assert (again.undo_title, again.redo_title) == (history.undo_title, history.redo_title)
    while history.undo_title:
        history.undo()
        again.undo()
        assert again.work == history.work
    state = Workspace.from_json(json.loads(json.dumps(history.work.to_json())))
    assert state == history.work


def test_a_slider_dragged_is_one_step_and_names_come_back() -> None:
    history = History(start())
    history.do(NameClasses((1,), "lesion"))
    for groups in (9, 5, 2, 4, 11):
        history.do(CutTree(groups), join=groups != 9)
    direct = History(start())
    direct.do(NameClasses((1,), "lesion"))
    direct.do(CutTree(11))
    assert history.work == direct.work
    history.undo()
    assert history.undo_title == "name “lesion”"


def test_a_drag_back_to_where_it_began_leaves_no_step() -> None:
    history = History(start())
    history.do(CutTree(4))
    history.do(CutTree(CLUSTERS), join=True)
    assert history.undo_title is None
    assert history.work == start()


def test_doing_something_after_undo_forgets_what_was_undone() -> None:
    history = History(start())
    history.do(MergeClasses((1, 2)))
    history.undo()
    assert history.redo_title == "merge cluster 1, cluster 2"
    history.do(NameClasses((4,), "halo"))
    assert history.redo_title is None
    assert history.undo_title == "name “halo”"


def test_callbacks_hear_every_change_and_no_non_change() -> None:
    history = History(start())
    heard: list[int] = []
    history.on_change(lambda: heard.append(len(history.partition.classes)))
    assert not history.do(CutTree(CLUSTERS))
    assert history.do(MergeClasses((1, 2)))
    history.undo()
    history.undo()
    history.redo()
    assert heard == [11, 12, 11]


def test_strokes_of_one_drag_are_one_step() -> None:
    labels = np.ones((4, 6), np.uint16)
    shown = CorrectedMap(labels)
    history = History(start())
    for column in range(4):
        where = np.zeros(labels.shape, bool)
        where[1, column : column + 2] = True
        painted = Stroke.of(where, np.full(labels.shape, 2 + column))
        history.do(PaintClasses("day 5", painted), join=column > 0)
    shown.move(history.work.painted_classes("day 5"))
    assert shown.values[1].tolist() == [2, 3, 4, 5, 5, 1]
    history.undo()
    shown.move(history.work.painted_classes("day 5"))
    assert history.undo_title is None
    assert np.array_equal(shown.values, labels)


def test_corrections_stay_on_a_new_label_map_of_the_same_model() -> None:
    history = History(start())
    where = np.zeros((4, 6), bool)
    where[2:, 3] = True
    history.do(PaintClasses("day 5", Stroke.of(where, np.full(where.shape, 7))))
    later = CorrectedMap(np.full((4, 6), 3, np.uint16))
    assert later.move(history.work.painted_classes("day 5"))
    assert (later.values[where] == 7).all()
    assert (later.values[~where] == 3).all()


def test_joining_a_name_moves_the_cluster_into_its_class() -> None:
    history = History(start())
    history.do(JoinNamed((4,), "lesion"))
    history.do(JoinNamed((9,), "lesion"))
    assert history.partition.class_of(9).members == (4, 9)
    history.do(NameClasses((1,), "halo"))
    history.do(JoinNamed((9,), "halo"))
    assert history.partition.class_of(9).members == (1, 9)
    assert history.partition.class_of(4).name == "lesion"


@pytest.mark.parametrize(
    "damage",
    [
        {"format": 3},
        {"format": None},
        {"start": {}},
        {"start": []},
        {"commands": [{"do": "explode"}]},
        {"commands": [{"do": "merge", "numbers": "12"}]},
        {"commands": [{"do": "merge", "numbers": [1, 99]}]},
        {"commands": [{"do": "cut", "classes": 1e300}]},
        {"commands": [{"do": "paint classes", "scan": "a", "stroke": [[0, 2**40, 1]]}]},
        {"commands": [{"do": "paint classes", "scan": "a", "stroke": [[5, 2, 1], [0, 1, 1]]}]},
        {"commands": [{"do": "paint classes", "scan": "a", "stroke": [[0, 1, 70000]]}]},
        {"commands": [{"do": "details", "details": {"plant": 1}}]},
        {"commands": [[]]},
        {"commands": 7},
        {"position": 9},
        {"position": "0"},
    ],
)
def test_damaged_work_is_refused_in_one_sentence(damage: dict) -> None:
    content = History(start()).to_json() | damage
    with pytest.raises(UserError) as refusal:
        History.from_json(content)
    assert "\n" not in str(refusal.value)
    assert str(refusal.value).endswith(".")
