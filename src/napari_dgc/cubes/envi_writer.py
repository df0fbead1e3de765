"""Writing cubes as ENVI files: a text header and plain samples, never held as a whole."""

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi_files import DATA_SUFFIXES, find_data, is_file_of
from napari_dgc.cubes.envi_header import read_header
from napari_dgc.cubes.envi_layout import DATA_TYPES, INTERLEAVES, sample_layout
from napari_dgc.cubes.reading_cost import Stored
from napari_dgc.errors import UserError
from napari_dgc.files import write_atomically, write_text

#: Types that samples can be written as, by the names users know.
SAMPLE_TYPES = tuple(np.dtype(code).name for code in DATA_TYPES.values())
#: What stands in for the types that ENVI does not know.
_SUBSTITUTES = {"bool": "uint8", "int8": "int16", "float16": "float32", "float128": "float64"}
_UNITS = {"nm": "Nanometers", "um": "Micrometers", "cm-1": "Wavenumber"}
#: Bytes of a block of rows; more where the file gives whole columns of the scan at once anyway.
_BLOCK, _LARGE_BLOCK = 32 << 20, 256 << 20

Progress = Callable[[float], object]


def write_envi(
    cube: HyperCube,
    path: Path,
    *,
    interleave: str = "bil",
    dtype: str | None = None,
    progress: Progress = lambda fraction: None,
    token: CancelToken | None = None,
) -> list[Path]:
    """Write a cube as an ENVI header and a data file.

    Samples are written as they are stored; scale, gains and the value for "no
    data" go into the header, as do wavelengths, widths, names, bad and default
    bands. A crash leaves the files that were there, or none.

    Parameters
    ----------
    cube
        The cube; read in blocks of rows.
    path
        The header, ending in ``.hdr``. Samples go to the name without that
        suffix, with ``.dat`` where no suffix of a data file is left. An
        ENVI cube of just these two files is replaced.
    interleave
        ``"bsq"``, ``"bil"`` or ``"bip"``.
    dtype
        One of `SAMPLE_TYPES`; by default the cube's own, or the next that
        ENVI knows. Values must fit: only floating-point numbers are rounded,
        and to floating-point numbers only.
    progress
        Called with the fraction that is done.
    token
        Cancelled to stop.

    Returns
    -------
    list of Path
        Header and data file.

    Raises
    ------
    UserError
        The path belongs to other data, the disk is too full, or values do not
        fit into `dtype`.
    InterruptedError
        When cancelled.
    """
    if interleave not in INTERLEAVES:
        raise UserError(f"The interleave “{interleave}” is unknown; choose bsq, bil or bip.")
    sample_type = _sample_type(cube, dtype)
    data_path = planned_data_path(cube, path)
    header = _header_text(cube, interleave, sample_type)
    size = int(np.prod([int(n) for n in cube.data.shape], dtype=object)) * sample_type.itemsize
    path.parent.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(path.parent).free < size:
        raise UserError(
            f"{path.parent} has no room for {size / 1e9:.1f} GB of samples; choose another folder."
        )

    def write(temporary: Path) -> None:
        with temporary.open("wb") as file:
            for done in _write_samples(cube, file, interleave, sample_type):
                progress(done)
                if token is not None and token.cancelled:
                    raise InterruptedError
        # Should the program end here, samples without a header are better than with a wrong one.
        path.unlink(missing_ok=True)

    write_atomically(data_path, write)
    write_text(path, header)
    return [path, data_path]


def planned_data_path(cube: HyperCube, path: Path, keep: Sequence[Path | None] = ()) -> Path:
    """Return the data file that `write_envi` would write, or refuse to replace other data.

    Parameters
    ----------
    cube, path
        See `write_envi`.
    keep
        Other files that must not be written over, with their headers.

    Raises
    ------
    UserError
        `path` is no header's name, or it or its data file belong to other data.
    """
    if path.suffix.lower() != ".hdr":
        raise UserError(f"{path} does not end in .hdr; give the name of the header to write.")
    base = path.with_suffix("")
    known = base.suffix.lower() in DATA_SUFFIXES
    data_path = base if known else base.with_name(base.name + ".dat")
    for owner in (cube.path, *keep):
        if owner is not None and any(is_file_of(target, owner) for target in (path, data_path)):
            whose = "the cube itself" if owner is cube.path else f"the reference {owner}"
            raise UserError(f"{path} belongs to {whose}; choose another name.")
    if path.exists() or data_path.exists():
        _refuse_other_data(path, data_path)
    return data_path


def _refuse_other_data(path: Path, data_path: Path) -> None:
    if not path.exists():
        raise UserError(
            f"{data_path} exists and is no ENVI cube of this name; choose another name."
        )
    try:
        header = read_header(path)
        own = find_data(path, sample_layout(header, path, []))
    except UserError:
        raise UserError(f"{path} exists and is no ENVI cube; choose another name.") from None
    if own != data_path:
        raise UserError(f"{path} is the header of {own.name}; choose another name.")


def _sample_type(cube: HyperCube, name: str | None) -> np.dtype[Any]:
    if name is None:
        name = cube.data.dtype.name
        name = _SUBSTITUTES.get(name, name)
    if name not in SAMPLE_TYPES:
        raise UserError(f"ENVI has no samples of type “{name}”; choose {', '.join(SAMPLE_TYPES)}.")
    return np.dtype(name).newbyteorder("<")


def _write_samples(
    cube: HyperCube, file: BinaryIO, interleave: str, dtype: np.dtype[Any]
) -> Iterator[float]:
    """Write all samples; yield the fraction that is done."""
    plane = cube.rows * cube.columns * dtype.itemsize
    for rows in _row_blocks(cube):
        window = _cast(np.asarray(cube.data[:, rows, :]), dtype, cube)
        if interleave == "bsq":
            for band, part in enumerate(window):
                file.seek(band * plane + rows.start * cube.columns * dtype.itemsize)
                file.write(np.ascontiguousarray(part).data)
        else:
            file.write(np.ascontiguousarray(window.transpose(INTERLEAVES[interleave])).data)
        yield rows.stop / cube.rows


def _row_blocks(cube: HyperCube) -> Iterator[slice]:
    per_row = cube.n_bands * cube.columns * cube.data.dtype.itemsize
    together = cube.data.granule[1] if isinstance(cube.data, Stored) else 1
    step = _BLOCK // per_row
    if step < together:  # every block would read the same parts of the file once more
        step = min(together, _LARGE_BLOCK // per_row)
    step = max(1, step - step % together if step > together else step)
    for start in range(0, cube.rows, step):
        yield slice(start, min(start + step, cube.rows))


def _cast(window: NDArray[Any], dtype: np.dtype[Any], cube: HyperCube) -> NDArray[Any]:
    with np.errstate(over="ignore", invalid="ignore"):
        # Fill values of double precision become infinite, which are missing as well.
        cast = window.astype(dtype)
    if np.can_cast(window.dtype, dtype, "same_kind") and window.dtype.kind == "f":
        return cast
    if not np.can_cast(window.dtype, dtype, "safe") and not np.array_equal(cast, window):
        kind = "floating-point" if window.dtype.kind == "f" else "whole"
        raise UserError(
            f"{cube.name} holds {kind} numbers that {dtype.name} cannot hold; choose another type."
        )
    return cast


def _header_text(cube: HyperCube, interleave: str, dtype: np.dtype[Any]) -> str:
    code = next(code for code, known in DATA_TYPES.items() if known == dtype.str[1:])
    fields: dict[str, object] = {
        "description": f"{{{_plain(cube.name)}, written by napari-dgc}}",
        "samples": cube.columns,
        "lines": cube.rows,
        "bands": cube.n_bands,
        "header offset": 0,
        "file type": "ENVI Standard",
        "data type": code,
        "interleave": interleave,
        "byte order": 0,
    }
    if cube.default_bands is not None:
        fields["default bands"] = _braces(str(band + 1) for band in cube.default_bands)
    if cube.no_data is not None and not np.isnan(cube.no_data):
        fields["data ignore value"] = _number(cube.no_data)
    if cube.scale != 1:
        fields["reflectance scale factor"] = _number(cube.scale)
    if cube.exposure_ms is not None:
        fields["tint"] = _number(cube.exposure_ms)
    if cube.pixel_size_mm is not None:
        metres = f"{cube.pixel_size_mm / 1000:.9g}"
        fields["pixel size"] = _braces((metres, metres, "units=Meters"))
    if cube.wavelengths is not None:
        fields["wavelength units"] = _UNITS.get(cube.wavelength_unit or "", "Unknown")
        fields["wavelength"] = _braces(map(_number, cube.wavelengths))
        if cube.fwhm is not None:
            fields["fwhm"] = _braces(map(_number, cube.fwhm))
    if cube.bad_bands:
        bad = set(cube.bad_bands)
        fields["bbl"] = _braces("0" if band in bad else "1" for band in range(cube.n_bands))
    if cube.gains is not None:
        fields["data gain values"] = _braces(map(_number, cube.gains))
    if cube.offsets is not None:
        fields["data offset values"] = _braces(map(_number, cube.offsets))
    if cube.band_names is not None:
        fields["band names"] = _braces(map(_plain, cube.band_names))
    lines = [f"{key} = {value}" for key, value in fields.items()]
    return "\n".join(["ENVI", *lines]) + "\n"


def _number(value: float) -> str:
    """Write a number so that reading it gives the same one."""
    whole = float(value).is_integer() and abs(value) < 2**53
    return str(int(value)) if whole else repr(float(value))


def _plain(text: str) -> str:
    """Return a name without what separates names in a header."""
    return " ".join(text.translate(str.maketrans(",{}\n\r", ";()  ")).split())


def _braces(items: Iterator[str] | Sequence[str]) -> str:
    return "{" + ", ".join(items) + "}"
