"""Writing the bad bands of an ENVI cube into its own header, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi_files import find_header
from napari_dgc.cubes.envi_header import read_header
from napari_dgc.errors import UserError
from napari_dgc.files import write_atomically

_KEY = "bbl"
# With the list in braces, on this or the next lines, or with a bare value.
_ENTRY = re.compile(
    rb"^[ \t]*bbl[ \t]*=[ \t]*(?:(?:\r?\n[ \t]*)?\{[^}]*\})?[^\n]*(?:\n|\Z)",
    re.IGNORECASE | re.MULTILINE,
)


def own_header(cube: HyperCube) -> Path | None:
    """Return the ENVI header that a cube was opened with, or None for other formats."""
    if cube.path is None or cube.format != "ENVI":
        return None
    return find_header(cube.path)


def write_bad_bands(cube: HyperCube) -> Path:
    """Write the bad bands into the header (``bbl``: 1 good, 0 bad); the rest stays as it is.

    Parameters
    ----------
    cube
        An ENVI cube that was opened from a file.

    Returns
    -------
    Path
        The header.

    Raises
    ------
    UserError
        There is no header, it cannot be written, or it is so unusual that the entry
        cannot be replaced without touching others.
    """
    path = own_header(cube)
    if path is None:
        raise UserError(f"{cube.name} has no ENVI header; export it as ENVI first.")
    bad = set(cube.bad_bands)
    flags = ", ".join("0" if band in bad else "1" for band in range(cube.n_bands))
    before = read_header(path)
    try:
        content = path.read_bytes()
        end = b"\r\n" if b"\r\n" in content else b"\n"
        kept = _ENTRY.sub(b"", content).rstrip(b"\0 \t\r\n")
        entry = f"{_KEY} = {{{flags}}}".encode()

        def write(temporary: Path) -> None:
            temporary.write_bytes(kept + end + entry + end)
            after = read_header(temporary)
            if after != {**before, _KEY: flags}:
                raise UserError(
                    f"{path} is written in an unusual way; change its “{_KEY}” by hand."
                )

        write_atomically(path, write)
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror or error}.") from error
    return path
