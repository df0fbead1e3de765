"""Folders that commands write to."""

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube


def make_folder(folder: Path, purpose: str) -> None:
    """Make a folder and try to write there: found out now, not after hours of work.

    Parameters
    ----------
    folder
        Made with its parents when missing.
    purpose
        What will be written there, for the message.

    Raises
    ------
    UserError
        When nothing can be written there.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file; give a folder for {purpose}.")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"Cannot write to the folder {folder} ({error.strerror or error}); "
            f"choose another one for {purpose}."
        ) from None


def say_replaced(path: Path) -> None:
    """Say that an earlier result is about to be replaced, where there is one."""
    from napari_dgc.cli.progress import say

    if path.exists():
        say(f"the earlier {path} is replaced")


def refuse_scans(paths: Iterable[Path], scans: Iterable["HyperCube | Path"]) -> None:
    """Refuse to write over the scans themselves.

    Parameters
    ----------
    paths
        Files to be written.
    scans
        What is read.

    Raises
    ------
    UserError
        When a file to be written is one of a scan.
    """
    from napari_dgc.cubes.envi_files import find_header

    there = [path for path in paths if path.exists()]
    if not there:
        return
    read: set[tuple[int, int]] = set()
    for scan in scans:
        path = scan if isinstance(scan, Path) else scan.path
        for file in () if path is None else (path, find_header(path)):
            if file is not None and file.exists():
                status = file.stat()
                read.add((status.st_dev, status.st_ino))
    for path in there:
        status = path.stat()
        if (status.st_dev, status.st_ino) in read:
            raise UserError(
                f"{path} is a scan that is read here and would be lost; give another folder "
                f"with --out."
            )


def refuse_same_names(names: Iterable[str], what: str) -> None:
    """Refuse scans whose results would go to the same file.

    Parameters
    ----------
    names
        Stems of the files.
    what
        What is written, for the message.

    Raises
    ------
    UserError
        When two names differ in nothing but upper and lower case.
    """
    seen: set[str] = set()
    for name in names:
        # Some file systems do not tell upper from lower case.
        if name.casefold() in seen:
            raise UserError(
                f"Two scans are named {name} and would write the same {what}; "
                f"rename one, or write them into different folders."
            )
        seen.add(name.casefold())
