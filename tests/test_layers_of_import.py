"""Only the gui room may know napari and Qt."""

import ast
from pathlib import Path

import pytest

import napari_dgc

PACKAGE = Path(napari_dgc.__file__).parent
FORBIDDEN = {"napari", "qtpy", "magicgui", "superqt", "pyqtgraph", "PyQt5", "PyQt6", "PySide6"}
ENGINE = sorted(
    path for path in PACKAGE.rglob("*.py") if path.relative_to(PACKAGE).parts[0] != "gui"
)


def imported(path):
    """Every module a file imports anywhere, also inside functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            yield node.module


def test_there_are_files_to_look_at():
    assert len(ENGINE) > 20


@pytest.mark.parametrize("path", ENGINE, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_engine_knows_no_window(path):
    roots = {name.split(".")[0] for name in imported(path)}
    assert not roots & FORBIDDEN
    assert not any(name.startswith("napari_dgc.gui") for name in imported(path))
