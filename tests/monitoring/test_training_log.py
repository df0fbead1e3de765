"""The log of a training: what is kept, for how long, and what a damaged file does."""

import json
import tracemalloc

import numpy as np
import pytest

from napari_dgc.clustering.events import ClustersChosen, EpochFinished, TrainingStarted
from napari_dgc.errors import UserError
from napari_dgc.monitoring import LOG_FILE, TrainingRecorder, read_log, watched, write_log
from napari_dgc.monitoring.log import MOST_MAPS

from .conftest import events_of, labels_of


def recorded(model, first, last, log=None, **more):
    recorder = TrainingRecorder([f"scan {n}" for n in range(more.get("scans", 2))], log)
    for _ in watched(model, events_of(first, last, **more), [recorder]):
        pass
    return recorder.log


def test_curves_notices_and_the_recommended_epoch_are_kept(model):
    log = recorded(model, 1, 3)
    assert [one.epoch for one in log.epochs] == [1, 2, 3]
    assert log.epochs[1].losses == {"surprise": 0.5, "doubt": 0.1}
    assert log.epochs[0].changed is None and 0 < log.epochs[1].changed < 1
    assert log.notices == ("The stripes have arrived.",)
    assert log.recommended.epoch == 2 and "least doubt" in log.recommended.reason
    np.testing.assert_array_equal(log.maps[-1].maps["scan 1"], labels_of(1, 3))


def test_going_on_continues_the_curves_and_going_back_cuts_them(model, tmp_path):
    write_log(tmp_path, recorded(model, 1, 3))
    log = recorded(model, 4, 6, read_log(tmp_path))
    assert [one.epoch for one in log.epochs] == [1, 2, 3, 4, 5, 6]
    assert [one.epoch for one in log.maps] == [1, 2, 3, 4, 5, 6]
    log = recorded(model, 3, 3, log)
    assert [one.epoch for one in log.epochs] == [1, 2, 3]
    assert [one.epoch for one in recorded(model, 1, 2, log).epochs] == [1, 2]


def test_a_log_of_another_method_is_not_gone_on_with(model, tmp_path):
    log = recorded(model, 1, 3)
    model.method = "other"
    assert [one.epoch for one in recorded(model, 4, 5, log).epochs] == [4, 5]


def test_a_file_holds_all_of_it(model, tmp_path):
    recorder = TrainingRecorder(["scan 0", "scan 1"])
    events = list(events_of(1, 2))
    losses = {"surprise": float("nan")}
    events.insert(-1, ClustersChosen((2, 3), (0.5, float("nan")), 2))
    events.insert(-1, EpochFinished(3, 3, 1, losses))
    for event in events:
        recorder.see(model, event)
    write_log(tmp_path, recorder.log)
    found = read_log(tmp_path)
    assert json.dumps(found.to_json()) == json.dumps(recorder.log.to_json())
    assert np.isnan(found.epochs[2].losses["surprise"]) and found.chosen.chosen == 2


def test_maps_of_long_trainings_are_thinned_out_and_small(model):
    log = recorded(model, 1, 60, shape=(300, 200))
    epochs = [one.epoch for one in log.maps]
    assert len(epochs) == MOST_MAPS
    assert epochs[0] == 1 and epochs[-1] == 60 and 2 in epochs
    assert len(log.epochs) == 60
    assert all(max(labels.shape) <= 96 for one in log.maps for labels in one.maps.values())


def test_memory_does_not_grow_with_scans_or_epochs(model):
    def run(scans, epochs):
        recorder = TrainingRecorder([f"{n}" for n in range(scans)])
        tracemalloc.start()
        for event in events_of(1, epochs, scans=scans, shape=(400, 400)):
            recorder.see(model, event)
        held = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return held

    run(1, 2)
    assert run(60, 2) < 24 << 20, "two samples of 4 million pixels, 2 bytes each, and the rest"
    assert run(2, 60) < run(2, 4) + (1 << 20)


@pytest.mark.parametrize(
    "change",
    [
        {"format": "other"},
        {"format_version": 2},
        {"epochs": [{"epoch": 2, "active": 1, "losses": {}, "changed": None}] * 2},
        {"epochs": [{"epoch": 1, "active": -1, "losses": {}, "changed": None}]},
        {"epochs": "many"},
        {"maps": [{"epoch": 1, "maps": {"a": {"rows": 90, "columns": 90, "labels": "eJwDAA=="}}}]},
        {"maps": [{"epoch": 1, "maps": {"a": {"rows": 9**9, "columns": 1, "labels": ""}}}]},
        {"maps": [{"epoch": 1, "maps": {"a": {"rows": 1, "columns": 1, "labels": "?"}}}]},
        {"notices": [1]},
        {"named": "first"},
        {"more": 1},
    ],
)
def test_damaged_logs_are_refused_in_one_sentence(model, tmp_path, change):
    content = recorded(model, 1, 2).to_json() | change
    (tmp_path / LOG_FILE).write_text(json.dumps(content))
    with pytest.raises(UserError, match="curves of the epochs before are lost") as error:
        read_log(tmp_path)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("text", ["", "[", "[]", "null", "[" * 100_000, "\x00"])
def test_what_is_no_log_is_refused(tmp_path, text):
    (tmp_path / LOG_FILE).write_text(text)
    with pytest.raises(UserError, match="cannot be read"):
        read_log(tmp_path)


def test_without_a_file_there_is_no_log(tmp_path):
    assert read_log(tmp_path) is None


def test_a_run_that_does_not_begin_keeps_what_was_there(model):
    log = recorded(model, 1, 2)
    recorder = TrainingRecorder(["scan 0"], log)
    assert not recorder.started and recorder.log is log
    recorder.see(model, TrainingStarted("dgc", "cpu", 1, 2, 3, 4))
    assert recorder.started and len(recorder.log.epochs) == 2
