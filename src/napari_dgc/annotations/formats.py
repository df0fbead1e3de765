"""The formats that label maps are written in. A further one is a module and a line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from napari_dgc.annotations.coco import FILE, write_coco
from napari_dgc.annotations.envi import write_envi_classification
from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.annotations.labelme import write_labelme
from napari_dgc.annotations.masks import write_masks
from napari_dgc.annotations.numpy_file import write_numpy
from napari_dgc.annotations.png import write_picture, write_png
from napari_dgc.annotations.spectra import write_class_spectra
from napari_dgc.annotations.tables import TABLE_SUFFIX
from napari_dgc.annotations.tiff import write_tiff
from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.errors import UserError


@dataclass(frozen=True)
class Format:
    """A format that label images are written in.

    Parameters
    ----------
    title
        What it is, in a few words.
    write
        Writes images to a folder and returns the files; of one image, or of all of them
        where `together`.
    files
        Names of the files, without the name of the image where each has its own; ends in a
        slash where it is a folder.
    together
        Whether one file holds all images.
    needs_scan
        Whether the scan must be known.
    stops
        Whether `write` takes a token that stops it.
    """

    title: str
    write: Callable[..., list[Path]]
    files: tuple[str, ...]
    together: bool = False
    needs_scan: bool = False
    stops: bool = False


FORMATS: dict[str, Format] = {
    "tif": Format(
        "TIFF of class numbers, with names and pixel size", write_tiff, (".tif", TABLE_SUFFIX)
    ),
    "png": Format(
        "PNG of class numbers in the colours of the classes", write_png, (".png", TABLE_SUFFIX)
    ),
    "overlay": Format(
        "picture of the scan with the classes over it",
        write_picture,
        ("_overlay.png",),
        needs_scan=True,
    ),
    "npy": Format("NumPy array of class numbers", write_numpy, (".npy", TABLE_SUFFIX)),
    "envi": Format(
        "ENVI classification with names and colours", write_envi_classification, (".hdr", ".dat")
    ),
    "labelme": Format("outlines for labelme", write_labelme, (".json",)),
    "coco": Format(
        "COCO: outlines, and run lengths where there are holes", write_coco, (FILE,), together=True
    ),
    "coco-rle": Format("COCO: run lengths", partial(write_coco, rle=True), (FILE,), together=True),
    "masks": Format("a black and white PNG for each class", write_masks, ("_masks/",)),
    "spectra": Format(
        "mean spectrum of each class",
        write_class_spectra,
        ("_spectra.csv", "_spectra_sources.csv"),
        needs_scan=True,
        stops=True,
    ),
}


def planned(names: Iterable[str], folder: Path, formats: Iterable[str]) -> list[Path]:
    """Return the files and folders that `export` would write or replace.

    Parameters
    ----------
    names
        Of the images.
    folder, formats
        As of `export`.
    """
    stems = list(names)
    found: dict[Path, None] = {}
    for kind in map(_format, formats):
        for stem in [""] if kind.together else stems:
            found |= dict.fromkeys(folder / f"{stem}{ending}" for ending in kind.files)
    return list(found)


def export(
    images: Iterable[LabelImage],
    folder: Path,
    formats: Iterable[str],
    *,
    token: CancelToken | None = None,
) -> Iterator[Path]:
    """Write label images in some formats.

    Parameters
    ----------
    images
        One after the other; held together only where a format puts all into one file.
    folder
        Made when missing; files of the same names are replaced.
    formats
        Keys of `FORMATS`.
    token
        Looked at between files.

    Yields
    ------
    Path
        Each file that was written.

    Raises
    ------
    UserError
        When a format is unknown, two images have one name, or an image lacks what a format
        needs.
    InterruptedError
        When `token` was cancelled.
    """
    token = token or never_cancelled()
    chosen = {name: _format(name) for name in formats}
    if len({name for name in chosen if name.startswith("coco")}) > 1:
        raise UserError("Choose coco or coco-rle: both are written to the same file.")
    kept: list[LabelImage] = []
    seen: set[str] = set()
    for image in images:
        if Path(image.name).name != image.name or not image.name:
            raise UserError(f"{image.name!r} is not a file name; give a name without folders.")
        # Some file systems do not tell upper from lower case.
        if image.name.casefold() in seen:
            raise UserError(f"Two label maps are named {image.name}; rename one of them.")
        seen.add(image.name.casefold())
        for kind in chosen.values():
            if token.cancelled:
                raise InterruptedError
            if not kind.together:
                options = {"token": token} if kind.stops else {}
                yield from kind.write(image, folder, **options)
        if any(kind.together for kind in chosen.values()):
            kept.append(image)
    for kind in chosen.values():
        if kind.together and kept:
            yield from kind.write(kept, folder)


def _format(name: str) -> Format:
    if name not in FORMATS:
        raise UserError(
            f"Label maps cannot be written as “{name}”; choose of {', '.join(FORMATS)}."
        )
    return FORMATS[name]
