"""What is asked before a model is written, or takes the place of another."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QMessageBox, QWidget

from napari_dgc.errors import UserError
from napari_dgc.gui import messages
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session


def may_discard_names(session: Session, parent: QWidget) -> bool:
    """Ask before names that the user gave are lost with the clusters they belong to."""
    partition = session.partition
    named = [] if partition is None else [i.name for i in partition.classes if i.name]
    if not named:
        return True
    answer = QMessageBox.question(
        parent,
        "Replace the clusters?",
        as_plain(
            f"New clusters take the place of these, and the names go with them "
            f"({', '.join(dict.fromkeys(named))}). Save the model first to keep them."
        ),
        QMessageBox.StandardButton.Discard | QMessageBox.StandardButton.Cancel,
        QMessageBox.StandardButton.Cancel,
    )
    return bool(answer == QMessageBox.StandardButton.Discard)


def save_where_asked(session: Session, parent: QWidget) -> str:
    """Ask for a folder and write the model and its classes; returns what came of it, or "".

    Raises
    ------
    UserError
        The model was not saved, and why.
    """
    from napari_dgc.gui.model_folder import save_model

    folder = QFileDialog.getExistingDirectory(parent, "Folder for the model")
    if not folder or session.model is None:
        return ""
    try:
        with messages.busy():
            save_model(session, Path(folder))
    except (UserError, OSError) as error:
        raise UserError(f"The model was not saved: {error}") from error
    return f"The model is in {folder}."
