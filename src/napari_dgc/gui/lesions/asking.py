"""Asking for the file of a table or a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dgc.gui import export_panel
from napari_dgc.gui.plain_label import as_plain

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

_FOLDER_KEY = "measure/folder"


def ask_file(
    parent: QWidget,
    title: str,
    stem: str,
    filters: Mapping[str, str],
    planned: Callable[[Path], Sequence[Path]],
    folder: Path | None = None,
) -> Path | None:
    """Ask for a file.

    Parameters
    ----------
    parent
        Widget over which questions are asked.
    title
        Of the dialog.
    stem
        Name that is proposed. Its ending comes from the kind that is chosen, so that the
        name cannot contradict it.
    filters
        Ending of each kind of file that there is to choose from.
    planned
        Gives the files that will be written for a name; before others are replaced than the
        one that the dialog asked about, a question is asked.
    folder
        Where the dialog begins, unless it ended elsewhere before.

    Returns
    -------
    Path or None
        None where the user has thought better of it.
    """
    store = export_panel.settings()
    before = str(store.value(_FOLDER_KEY, "") or "")
    start = Path(before) if before and Path(before).is_dir() else folder or Path.home()
    name, chosen = QFileDialog.getSaveFileName(
        parent, title, str(start / stem), ";;".join(filters), next(iter(filters))
    )
    if not name:
        return None
    path = Path(name)
    if path.suffix.casefold() not in filters.values():
        path = path.with_name(path.name + filters.get(chosen, next(iter(filters.values()))))
    # The dialog has asked about the file itself, unless its name was completed.
    lost = [file for file in planned(path) if file.exists() and file != Path(name)]
    if lost and not _may_replace(parent, lost):
        return None
    store.setValue(_FOLDER_KEY, str(path.parent))
    return path


def _may_replace(parent: QWidget, files: Sequence[Path]) -> bool:
    names = ", ".join(file.name for file in files)
    what = "This file" if len(files) == 1 else "These files"
    answer = QMessageBox.question(
        parent,
        "Replace files?",
        as_plain(f"{what} in {files[0].parent} will be replaced:\n{names}"),
        QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel,
        QMessageBox.StandardButton.Cancel,
    )
    return bool(answer == QMessageBox.StandardButton.Yes)
