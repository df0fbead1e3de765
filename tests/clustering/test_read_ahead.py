"""Reading ahead changes when patches are read, and nothing else."""

import threading
from dataclasses import replace

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.events import LabelsReady, Progress, TrainingFinished
from napari_dgc.clustering.prefetch import THREAD_NAME, read_ahead
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError


def readers() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name.startswith(THREAD_NAME)]


def striped(seed: int) -> HyperCube:
    """Two materials, a small third one, noise and stripes."""
    random = np.random.default_rng(seed)
    place = np.zeros((44, 40), int)
    place[:, 20:] = 1
    place[10:15, 8:13] = 2
    data = np.random.default_rng(5).uniform(0.1, 0.9, (3, 10))[place].transpose(2, 0, 1)
    data = data + random.normal(0, 0.02, (10, 1, 40)) + random.normal(0, 0.01, data.shape)
    return HyperCube(data=data.astype(np.float32), name=f"striped{seed}")


class FailsAfter:
    """An array whose file goes away after some reads."""

    def __init__(self, data, reads: int) -> None:
        self.shape, self.dtype, self.left, self.data = data.shape, data.dtype, reads, data

    def __getitem__(self, key):
        self.left -= 1
        if self.left < 0:
            raise UserError("The file scan.mat is gone; train again when it is back.")
        return self.data[key]


def model(prefetch: int) -> DeepGlobalClustering:
    return DeepGlobalClustering(
        clusters=4, epochs=3, steps=3, patch=16, prototypes=16, sample=1500, prefetch=prefetch
    )


@pytest.fixture(scope="module")
def cubes() -> list[HyperCube]:
    return [striped(1), striped(2), striped(3)]


@pytest.fixture(scope="module")
def synchronous(cubes) -> list:
    return list(model(0).fit_iter(cubes))


@pytest.mark.parametrize("ahead", [1, 2, 7])
def test_every_map_of_every_epoch_is_the_same_when_read_ahead(cubes, synchronous, ahead):
    found = list(model(ahead).fit_iter(cubes))
    assert len(found) == len(synchronous)
    for event, expected in zip(found, synchronous, strict=True):
        if isinstance(expected, LabelsReady):
            assert (event.epoch, event.scan) == (expected.epoch, expected.scan)
            assert event.labels.tobytes() == expected.labels.tobytes()
        else:
            assert event == expected
    assert sum(isinstance(event, LabelsReady) for event in found) == 4 * 3
    assert not readers()


def test_stopped_while_read_ahead_and_resumed_equals_the_synchronous_run(cubes, synchronous):
    run, source = model(3), CancelSource()
    alive = 0
    for event in run.fit_iter(cubes, token=source.token):
        if isinstance(event, Progress) and event.stage == "epoch 2":
            alive = len(readers())
            source.cancel()
    assert alive == 1
    assert event == TrainingFinished(1, stopped=True)
    assert not readers()
    last = [e for e in run.fit_iter(cubes, resume=True) if isinstance(e, LabelsReady)][-3:]
    wanted = [e for e in synchronous if isinstance(e, LabelsReady)][-3:]
    assert [e.labels.tobytes() for e in last] == [e.labels.tobytes() for e in wanted]


def test_a_run_nobody_listens_to_any_more_leaves_no_thread(cubes):
    events = model(2).fit_iter(cubes)
    while not readers():
        next(events)
    events.close()
    assert not readers()


@pytest.mark.parametrize("ahead", [0, 2])
def test_a_file_that_goes_away_is_told_in_the_same_words(cubes, ahead):
    whole = FailsAfter(cubes[0].data, 10**6)
    begun = model(ahead).fit_iter([replace(cubes[0], data=whole), *cubes[1:]])
    for event in begun:
        if isinstance(event, Progress) and event.stage == "epoch 1":
            whole.left = 3
        if whole.left == 3:
            break
    with pytest.raises(UserError, match=r"The file scan\.mat is gone"):
        list(begun)
    assert not readers()


def test_reads_in_order_each_item_once_and_waits_instead_of_running_on():
    begun: list[int] = []
    held = threading.Event()

    def read(item: int) -> int:
        begun.append(item)
        if item == 5:
            held.wait(5)
        return item * item

    with read_ahead(read, iter(range(100)), 2) as results:
        assert [next(results) for _ in range(4)] == [0, 1, 4, 9]
        # At most two beyond the one in use, however long it is used.
        assert len(begun) <= 6
        held.set()
        assert [next(results) for _ in range(3)] == [16, 25, 36]
    assert begun == sorted(set(begun))
    assert len(begun) <= 9
    assert not readers()


def test_results_before_an_error_still_arrive():
    def read(item: int) -> int:
        if item == 3:
            raise ValueError("torn page")
        return item

    with read_ahead(read, range(9), 4) as results:
        assert [next(results) for _ in range(3)] == [0, 1, 2]
        with pytest.raises(ValueError, match="torn page"):
            next(results)
    assert not readers()


def test_steps_read_ahead_have_a_range():
    with pytest.raises(UserError, match="prefetch is 17"):
        model(17)
