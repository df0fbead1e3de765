"""TensorBoard files, read back with TensorBoard's own reader."""

import errno
import io
import sys
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from napari_dgc.clustering.events import EpochFinished, Notice, TrainingFinished
from napari_dgc.errors import UserError
from napari_dgc.monitoring import EventFiles, check_available, run_folder, watched
from napari_dgc.partition.palette import cluster_colour

from .conftest import events_of, labels_of


def read(folder):
    found = EventAccumulator(str(folder), size_guidance={"images": 0, "scalars": 0})
    found.Reload()
    return found


def scalars(found, tag):
    return [(event.step, pytest.approx(event.value)) for event in found.Scalars(tag)]


def write(model, folder, first, last, names=("healthy", "sick"), **more):
    files = EventFiles(folder, names)
    return list(watched(model, events_of(first, last, len(names), **more), [files]))


def test_curves_and_pictures_are_what_the_training_said(model, tmp_path):
    write(model, tmp_path / "run", 1, 3)
    found = read(tmp_path / "run")
    assert scalars(found, "loss/surprise") == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert scalars(found, "loss/doubt") == [(1, 0.15), (2, 0.1), (3, 0.15)]
    assert scalars(found, "clusters/active") == [(1, 3), (2, 4), (3, 3)]
    moved = np.mean(labels_of(0, 1)[1:] != labels_of(0, 2)[1:])
    moved = (moved + np.mean(labels_of(1, 1)[1:] != labels_of(1, 2)[1:])) / 2
    assert scalars(found, "labels changed/share")[0] == (2, pytest.approx(moved))
    assert sorted(found.Tags()["images"]) == ["labels/healthy", "labels/sick"]
    pictures = found.Images("labels/sick")
    assert [event.step for event in pictures] == [1, 2, 3]
    shown = np.asarray(Image.open(io.BytesIO(pictures[2].encoded_image_string)))
    labels = labels_of(1, 3)
    assert shown.shape == (*labels.shape, 3)
    for cluster in (1, 4):
        colour = bytes.fromhex(cluster_colour(cluster)[1:])
        assert (shown[labels == cluster] == list(colour)).all()
    assert not shown[labels == 0].any()


def test_going_on_appends_to_the_same_run(model, tmp_path):
    write(model, tmp_path / "run", 1, 2)
    write(model, tmp_path / "run", 3, 4)
    assert len(list((tmp_path / "run").iterdir())) == 2
    assert [step for step, _ in scalars(read(tmp_path / "run"), "loss/doubt")] == [1, 2, 3, 4]


def test_going_back_to_an_earlier_epoch_replaces_the_later_ones(model, tmp_path):
    write(model, tmp_path / "run", 1, 4)
    write(model, tmp_path / "run", 3, 3)
    assert [step for step, _ in scalars(read(tmp_path / "run"), "loss/doubt")] == [1, 2, 3]


def test_runs_of_one_name_are_told_apart(tmp_path):
    folder = tmp_path / "all"
    assert run_folder(folder, "maize", go_on=True) == folder / "maize"
    assert run_folder(folder, "maize", go_on=False) == folder / "maize"
    for name in ("maize", "maize-2", "maize-x", "other-7"):
        (folder / name).mkdir(parents=True)
    assert run_folder(folder, "maize", go_on=False) == folder / "maize-3"
    assert run_folder(folder, "maize", go_on=True) == folder / "maize-2"
    assert run_folder(folder, "../../etc", go_on=False).parent == folder


def test_pictures_are_small_and_neither_too_many_nor_of_every_epoch(model, tmp_path):
    names = [f"scan {number}" for number in range(40)]
    write(model, tmp_path / "large", 1, 1, names[:1], shape=(700, 1030))
    (picture,) = read(tmp_path / "large").Images("labels/scan 0")
    assert max(picture.width, picture.height) <= 256
    write(model, tmp_path / "many", 1, 1, names, shape=(4, 5))
    assert len(read(tmp_path / "many").Tags()["images"]) == 32
    write(model, tmp_path / "long", 1, 200, names[:1], shape=(4, 5))
    found = read(tmp_path / "long")
    steps = [event.step for event in found.Images("labels/scan 0")]
    assert len(steps) <= 52 and steps[0] == 1 and steps[-1] == 200
    assert len(found.Scalars("loss/doubt")) == 200


def test_scans_of_strange_and_equal_names_have_their_own_pictures(model, tmp_path):
    write(model, tmp_path, 1, 1, ("a/b", "a/b", "x\x00\n" + "y" * 500))
    tags = read(tmp_path).Tags()["images"]
    assert len(tags) == 3 and all(tag.isprintable() and len(tag) < 300 for tag in tags)


def test_where_the_files_are_is_said_with_the_command(model, tmp_path):
    told = [e.message for e in write(model, tmp_path / "a b" / "run", 1, 1) if type(e) is Notice]
    assert str(tmp_path / "a b" / "run") in told[0]
    assert "tensorboard --logdir" in told[0]


def test_a_full_disk_is_told_once_and_training_goes_on(model, tmp_path, monkeypatch):
    files = EventFiles(tmp_path / "run", ["healthy", "sick"])

    def refuse(self, event):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(EventFiles, "_put", refuse)
    events = list(watched(model, events_of(1, 3), [files]))
    told = [e.message for e in events if isinstance(e, Notice) and "No space" in e.message]
    assert len(told) == 1 and "training goes on" in told[0]
    assert sum(isinstance(event, EpochFinished) for event in events) == 3
    assert isinstance(events[-1], TrainingFinished)


def test_a_missing_package_is_told_with_the_command_that_installs_it(monkeypatch, tmp_path: Path):
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    with pytest.raises(UserError, match=r'pip install "napari-dgc\[tensorboard\]"'):
        check_available()
    with pytest.raises(UserError, match="tensorboardX"):
        EventFiles(tmp_path / "run", ["leaf"])
    assert not (tmp_path / "run").exists()
