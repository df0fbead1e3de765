"""What is asked about projects: where they are, where scans are, and before work is lost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEventLoop, QTimer
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dgc.errors import UserError
from napari_dgc.gui import messages
from napari_dgc.gui.lesions.reporting import folder_of
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.gui.projects.keeper import ProjectKeeper, get_keeper
from napari_dgc.gui.projects.opening import open_project
from napari_dgc.project.manifest import MANIFEST
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session
    from napari_dgc.project import Project
    from napari_dgc.project.data_files import DataFile

_MOST_NAMES = 8
_Button = QMessageBox.StandardButton


def save_project(session: Session, parent: Any = None) -> None:
    """Save the project of a session; asks where the first time."""
    keeper = get_keeper(session)
    if keeper.project is None:
        save_project_as(session, parent)
    else:
        keeper.save()


def save_project_as(session: Session, parent: Any = None) -> None:
    """Ask for a place and save the project there."""
    keeper = get_keeper(session)
    if not session.scans and session.work is None:
        keeper.failed.emit("There is nothing to save yet: open a scan first.")
        return
    project = keeper.project
    start = folder_of(session.scans) or Path.home()
    start = start / "project" if project is None else project.folder
    name, _ = QFileDialog.getSaveFileName(
        parent or messages.window_of_viewer(),
        "Save project: name of its folder",
        str(start),
        "Project folder (*)",
        options=QFileDialog.Option.DontConfirmOverwrite,
    )
    if not name:
        return
    folder = Path(name)
    if folder.name == MANIFEST:
        folder = folder.parent
    same = project is not None and folder == project.folder
    other = (folder / MANIFEST).exists() and not same
    if other and not _may_replace(folder, parent):
        return
    keeper.save(folder, overwrite=other)


def open_where_asked(session: Session, parent: Any = None) -> None:
    """Ask for a project and open it in place of what is open."""
    keeper = get_keeper(session)
    if keeper.busy:
        keeper.failed.emit("The project is being saved; open another one when that is done.")
        return
    if not may_close(session, parent):
        return
    project = keeper.project
    start = folder_of(session.scans) or Path.home()
    start = start if project is None else project.folder.parent
    name = QFileDialog.getExistingDirectory(
        parent or messages.window_of_viewer(), "Folder of a project", str(start)
    )
    if name:
        open_and_tell(session, Path(name), parent)


def open_and_tell(session: Session, folder: Path, parent: Any = None) -> bool:
    """Open a project and tell what could not be opened; returns whether it is open."""
    keeper = get_keeper(session)
    try:
        problems = open_project(
            session, folder, lambda project, missing: _which_folder(project, missing, parent)
        )
    except InterruptedError:
        return False
    except (UserError, OSError, MemoryError) as error:
        keeper.failed.emit(str(error) or "There is not enough memory; close other programs.")
        return False
    keeper.said.emit(f"The project {folder.name} is open: {counted(len(session.scans), 'scan')}.")
    if problems:
        left = counted(len(problems), "scan")
        keeper.failed.emit(
            f"{left} could not be opened and {'stays' if len(problems) == 1 else 'stay'} in the "
            "project: " + " ".join(problems[:_MOST_NAMES])
        )
    return True


def may_close(session: Session, parent: Any = None) -> bool:
    """Ask before work that was not saved is closed; returns whether it may go."""
    keeper = get_keeper(session)
    if not keeper.unsaved:
        return True
    answer = QMessageBox.question(
        parent or messages.window_of_viewer(),
        "Unsaved work",
        "Another project takes the place of what is open, and it is not saved.",
        _Button.Save | _Button.Discard | _Button.Cancel,
        _Button.Save,
    )
    if answer == _Button.Discard:
        return True
    if answer != _Button.Save:
        return False
    save_project(session, parent)
    _wait_until_saved(keeper)
    return not keeper.unsaved


def _wait_until_saved(keeper: ProjectKeeper) -> None:
    """Let the window live until the project is saved, or saving was stopped or has failed."""
    if not keeper.busy:
        return
    loop = QEventLoop()
    timer = QTimer()
    timer.timeout.connect(lambda: None if keeper.busy else loop.quit())
    timer.start(50)
    loop.exec()
    timer.stop()


def _may_replace(folder: Path, parent: Any) -> bool:
    answer = QMessageBox.question(
        parent or messages.window_of_viewer(),
        "Replace the project?",
        as_plain(f"There is another project in {folder}. Replace it?"),
        _Button.Yes | _Button.Cancel,
        _Button.Cancel,
    )
    return bool(answer == _Button.Yes)


def _which_folder(project: Project, missing: Sequence[DataFile], parent: Any) -> Path | None:
    """Ask in which folder missing files are; raises InterruptedError to open nothing."""
    names = [file.name for file in missing]
    more = f"\nand {len(names) - _MOST_NAMES} more" if len(names) > _MOST_NAMES else ""
    box = QMessageBox(parent or messages.window_of_viewer())
    box.setWindowTitle("Where are the scans?")
    box.setIcon(QMessageBox.Icon.Question)
    box.setText(
        as_plain(
            f"{counted(len(names), 'file')} of the project {project.folder.name} not found:\n"
            + "\n".join(names[:_MOST_NAMES])
            + more
        )
    )
    box.setInformativeText(
        as_plain(f"They were in {project.path_of(missing[0]).parent}. One folder is enough.")
    )
    choose = box.addButton("Choose folder…", QMessageBox.ButtonRole.AcceptRole)
    without = box.addButton("Open without them", QMessageBox.ButtonRole.DestructiveRole)
    box.addButton(_Button.Cancel)
    box.setDefaultButton(choose)
    box.exec()
    if box.clickedButton() is without:
        return None
    if box.clickedButton() is not choose:
        raise InterruptedError
    name = QFileDialog.getExistingDirectory(
        parent or messages.window_of_viewer(), "Folder with the scans", str(project.folder.parent)
    )
    if not name:
        raise InterruptedError
    return Path(name)
