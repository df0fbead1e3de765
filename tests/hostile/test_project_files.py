"""Projects that somebody has tampered with: refused in one sentence, and nothing is written."""

import contextlib
import copy
import json
import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.cli import main
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.partition import Partition
from napari_dgc.project import Project, Run, Training, parts
from napari_dgc.project.manifest import MANIFEST
from napari_dgc.workspace import History, Stroke
from napari_dgc.workspace.commands import PaintClasses

CUBE = HyperCube(np.ones((3, 4, 5), np.float32), "leaf")
OUTSIDE = ["../secret.json", "/etc/passwd", "parts/../../secret", "parts/x.json", "C:\\x", ""]
DIGEST = "0" * 64


@pytest.fixture
def project(tmp_path: Path) -> Project:
    history = History(Partition.fine(3))
    history.do(PaintClasses("leaf", Stroke.of(np.eye(4, 5, dtype=bool), np.ones((4, 5)))))
    return Project.create(
        tmp_path / "project",
        {"leaf": CUBE},
        labels={"leaf": np.ones((4, 5), np.uint16)},
        history=history,
        training=Training("kmeans", {"clusters": 3}, runs=(Run(("leaf",), 2),)),
    ).save()


def refused(folder: Path) -> str:
    with pytest.raises(UserError) as told:
        opened = Project.open(folder)
        opened.history()
        opened.labels("leaf")
    message = str(told.value)
    assert len(message.splitlines()) == 1
    assert message.isprintable()
    assert len(message) < 1000
    return message


def test_the_project_itself_is_good(project: Project) -> None:
    opened = Project.open(project.folder)
    assert opened.labels("leaf") is not None
    assert opened.history() is not None


def everywhere(content, path=()):
    """Yield every place in a JSON document."""
    yield path
    items = content.items() if isinstance(content, dict) else enumerate(content)
    for key, value in items:
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from everywhere(value, (*path, key))


#: What is put in the place of any value, and what only tells the type of it.
WRONG = (None, True, -1, 1e400, "\0", "x" * 10_000, [], {}, [[]], {"a": {}}, "../..", 2**70, 1.5)


def test_any_value_may_be_any_other(project: Project) -> None:
    """Each place of the file gets each wrong value: refused, or harmless, never a crash."""
    path = project.folder / MANIFEST
    good = json.loads(path.read_text())
    places = list(dict.fromkeys(everywhere(good)))[1:]
    count = 0
    for place in places:
        for wrong in WRONG:
            damaged = copy.deepcopy(good)
            inner = damaged
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = wrong
            path.write_text(json.dumps(damaged))
            try:
                opened = Project.open(project.folder)
                opened.missing()
                opened.work()
                for key in opened.keys:
                    opened.labels(key)
            except UserError as error:
                assert len(str(error).splitlines()) == 1, (place, wrong)
                count += 1
    assert count > len(places)


def test_fields_that_are_missing_or_unknown(project: Project) -> None:
    path = project.folder / MANIFEST
    good = json.loads(path.read_text())
    for name in good:
        path.write_text(json.dumps({key: value for key, value in good.items() if key != name}))
        assert "damaged" in refused(project.folder)
    path.write_text(json.dumps(good | {"run": "rm -rf /"}))
    assert "'run' is unknown" in refused(project.folder)
    path.write_text(json.dumps(good | {"format_version": 2}))
    assert "newer" in refused(project.folder)


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"7", b"\xff\xfe", b"[" * 200_000, b'{"format": ' + b"9" * 5000 + b"}"],
)
def test_what_is_no_project(project: Project, content: bytes) -> None:
    (project.folder / MANIFEST).write_bytes(content)
    assert MANIFEST in refused(project.folder)


def test_far_too_large_a_file_is_not_read(project: Project, monkeypatch) -> None:
    monkeypatch.setattr("napari_dgc.project.manifest.MOST_BYTES", 100)
    assert "too large" in refused(project.folder)


@pytest.mark.parametrize("file", OUTSIDE)
@pytest.mark.parametrize("which", ["history", "labels"])
def test_no_part_lies_outside(project: Project, tmp_path: Path, file: str, which: str) -> None:
    (tmp_path / "secret.json").write_text("{}")
    path = project.folder / MANIFEST
    content = json.loads(path.read_text())
    part = content["history"] if which == "history" else content["labels"]["leaf"]
    part["file"] = file
    path.write_text(json.dumps(content))
    assert "damaged" in refused(project.folder)


def links(kind: str, project: Project, tmp_path: Path) -> None:
    """Put links in the place of what belongs to a project."""
    folder, away = project.folder, tmp_path / "away"
    if kind == "folder":
        shutil.move(folder / "parts", away)
        (folder / "parts").symlink_to(away)
    elif kind == "part":
        part = project.contents.history
        assert part is not None
        shutil.move(folder / part.file, away)
        (folder / part.file).symlink_to(away)
    else:
        shutil.move(folder / MANIFEST, away)
        (folder / MANIFEST).symlink_to(away)


@pytest.mark.parametrize("kind", ["folder", "part", "manifest"])
def test_links_are_neither_read_nor_written_through(
    project: Project, tmp_path: Path, kind: str
) -> None:
    links(kind, project, tmp_path)
    away = tmp_path / "away"
    before = {path: path.read_bytes() for path in (away.iterdir() if away.is_dir() else [away])}
    assert "link" in refused(project.folder)
    again = project.with_history(History(Partition.fine(3)))
    if kind == "part":
        again.save()  # other work, which does not lie behind the link
    else:
        with pytest.raises(UserError, match="link"):
            again.save()
    after = {path: path.read_bytes() for path in (away.iterdir() if away.is_dir() else [away])}
    assert after == before


def test_links_are_not_cleaned_away_through(project: Project, tmp_path: Path) -> None:
    away = tmp_path / "models of somebody"
    (away / ("a" * 32)).mkdir(parents=True)
    kept = away / ("a" * 32) / "model.json"
    kept.write_text("{}")
    os.utime(kept, (1, 1))
    (project.folder / "models").symlink_to(away)
    parts.remove_unused(project.folder, [], older=-1)
    assert kept.exists()


def test_a_pipe_is_not_waited_for(project: Project) -> None:
    if not hasattr(os, "mkfifo"):
        pytest.skip("this system has no named pipes")
    part = project.contents.history
    assert part is not None
    (project.folder / part.file).unlink()
    os.mkfifo(project.folder / part.file)
    assert "no file" in refused(project.folder)


def test_parts_that_were_exchanged_are_noticed(project: Project) -> None:
    for part in project.contents.parts:
        path = project.folder / part.file
        good = path.read_bytes()
        for content in (good[:-1], good + b" ", bytes(reversed(good)), b""):
            path.write_bytes(content)
            assert "damaged" in refused(project.folder)
        path.unlink()
        assert "missing" in refused(project.folder)
        path.write_bytes(good)


def resealed(project: Project, which: str, content: bytes) -> None:
    """Exchange a part and the hash of it, as an attacker would."""
    kind = "json" if which == "history" else "tif"
    part = parts.Part.of(content, kind)
    (project.folder / part.file).write_bytes(content)
    path = project.folder / MANIFEST
    manifest = json.loads(path.read_text())
    if which == "history":
        manifest["history"] = part.to_json()
    else:
        manifest["labels"]["leaf"] = part.to_json()
    path.write_text(json.dumps(manifest))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{}",
        b"[]",
        b"7",
        b"[" * 100_000,
        b'{"format": 2, "start": {}, "commands": [], "classes": {}, "position": 0}',
        b'{"format": 9}',
    ],
)
def test_work_that_is_none(project: Project, content: bytes) -> None:
    resealed(project, "history", content)
    refused(project.folder)


def test_strokes_larger_than_the_memory_are_not_laid_out(project: Project) -> None:
    history = json.loads((project.folder / project.contents.history.file).read_text())
    history["commands"][0]["stroke"] = [[0, 2**31 - 1, 1]]
    history["commands"] *= 200
    resealed(project, "history", json.dumps(history).encode())
    message = refused(project.folder)
    assert "GB" in message


def test_labels_that_are_none_or_of_another_size(project: Project) -> None:
    from napari_dgc.project.label_maps import label_part

    for content in (b"", b"II*\0", label_part(np.ones((2000, 2000), np.uint16)).read()):
        resealed(project, "labels", content)
        refused(project.folder)


def test_computers_of_others_are_not_asked_for_scans(project: Project, monkeypatch) -> None:
    path = project.folder / MANIFEST
    content = json.loads(path.read_text())
    content["scans"][0]["file"]["path"] = "//evil.example/share/leaf.hdr"
    path.write_text(json.dumps(content))
    seen: list[str] = []
    exists = Path.exists
    monkeypatch.setattr(Path, "exists", lambda self: seen.append(str(self)) or exists(self))
    opened = Project.open(project.folder)
    assert [file.path for file in opened.missing()] == ["//evil.example/share/leaf.hdr"]
    with pytest.raises(UserError, match="missing"):
        opened.open_scan("leaf")
    assert not any("evil" in name for name in seen)


@pytest.mark.parametrize("link", ["replay", "replay/labels", "replay/lesions"])
def test_replaying_writes_nothing_through_links(
    project: Project, tmp_path: Path, link: str, capsys
) -> None:
    away = tmp_path / "away"
    away.mkdir()
    (project.folder / link).parent.mkdir(exist_ok=True)
    (project.folder / link).symlink_to(away)
    assert main(["replay", str(project.folder)]) == 2
    assert "is a link" in capsys.readouterr().err
    assert list(away.iterdir()) == []


def test_scans_inside_a_project_are_those_of_its_own_folder(
    project: Project, tmp_path: Path
) -> None:
    """A path that only looks like one inside is not copied along."""
    outside = tmp_path / "private.hdr"
    outside.write_text("ENVI")
    path = project.folder / MANIFEST
    content = json.loads(path.read_text())
    content["scans"][0]["file"]["path"] = "scans/../../private.hdr"
    path.write_text(json.dumps(content))
    with contextlib.suppress(UserError):
        Project.open(project.folder).save(tmp_path / "copy")
    assert not list((tmp_path / "copy").rglob("private*"))
