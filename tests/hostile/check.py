"""What opening a file may do, however damaged it is."""

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from napari_dgc.annotations.read import read_label_image
from napari_dgc.cubes.choices import AmbiguousLayout, AmbiguousVariable
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.envi_classification import is_classification, read_classification
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.cubes.tiled import TiledCube
from napari_dgc.cubes.wavelengths import read_wavelengths
from napari_dgc.errors import UserError

#: Kinds of files of labels.
LABELS = ("labelme", "COCO", "label TIFF", "label PNG", "label tensor")
OPENED, REFUSED, REFUSED_LATER = "opened", "refused", "refused later"
#: Whole bands of more samples are not read: the samples themselves would fill the memory.
_MOST_OF_BAND = 1 << 20


def open_and_read(kind: str, path: Path, layout: str) -> str:
    """Open a path as the program does and read of it what the program would.

    Parameters
    ----------
    kind
        Key of `seeds.SEEDS`.
    path
        What to open.
    layout
        What is asked for, one of `LAYOUTS`.

    Returns
    -------
    str
        `OPENED`, `REFUSED`, or `REFUSED_LATER` where only reading showed the damage.

    Raises
    ------
    AssertionError
        A refusal is not one sentence, or a cube contradicts itself.
    Exception
        Whatever else escapes: a defect.
    """
    openers: dict[str, Callable[[], Any]] = {
        "wavelength list": lambda: read_wavelengths(path),
        "tiles": lambda: TiledCube(path),
        "ENVI classification": lambda: is_classification(path) and read_classification(path),
    }
    if kind in LABELS:
        openers[kind] = lambda: read_label_image(path)
    assert can_open(path) in (True, False)
    try:
        opened = openers.get(kind, lambda: _cube(path, layout))()
    except UserError as error:
        _one_sentence(error)
        return REFUSED
    try:
        if kind == "wavelength list":
            _check_wavelengths(opened[0])
        elif kind in LABELS:
            _check_labels(opened)
        elif kind == "tiles":
            _read(opened)
        elif kind == "ENVI classification":
            assert not opened or opened.labels.ndim == 2
        else:
            _check(opened)
    except UserError as error:
        _one_sentence(error)
        return REFUSED_LATER
    return OPENED


def _cube(path: Path, layout: str) -> HyperCube:
    """Open a cube; where the program would ask, give the first answer."""
    variable = None
    for _ in range(3):
        try:
            return open_cube(path, variable=variable, layout=layout)
        except AmbiguousVariable as question:
            _one_sentence(question)
            assert question.candidates
            if variable is not None:
                raise
            variable = question.candidates[0].name
        except AmbiguousLayout as question:
            _one_sentence(question)
            if layout != "auto":
                raise
            layout = "band-row-column"
    raise AssertionError("it asks again and again")


def _one_sentence(error: UserError) -> None:
    message = str(error)
    assert len(message.splitlines()) == 1, message
    assert len(message) < 2000, message
    assert message.isprintable(), message
    assert "Traceback" not in message, message


def _check(cube: HyperCube) -> None:
    bands = cube.n_bands
    assert min(cube.data.shape) > 0 and len(cube.data.shape) == 3
    if cube.wavelengths is not None:
        assert cube.wavelengths.shape == (bands,)
        _check_wavelengths(cube.wavelengths)
    for per_band in (cube.fwhm, cube.gains, cube.offsets):
        assert per_band is None or per_band.shape == (bands,)
    assert cube.band_names is None or len(cube.band_names) == bands
    assert all(0 <= band < bands for band in (*cube.bad_bands, *(cube.default_bands or ())))
    assert math.isfinite(cube.scale) and cube.scale != 0
    assert all(len(note.splitlines()) == 1 for note in cube.notes), cube.notes
    window = cube.read(slice(0, 4), slice(0, 4), slice(0, min(bands, 2048)))
    assert window.dtype == np.float32
    _read(cube.data)


def _check_labels(image: Any) -> None:
    assert image.labels.ndim == 2 and image.labels.dtype.kind == "u"
    numbers = {info.number for info in image.classes}
    assert set(np.unique(image.labels).tolist()) - {0} <= numbers
    assert all(info.name.isprintable() and len(info.rgb) == 3 for info in image.classes)
    assert image.objects is None or image.objects.shape == image.labels.shape
    assert image.pixel_size_mm is None or 0 < image.pixel_size_mm < math.inf
    assert all(len(note.splitlines()) == 1 for note in image.notes), image.notes


def _check_wavelengths(values: Any) -> None:
    assert values.ndim == 1 and np.isfinite(values).all() and values.min() > 0


def _read(data: Any) -> None:
    """Read the first and the last band, and a window at the end."""
    bands, rows, columns = data.shape
    if rows * columns <= _MOST_OF_BAND:
        for band in (0, bands - 1):
            assert np.asarray(data[band]).shape == (rows, columns)
    window = np.asarray(data[-min(bands, 256) :, -4:, -4:])
    assert window.shape == (min(bands, 256), min(rows, 4), min(columns, 4))
