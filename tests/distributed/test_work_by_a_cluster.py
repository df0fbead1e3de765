"""Scans by a Dask cluster: what one process gives, each once, also when a worker is killed."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("distributed")

from napari_dgc.batch import BatchFinished, Item, Manifest, ScanDone, ScanFailed, run_batch
from napari_dgc.cancel import CancelSource
from napari_dgc.cli import main
from napari_dgc.distributed import cluster
from napari_dgc.errors import UserError

HERE = Path(__file__).parent


def dask(*words):
    paths = [str(HERE), os.environ.get("PYTHONPATH", "")]
    return subprocess.Popen(
        [sys.executable, "-m", "dask", *map(str, words)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, paths))},
        cwd="/",
    )


@pytest.fixture(scope="module")
def workers(tmp_path_factory):
    """Address of a scheduler, and two workers; both are processes of their own."""
    file = tmp_path_factory.mktemp("scheduler") / "scheduler.json"
    listening = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard")
    scheduler = dask("scheduler", *listening, "--scheduler-file", file)
    running = []
    try:
        while not file.exists() or not file.read_text():
            assert scheduler.poll() is None
            time.sleep(0.05)
        address = json.loads(file.read_text())["address"]
        alone = ("--nthreads", "1", "--no-nanny", "--no-dashboard", "--death-timeout", "30")
        running += [dask("worker", address, *alone) for _ in range(2)]
        yield address, running
    finally:
        for process in [*running, scheduler]:
            process.terminate()
            process.wait()


def both_there(address):
    """Wait for both workers, so that scans are shared from the start."""
    from distributed import Client

    with Client(address) as client:
        client.wait_for_workers(2)


@pytest.fixture(scope="module")
def scans(tmp_path_factory):
    """Eight scans of three materials."""
    folder = tmp_path_factory.mktemp("scans")
    spectra = np.random.default_rng(9).random((3, 8))
    for number in range(8):
        random = np.random.default_rng(number)
        rows, columns = np.indices((20 + number, 24))
        data = spectra[(rows // 9 + columns // 8) % 3].transpose(2, 0, 1)
        data = data + 0.02 * random.standard_normal(data.shape)
        np.save(folder / f"leaf{number}.npy", data.astype(np.float32))
    return folder


@pytest.fixture(scope="module")
def model(scans, tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    first = [str(scans / f"leaf{number}.npy") for number in range(2)]
    words = ["train", *first, "--model", str(folder), "--layout", "band-row-column"]
    assert main([*words, "--method", "kmeans", "--clusters", "3", "--epochs", "1"]) == 0
    return folder


def segment(scans, model, out, *more):
    words = ["segment", str(scans), "--model", str(model), "--out", str(out / "maps")]
    assert main([*words, "--layout", "band-row-column", *more]) == 0
    (out / "maps" / "classes.csv").write_text("label,name\n1,healthy\n2,lesion\n3,background\n")


def measure(scans, out, *more):
    words = ["measure", str(out / "maps"), "--out", str(out / "table.csv"), "--cubes", str(scans)]
    assert main([*words, "--layout", "band-row-column", *more]) == 0


def results(folder):
    files = (path for path in folder.rglob("*") if path.suffix in (".tif", ".csv"))
    return {str(p.relative_to(folder)): p.read_bytes() for p in files if "settings" not in p.name}


def noted(manifest):
    return sorted(json.loads(line)["scan"] for line in manifest.read_text().splitlines()[1:])


def test_maps_and_tables_are_those_of_one_process(workers, scans, model, tmp_path, monkeypatch):
    address, _ = workers
    monkeypatch.chdir(tmp_path)
    segment(scans, model, tmp_path / "alone")
    measure(scans, tmp_path / "alone")
    # A name that the workers, which run elsewhere, could not find.
    segment(scans, model, Path("cluster"), "--scheduler", address)
    measure(scans, Path("cluster"), "--scheduler", address)
    found = results(tmp_path / "cluster")
    assert found == results(tmp_path / "alone")
    assert sum(name.endswith(".tif") for name in found) == 8
    names = [f"leaf{number}" for number in range(8)]
    assert noted(tmp_path / "cluster" / "maps" / "segment.batch.jsonl") == names
    assert noted(tmp_path / "cluster" / "table.batch.jsonl") == names


def shouting(folder, monkeypatch, *names):
    monkeypatch.syspath_prepend(HERE)
    from tasks_that_kill import Shouting

    items = [Item(name, folder / f"{name}.dat") for name in names]
    for item in items:
        item.path.write_text(item.name)
    return Shouting(folder), items, Manifest(folder / "shout.batch.jsonl")


def test_a_scan_that_fails_stops_no_other_and_is_not_tried_on_and_on(
    workers, tmp_path, monkeypatch
):
    task, items, manifest = shouting(tmp_path, monkeypatch, "a", "bad", "b")
    events = list(run_batch(task, items, manifest, scheduler=workers[0]))
    assert sorted(event.name for event in events if isinstance(event, ScanDone)) == ["a", "b"]
    (failed,) = (event for event in events if isinstance(event, ScanFailed))
    assert failed.reason == f"{items[1].path} is not readable; copy it again."
    assert (tmp_path / "tries.txt").read_text().count("bad") == 1


def test_asked_to_stop_the_rest_is_left_undone(workers, tmp_path, monkeypatch):
    task, items, manifest = shouting(tmp_path, monkeypatch, *"abcdefgh")
    source = CancelSource()
    events = []
    for event in run_batch(task, items, manifest, scheduler=workers[0], token=source.token):
        events.append(event)
        if isinstance(event, ScanDone):
            source.cancel()
    assert events[-1] == BatchFinished("shout", 1, 0, 0, True)
    left = list(run_batch(task, items, Manifest(manifest.path), scheduler=workers[0]))
    assert left[-1] == BatchFinished("shout", 7, 1, 0, False)
    assert noted(manifest.path) == list("abcdefgh")


# The tests below need both workers and leave one.


def test_killed_workers_leave_every_scan_done_once(workers, tmp_path, monkeypatch):
    address, running = workers
    both_there(address)
    names = ["a", "b", "killer", "c", "d", "e", "f", "g"]
    task, items, manifest = shouting(tmp_path, monkeypatch, *names)
    events = list(run_batch(task, items, manifest, scheduler=address))
    assert events[-1] == BatchFinished("shout", 8, 0, 0, False)
    assert sorted(event.name for event in events if isinstance(event, ScanDone)) == sorted(names)
    assert noted(manifest.path) == sorted(names)
    for name in names:
        assert (tmp_path / f"{name}.txt").read_text() == name.upper()
    tries = dict.fromkeys((tmp_path / "tries.txt").read_text().splitlines())
    assert len([line for line in tries if line.startswith("killer ")]) == 2
    assert [process.wait(10) for process in running if process.poll() is not None] == [
        -signal.SIGKILL
    ]


def test_a_scan_that_ends_one_worker_after_another_is_said():
    from distributed import KilledWorker

    class Ended:
        status = "error"

        def exception(self):
            return KilledWorker("segment-3", None, 4)

    (event,) = cluster._told(None, Item("leaf", Path("leaf.mat")), 3, Ended())
    assert isinstance(event, ScanFailed)
    assert (event.position, event.name) == (3, "leaf")
    assert "leaf.mat ended, one after the other" in event.reason


def test_workers_of_another_version_are_refused():
    found = cluster._do(None, "", Item("leaf", Path("leaf.mat")), 0, "0.0.1")
    assert "not 0.0.1; install the same version" in found.message


def test_no_scheduler_at_the_address_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.setattr(cluster, "_PATIENCE", 0.3)
    task, items, manifest = shouting(tmp_path, monkeypatch, "a")
    with pytest.raises(UserError, match=r"No scheduler answers at tcp://127\.0\.0\.1:9"):
        list(run_batch(task, items, manifest, scheduler="tcp://127.0.0.1:9"))
    with pytest.raises(UserError, match="No scheduler answers at nonsense://"):
        list(run_batch(task, items, manifest, scheduler="nonsense://here"))


def test_without_dask_it_is_said_what_to_install(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    task, items, manifest = shouting(tmp_path, monkeypatch, "a")
    with pytest.raises(UserError, match=r"pip install 'napari-dgc\[distributed\]'"):
        list(run_batch(task, items, manifest, scheduler="local"))


def test_a_cluster_of_this_machine_ends_with_the_work(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(HERE))
    names = ["interrupter", "a", "b", "killer"]
    task, items, manifest = shouting(tmp_path, monkeypatch, *names)
    events = list(run_batch(task, items, manifest, jobs=2, scheduler="local"))
    assert events[-1] == BatchFinished("shout", 4, 0, 0, False)
    assert (tmp_path / "tries.txt").read_text().count("interrupter") == 1
    assert (tmp_path / "killer.txt").read_text() == "KILLER"
    ids = {int(line.split()[1]) for line in (tmp_path / "tries.txt").read_text().splitlines()}
    assert os.getpid() not in ids
    assert not any(Path(f"/proc/{number}").exists() for number in ids)
