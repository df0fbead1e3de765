"""Epochs that were kept: gone back to, gone on from, and the one to trust."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.clustering.registry import get_method
from napari_dgc.clustering.storage import model_files
from napari_dgc.errors import UserError
from napari_dgc.preprocessing import Pipeline, parse_steps
from napari_dgc.project import EpochRecorder, Project, Run
from napari_dgc.project.epochs import EpochFigures, EpochHistory, KeptEpoch
from napari_dgc.project.parts import Part, model_parts
from napari_dgc.project.training import train_again

from .conftest import CLUSTERS, Recorded


def kept(epoch: int, size: int = 1) -> KeptEpoch:
    files = {"model.json": b"%d" % epoch, f"model-{'0' * 16}.safetensors": b"x"}
    return KeptEpoch(epoch, model_parts(files), {"leaf": Part.of(b"%08d" % epoch * size, "tif")})


def many(doubts: list[float | None]) -> EpochHistory:
    history = EpochHistory()
    for number, doubt in enumerate(doubts, start=1):
        losses = {} if doubt is None else {"doubt": doubt}
        history = history.then(kept(number), EpochFigures(number, 5, losses))
    return history


def test_few_epochs_are_all_kept_and_many_are_thinned_evenly() -> None:
    assert [one.epoch for one in many([None] * 24).kept] == list(range(1, 25))
    history = many([None] * 500)
    numbers = [one.epoch for one in history.kept]
    assert len(numbers) == 24
    assert (numbers[0], numbers[-1]) == (1, 500)
    assert max(np.diff(numbers)) <= 40
    assert len(history.figures) == 500


def test_the_recommended_epoch_stays_and_has_a_reason() -> None:
    doubts: list[float | None] = [0.5 + abs(number - 137) / 1000 for number in range(1, 400)]
    history = many(doubts)
    best = history.recommended
    assert best is not None
    assert best.epoch == 137
    assert history.at(137).epoch == 137
    assert "0.500" in best.reason and "last epoch leave 0.762" in best.reason
    assert many([None, None]).recommended is None


def test_memory_of_kept_epochs_is_bounded() -> None:
    history = EpochHistory()
    for number in range(1, 40):
        figures = EpochFigures(number, 5)
        history = history.then(kept(number, 1000), figures, most_bytes=50_000)
    assert sum(part.size for one in history.kept for part in one.parts) <= 50_000
    assert (history.kept[0].epoch, history.kept[-1].epoch) == (1, 39)


def test_going_on_from_an_earlier_epoch_equals_never_having_left_it(recorded: Recorded) -> None:
    project = Project.open(recorded.project.folder)
    cubes = list(recorded.scans.values())
    model = project.epochs.at(2).load()
    assert model.epoch == 2
    model.epochs = 4
    recorder = EpochRecorder(project.keys, project.epochs, project.training)
    for _ in recorder.follow(model, model.fit_iter(cubes, resume=True)):
        assert all(one.epoch <= model.epoch for one in recorder.epochs.kept)
    straight = get_method("kmeans")(clusters=CLUSTERS, epochs=4, seed=4, device="cpu").fit(cubes)
    for key, cube in recorded.scans.items():
        np.testing.assert_array_equal(model.predict(cube), straight.predict(cube))
        shape = (cube.rows, cube.columns)
        np.testing.assert_array_equal(
            recorder.epochs.at(4).label_map(key, shape), straight.predict(cube)
        )
    # The way to the model is the same as without the detour.
    assert recorder.training == project.training
    assert [one.epoch for one in recorder.epochs.kept] == [1, 2, 3, 4]


def test_going_on_with_other_scans_is_another_run(recorded: Recorded) -> None:
    project = recorded.project
    model = project.epochs.at(3).load()
    model.epochs = 5
    recorder = EpochRecorder(("leaf 1",), project.epochs, project.training)
    list(recorder.follow(model, model.fit_iter([recorded.scans["leaf 1"]], resume=True)))
    assert recorder.training is not None
    assert recorder.training.runs == (Run(project.keys, 3), Run(("leaf 1",), 5))


def test_epochs_that_were_not_kept_are_said(recorded: Recorded) -> None:
    with pytest.raises(UserError, match="Epoch 9 was not kept; kept are: 1, 2, 3, 4"):
        recorded.project.epochs.at(9)


def test_how_a_model_from_elsewhere_was_trained_is_not_made_up(recorded: Recorded) -> None:
    model = recorded.project.epochs.at(2).load()
    model.epochs = 3
    recorder = EpochRecorder(recorded.project.keys)
    cubes = list(recorded.scans.values())
    list(recorder.follow(model, model.fit_iter(cubes, resume=True)))
    assert recorder.training is None
    assert [one.epoch for one in recorder.epochs.kept] == [3]


def test_a_stop_before_an_epoch_is_complete_is_noted(recorded: Recorded) -> None:
    model = recorded.project.epochs.at(1).load()
    recorder = EpochRecorder(("leaf 1",))
    labels = np.ones((3, 4), np.uint16)
    events = [
        TrainingStarted("kmeans", "cpu", 1, 0, 9, 6),
        LabelsReady(0, 0, labels),
        EpochFinished(1, 9, 5, {"spread": 0.5}),
        TrainingFinished(1, stopped=True),
    ]
    assert list(recorder.follow(model, events)) == events
    assert recorder.training is not None
    assert recorder.training.runs == (Run(("leaf 1",), 1),)
    np.testing.assert_array_equal(recorder.epochs.at(1).label_map("leaf 1", (3, 4)), labels)


def test_a_way_over_several_sets_of_scans_is_gone_again(recorded: Recorded) -> None:
    """Steps of preprocessing, a stop, other scans: the model comes out to the last byte."""
    cubes = recorded.scans
    steps = Pipeline(parse_steps("snv"))
    kmeans = get_method("kmeans")(clusters=CLUSTERS, epochs=2, seed=3, device="cpu")
    model = Preprocessed(kmeans, steps)
    recorder = EpochRecorder(tuple(cubes))
    list(recorder.follow(model, model.fit_iter(list(cubes.values()))))
    source = CancelSource()
    model.epochs = 9
    recorder = EpochRecorder(("leaf 3", "leaf 1"), recorder.epochs, recorder.training)
    resumed = model.fit_iter([cubes["leaf 3"], cubes["leaf 1"]], resume=True, token=source.token)
    for event in recorder.follow(model, resumed):
        if isinstance(event, EpochFinished) and event.epoch == 4:
            source.cancel()
    assert recorder.training is not None
    assert recorder.training.runs == (Run(tuple(cubes), 2), Run(("leaf 3", "leaf 1"), 4))
    assert recorder.training.preprocessing == "snv"
    again = model.untrained()
    for _ in train_again(again, recorder.training, cubes):
        pass
    assert model_files(again) == model_files(model)
