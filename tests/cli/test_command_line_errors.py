"""Help, errors and exit status of the command line."""

import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_dgc import cli
from napari_dgc.cli import COMMANDS, main


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    out, err = capsys.readouterr()
    assert out.startswith(f"usage: napari-dgc {command}")
    assert err == ""


def test_the_program_lists_its_commands(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    out = capsys.readouterr().out
    listed = [line.split()[0] for line in out.splitlines() if re.match(r" {4}\w", line)]
    assert listed == list(COMMANDS)


def test_it_tells_its_version(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("napari-dgc ")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ([], "name a command"),
        (["paint"], "invalid choice: 'paint'"),
        (["--loud"], "unrecognized arguments"),
        (["train"], "required"),
        (["train", "a.mat"], "--model"),
        (["train", "a.mat", "--model", "m", "--clusters", "none"], "--clusters"),
        (["train", "a.mat", "--model", "m", "--clusters", "0"], "at least 1"),
        (["train", "a.mat", "--model", "m", "--epochs", "-3"], "at least 1"),
        (["train", "a.mat", "--model", "m", "--seed", "x"], "--seed"),
        (["train", "a.mat", "--model", "m", "--method", "magic"], "magic"),
        (["train", "a.mat", "--mod", "m"], "--model"),
        (["train", "gone.mat", "--model", "m"], "gone.mat"),
        (["train", ".", "--model", "m"], "folder"),
        (["segment", "gone.mat", "--model", "m", "--out", "o"], "gone.mat"),
        (["segment", "a.mat", "--model", "m", "--out", "o", "--format", "jpg"], "jpg"),
        (["segment", "a.mat", "--model", "m", "--out", "o", "--classes", "0"], "at least 1"),
        (["evaluate", "--pred", "gone", "--truth", "gone"], "no folder gone"),
        (["info", "gone.mat"], "gone.mat"),
        (["simulate"], "OUT"),
        (["demo", "--seed", "-1"], "--seed"),
    ],
)
def test_bad_options_end_in_one_line_and_status_2(
    arguments: list[str],
    said: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(arguments) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("napari-dgc")
    assert said in err
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (KeyboardInterrupt(), 130, "interrupted"),
        (InterruptedError("stopped"), 130, "interrupted"),
        (MemoryError(), 2, "memory"),
        (OSError(28, "No space left on device", "/out/a.tif"), 2, "/out/a.tif: No space left"),
        (PermissionError(13, "Permission denied", "/out"), 2, "Permission denied"),
    ],
)
def test_what_the_system_refuses_is_said_in_one_line(
    raised: BaseException,
    status: int,
    said: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from napari_dgc.cli import evaluate

    def fail(_args: object) -> int:
        raise raised

    monkeypatch.setattr(evaluate, "run", fail)
    assert main(["evaluate", "--pred", "a", "--truth", "b"]) == status
    err = capsys.readouterr().err
    assert said in err
    assert err.count("\n") == 1


def test_defects_of_the_program_are_not_hidden(monkeypatch: pytest.MonkeyPatch) -> None:
    from napari_dgc.cli import evaluate

    def fail(_args: object) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(evaluate, "run", fail)
    with pytest.raises(ZeroDivisionError):
        main(["evaluate", "--pred", "a", "--truth", "b"])


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys; from napari_dgc.cli import main; main(['--help'])\n"
        "heavy = {'torch', 'napari', 'numpy', 'scipy', 'h5py', 'skimage', 'qtpy'}\n"
        "sys.exit(sorted(heavy & set(sys.modules)).__repr__() if heavy & set(sys.modules) else 0)"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_a_reader_that_goes_away_is_no_error(tmp_path: Path) -> None:
    np.save(tmp_path / "a.npy", np.ones((9, 9), np.uint8))
    code = (
        "import os, sys; from napari_dgc.cli import main; os.close(1); r, w = os.pipe()\n"
        "os.close(r); os.dup2(w, 1) if w != 1 else None; sys.stdout = open(1, 'w')\n"
        f"sys.exit(main(['evaluate', '--pred', {str(tmp_path)!r}, '--truth', {str(tmp_path)!r}]))"
    )
    result = subprocess.run([sys.executable, "-c", code], stderr=subprocess.PIPE, text=True)
    assert result.returncode == 0
    assert "Traceback" not in result.stderr


def test_every_command_has_its_module() -> None:
    folder = Path(cli.__file__).parent
    assert all((folder / f"{command.replace('-', '_')}.py").is_file() for command in COMMANDS)
