"""The command "Import annotations…": to look at, to score against, or to correct by."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.errors import UserError
from napari_dgc.gui import messages

if TYPE_CHECKING:
    from napari.layers import Labels
    from qtpy.QtWidgets import QWidget

    from napari_dgc.annotations import LabelImage
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

#: Class of pixels without a label where they count.
REST = "rest"
_FILTER = (
    "Annotations and label maps (*.json *.hdr *.tif *.tiff *.png *.npy *.mat *.pth *.pt);;"
    "labelme or COCO (*.json);;ENVI classification (*.hdr);;All files (*)"
)


def import_annotations() -> None:
    """Ask for files with annotations and what they are for, and do it."""
    from napari import current_viewer
    from qtpy.QtWidgets import QFileDialog

    from napari_dgc.gui.session import get_session

    viewer = current_viewer()
    if viewer is None:
        return
    names, _ = QFileDialog.getOpenFileNames(
        messages.window_of_viewer(), "Import annotations", "", _FILTER
    )
    if names:
        import_files(get_session(viewer), [Path(name) for name in names])


def import_files(session: Session, paths: Sequence[Path]) -> None:
    """Ask what the annotations of files are for, and do it; failures are notifications."""
    from napari_dgc.gui.go_to import go_to_evaluation
    from napari_dgc.gui.import_dialog import CORRECT, SCORE, ImportDialog
    from napari_dgc.gui.reference_layers import add_reference

    scans = _all_scans(session)
    images = _read(paths, scans)
    if not images:
        return
    dialog = ImportDialog(images, scans, session.partition, messages.window_of_viewer())
    if not dialog.exec():
        return
    chosen, purpose = dialog.chosen, dialog.purpose
    if purpose == CORRECT:
        with contextlib.suppress(InterruptedError):
            try:
                messages.show_info(correct(session, chosen))
            except UserError as error:
                messages.show_error(str(error))
        return
    viewer: Any = session.viewer
    layers = [(scan, add_reference(viewer, image, scan)) for image, scan in chosen]
    if purpose == SCORE:
        evaluation = go_to_evaluation(viewer, viewer.window._qt_window)
        truth = {scan: layer for scan, layer in layers if scan is not None}
        evaluation.take_truth(truth, rest=REST if dialog.rest.isChecked() else "")


def open_truth(session: Session, parent: QWidget) -> list[tuple[Scan, Labels]]:
    """Ask for files with annotations and show them; returns the layers of scans.

    Annotations that mean no open scan are shown as well, for the user to choose.
    """
    from qtpy.QtWidgets import QFileDialog

    from napari_dgc.gui.reference_layers import add_reference, scan_for, size_of

    names, _ = QFileDialog.getOpenFileNames(parent, "Open truth", "", _FILTER)
    scans = _all_scans(session)
    found = []
    for image in _read([Path(name) for name in names], scans):
        scan = scan_for(image, scans)
        layer = add_reference(session.viewer, image, scan)
        if scan is not None and size_of(scan) == image.labels.shape:
            found.append((scan, layer))
            continue
        rows, columns = image.labels.shape
        messages.show_info(
            f"{image.name} ({rows} x {columns} pixels) fits no open scan by its name and size."
        )
    return found


def _all_scans(session: Session) -> list[Scan]:
    """Return the open scans, and those without bands whose label maps are still open."""
    return list(dict.fromkeys([*session.scans, *session.labelled]))


def _read(paths: Sequence[Path], scans: Sequence[Scan]) -> list[LabelImage]:
    """Read annotations while the window waits; failures are notifications."""
    from napari_dgc.gui.background import wait_for
    from napari_dgc.gui.reference_layers import read_annotations

    if not paths:
        return []
    what = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
    try:
        return wait_for(partial(read_annotations, paths, scans), f"Reading {what}")
    except InterruptedError:
        return []
    except UserError as error:
        messages.show_error(_short(str(error), paths))
        return []


def correct(session: Session, chosen: Sequence[tuple[LabelImage, Scan | None]]) -> str:
    """Take annotations over as corrections, in one step; returns what happened.

    Raises
    ------
    UserError
        When sizes differ; nothing is changed then.
    InterruptedError
        The user cancelled.
    """
    from napari_dgc.gui.background import wait_for
    from napari_dgc.workspace import Several
    from napari_dgc.workspace.adopt import take_over

    partition = session.partition
    if partition is None:
        raise UserError("There are no classes to correct yet.")
    found = wait_for(
        lambda token, tell: [
            (scan, take_over(image, partition, scan.key, scan.fine, scan.predicted))
            for image, scan in chosen
            if scan is not None and scan.fine is not None and scan.predicted is not None
        ],
        "Comparing",
    )
    sentences = []
    for scan, taken in found:
        changed = ", ".join(f"{name} {count}" for name, count in taken.pixels.items() if count)
        sentences.append(
            f"{scan.name}: pixels corrected: {changed}."
            if changed
            else f"{scan.name}: nothing had to be corrected."
        )
        if taken.unknown:
            names = ", ".join(f"“{name}”" for name in taken.unknown)
            sentences.append(f"Left out, as no class has the name: {names}.")
    commands = tuple(taken.command for _, taken in found if taken.command is not None)
    if commands:
        session.do(Several("correct by annotations", commands) if commands[1:] else commands[0])
        sentences.append("Ctrl+Z in the merge dock takes all of this back.")
    return " ".join(sentences)


def _short(sentence: str, paths: Sequence[Path]) -> str:
    """Leave folders out of a sentence: they would leave no room for what is wrong."""
    for path in paths:
        sentence = sentence.replace(str(path), path.name)
    return sentence
