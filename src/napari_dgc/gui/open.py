"""napari's reader: from a file to the layers of a cube, asking where only the user can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cubes import HyperCube
    from napari_dgc.cubes.choices import AmbiguousLayout, AmbiguousVariable
    from napari_dgc.gui.layers import LayerTuple
    from napari_dgc.gui.remembered import Answer

PathOrPaths = str | Path | Sequence[str | Path]
Reader = Callable[[PathOrPaths], list[Any]]

#: napari's way to say that a file was dealt with and there is nothing to add.
NOTHING: list[Any] = [(None,)]


def get_reader(path: PathOrPaths) -> Reader | None:
    """Return the reader for a path napari asks about, or None; never raises.

    A file that is no cube is left to other readers. Where there is none, it is
    taken too, so that the user reads what is wrong with it. In napari's window, which
    asks only the reader that was chosen, the answer is a reader that says it.
    """
    try:
        from napari import current_viewer

        from napari_dgc.cubes.read import can_open

        paths = _paths(path)
        if not paths:
            return None
        if all(can_open(one) for one in paths) or _nobody_else_reads(paths):
            return read
        return None if current_viewer() is None else refuse
    except Exception:  # noqa: BLE001 - napari may ask about anything
        return None


def _nobody_else_reads(paths: list[Path]) -> bool:
    from npe2 import PluginManager

    readers = PluginManager.instance().iter_compatible_readers([str(path) for path in paths])
    return {reader.plugin_name for reader in readers} == {"napari-dgc"}


def refuse(path: PathOrPaths) -> list[Any]:
    """Say why a file is not opened as a cube; napari then offers the other readers.

    Raises
    ------
    UserError
        Always.
    """
    from napari_dgc.cubes.read import can_open, open_cube

    wrong = next((one for one in _paths(path) if not can_open(one)), None)
    if wrong is None:
        raise UserError("The file has changed meanwhile; open it again.")
    try:
        open_cube(wrong)
    except UserError as error:
        sentence = str(error).replace(str(wrong), wrong.name)
    else:
        sentence = f"{wrong.name} looks like a picture or labels, not like a hyperspectral cube."
    raise UserError(f"{sentence} Another reader may open it.")


def read(path: PathOrPaths) -> list[Any]:
    """Read cubes as napari layers.

    Bad files are told in a notification; nothing is added for them.
    """
    from napari import current_viewer
    from qtpy.QtCore import QTimer

    from napari_dgc.gui import messages
    from napari_dgc.gui.classification_layer import classification_layer
    from napari_dgc.gui.opening_notes import opening
    from napari_dgc.gui.scan_copies import get_scan_copies
    from napari_dgc.gui.session import get_session
    from napari_dgc.gui.warm_up import load_for_layers

    viewer = current_viewer()
    if viewer is not None:
        get_scan_copies(get_session(viewer))  # so that they see the layers come
        QTimer.singleShot(0, load_for_layers)  # while the first scan is read
    found: list[LayerTuple] = []
    for one in _paths(path):
        try:
            scans = () if viewer is None else get_session(viewer).scans
            classes = classification_layer(one, scans)
            if classes is not None:
                found.append(classes)
                continue
            with opening():
                found += _layers(one)
        except InterruptedError:
            break  # the other files are not meant either
        except UserError as error:
            # napari shows the beginning: the folders would leave no room for what is wrong
            messages.show_error(str(error).replace(str(one), one.name))
    return found or NOTHING


def choose_variable() -> None:
    """Ask which variable of a file is the cube, whatever was chosen before, and open it.

    The file is that of the selected scan, else one that the user names.
    """
    from napari import current_viewer
    from qtpy.QtWidgets import QFileDialog

    from napari_dgc.gui import messages
    from napari_dgc.gui.opening_notes import opening
    from napari_dgc.gui.session import get_session

    viewer = current_viewer()
    if viewer is None:
        return
    scan = get_session(viewer).scan_of(viewer.layers.selection.active)
    path = None if scan is None else scan.cube.path
    if path is None:
        name, _ = QFileDialog.getOpenFileName(
            messages.window_of_viewer(), "File with several cubes"
        )
        if not name:
            return
        path = Path(name)
    try:
        with opening():
            found = _layers(path, ask=True)
        for data, options, _ in found:
            viewer.add_image(data, **options)
    except InterruptedError:
        return
    except UserError as error:
        messages.show_error(str(error).replace(str(path), path.name))


def open_or_ask(path: Path, *, ask: bool = False) -> HyperCube | None:
    """Open a cube; where only the user can tell what is meant, ask.

    What was answered for another file of the folder with the same variables
    holds for this one, too.

    Parameters
    ----------
    path
        The file.
    ask
        Ask which variable is meant even where that is clear or was answered before.

    Returns
    -------
    HyperCube or None
        None when the user did not want to answer.

    Raises
    ------
    UserError
        The file cannot be opened.
    InterruptedError
        The user cancelled.
    """
    from napari_dgc.cubes.read import AmbiguousLayout, AmbiguousVariable

    answer: Answer | None = None
    recalled = misled = False
    while True:
        try:
            cube = _open(path, answer, ask=ask and answer is None)
            if ask and answer is None:
                raise UserError(f"{path} holds one cube and nothing else to choose from.")
            return _with_note(cube, answer) if recalled else cube
        except AmbiguousVariable as question:
            if answer is not None:
                raise
            answer, recalled = _which_variable(path, question, ask, misled)
        except AmbiguousLayout as question:
            if answer is not None and answer.layout != "auto":
                raise
            answer, recalled = _which_layout(path, answer, question, ask)
        except UserError:
            if not recalled:
                raise
            # What held for other files of the folder does not hold for this one.
            answer, recalled, ask, misled = None, False, True, True
            continue
        if answer is None:
            return None


def _layers(path: Path, *, ask: bool = False) -> list[LayerTuple]:
    """Open a cube and return its layers; empty where the user did not want to answer."""
    from napari_dgc.cubes.notes import worth_telling
    from napari_dgc.gui.background import wait_for
    from napari_dgc.gui.layers import layer_data
    from napari_dgc.gui.opening_notes import tell
    from napari_dgc.gui.scan_copies import movable

    opened = open_or_ask(path, ask=ask)
    if opened is None:
        return []
    cube = movable(opened)
    found = wait_for(lambda token, progress: layer_data(cube), f"Reading {path.name}")
    tell(cube.name, worth_telling(cube.notes))
    return found


def _open(path: Path, answer: Answer | None, *, ask: bool) -> HyperCube:
    from napari_dgc.cubes.read import open_cube
    from napari_dgc.gui.background import wait_for

    variable = None if answer is None else answer.variable
    layout = "auto" if answer is None else answer.layout
    image = None if answer is None else answer.image

    def work(token: CancelToken, progress: Callable[[float], None]) -> HyperCube:
        return open_cube(
            path,
            variable=variable,
            layout=layout,
            image=image,
            ask=ask,
            token=token,
            progress=progress,
        )

    return wait_for(work, f"Opening {path.name}")


def _which_variable(
    path: Path, question: AmbiguousVariable, ask: bool, misled: bool
) -> tuple[Answer | None, bool]:
    """Return what the user says or said, and whether it was said for another file."""
    from napari_dgc.gui import dialogs
    from napari_dgc.gui.remembered import recall

    before = recall(path.parent, dialogs.variable_question(path, question.candidates))
    if before is not None and not ask:
        return before, True
    return dialogs.ask_variable(path, question.candidates, None if misled else before), False


def _which_layout(
    path: Path, answer: Answer | None, question: AmbiguousLayout, ask: bool
) -> tuple[Answer | None, bool]:
    """Return the answer with the order of the axes, and whether that was said for another file."""
    from napari_dgc.gui import dialogs
    from napari_dgc.gui.remembered import Answer

    variable = None if answer is None else answer.variable
    before = dialogs.recall_layout(path, variable, question.shape)
    if before is not None and not ask:
        return Answer(variable, before), True
    layout = dialogs.ask_layout(path, variable, question.shape)
    return None if layout is None else Answer(variable, layout), False


def _with_note(cube: HyperCube, answer: Answer | None) -> HyperCube:
    what = cube.variable if answer is None else answer.variable or cube.variable
    opened = f"“{what}” is opened" if what else "Its axes are read"
    note = (
        f"{opened} as chosen before in this folder; "
        "File > IO Utilities > Choose another variable… asks again."
    )
    return replace(cube, notes=(note, *cube.notes))


def _paths(path: PathOrPaths) -> list[Path]:
    if isinstance(path, str | Path):
        return [Path(path)]
    return [Path(one) for one in path]
