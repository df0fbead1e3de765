"""Scans that have no file of their own: they are saved inside the project, as ENVI."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Callable
from pathlib import Path

import numpy as np

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.errors import UserError
from napari_dgc.files import file_stems
from napari_dgc.project.data_files import DataFile, Reading
from napari_dgc.project.parts import SCANS, make_inside
from napari_dgc.project.scans import StoredScan


def stored_inside(key: str, name: str, cube: HyperCube) -> StoredScan:
    """Describe a scan that `write_inside` will write; its file is named by what it holds."""
    digest = hashlib.sha256(repr((cube.name, cube.wavelengths, cube.scale)).encode())
    step = max(1, (16 << 20) // max(1, cube.n_bands * cube.columns))
    for first in range(0, cube.rows, step):
        digest.update(np.ascontiguousarray(cube.data[:, first : first + step, :]).data)
    stem = file_stems([cube.name])[0][:80]
    path = f"{SCANS}/{stem}-{digest.hexdigest()[:16]}.hdr"
    reading = Reading(
        wavelengths=None if cube.wavelengths is None else tuple(map(float, cube.wavelengths)),
        unit=cube.wavelength_unit,
        bad_bands=cube.bad_bands,
    )
    shape = (cube.n_bands, cube.rows, cube.columns)
    return StoredScan(key, name, DataFile(path), reading, None, shape)


def write_inside(
    folder: Path,
    scan: StoredScan,
    cube: HyperCube,
    token: CancelToken | None,
    progress: Callable[[float], object],
) -> None:
    """Write a scan without a file into a project, unless it is there already.

    Raises
    ------
    UserError
        There is no room, or a folder of the project is a link.
    InterruptedError
        When asked to stop.
    """
    make_inside(folder, SCANS)
    header = folder / scan.file.path
    data = header.with_suffix(".dat")
    if header.is_symlink() or data.is_symlink():
        raise UserError(f"{header} is a link, and a project holds none; remove it.")
    if header.exists() and data.exists():
        return
    # Half of an earlier attempt, named by the same samples.
    with contextlib.suppress(FileNotFoundError):
        data.unlink()
    write_envi(cube, header, token=token, progress=progress)
