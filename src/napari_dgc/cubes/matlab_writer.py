"""Writing cubes as MATLAB v7.3 files that MATLAB itself would open."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.files import write_atomically

#: Rows and columns of one chunk.
_CHUNK = 32
#: Most bands of one chunk: single bands (the slider) and windows of all bands both read fast.
_CHUNK_BANDS = 48


def write_matlab(
    path: Path,
    cube: NDArray[np.float32],
    wavelengths: NDArray[np.float64] | None = None,
    *,
    variable: str = "cube",
) -> None:
    """Write a cube as a MATLAB v7.3 (HDF5) file.

    In MATLAB the variable has the size rows x columns x bands; in the HDF5
    file the axes come in reversed order, as MATLAB stores them. Small chunks
    without compression make windows of all bands read fast. The same arguments
    give the same bytes: the file carries no date.

    Parameters
    ----------
    path
        File to write, replaced only once the new one is complete.
    cube
        (band, row, column); stored as single.
    wavelengths
        Band centres, written as the variable ``wavelengths`` (1 x bands, double).
    variable
        Name of the cube in the file.
    """
    write_atomically(path, lambda temporary: _write(temporary, cube, wavelengths, variable))


def _write(
    path: Path,
    cube: NDArray[np.float32],
    wavelengths: NDArray[np.float64] | None,
    variable: str,
) -> None:
    import h5py

    bands, rows, columns = cube.shape
    slab = -(-bands // -(-bands // _CHUNK_BANDS))  # equal slabs, so that no chunk is padded much
    with h5py.File(path, "w", userblock_size=512) as file:
        stored = file.create_dataset(
            variable,
            (bands, columns, rows),
            np.float32,
            chunks=(slab, min(_CHUNK, columns), min(_CHUNK, rows)),
            track_times=False,
        )
        stored.attrs["MATLAB_class"] = np.bytes_("single")
        for start in range(0, rows, _CHUNK):
            stop = min(rows, start + _CHUNK)
            stored[:, :, start:stop] = cube[:, start:stop, :].transpose(0, 2, 1)
        if wavelengths is not None:
            centres = np.asarray(wavelengths, np.float64).reshape(-1, 1)
            vector = file.create_dataset("wavelengths", data=centres, track_times=False)
            vector.attrs["MATLAB_class"] = np.bytes_("double")
    # The header MATLAB looks for: 116 bytes of text, 8 of offset, version 2.0, byte order.
    text = b"MATLAB 7.3 MAT-file, Platform: napari-dgc, HDF5 schema 1.00 ."
    with path.open("r+b") as raw:
        raw.write(text.ljust(116) + bytes(8) + b"\x00\x02IM")
