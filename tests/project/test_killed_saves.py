"""A save that is killed, wherever it is, leaves the last state or the new one."""

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from napari_dgc import files
from napari_dgc.project import Project, parts, saving
from napari_dgc.workspace.commands import NameClasses

from .conftest import Recorded

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are not forked here")


def killed(do: Callable[[], object]) -> bool:
    """Do something in a process of its own; tell whether it was killed before its end."""
    child = os.fork()
    if not child:
        code = 1
        try:
            do()
            code = 0
        finally:
            os._exit(code)
    _, status = os.waitpid(child, 0)
    if os.WIFSIGNALED(status):
        return True
    assert os.WEXITSTATUS(status) == 0
    return False


def changed(project: Project) -> Project:
    """Return a project in which much is another one: work, view, labels, epochs."""
    history = project.history()
    assert history is not None
    history.do(NameClasses((1,), "soil"))
    return project.with_history(history).with_view({"zoom": 3})


class Countdown:
    """Kills this process before, in the middle of, or after the n-th call of a function."""

    def __init__(self, calls: int) -> None:
        self.left = calls

    def __call__(self) -> None:
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        self.left -= 1


@pytest.mark.parametrize("where", ["before a file", "in a file", "before it is named", "cleaning"])
def test_a_killed_save_damages_nothing(
    recorded: Recorded, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    monkeypatch.setattr(parts, "KEEP_SECONDS", 0.0)
    before = Project.open(recorded.project.folder)
    old = {path: path.read_bytes() for path in before.folder.rglob("*") if path.is_file()}
    killings = 0
    for calls in range(20):
        count = Countdown(calls)

        def save(count: Countdown = count) -> None:
            write, replace, unused = files.write_atomically, Path.replace, saving.remove_unused

            def writing(target: Path, make: Callable[[Path], object]) -> None:
                if where == "before a file":
                    count()

                def half(temporary: Path) -> None:
                    make(temporary)
                    if where == "in a file":
                        os.truncate(temporary, temporary.stat().st_size // 2)
                        count()
                        make(temporary)

                write(target, half)

            def naming(self: Path, target: Path) -> Path:
                if where == "before it is named":
                    count()
                return replace(self, target)

            def cleaning(folder: Path, used: object) -> None:
                unlink = Path.unlink

                def removing(self: Path, missing_ok: bool = False) -> None:
                    if where == "cleaning":
                        count()
                    unlink(self, missing_ok)

                Path.unlink = removing  # type: ignore[method-assign,assignment]
                unused(folder, used, older=-1)  # type: ignore[arg-type]

            files.write_atomically = writing
            Path.replace = naming  # type: ignore[method-assign,assignment]
            saving.remove_unused = cleaning  # type: ignore[assignment]
            changed(Project.open(before.folder)).save()

        died = killed(save)
        killings += died
        now = Project.open(before.folder)
        work = now.work()
        assert work is not None
        if now.state == before.state:
            assert died
            assert work == recorded.history.work
            assert {p: p.read_bytes() for p in old} == old
        else:
            assert now.view == {"zoom": 3}
            assert work.partition.class_of(1).name == "soil"
        assert all(now.labels(key) is not None for key in now.keys)
        assert now.model() is not None
        assert now.epochs.kept[0].load().epoch == 1
        if not died:
            break
        # The next attempt begins with the first state again.
        for path in before.folder.rglob("*"):
            if path.is_file() and path not in old and path.name.startswith("project"):
                path.unlink()
        for path, content in old.items():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(content)
    assert killings >= 1
    assert not died


def test_what_is_left_of_killed_saves_goes_some_time(recorded: Recorded) -> None:
    project = Project.open(recorded.project.folder)
    left = project.folder / "parts" / f".{'a' * 64}-x1y2.json"
    left.write_bytes(b"{")
    foreign = project.folder / "parts" / "notes.txt"
    foreign.write_text("mine")
    old_history = project.contents.history
    assert old_history is not None
    saved = changed(project).save()
    assert left.exists() and (saved.folder / old_history.file).exists()
    for path in (left, saved.folder / old_history.file, foreign):
        os.utime(path, (1, 1))
    saved.with_view({}).save()
    assert not left.exists()
    assert not (saved.folder / old_history.file).exists()
    assert foreign.read_text() == "mine"
    assert Project.open(saved.folder).work() == saved.work()
