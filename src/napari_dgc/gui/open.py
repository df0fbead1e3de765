"""napari's reader: from a file to the layers of a cube, asking where only the user can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.layers import LayerTuple

PathOrPaths = str | Path | Sequence[str | Path]
Reader = Callable[[PathOrPaths], list[Any]]

#: napari's way to say that a file was dealt with and there is nothing to add.
NOTHING: list[Any] = [(None,)]


def get_reader(path: PathOrPaths) -> Reader | None:
    """Return the reader for a path napari asks about, or None; never raises.

    A file that is no cube is left to other readers. Where there is none, it is
    taken too, so that the user reads what is wrong with it.
    """
    try:
        from napari_dgc.cubes.read import can_open

        paths = _paths(path)
        if not paths:
            return None
        return read if all(can_open(one) for one in paths) or _nobody_else_reads(paths) else None
    except Exception:  # noqa: BLE001 - napari may ask about anything
        return None


def _nobody_else_reads(paths: list[Path]) -> bool:
    from npe2 import PluginManager

    readers = PluginManager.instance().iter_compatible_readers([str(path) for path in paths])
    return {reader.plugin_name for reader in readers} == {"napari-dgc"}


def read(path: PathOrPaths) -> list[Any]:
    """Read cubes as napari layers.

    Bad files are told in a notification; nothing is added for them.
    """
    from napari import current_viewer

    from napari_dgc.gui import messages
    from napari_dgc.gui.classification_layer import classification_layer
    from napari_dgc.gui.layers import layer_data
    from napari_dgc.gui.session import get_session

    viewer = current_viewer()
    if viewer is not None:
        get_session(viewer)  # so that it sees the layers come
    found: list[LayerTuple] = []
    for one in _paths(path):
        try:
            classes = classification_layer(one, viewer)
            if classes is not None:
                found.append(classes)
                continue
            cube = open_or_ask(one)
            if cube is None:
                continue
            with messages.busy():
                found += layer_data(cube)
        except UserError as error:
            # napari shows the beginning: the folders would leave no room for what is wrong
            messages.show_error(str(error).replace(str(one), one.name))
            continue
        if cube.notes:
            messages.show_info(f"{cube.name}: {' '.join(cube.notes)}")
    return found or NOTHING


def open_or_ask(path: Path) -> HyperCube | None:
    """Open a cube; where only the user can tell what is meant, ask.

    Returns
    -------
    HyperCube or None
        None when the user did not want to answer.

    Raises
    ------
    UserError
        The file cannot be opened.
    """
    from napari_dgc.cubes.read import AmbiguousLayout, AmbiguousVariable, open_cube
    from napari_dgc.gui import dialogs, messages

    variable: str | None = None
    layout = "auto"
    while True:
        try:
            with messages.busy():
                return open_cube(path, variable=variable, layout=layout)
        except AmbiguousVariable as question:
            answer = dialogs.ask_variable(path, question.candidates)
            if answer is None or variable is not None:
                return None
            variable = answer
        except AmbiguousLayout as question:
            answer = dialogs.ask_layout(path, variable, question.shape)
            if answer is None or layout != "auto":
                return None
            layout = answer


def _paths(path: PathOrPaths) -> list[Path]:
    if isinstance(path, str | Path):
        return [Path(path)]
    return [Path(one) for one in path]
