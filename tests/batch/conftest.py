from collections.abc import Callable
from pathlib import Path

import pytest

from napari_dgc.batch import Item

Make = Callable[..., list[Item]]


@pytest.fixture(autouse=True)
def importable(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let this process and others import the task of the tests."""
    monkeypatch.syspath_prepend(Path(__file__).parent)


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Make files of some names and the scans of a batch that they are."""

    def made(*names: str) -> list[Item]:
        folder = tmp_path / "in"
        folder.mkdir(exist_ok=True)
        items = [Item(name, folder / f"{name}.dat") for name in names]
        for item in items:
            item.path.write_text(item.name)
        return items

    return made
