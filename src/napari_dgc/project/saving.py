"""Writing a project: a program that is killed leaves the last good state, or the new one."""

from __future__ import annotations

import os
import shutil
from collections.abc import Generator, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, TypeAlias

from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes
from napari_dgc.hashes import bytes_of, files_of_scan, sha256_of
from napari_dgc.project.data_files import DataFile
from napari_dgc.project.embedded import write_inside
from napari_dgc.project.manifest import MANIFEST, Contents, manifest_text, read_manifest
from napari_dgc.project.parts import SCANS, Part, make_inside, remove_unused, write_parts
from napari_dgc.project.relocation import is_there

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.project.project import Project
    from napari_dgc.project.scans import StoredScan


@dataclass(frozen=True)
class ProjectProgress:
    """`fraction` (0 to 1) of a `stage` is done."""

    stage: str
    fraction: float


@dataclass(frozen=True)
class ScanChanged:
    """A file of a scan is not what it was when the project was saved.

    Parameters
    ----------
    scan
        Name in the workspace.
    path
        The file.
    reason
        A sentence: it is missing, or what it holds has changed.
    """

    scan: str
    path: Path
    reason: str


@dataclass(frozen=True, eq=False)
class Saved:
    """The project as it is on disk now."""

    project: Project


SaveEvent: TypeAlias = ProjectProgress | ScanChanged | Saved


def save_events(
    project: Project, folder: Path, *, overwrite: bool = False, token: CancelToken | None = None
) -> Iterator[SaveEvent]:
    """Save a project, yielding events; the last one holds it as it was saved.

    A scan whose files hold something else than at the last save is told (`ScanChanged`), and its
    hash is renewed.

    Files inside a project are named by what they hold and never changed. Its own file comes
    last, at once: whenever the program ends, the folder holds the last state or the new one.

    Parameters
    ----------
    project
        The project.
    folder
        Where to; made when missing. Scans that lie inside the project go along, others stay
        where they are.
    overwrite
        Replace another project that is there, or one that was saved by somebody else since.
    token
        Asks for a stop; the last state stays then.

    Raises
    ------
    UserError
        Nothing can be written there, or another project would be lost.
    InterruptedError
        When asked to stop.
    """
    folder = Path(os.path.abspath(folder))
    _refuse_loss(project, folder, overwrite)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield ProjectProgress("scans", 0.0)
        for key, cube in project.unwritten.items():
            stage = f"saving {cube.name}"
            yield ProjectProgress(stage, 0.0)
            write_inside(folder, project.scan(key), cube, token, lambda share: None)
        scans = []
        earlier = _earlier(project)
        total = sum(_bytes(project, folder, scan) for scan in project.scans)
        done = 0
        for scan in project.scans:
            files = {}
            for name, file in scan.files().items():
                where = _brought(project, scan, file, folder)
                there = Path(os.path.normpath(folder / where.path))
                if there.exists():
                    hashing = where.hashing(there, token)
                    known = file if file.contents else earlier.get(file.path)
                    where, done = yield from _told(hashing, f"hashing {scan.key}", done, total)
                    if known is not None:
                        yield from _changed(scan.key, there, known, where)
                files[name] = where
            scans.append(scan.with_files(files))
        contents = replace(project.contents, scans=tuple(scans))
        text = manifest_text(contents).encode()
        if token is not None and token.cancelled:
            raise InterruptedError("stopped by the user")
        yield ProjectProgress("writing", 0.0)
        write_parts(folder, contents.parts)
        _refuse_loss(project, folder, overwrite)
        write_bytes(folder / MANIFEST, text)
    except OSError as error:
        if isinstance(error, InterruptedError):
            raise
        raise UserError(
            f"{error.filename or folder} cannot be written: {error.strerror or error}; choose "
            "another place for the project."
        ) from error
    with suppress(OSError):
        remove_unused(folder, contents.parts)
    here = [replace(part, source=folder) for part in contents.parts]
    saved = _placed(contents, {part.file: part for part in here})
    yield Saved(type(project)(folder, saved, sha256_of(text)))


def check_scans(
    project: Project, *, token: CancelToken | None = None
) -> Iterator[ProjectProgress | ScanChanged]:
    """Compare the files of a project's scans with their hashes, yielding what has changed.

    Parameters
    ----------
    project
        The project.
    token
        Asks for a stop.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    total = sum(file.size for scan in project.scans for file in scan.files().values())
    done = 0
    for scan in project.scans:
        for file in scan.files().values():
            path = project.path_of(file)
            if not is_there(project, file):
                yield ScanChanged(scan.key, path, f"{path} is missing.")
            elif file.contents:
                hashing = file.hashing(path, token)
                try:
                    now, done = yield from _told(hashing, f"checking {scan.key}", done, total)
                except UserError as error:
                    yield ScanChanged(scan.key, path, str(error))
                    continue
                yield from _changed(scan.key, path, file, now)


def _changed(key: str, path: Path, before: DataFile, after: DataFile) -> Iterator[ScanChanged]:
    """Yield which files at a path do not hold what they held."""
    known = {one.name: one.sha256 for one in before.contents}
    now = {one.name: one.sha256 for one in after.contents}
    if len(known) == len(now) == 1:
        # One file may have another name now.
        now = dict(zip(known, now.values(), strict=True))
    for name, digest in known.items():
        place = path if len(known) == 1 else path.with_name(name)
        if name not in now:
            yield ScanChanged(key, place, f"{place} is missing.")
        elif now[name] != digest:
            yield ScanChanged(
                key, place, f"{place} has changed since the project was saved (its hash differs)."
            )


def _told(
    hashing: Generator[int, None, DataFile], stage: str, done: int, total: int
) -> Generator[ProjectProgress, None, tuple[DataFile, int]]:
    """Turn bytes that were read into progress; returns the file, and what is done now."""
    yield ProjectProgress(stage, min(1.0, done / max(1, total)))
    while True:
        try:
            done += next(hashing)
        except StopIteration as stop:
            file: DataFile = stop.value
            return file, done
        yield ProjectProgress(stage, min(1.0, done / max(1, total)))


def _earlier(project: Project) -> dict[str, DataFile]:
    """Return the files that a project referred to when it was saved last, by their paths."""
    if not project.state:
        return {}
    try:
        contents, _ = read_manifest(project.folder)
    except UserError:
        return {}
    return {file.path: file for scan in contents.scans for file in scan.files().values()}


def _refuse_loss(project: Project, folder: Path, overwrite: bool) -> None:
    path = folder / MANIFEST
    if path.is_symlink():
        raise UserError(f"{path} is a link, and a project holds none; choose another place.")
    if overwrite or not path.exists():
        return
    same = os.path.normcase(folder) == os.path.normcase(project.folder)
    try:
        if same and project.state and sha256_of(path.read_bytes()) == project.state:
            return
    except OSError:
        pass
    if same and project.state:
        raise UserError(
            f"The project in {folder} was saved by another window or person since it was opened; "
            "save it in another place, or open it again."
        )
    raise UserError(f"There is another project in {folder}; choose another place.")


def _bytes(project: Project, folder: Path, scan: StoredScan) -> int:
    total = 0
    for file in scan.files().values():
        path = folder / file.path if scan.key in project.unwritten else project.path_of(file)
        with suppress(UserError):
            total += sum(bytes_of(one) for one in files_of_scan(path))
    return total


def _brought(project: Project, scan: StoredScan, file: DataFile, folder: Path) -> DataFile:
    """Return a file as a project in another folder refers to it, copied where it lies inside."""
    if scan.key in project.unwritten or folder == project.folder:
        return file
    if PurePosixPath(file.path).parts != (SCANS, file.name):
        return replace(DataFile.at(project.path_of(file), folder), contents=file.contents)
    make_inside(folder, SCANS)
    for source in files_of_scan(project.path_of(file)):
        target = folder / SCANS / source.name
        if not target.exists():
            shutil.copyfile(source, target)
    return file


def _placed(contents: Contents, parts: Mapping[str, Part]) -> Contents:
    """Return contents whose parts are read from the disk."""
    return replace(
        contents,
        model=tuple(parts[one.file] for one in contents.model),
        labels={key: parts[one.file] for key, one in contents.labels.items()},
        epochs=replace(
            contents.epochs,
            kept=tuple(
                replace(
                    one,
                    model=tuple(parts[part.file] for part in one.model),
                    labels={key: parts[part.file] for key, part in one.labels.items()},
                )
                for one in contents.epochs.kept
            ),
        ),
        history=None if contents.history is None else parts[contents.history.file],
    )
