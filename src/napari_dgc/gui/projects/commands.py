"""Commands of napari's menus about projects."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session


def save() -> None:
    """Save the project; asks where the first time."""
    from napari_dgc.gui.projects.asking import save_project

    _with_session(save_project)


def save_as() -> None:
    """Ask for a place and save the project there."""
    from napari_dgc.gui.projects.asking import save_project_as

    _with_session(save_project_as)


def open_() -> None:
    """Ask for a project and open it."""
    from napari_dgc.gui.projects.asking import open_where_asked

    _with_session(open_where_asked)


def _with_session(do: Callable[[Session], None]) -> None:
    """Do something to the session in front, with the train dock open, which tells about it."""
    from napari import current_viewer

    from napari_dgc.gui.projects.view import open_train_dock
    from napari_dgc.gui.session import get_session

    viewer = current_viewer()
    if viewer is not None:
        session = get_session(viewer)
        open_train_dock(session)
        do(session)
