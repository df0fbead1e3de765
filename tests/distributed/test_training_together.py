"""Two processes learn what one learns. `TOLERANCE` is what docs/distributed.md promises."""

import importlib.util
import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path

import numpy as np
import pytest
import torch

from napari_dgc.cli import main
from napari_dgc.cli.train import _train
from napari_dgc.clustering.storage import load_model
from napari_dgc.distributed.processes import ALONE, Processes, joined, processes
from napari_dgc.errors import UserError

_SPEC = importlib.util.spec_from_file_location("together", Path(__file__).with_name("together.py"))
together = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(together)

#: Largest relative difference of any loss of any epoch.
TOLERANCE = 1e-4


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Models of one process, and one of half of the epochs that others go on with."""
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("models")
    half = together.paper(2)
    together.train(half)
    half.save(folder / "begun alone")
    return folder


@pytest.fixture(scope="module")
def alone(folder):
    found = {}
    for name, make in together.MODELS.items():
        model = make()
        found[name] = together.train(model)
        model.save(folder / f"{name}-alone")
    return found


@pytest.fixture(scope="module")
def two(folder):
    return together.started(folder)


def assert_same_curve(found, expected):
    assert len(found) == len(expected) > 0
    for one, other in zip(found, expected, strict=True):
        assert one.keys() == other.keys()
        for name in one:
            assert one[name] == pytest.approx(other[name], rel=TOLERANCE, abs=1e-7), name


@pytest.mark.parametrize("name", together.MODELS)
def test_losses_of_two_processes_are_those_of_one_with_the_same_whole_batch(name, alone, two):
    for rank in range(2):
        assert_same_curve(two[rank][name]["losses"], alone[name]["losses"])


@pytest.mark.parametrize("name", together.MODELS)
def test_both_hold_one_model_that_labels_as_that_of_one_process(name, folder, alone, two):
    first, second, expected = (load_model(folder / f"{name}-{end}") for end in ("0", "1", "alone"))
    for cube in together.scans():
        labels = first.predict(cube)
        np.testing.assert_array_equal(labels, second.predict(cube))
        assert np.mean(labels == expected.predict(cube)) > 0.995
    np.testing.assert_array_equal(first.summary.pixels, second.summary.pixels)
    assert first.summary.pixels.shape == (3, 4)
    np.testing.assert_allclose(first.summary.mass, expected.summary.mass, rtol=0.01, atol=3)


def test_two_processes_go_on_with_the_model_of_one(alone, two):
    assert_same_curve(two[0]["resumed"]["losses"], alone["paper"]["losses"][2:])


def test_one_process_goes_on_with_the_model_of_two(folder, two):
    model = load_model(folder / "resumed-0")
    assert model.epoch == 4
    model.epochs = 5
    found = together.train(model, resume=True)["losses"]
    straight = together.paper(5)
    assert_same_curve(found, together.train(straight)["losses"][4:])


def test_all_stop_at_the_same_step_when_one_is_asked(two):
    ends = [(told["asked to stop"]["steps"], told["asked to stop"]["stopped"]) for told in two]
    assert ends == [(7, True), (7, True)]


def test_torchrun_writes_one_model_and_one_line_per_epoch(tmp_path, capsys):
    files = []
    for cube in together.scans():
        files.append(str(tmp_path / f"{cube.name}.npy"))
        np.save(files[-1], np.nan_to_num(cube.data).transpose(1, 2, 0))
    model = tmp_path / "model"
    options = ["--model", str(model), "--layout", "row-column-band", "--device", "cpu"]
    words = ["--standalone", "--nproc-per-node", "2", "-m", "napari_dgc", "train", *files]
    words += [*options, "--clusters", "4", "--epochs", "1"]
    run = subprocess.run(
        [sys.executable, "-m", "torch.distributed.run", *words],
        capture_output=True,
        text=True,
        env=os.environ | {"OMP_NUM_THREADS": "1"},
        timeout=300,
    )
    assert run.returncode == 0, run.stderr
    assert [line.split("  ")[0] for line in run.stdout.splitlines()] == ["epoch 1/1"]
    assert run.stderr.count("2 processes") == 1
    assert main(["train", *files, *options, "--resume", "--epochs", "2"]) == 0
    assert capsys.readouterr().out.startswith("epoch 2/2")


def test_more_processes_than_pairs_of_patches_are_told_what_to_do():
    with pytest.raises(UserError, match=r"start at most 2 processes.*--batch 3"):
        Processes(2, 3).share([1, 2])
    assert [Processes(rank, 2).share([1, 2, 3]) for rank in (0, 1)] == [[1, 3], [2]]


def test_methods_of_one_process_say_so(tmp_path):
    scan = tmp_path / "scan.npy"
    np.save(scan, np.random.default_rng(0).random((5, 12, 14)))
    args = together_args(
        scan, tmp_path / "model", method="kmeans", layout="band-row-column", device="cpu"
    )
    with pytest.raises(UserError, match="trained by one process"):
        _train(args, Processes(0, 2))
    assert not (tmp_path / "model").exists()


def together_args(scan, model, **options):
    from napari_dgc.cli import _build_parser

    words = ["train", str(scan), "--model", str(model)]
    words += [word for name, value in options.items() for word in (f"--{name}", value)]
    args: Namespace = _build_parser("train").parse_args(words)
    return args


def test_without_torchrun_there_is_one_process(monkeypatch):
    monkeypatch.delenv("RANK", raising=False)
    with joined(gpus=True) as found:
        assert found is ALONE
    assert processes() is ALONE


def test_numbers_of_processes_that_are_none_are_told(monkeypatch):
    monkeypatch.setenv("RANK", "3")
    monkeypatch.setenv("WORLD_SIZE", "2")
    with pytest.raises(UserError, match="start with torchrun"), joined(gpus=False):
        pass
