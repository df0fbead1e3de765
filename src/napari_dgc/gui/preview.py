"""Small pictures of what could be opened, made in a thread while the user looks at the list."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtGui import QImage, QPixmap

from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.choices import AmbiguousLayout
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.cubes.layout import BAND_LAST
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError
from napari_dgc.words import counted

#: Longest side of a preview, in pixels.
PREVIEW = 240
# Rows that are read before it is looked whether the picture is still wanted.
_ROWS = 16
#: Variable, layout, and rows and columns of the image whose pixels a matrix holds.
_Key = tuple[str | None, str, tuple[int, int] | None]


@dataclass(frozen=True, eq=False)
class Preview:
    """What one way to open a file looks like.

    Parameters
    ----------
    sentence
        Size, bands and wavelengths, or why there is no picture.
    picture
        (row, column, 3) colours, or None.
    layout
        How the axes are read, None where that is not known.
    """

    sentence: str
    picture: NDArray[np.uint8] | None = None
    layout: str | None = None


def thumbnail(cube: HyperCube, token: CancelToken) -> NDArray[np.uint8]:
    """Make a small picture of a cube from a sample of its pixels.

    Parameters
    ----------
    cube
        The cube; every n-th row and column of some bands is read.
    token
        Stops it with an InterruptedError.

    Returns
    -------
    ndarray
        (row, column, 3), uint8, both sides at most `PREVIEW`.
    """
    from napari_dgc.composites import true_colour

    step = max(1, -(-max(cube.rows, cube.columns) // PREVIEW))

    def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
        positions = range(-(-cube.rows // step))[rows]
        across = range(-(-cube.columns // step))[columns]
        if not positions or not across:
            return np.asarray(cube.data[bands, 0:0, 0:0], np.float32)
        parts = []
        for first in range(0, len(positions), _ROWS):
            if token.cancelled:
                raise InterruptedError
            some = positions[first : first + _ROWS]
            down = slice(some[0] * step, some[-1] * step + 1, step * some.step)
            along = slice(across[0] * step, across[-1] * step + 1, step * across.step)
            parts.append(np.asarray(cube.data[bands, down, along]))
        with np.errstate(over="ignore"):
            return np.concatenate(parts, axis=1).astype(np.float32)

    shape = (cube.n_bands, -(-cube.rows // step), -(-cube.columns // step))
    return true_colour(replace(cube, data=DerivedArray(read, shape)))


def describe(cube: HyperCube) -> str:
    """Say in one line what would be opened."""
    size = (
        f"{counted(cube.rows, 'row')} × {counted(cube.columns, 'column')}, "
        f"{counted(cube.n_bands, 'band')}"
    )
    nanometres = cube.wavelengths_nm
    if nanometres is None:
        return size
    return f"{size}, {nanometres.min():.0f}–{nanometres.max():.0f} nm"


def pixmap(colours: NDArray[np.uint8], longest: int = PREVIEW) -> QPixmap:
    """Turn (row, column, 3) colours into a pixmap of at most `longest` pixels."""
    step = max(1, max(colours.shape[:2]) // (4 * longest))
    small = np.ascontiguousarray(colours[::step, ::step])
    rows, columns = small.shape[:2]
    image = QImage(small.tobytes(), columns, rows, 3 * columns, QImage.Format.Format_RGB888)
    return QPixmap.fromImage(image.copy()).scaled(
        longest,
        longest,
        Qt.AspectRatioMode.KeepAspectRatio,
        Qt.TransformationMode.SmoothTransformation,
    )


class PreviewMaker(QObject):
    """Makes previews of one file; only the one that was asked for last comes.

    Parameters
    ----------
    path
        The file.
    """

    #: The `Preview` that was asked for last.
    ready = Signal(object)
    #: Share of it that is done, where that takes long.
    progressed = Signal(float)

    def __init__(self, path: Path, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._path = path
        self._known: dict[_Key, Preview] = {}
        self._source: CancelSource | None = None
        self._relay: _Relay | None = None

    def ask(self, variable: str | None, layout: str, image: tuple[int, int] | None = None) -> None:
        """Make the preview of a variable; an earlier request is dropped."""
        self.stop()
        key = variable, layout, image
        known = self._known.get(key)
        if known is not None:
            self.ready.emit(known)
            return
        self._source, self._relay = CancelSource(), _Relay(key)
        self._relay.made.connect(self._on_made)
        self._relay.progressed.connect(self.progressed)
        arguments = (self._path, key, self._source.token, self._relay)
        threading.Thread(
            target=_make, args=arguments, name="napari-dgc preview", daemon=True
        ).start()

    def stop(self) -> None:
        """Drop what is being made."""
        if self._source is not None and self._relay is not None:
            self._source.cancel()
            self._relay.made.disconnect(self._on_made)
            self._relay.progressed.disconnect(self.progressed)
        self._source = self._relay = None

    def _on_made(self, key: _Key, preview: Preview) -> None:
        self._known[key] = preview
        self.ready.emit(preview)


class _Relay(QObject):
    """Brings what a thread has made to the window; lives as long as either needs it."""

    made = Signal(object, object)
    progressed = Signal(float)

    def __init__(self, key: _Key) -> None:
        super().__init__()
        self.key = key


def _make(path: Path, key: _Key, token: CancelToken, relay: _Relay) -> None:
    variable, layout, image = key
    preview = make_preview(path, variable, layout, token, relay.progressed.emit, image)
    if preview is not None:
        relay.made.emit(relay.key, preview)


def make_preview(
    path: Path,
    variable: str | None,
    layout: str,
    token: CancelToken,
    progress: Callable[[float], None] = lambda share: None,
    image: tuple[int, int] | None = None,
) -> Preview | None:
    """Make the preview of a variable; None where it was cancelled."""
    from napari_dgc.cubes.read import open_cube

    try:
        cube = open_cube(
            path, variable=variable, layout=layout, image=image, token=token, progress=progress
        )
        return Preview(describe(cube), thumbnail(cube, token), cube.layout)
    except InterruptedError:
        return None
    except AmbiguousLayout:
        guess = make_preview(path, variable, BAND_LAST, token, progress)
        if guess is None:
            return None
        sentence = "Nothing tells which axis holds the bands: choose the order."
        return Preview(sentence, guess.picture)
    except UserError as error:
        return Preview(str(error).replace(str(path), path.name))
    except MemoryError:
        return Preview("There is not enough memory for a preview.")
