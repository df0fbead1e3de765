"""``train``: lines per epoch, saving, resuming, interrupting."""

import errno
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import h5py
import numpy as np
import pytest

from napari_dgc.cli import main
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import TrainingEvent, TrainingFinished
from napari_dgc.clustering.storage import load_model
from napari_dgc.errors import UserError

Capture = pytest.CaptureFixture[str]


def train(scans: list[Path], model: Path, *options: str) -> int:
    return main(["train", *map(str, scans), "--model", str(model), *options])


def test_one_line_per_epoch_on_stdout_and_the_rest_on_stderr(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert train(scans, tmp_path / "model", "--epochs", "3", "--clusters", "5") == 0
    out, err = capsys.readouterr()
    assert out.splitlines() == [
        "epoch 1/3  spread 1.0000  active clusters 3",
        "epoch 2/3  spread 0.5000  active clusters 3",
        "epoch 3/3  spread 0.3333  active clusters 3",
    ]
    assert "2 scans, 5 clusters" in err
    assert "bins are not learned" in err
    loaded = load_model(tmp_path / "model")
    assert (loaded.n_clusters, loaded.epoch, loaded.seed) == (5, 3, 0)


def test_one_scan_is_told_in_the_singular(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert train(scans[:1], tmp_path / "model", "--epochs", "1", "--clusters", "5") == 0
    assert "1 scan, 5 clusters" in capsys.readouterr().err


def test_the_model_is_saved_after_every_epoch(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    saved: list[int] = []
    real: Callable[[Clusterer, Path], None] = stand_in.save

    def save(self: Clusterer, folder: Path) -> None:
        real(self, folder)
        saved.append(self.epoch)

    monkeypatch.setattr(stand_in, "save", save)
    assert train(scans, tmp_path / "model", "--epochs", "3") == 0
    assert saved[:3] == [1, 2, 3]


def test_resuming_goes_on_to_more_epochs(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model", "--epochs", "2", "--clusters", "4", "--seed", "9")
    capsys.readouterr()
    assert train(scans, tmp_path / "model", "--epochs", "4", "--resume") == 0
    assert [line.split()[1] for line in capsys.readouterr().out.splitlines()] == ["3/4", "4/4"]
    assert load_model(tmp_path / "model").epoch == 4
    assert train(scans, tmp_path / "model", "--resume") == 0
    out, err = capsys.readouterr()
    assert out == ""
    assert "already has 4 epochs" in err


@pytest.mark.parametrize(
    "option", [["--clusters", "7"], ["--method", "dgc-paper"], ["--seed", "1"]]
)
def test_resuming_with_other_options_is_refused(
    stand_in: type[Clusterer],
    scans: list[Path],
    tmp_path: Path,
    capsys: Capture,
    option: list[str],
) -> None:
    train(scans, tmp_path / "model", "--epochs", "1", "--clusters", "4")
    capsys.readouterr()
    assert train(scans, tmp_path / "model", "--resume", *option) == 2
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert option[0] in err


def test_resuming_without_a_model_is_refused(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert train(scans, tmp_path / "model", "--resume") == 2
    assert "There is no model" in capsys.readouterr().err


def test_an_interrupt_keeps_the_model_so_far(
    stand_in: type[Clusterer],
    scans: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    real: Callable[[Clusterer, Path], None] = stand_in.save

    def save(self: Clusterer, folder: Path) -> None:
        real(self, folder)
        if self.epoch == 2 and not interrupted:
            interrupted.append(True)
            signal.raise_signal(signal.SIGINT)

    interrupted: list[bool] = []
    monkeypatch.setattr(stand_in, "save", save)
    before = signal.getsignal(signal.SIGINT)
    assert train(scans, tmp_path / "model", "--epochs", "50") == 130
    out, err = capsys.readouterr()
    assert len(out.splitlines()) == 2
    assert "stopped after epoch 2" in err
    assert load_model(tmp_path / "model").epoch == 2
    assert signal.getsignal(signal.SIGINT) is before


def test_a_model_folder_that_is_a_file_is_refused(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "model").write_text("mine")
    assert train(scans, tmp_path / "model") == 2
    assert "is a file" in capsys.readouterr().err
    assert (tmp_path / "model").read_text() == "mine"


def test_a_device_that_is_not_there_is_refused(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert train(scans, tmp_path / "model", "--device", "abacus") == 2
    assert "no device 'abacus'" in capsys.readouterr().err


def test_damaged_models_are_named(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model", "--epochs", "1")
    document = json.loads((tmp_path / "model" / "model.json").read_text())
    document["tensors"] = "../../secret.safetensors"
    (tmp_path / "model" / "model.json").write_text(json.dumps(document))
    capsys.readouterr()
    assert train(scans, tmp_path / "model", "--resume") == 2
    assert capsys.readouterr().err.count("\n") == 1


def test_stopping_before_anything_was_learned_promises_no_resume(
    stand_in: type[Clusterer],
    scans: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    def interrupted(self: Clusterer, *_args: object, **_options: object) -> Iterator[TrainingEvent]:
        signal.raise_signal(signal.SIGINT)
        yield TrainingFinished(0, stopped=True)

    def save(self: Clusterer, folder: Path) -> None:
        raise UserError("There is nothing to save yet.")

    monkeypatch.setattr(stand_in, "fit_iter", interrupted)
    monkeypatch.setattr(stand_in, "save", save)
    assert train(scans, tmp_path / "model") == 130
    err = capsys.readouterr().err
    assert "nothing was written" in err
    assert "--resume" not in err


def test_a_folder_that_cannot_be_written_is_refused_before_training(
    stand_in: type[Clusterer],
    scans: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    def refuse(*_args: object, **_options: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    # Permissions do not stop an administrator, under whom tests may run.
    monkeypatch.setattr("napari_dgc.cli.folders.tempfile.TemporaryFile", refuse)
    assert train(scans, tmp_path / "model") == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert f"Cannot write to the folder {tmp_path / 'model'} (Permission denied)" in err


def test_what_was_decided_while_opening_is_said_once(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    assert train(scans, tmp_path / "model", "--epochs", "1") == 0
    err = capsys.readouterr().err
    assert err.count("read as row-column-band") == 1
    assert "first and 1 more: " in err


def test_scans_in_slow_chunks_are_unpacked_once_and_without_room_read_slowly(
    stand_in: type[Clusterer],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    with h5py.File(tmp_path / "leaf.h5", "w") as file:
        samples = np.random.default_rng(0).random((5, 300, 310), np.float32)
        file.create_dataset("cube", data=samples, chunks=(1, 300, 310), compression="gzip")
    monkeypatch.setattr("napari_dgc.cubes.scan_cache.SMALLEST", 0)
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(tmp_path / "cache"))
    options = ("--epochs", "1", "--layout", "band-row-column")
    assert train([tmp_path / "leaf.h5"], tmp_path / "model", *options) == 0
    assert "unpacking leaf" in capsys.readouterr().err
    (copy,) = (tmp_path / "cache").iterdir()
    copy.unlink()
    monkeypatch.setenv("NAPARI_DGC_CACHE_GB", "0.000001")
    assert train([tmp_path / "leaf.h5"], tmp_path / "model", *options) == 0
    assert "leaf is read from its file, slowly" in capsys.readouterr().err
