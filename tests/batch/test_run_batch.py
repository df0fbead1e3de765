"""Many scans: each once, failures apart, stopped and gone on with."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from napari_dgc.batch import (
    BatchFinished,
    BatchStarted,
    Item,
    Manifest,
    ScanDone,
    ScanFailed,
    ScanNote,
    ScanSkipped,
    plan,
    run_batch,
)
from napari_dgc.cancel import CancelSource
from napari_dgc.errors import UserError

Make = Callable[..., list[Item]]


@pytest.fixture
def task(tmp_path: Path) -> Any:
    from tasks_for_tests import Copying

    return Copying(tmp_path / "out")


@pytest.fixture
def manifest(tmp_path: Path) -> Manifest:
    return Manifest(tmp_path / "out" / "copy.batch.jsonl")


def done(events: list[Any]) -> list[str]:
    return sorted(event.name for event in events if isinstance(event, ScanDone))


def again(manifest: Manifest) -> Manifest:
    """What a program that starts later knows."""
    return Manifest(manifest.path)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_scan_is_done_once_and_not_again(
    make: Make, task: Any, manifest: Manifest, jobs: int
) -> None:
    items = make("a", "b", "c")
    events = list(run_batch(task, items, manifest, jobs=jobs))
    assert done(events) == ["a", "b", "c"]
    assert events[0] == BatchStarted("copy", 3, 0, jobs)
    assert events[-1] == BatchFinished("copy", 3, 0, 0, False)
    assert sum(isinstance(event, ScanNote) for event in events) == 3
    assert (task.out / "b.txt").read_text() == "b!"
    events = list(run_batch(task, items, again(manifest), jobs=jobs))
    assert done(events) == []
    assert [event.name for event in events if isinstance(event, ScanSkipped)] == ["a", "b", "c"]
    assert events[1].files == (task.out / "a.txt",)
    assert len(manifest.path.read_text().splitlines()) == 4
    assert done(list(run_batch(task, items, manifest, redo=True))) == ["a", "b", "c"]


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_scan_that_fails_stops_no_other(
    make: Make, task: Any, manifest: Manifest, jobs: int
) -> None:
    items = make("bad", "a", "odd", "b")
    events = list(run_batch(task, items, manifest, jobs=jobs))
    assert done(events) == ["a", "b"]
    failed = {event.name: event for event in events if isinstance(event, ScanFailed)}
    assert failed["bad"].reason == f"{items[0].path} is not readable; copy it again."
    assert failed["bad"].trace == ""
    assert "ValueError: a defect" in failed["odd"].reason
    assert "Traceback" in failed["odd"].trace
    assert events[-1] == BatchFinished("copy", 2, 0, 2, False)
    # It has its turn again the next time.
    assert [one.done for one in plan(task, items, manifest)] == [False, True, False, True]


def test_a_killed_process_costs_its_scan_only(make: Make, task: Any, manifest: Manifest) -> None:
    items = make("a", "killed", "b", "killed too", "c", "d")
    events = list(run_batch(task, items, manifest, jobs=2))
    assert done(events) == ["a", "b", "c", "d"]
    failed = [event for event in events if isinstance(event, ScanFailed)]
    assert sorted(event.name for event in failed) == ["killed", "killed too"]
    assert all("signal SIGKILL" in event.reason for event in failed)
    assert events[-1] == BatchFinished("copy", 4, 0, 2, False)


@pytest.mark.parametrize("jobs", [1, 2])
def test_stopped_and_gone_on_with_each_scan_is_done_once(
    make: Make, task: Any, manifest: Manifest, jobs: int
) -> None:
    items = make("a", "b", "endless", "c", "d")
    source = CancelSource()
    events = []
    for event in run_batch(task, items, manifest, jobs=jobs, token=source.token):
        events.append(event)
        if isinstance(event, ScanDone) and event.name == "b":
            source.cancel()
    assert events[-1].stopped
    assert not isinstance(events[-2], ScanFailed)
    before = done(events)
    assert {"a", "b"} <= set(before)
    assert "endless" not in before
    rest = [item for item in items if item.name != "endless"]
    events = list(run_batch(task, rest, again(manifest), jobs=jobs))
    assert sorted([*before, *done(events)]) == ["a", "b", "c", "d"]
    lines = [json.loads(line) for line in manifest.path.read_text().splitlines()[1:]]
    assert sorted(line["scan"] for line in lines) == ["a", "b", "c", "d"]


def test_what_has_changed_is_done_again(make: Make, task: Any, manifest: Manifest) -> None:
    from dataclasses import replace

    items = make("a", "b", "c")
    list(run_batch(task, items, manifest))
    items[0].path.write_text("another")
    (task.out / "b.txt").unlink()
    assert done(list(run_batch(task, items, again(manifest)))) == ["a", "b"]
    assert (task.out / "a.txt").read_text() == "another!"
    other = replace(task, ending="?")
    assert done(list(run_batch(other, items, manifest))) == ["a", "b", "c"]
    # Data and results may be moved together.
    moved = task.out.parent.rename(task.out.parent.with_name("moved"))
    there = Manifest(moved / "out" / manifest.path.name)
    elsewhere = [Item(item.name, moved / "in" / item.path.name) for item in items]
    assert [one.done for one in plan(other, elsewhere, there)] == [True, True, True]


def test_a_line_that_a_crash_cut_off_is_left_out(make: Make, task: Any, manifest: Manifest) -> None:
    items = make("a", "b")
    list(run_batch(task, items, manifest))
    content = manifest.path.read_bytes()
    manifest.path.write_bytes(content[:-20])
    assert done(list(run_batch(task, items, again(manifest)))) == ["b"]
    assert [one.done for one in plan(task, items, again(manifest))] == [True, True]


@pytest.mark.parametrize("content", [b"", b"scan,plant\n", b"[1]\n", b'{"format": "x"}\n', b"\xff"])
def test_a_file_that_is_no_list_of_scans_is_refused(
    make: Make, task: Any, manifest: Manifest, content: bytes
) -> None:
    manifest.path.parent.mkdir()
    manifest.path.write_bytes(content)
    if not content:  # a crash just after the file was made
        assert done(list(run_batch(task, make("a"), manifest))) == ["a"]
        return
    with pytest.raises(UserError, match="move it away"):
        list(run_batch(task, make("a"), manifest))
    assert manifest.path.read_bytes() == content


def test_lines_of_another_kind_count_for_nothing(make: Make, task: Any, manifest: Manifest) -> None:
    items = make("a", "b")
    list(run_batch(task, items, manifest))
    head, first, second = manifest.path.read_text().splitlines()
    line = json.loads(first)
    damaged = [
        json.dumps(line | {"files": wrong})
        for wrong in (3, [3], [{"path": "../../etc", "size": []}], [{"path": "\0", "size": 1}])
    ]
    for wrong in damaged:
        manifest.path.write_text("\n".join([head, "7", '{"key": 3}', second, wrong]) + "\n")
        assert [one.done for one in plan(task, items, again(manifest))] == [False, True]


@pytest.mark.parametrize("jobs", [1, 2])
def test_where_no_scan_can_be_done_nothing_is_tried(
    make: Make, task: Any, tmp_path: Path, jobs: int
) -> None:
    from dataclasses import replace

    with pytest.raises(UserError, match="There is no ink"):
        list(run_batch(replace(task, usable=False), make("a", "b"), jobs=jobs))


def test_the_log_is_one_object_a_line(make: Make, task: Any, tmp_path: Path) -> None:
    from napari_dgc.batch.log import EventLog

    path = tmp_path / "logs" / "log.jsonl"
    with EventLog(path) as log:
        for event in run_batch(task, make("a", "bad")):
            log.note(event)
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    told = [line["event"] for line in lines]
    assert told[0] == "batch_started"
    assert told[-1] == "batch_finished"
    (found,) = [line for line in lines if line["event"] == "scan_done"]
    assert found["files"] == [str(task.out / "a.txt")]
    (found,) = [line for line in lines if line["event"] == "scan_failed"]
    assert "copy it again" in found["reason"]
    assert all("time" in line for line in lines)
