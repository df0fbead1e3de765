"""Finding the scans of a project again after they, or it, were moved."""

from __future__ import annotations

from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING

from napari_dgc.errors import UserError
from napari_dgc.hashes import bytes_of, files_of_scan
from napari_dgc.project.data_files import DataFile
from napari_dgc.project.scans import StoredScan

if TYPE_CHECKING:
    from napari_dgc.project.project import Answer, Project


def is_there(project: Project, file: DataFile) -> bool:
    """Tell whether a file is where a project says.

    A place on another computer (``//server/...``) is never looked at unasked: whoever sends a
    project must not make this computer log in there.
    """
    return not file.path.startswith(("//", "\\\\")) and project.path_of(file).exists()


def relocate(project: Project, answer: Answer) -> tuple[StoredScan, ...]:
    """Return the scans of a project with those files elsewhere that are missing.

    Parameters
    ----------
    project
        The project.
    answer
        A folder: files are looked for under it by as much of their old path as fits, so that
        one folder resolves all, whether it is the one that they were in, one above it, or one
        with all of them. Or a place for each missing file, by its path in the project.

    Raises
    ------
    UserError
        The folder is none.
    """
    if isinstance(answer, Path) and not answer.is_dir():
        raise UserError(f"{answer} is not a folder; give the one that the scans are in.")
    places: dict[str, DataFile] = {}
    for file in project.missing():
        place = _by_suffix(answer, file) if isinstance(answer, Path) else answer.get(file.path)
        if place is not None and place.exists():
            there = DataFile.at(place, project.folder)
            places[file.path] = DataFile(there.path, file.contents)
    scans = []
    for scan in project.scans:
        moved = {
            name: places[file.path] for name, file in scan.files().items() if file.path in places
        }
        scans.append(scan.with_files(moved) if moved else scan)
    return tuple(scans)


def _by_suffix(folder: Path, file: DataFile) -> Path | None:
    """Return a file under a folder by the longest end of its old path that is there.

    Among several, one of the same size as the old one goes first.
    """
    parts = [part for part in PurePosixPath(file.path).parts if part not in ("..", "/", "\\")]
    places = [folder.joinpath(*parts[first:]) for first in range(len(parts))]
    there = [place for place in places if place.exists()]
    if not there:
        return None
    return next((place for place in there if same_size(place, file)), there[0])


def same_size(place: Path, file: DataFile) -> bool:
    """Tell whether files have the sizes that were saved."""
    try:
        return [bytes_of(one) for one in files_of_scan(place)] == [o.size for o in file.contents]
    except UserError:
        return False
