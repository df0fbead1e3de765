"""TIFF files: bands in pages, in planes or beside each other in each pixel.

Samples that lie plainly one after the other are read from where they are, others are
unpacked strip by strip or tile by tile.
"""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_dgc.cubes.attributes import describe_bands, wavelength_counts
from napari_dgc.cubes.choices import AmbiguousVariable, Request, VariableInfo, describe_shape
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.layout import (
    BAND_BETWEEN,
    BAND_FIRST,
    BAND_LAST,
    FEWEST_BANDS,
    BandEvidence,
    Turnable,
    bands_first,
    cube_axes,
    decide_layout,
    layout_of_samples,
)
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.cubes.plain_file import PlainCube
from napari_dgc.cubes.plausible import refuse_implausible
from napari_dgc.cubes.tiff_metadata import tiff_attributes, tiff_pixel_size
from napari_dgc.cubes.tiff_segments import TiffSegments
from napari_dgc.errors import UserError

SUFFIXES = (".tif", ".tiff", ".btf", ".tf8")
_MARKS = (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+")
#: Fewer bands are a picture to napari's own readers, which show it better.
_FEWEST_FOR_NAPARI = 4
_REDUCED, _MASK = 1, 4
#: Putting pages together takes longer than their number; no scan has so many bands.
_MOST_PAGES = 4096
#: Colours by their number in the file: their name, and how many there are.
_COLOURS = {2: ("RGB", 3), 3: ("palette", 1), 5: ("CMYK", 4), 6: ("YCbCr", 3), 8: ("Lab", 3)}
_ALPHA = (1, 2)

# What tifffile finds odd about a file is of no use to whoever opens it.
logging.getLogger("tifffile").addHandler(logging.NullHandler())


@dataclass(frozen=True)
class _Image:
    """Pages of a TIFF file that belong together."""

    number: int
    name: str
    series: Any
    shape: tuple[int, ...]
    axes: str

    @property
    def band_axis(self) -> str:
        """Letter of the axis that holds the bands; "" where it is not exactly one."""
        others = self.axes.replace("Y", "", 1).replace("X", "", 1)
        return others if len(others) == 1 and len(self.axes) == 3 else ""


def is_tiff(path: Path) -> bool:
    """Tell whether a file is, or is called, a TIFF file."""
    if not path.is_file():
        return False
    if path.suffix.lower() in SUFFIXES:
        return True
    with path.open("rb") as file:
        return file.read(4) in _MARKS


def tiff_holds_cube(path: Path) -> bool:
    """Tell whether a TIFF file holds four bands or more and no picture or label image."""
    with _opened(path) as file:
        return any(
            _bands(image) >= _FEWEST_FOR_NAPARI
            for image in _images(file)
            if _why_no_cube(image, "") is None
        )


def open_tiff(path: Path, request: Request) -> HyperCube:
    """Open the cube of a TIFF file.

    Parameters
    ----------
    path
        The file.
    request
        `variable` names one of several images. `layout` is needed only where
        pages may be rows: ``"row-column-band"`` reads them so.

    Raises
    ------
    UserError
        A picture, a label image, several cubes in one, or damaged.
    AmbiguousVariable
        Several images can be the cube.
    """
    file = _opened(path)
    try:
        images = _images(file)
        image = _choose(images, request, path)
        stored = _stored(path, file, image)
        attributes = tiff_attributes(file, image.number, _pages(image), _bands(image))
        size = tiff_pixel_size(file, image.number, _pages(image)[0])
    except UserError:
        file.close()
        raise
    except Exception as error:
        file.close()
        raise _damaged(path, error) from error
    if isinstance(stored, PlainCube):
        file.close()
    layout, reason = _layout(image, stored, attributes, request, path)
    data = bands_first(stored, layout)
    data[:1, :1, :1]  # damaged samples show here, not during training
    data[-1:, -1:, -1:]
    cube = HyperCube(
        data=data,
        name=path.stem.removesuffix(".ome"),
        path=path,
        format="OME-TIFF" if image.series.kind == "ome" else "TIFF",
        variable=image.name if len(images) > 1 else None,
        layout=layout,
        # Of a page that is a picture of the object, and not of samples by rows or columns.
        pixel_size_mm=size if layout == _told_layout(image) else None,
        notes=(reason,) if reason else (),
    )
    return describe_bands(cube, attributes, centres=request.wavelengths is None)


def _opened(path: Path) -> Any:
    import tifffile

    # Some kinds are spread over many files, named in the first one, which are not opened.
    try:
        file = tifffile.TiffFile(path, _multifile=False, is_mmstack=False, is_ndtiff=False)
        pages = len(file.pages)
    except OSError:
        raise
    except Exception as error:
        raise _damaged(path, error) from error
    if pages > _MOST_PAGES:
        file.close()
        raise UserError(f"{path} has {pages} pages; no more than {_MOST_PAGES} are read.")
    return file


def _damaged(path: Path, error: Exception) -> UserError:
    reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
    return UserError(f"{path} is not a TIFF file or is damaged ({reason}).")


def _images(file: Any) -> list[_Image]:
    """Return the images of a file, without smaller copies and masks."""
    found: list[_Image] = []
    for number, series in enumerate(file.series):
        kind = series.keyframe.subfiletype
        if kind & (_REDUCED | _MASK) and len(file.series) > 1:
            continue
        name = series.name or f"image {number + 1}"
        if any(name == other.name for other in found):
            name = f"{name} ({number + 1})"
        shape = tuple(int(length) for length in series.shape)
        found.append(_Image(number, name, series, shape, str(series.axes)))
    return found


def _why_no_cube(image: _Image, where: str) -> str | None:
    """Return the sentence that says why an image is no cube, or None where it is one."""
    key = image.series.keyframe
    size = describe_shape(image.shape)
    kind, colours = _COLOURS.get(int(key.photometric), ("", 0))
    alphas = sum(int(sample) in _ALPHA for sample in key.extrasamples)
    if int(key.samplesperpixel) - alphas <= colours:
        return (
            f"{where} is a colour picture ({kind}, {size}), not a hyperspectral cube; "
            "give the file of the scan."
        )
    if not image.band_axis and len(image.shape) >= 3:
        words = ", ".join(f"{axis} {n}" for axis, n in zip(image.axes, image.shape, strict=True))
        return (
            f"{where} has the axes {words}, and nothing tells which one holds the bands; "
            "save one cube per file."
        )
    try:
        cube_axes(image.shape, np.dtype(key.dtype), where)
    except UserError as error:
        return str(error)
    if image.shape[image.axes.index(image.band_axis)] < FEWEST_BANDS:
        return f"{where} ({size}) has too few bands for a hyperspectral cube; give a scan."
    if any(page is None for page in image.series.pages):
        return f"{where} lacks pages, or has them in other files, which are not opened."
    return None


def _choose(images: Sequence[_Image], request: Request, path: Path) -> _Image:
    if not images:
        raise UserError(f"{path} is damaged: it holds no image.")
    if request.variable is not None:
        named = [image for image in images if image.name == request.variable]
        if not named:
            names = ", ".join(f"“{image.name}”" for image in images)
            raise UserError(f"{path} holds no image “{request.variable}”; it holds {names}.")
        images = named
    reasons = [_why_no_cube(image, str(path)) for image in images]
    cubes = [image for image, reason in zip(images, reasons, strict=True) if reason is None]
    if not cubes:
        raise UserError(str(reasons[0]))
    if len(cubes) > 1 or (request.ask and request.variable is None):
        listed = ", ".join(f"“{image.name}” ({describe_shape(image.shape)})" for image in cubes)
        raise AmbiguousVariable(
            f"{path} holds several images that can be the cube: {listed}; "
            "choose one with --variable NAME.",
            [
                VariableInfo(image.name, image.shape, np.dtype(image.series.dtype).name)
                for image in cubes
            ],
        )
    return cubes[0]


def _bands(image: _Image) -> int:
    return image.shape[image.axes.index(image.band_axis)]


def _pages(image: _Image) -> list[Any]:
    return list(image.series.pages)


def _stored(path: Path, file: Any, image: _Image) -> Turnable:
    """Return the samples, left in the file, in the order of the image's axes."""
    series, key = image.series, image.series.keyframe
    dtype = np.dtype(series.dtype).newbyteorder(file.byteorder)
    if series.dataoffset is not None:
        return PlainCube(path, dtype, int(series.dataoffset), image.shape)
    samples = TiffSegments(_pages(image), float(key.nodata))
    order = (1, 2, 0) if samples.in_pixel else (0, 1, 2)
    if tuple(samples.shape[axis] for axis in order) != image.shape:
        raise UserError(f"{path} is damaged: its pages do not make {describe_shape(image.shape)}.")
    block, whole = (
        int(np.prod(shape, dtype=object)) * dtype.itemsize
        for shape in (samples.chunks, samples.shape)
    )
    refuse_implausible(str(path), whole, path.stat().st_size, block)
    return LazyCube(samples, order, str(path))


def _told_layout(image: _Image) -> str:
    return BAND_LAST if image.axes.endswith(image.band_axis) else BAND_FIRST


def _layout(
    image: _Image, stored: Turnable, attributes: dict[str, Any], request: Request, path: Path
) -> tuple[str, str]:
    """Return the layout of the stored axes, and a sentence where it was a decision."""
    told = _told_layout(image)
    size = describe_shape(image.shape)
    if image.band_axis in "SC":  # samples and channels are bands, whatever is asked for
        asked = request.layout not in ("auto", told)
        return told, (
            f"The file tells the layout ({told}); the option “{request.layout}” is not needed."
            if asked
            else ""
        )
    if image.series.kind != "shaped" or image.band_axis != "Q":
        if request.layout != "auto":
            return decide_layout(stored, request.layout, BandEvidence(), str(path))
        return told, f"The {image.shape[0]} pages are taken as bands."
    # tifffile writes any array as pages, also one with rows first.
    given = request.wavelength_count
    counts = wavelength_counts(attributes) if given is None else [given]
    if request.layout != "auto" or set(counts) & set(image.shape):
        return decide_layout(stored, request.layout, BandEvidence(counts), str(path))
    found = layout_of_samples(stored)
    if found in (BAND_LAST, BAND_BETWEEN):
        along = "columns" if found == BAND_LAST else "rows"
        return found, (
            f"The pages ({size}) are taken as rows: along the {along} of the pages "
            "the samples behave as spectra."
        )
    doubt = "" if found else f"; if they are rows, choose the layout {BAND_LAST}"
    return told, f"The {image.shape[0]} pages are taken as bands{doubt}."
