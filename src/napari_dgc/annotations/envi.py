"""Label maps as ENVI classifications: names, colours and pixel size in the header."""

from collections.abc import Iterable
from pathlib import Path

from napari_dgc.annotations.label_image import WRITTEN_BY, LabelClass, LabelImage, class_name
from napari_dgc.cubes.envi_acquisition import pixel_size_mm
from napari_dgc.cubes.envi_classification import is_classification, read_classification
from napari_dgc.cubes.envi_files import find_header
from napari_dgc.cubes.envi_header import read_header
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes, write_text

#: ENVI's name for class 0.
_NONE = "Unclassified"


def write_envi_classification(image: LabelImage, folder: Path) -> list[Path]:
    """Write ``NAME.hdr`` and ``NAME.dat``.

    ENVI separates names by commas: those in names become semicolons.

    Raises
    ------
    UserError
        When other data of this name lie there, such as the scan.
    """
    header, data = folder / f"{image.name}.hdr", folder / f"{image.name}.dat"
    if (header.exists() or data.exists()) and not is_classification(header):
        raise UserError(f"{header} or its data belong to something else; choose another folder.")
    numbers = range(len(image.counts()))
    colours = {info.number: info.rgb for info in image.classes}
    names = {number: f"class {number}" for number in numbers} | {0: _NONE}
    names |= {info.number: info.title for info in image.classes}
    rows, columns = image.labels.shape
    wide = image.labels.dtype.itemsize == 2
    lookup = (value for number in numbers for value in colours.get(number, (0, 0, 0)))
    lines = {
        "description": f"{{Classes of {_plain(image.name)}, written by {WRITTEN_BY}}}",
        "samples": columns,
        "lines": rows,
        "bands": 1,
        "header offset": 0,
        "file type": "ENVI Classification",
        "data type": 12 if wide else 1,
        "interleave": "bsq",
        "byte order": 0,
        "classes": len(numbers),
        "class lookup": _braces(lookup),
        "class names": _braces(_plain(names[number]) for number in numbers),
        "band names": _braces([_plain(f"Classes of {image.name}")]),
    }
    if image.pixel_size_mm is not None:
        metres = f"{image.pixel_size_mm / 1000:.9g}"
        lines["pixel size"] = f"{{{metres}, {metres}, units=Meters}}"
    # Should the program end here, samples without a header are better than with a wrong one.
    header.unlink(missing_ok=True)
    write_bytes(data, image.labels.astype("<u2" if wide else "u1").tobytes())
    text = "\n".join(["ENVI", *(f"{key} = {value}" for key, value in lines.items())])
    write_text(header, text + "\n")
    return [header, data]


def read_envi_classification(path: Path) -> LabelImage:
    """Read an ENVI classification by its header or its data file.

    Raises
    ------
    UserError
        Not a classification, or damaged.
    """
    stored = read_classification(path)
    classes = [
        LabelClass(number, class_name(name), stored.colours.get(number, ""))
        for number, name in stored.names.items()
        if number
    ]
    return LabelImage.build(
        stored.name, stored.labels, classes, pixel_size_mm=_pixel_size(path), notes=stored.notes
    )


def _pixel_size(path: Path) -> float | None:
    header = find_header(path)
    return None if header is None else pixel_size_mm(read_header(header))


def _plain(text: str) -> str:
    return " ".join(text.translate(str.maketrans(",{}", ";()")).split())


def _braces(items: Iterable[object]) -> str:
    return "{" + ", ".join(str(item) for item in items) + "}"
