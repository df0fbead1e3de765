"""``train``: curves, training card and TensorBoard files."""

import errno
import re
import signal
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from napari_dgc.cli import main
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.storage import load_model
from napari_dgc.monitoring import LOG_FILE, read_log

Capture = pytest.CaptureFixture[str]


def train(scans: list[Path], model: Path, *options: str) -> int:
    return main(["train", *map(str, scans), "--model", str(model), *options])


def spread(run: Path) -> list[tuple[int, float]]:
    found = EventAccumulator(str(run))
    found.Reload()
    return [(e.step, pytest.approx(e.value)) for e in found.Scalars("loss/spread")]


def test_a_card_lies_beside_the_model_and_resuming_continues_its_curves(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    model = tmp_path / "model"
    assert train(scans, model, "--epochs", "2") == 0
    assert str(model / "training.html") in capsys.readouterr().err
    page = (model / "training.html").read_text(encoding="utf-8")
    assert "2 epochs; 2 scans." in page and "spread (loss)" in page
    assert "bins are not learned" in page
    assert "No maps were made" in page
    assert len(re.findall("[0-9a-f]{64}", page)) == 3, "a hash for each scan"
    assert train(scans, model, "--epochs", "4", "--resume") == 0
    log = read_log(model)
    assert log is not None
    assert [one.epoch for one in log.epochs] == [1, 2, 3, 4]
    assert "4 epochs; 2 scans." in (model / "training.html").read_text(encoding="utf-8")


def test_maps_of_epochs_are_made_where_asked_for_and_change_nothing(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path
) -> None:
    assert train(scans, tmp_path / "plain", "--epochs", "2") == 0
    card = tmp_path / "cards" / "maize.html"
    options = ("--epochs", "2", "--epoch-maps", "--card", str(card))
    assert train(scans, tmp_path / "watched", *options) == 0
    assert card.read_text(encoding="utf-8").count("data:image/png") == 4
    assert not (tmp_path / "watched" / "training.html").exists()
    models = [(tmp_path / name / "model.json").read_bytes() for name in ("plain", "watched")]
    assert models[0] == models[1]


def test_a_card_of_a_model_that_needs_no_more_training(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    train(scans, tmp_path / "model", "--epochs", "2")
    card = tmp_path / "card.html"
    assert train(scans, tmp_path / "model", "--resume", "--card", str(card)) == 0
    assert "spread (loss)" in card.read_text(encoding="utf-8")


def test_tensorboard_files_are_beside_the_model_and_go_on(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    model = tmp_path / "maize"
    assert train(scans, model, "--epochs", "2", "--tensorboard") == 0
    err = capsys.readouterr().err
    assert f"tensorboard --logdir {model / 'tensorboard'}" in err
    run = model / "tensorboard" / "maize"
    assert spread(run) == [(1, 1.0), (2, 0.5)]
    assert train(scans, model, "--epochs", "3", "--resume", "--tensorboard") == 0
    assert spread(run) == [(1, 1.0), (2, 0.5), (3, 1 / 3)]
    assert train(scans, model, "--epochs", "1", "--tensorboard") == 0
    assert spread(run.with_name("maize-2")) == [(1, 1.0)]
    assert len(spread(run)) == 3


def test_tensorboard_files_of_several_models_in_one_folder(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path
) -> None:
    for name in ("maize", "tea"):
        runs = ("--tensorboard", str(tmp_path / "runs"))
        assert train(scans, tmp_path / name, "--epochs", "1", *runs) == 0
        assert spread(tmp_path / "runs" / name) == [(1, 1.0)]


def test_without_tensorboard_one_sentence_says_what_to_install(
    stand_in: type[Clusterer],
    scans: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    monkeypatch.setitem(sys.modules, "tensorboardX", None)
    assert train(scans, tmp_path / "model", "--tensorboard") == 2
    out, err = capsys.readouterr()
    assert out == "" and err.count("\n") == 1
    assert 'pip install "napari-dgc[tensorboard]"' in err
    assert train(scans, tmp_path / "model", "--epochs", "1") == 0


def test_bad_places_are_refused_before_training(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "folder.html").mkdir()
    for options, said in (
        (("--card", str(scans[0])), "is an HTML file"),
        (("--card", str(tmp_path / "folder.html")), "is a folder"),
        (("--tensorboard", str(scans[0])), "is a file"),
    ):
        before = scans[0].read_bytes()
        assert train(scans, tmp_path / "model", *options) == 2
        out, err = capsys.readouterr()
        assert out == "" and said in err
        assert scans[0].read_bytes() == before


def test_an_interrupt_keeps_the_curves_so_far(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[Clusterer, Path], None] = stand_in.save
    interrupted: list[bool] = []

    def save(self: Clusterer, folder: Path) -> None:
        real(self, folder)
        if self.epoch == 2 and not interrupted:
            interrupted.append(True)
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(stand_in, "save", save)
    assert train(scans, tmp_path / "model", "--epochs", "50", "--tensorboard") == 130
    page = (tmp_path / "model" / "training.html").read_text(encoding="utf-8")
    assert "stopped by the user" in page
    assert train(scans, tmp_path / "model", "--epochs", "3", "--resume", "--tensorboard") == 0
    log = read_log(tmp_path / "model")
    assert log is not None and [one.epoch for one in log.epochs] == [1, 2, 3]
    assert [s for s, _ in spread(tmp_path / "model" / "tensorboard" / "model")] == [1, 2, 3]


def test_a_damaged_log_is_told_and_training_goes_on(
    stand_in: type[Clusterer], scans: list[Path], tmp_path: Path, capsys: Capture
) -> None:
    model = tmp_path / "model"
    train(scans, model, "--epochs", "1")
    (model / LOG_FILE).write_text("{")
    capsys.readouterr()
    assert train(scans, model, "--epochs", "2", "--resume") == 0
    assert "curves of the epochs before are lost" in capsys.readouterr().err
    log = read_log(model)
    assert log is not None and [one.epoch for one in log.epochs] == [2]
    assert load_model(model).epoch == 2


def test_a_log_that_cannot_be_written_does_not_stop_the_training(
    stand_in: type[Clusterer],
    scans: list[Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("napari_dgc.monitoring.write_log", refuse)
    assert train(scans, tmp_path / "model", "--epochs", "2") == 0
    assert "was not written (No space left on device)" in capsys.readouterr().err
    assert load_model(tmp_path / "model").epoch == 2
