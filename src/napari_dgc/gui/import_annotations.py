"""The command "Import annotations…": to look at, to score against, or to correct by."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.errors import UserError
from napari_dgc.gui import messages

if TYPE_CHECKING:
    from napari_dgc.annotations import LabelImage
    from napari_dgc.evaluation.named import Comparison
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

_FILTER = (
    "Annotations and label maps (*.json *.hdr *.tif *.tiff *.png *.npy *.mat);;"
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
    from napari_dgc.gui.background import wait_for
    from napari_dgc.gui.import_dialog import CORRECT, SCORE, ImportDialog
    from napari_dgc.gui.reference_layers import add_reference, read_annotations
    from napari_dgc.gui.score_dialog import ScoreDialog

    # Those without bands, too, whose label maps are still open.
    scans = list(dict.fromkeys([*session.scans, *session.labelled]))
    what = paths[0].name if len(paths) == 1 else f"{len(paths)} files"
    try:
        images = wait_for(partial(read_annotations, paths, scans), f"Reading {what}")
    except InterruptedError:
        return
    except UserError as error:
        messages.show_error(_short(str(error), paths))
        return
    dialog = ImportDialog(images, scans, session.partition, messages.window_of_viewer())
    if not dialog.exec():
        return
    chosen, purpose = dialog.chosen, dialog.purpose
    try:
        if purpose == CORRECT:
            messages.show_info(correct(session, chosen))
            return
        result = None
        if purpose == SCORE:
            count_rest = dialog.rest.isChecked()
            result = wait_for(
                lambda token, tell: score(session, chosen, rest=count_rest), "Comparing"
            )
    except InterruptedError:
        return
    except UserError as error:
        messages.show_error(str(error))
        return
    viewer: Any = session.viewer
    for image, scan in chosen:
        add_reference(viewer, image, scan)
    if result is not None:
        names = [scan.name for _, scan in chosen if scan is not None]
        ScoreDialog(result, names, messages.window_of_viewer()).show()


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


def score(
    session: Session, chosen: Sequence[tuple[LabelImage, Scan | None]], *, rest: bool
) -> Comparison:
    """Compare the classes of scans with annotations.

    Raises
    ------
    UserError
        When sizes differ, or nothing is labelled.
    """
    from napari_dgc.evaluation.named import compare_named

    partition = session.partition
    if partition is None:
        raise UserError("There are no classes to score yet.")
    pairs = [
        (image, partition.apply(scan.fine))
        for image, scan in chosen
        if scan is not None and scan.fine is not None
    ]
    names = {info.number: info.name for info in partition.classes}
    truth, predicted = [image for image, _ in pairs], [labels for _, labels in pairs]
    return compare_named(truth, predicted, names, rest=rest)


def _short(sentence: str, paths: Sequence[Path]) -> str:
    """Leave folders out of a sentence: they would leave no room for what is wrong."""
    for path in paths:
        sentence = sentence.replace(str(path), path.name)
    return sentence
