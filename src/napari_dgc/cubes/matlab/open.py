"""Opening cubes of MATLAB files; nothing is read before it is needed.

Axes here are those that MATLAB shows. MATLAB stores the first axis fastest, and in v7.3
files, which are HDF5, names the axes the other way round; rows stay rows in both.
"""

from pathlib import Path

from napari_dgc.cubes.attributes import describe_bands, wavelength_counts
from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.cube import CubeArray, HyperCube
from napari_dgc.cubes.layout import (
    BAND_LAST,
    BY_COLUMNS,
    BandEvidence,
    bands_first,
    decide_layout,
)
from napari_dgc.cubes.matlab.beside import Beside
from napari_dgc.cubes.matlab.choose import choose_reading
from napari_dgc.cubes.matlab.file import MatFile, open_file
from napari_dgc.cubes.matrices import pixel_layout, unfolding_note
from napari_dgc.cubes.pixel_order import pixel_order
from napari_dgc.cubes.readings import Reading


def open_matlab(path: Path, request: Request) -> HyperCube:
    """Open a cube of a MATLAB file.

    Parameters
    ----------
    path
        The ``.mat`` file.
    request
        Its variable is named as MATLAB would write it: ``cube``, ``scan.data``, or
        ``scans(:,:,:,2)`` for one cube of a stack.

    Returns
    -------
    HyperCube
        With wavelengths, bad bands and the like from the file's other variables.

    Raises
    ------
    UserError
        No cube in the file, or the file is damaged.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    InterruptedError
        The user cancelled while compressed samples were unpacked.
    """
    file = open_file(path, request)
    notes = list(file.notes)
    reading = choose_reading(file, path, request, notes)
    beside = Beside(file)
    attributes = beside.attributes_of(reading)
    if reading.image is not None:
        data, layout = _unfolded(file, reading, request, notes)
    else:
        stored = file.load(reading, BY_COLUMNS)
        given = request.wavelength_count
        evidence = BandEvidence(
            wavelength_counts(attributes) if given is None else [given],
            beside.image_shapes(reading.variable),
        )
        where = f"{reading.name} in {path.name}"
        layout, reason = decide_layout(stored, request.layout, evidence, where)
        notes.append(reason)
        data = bands_first(stored, layout)
    cube = HyperCube(
        data=data,
        name=path.stem,
        path=path,
        format=file.format,
        variable=reading.name,
        layout=layout,
        notes=tuple(notes),
    )
    return describe_bands(
        cube,
        attributes,
        centres=request.wavelengths is None,
        others=beside.other_wavelengths(reading),
    )


def _unfolded(
    file: MatFile, reading: Reading, request: Request, notes: list[str]
) -> tuple[CubeArray, str]:
    """Return a matrix of pixels as a cube, and the order in which the pixels come."""
    layout, how = pixel_layout(reading, request.layout), "as asked for"
    if layout is None:
        layout = pixel_order(file.load(reading, BY_COLUMNS))
        how = "as MATLAB stores them" if layout == BY_COLUMNS else "as the picture shows"
    notes.append(unfolding_note(reading, layout, how))
    return bands_first(file.load(reading, layout), BAND_LAST), layout
