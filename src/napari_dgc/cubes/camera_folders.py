"""Opening the folder that a camera wrote (what lies in it: see `camera_references`)."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from napari_dgc.cubes.camera_pieces import joined_pieces, open_pieces
from napari_dgc.cubes.camera_references import DARK, PROCESSED, SCAN, WHITE, headers_in, role
from napari_dgc.cubes.choices import AmbiguousVariable, Request, VariableInfo
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi import open_envi
from napari_dgc.cubes.envi_classification import is_classification
from napari_dgc.cubes.envi_files import scan_stem
from napari_dgc.cubes.envi_header import read_header
from napari_dgc.cubes.envi_layout import sample_layout
from napari_dgc.errors import UserError

#: Folders below the opened one that are looked into: a day, its scans, their ``capture``.
DEPTH = 3
#: Files and folders that are looked at; others are not camera folders.
MOST_ENTRIES = 20_000


def is_camera_folder(path: Path) -> bool:
    """Tell whether a path is a folder with ENVI headers in it."""
    return path.is_dir() and next(_headers(path), None) is not None


def open_camera_folder(path: Path, request: Request) -> HyperCube:
    """Open the scan in a camera's folder, with its references.

    Raw counts are preferred to the reflectance that the camera computed, since
    references belong to them; a note names what else there is.

    Parameters
    ----------
    path
        Folder of one scan, or of several.
    request
        `variable` chooses a scan: its path within the folder, without ``.hdr``. A scan in
        pieces is ``raw``, its first piece alone ``raw_0``.

    Raises
    ------
    AmbiguousVariable
        There are several scans.
    UserError
        There is none, or it cannot be opened.
    """
    captures = {_name(path, header): header for header in _headers(path)}
    if not captures:  # gone since the folder was recognised
        raise UserError(f"{path} holds no ENVI headers any more; copy the scan again.")
    if request.variable is not None:
        wanted = request.variable.removesuffix(".hdr").replace("\\", "/")
        pieces = joined_pieces(_scans(path, captures)).get(wanted, ())
        if len(pieces) > 1:
            return open_pieces(path, wanted, pieces)
        if wanted not in captures:
            known = ", ".join(captures)
            raise UserError(f"{path} has no scan “{request.variable}”; there are {known}.")
        return open_envi(captures[wanted])
    scans = joined_pieces(_scans(path, captures))
    if len(scans) > 1:
        raise AmbiguousVariable(
            f"{path} holds {len(scans)} scans ({_some(list(scans))}); choose one with --variable.",
            [_describe(name, pieces) for name, pieces in scans.items()],
        )
    ((scan, pieces),) = scans.items()
    cube = open_pieces(path, scan, pieces) if len(pieces) > 1 else open_envi(pieces[0])
    others = [
        name
        for name, header in captures.items()
        if _role(path, header) == PROCESSED and header not in pieces
    ]
    notes = [f"Of this folder {scan} is open."]
    if others:
        notes.append(f"There is also {_some(others)}: open that file to see it instead.")
    packs = sorted(entry.name for entry in path.iterdir() if entry.suffix.lower() == ".icp")
    if packs:
        notes.append(f"The calibration pack {_some(packs)} is not applied: its form is not public.")
    return replace(cube, notes=(*notes, *cube.notes))


def camera_scans(folder: Path) -> dict[str, list[Path]]:
    """Return the scans in and below a folder by name, references and label maps left out.

    Each is the headers of its pieces, one as a rule.

    Parameters
    ----------
    folder
        Looked through `DEPTH` folders deep.
    """
    captures = {
        _name(folder, header): header
        for header in _headers(folder)
        if not is_classification(header)
    }
    return joined_pieces(_scans(folder, captures)) if captures else {}


def _headers(folder: Path) -> Iterator[Path]:
    """Yield the ENVI headers in a folder and below it, links to folders left out."""
    left = MOST_ENTRIES
    waiting = [(folder, 0)]
    while waiting:
        here, depth = waiting.pop(0)
        try:
            with os.scandir(here) as entries:
                below = sorted(
                    entry.name for entry in entries if entry.is_dir(follow_symlinks=False)
                )
        except OSError:
            continue
        left -= len(below)
        if left < 0:
            return
        yield from headers_in(here)
        if depth < DEPTH:
            waiting += [(here / name, depth + 1) for name in below if not name.startswith(".")]


def _name(folder: Path, header: Path) -> str:
    return header.relative_to(folder).with_suffix("").as_posix()


def _role(folder: Path, header: Path) -> str:
    """Return what a capture is, by its name and those of the folders below the opened one."""
    own = role(scan_stem(header))
    inside = header.relative_to(folder).parent.parts
    if own == SCAN and "results" in (part.lower() for part in inside):
        return PROCESSED
    references = [kind for kind in map(role, inside) if kind in (WHITE, DARK)]
    return references[-1] if own == SCAN and references else own


def _scans(folder: Path, captures: dict[str, Path]) -> dict[str, Path]:
    """Return the captures that are scans; where there are none, those that are most like one."""
    roles = {name: _role(folder, header) for name, header in captures.items()}
    scans = [name for name in captures if roles[name] == SCAN]
    scans = scans or [name for name in captures if roles[name] == PROCESSED] or list(captures)
    scans = [name for name in scans if not is_classification(captures[name])] or scans
    return {name: captures[name] for name in scans}


def _describe(name: str, headers: list[Path]) -> VariableInfo:
    try:
        layouts = [sample_layout(read_header(header), header, []) for header in headers]
    except UserError:
        return VariableInfo(name, (), "damaged")
    bands, _, columns = layouts[0].shape
    rows = sum(layout.shape[1] for layout in layouts)
    return VariableInfo(name, (rows, columns, bands), layouts[0].dtype.name)


def _some(names: list[str]) -> str:
    shown = ", ".join(names[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4} more"
