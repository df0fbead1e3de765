"""Names and colours of classes: as a table beside a map, and inside of files."""

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from napari_dgc.annotations.json_files import whole
from napari_dgc.annotations.label_image import (
    HIGHEST,
    WRITTEN_BY,
    LabelClass,
    LabelImage,
    class_name,
)
from napari_dgc.errors import UserError
from napari_dgc.files import write_text
from napari_dgc.partition.template import Role

#: Columns of a class table.
TABLE_COLUMNS = ("label", "name", "colour", "members", "pixels", "role")
#: Ends the stem of the table of one map, and name of the table of all maps of a folder.
TABLE_SUFFIX, FOLDER_TABLE = "_classes.csv", "classes.csv"
_COLOUR = re.compile("#[0-9a-fA-F]{6}")


def write_class_table(image: LabelImage, path: Path) -> None:
    """Write number, name, colour, fine clusters, pixels and role of every class as CSV."""
    counts = image.counts()
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(TABLE_COLUMNS)
    for info in image.classes:
        members = " ".join(str(member) for member in info.members)
        pixels = int(counts[info.number])
        role = info.role or ""
        writer.writerow((info.number, info.name, info.shown_colour, members, pixels, role))
    write_text(path, text.getvalue())


def read_class_table(path: Path) -> dict[int, str]:
    """Read the names of labels from a CSV file with the columns ``label`` and ``name``.

    Raises
    ------
    UserError
        When the file is not such a table.
    """
    return {info.number: info.name for info in read_classes(path)}


def read_classes(path: Path) -> list[LabelClass]:
    """Read names, and colours and roles where it has them, of a class table.

    Raises
    ------
    UserError
        When the file is not such a table.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file, skipinitialspace=True)
            fields = {(field or "").strip().casefold(): field for field in reader.fieldnames or ()}
            if not {"label", "name"} <= fields.keys():
                raise UserError(f"{path} is not a class table; it needs the columns label,name.")
            colour, members, role = (fields.get(name, "") for name in ("colour", "members", "role"))
            return [
                LabelClass(
                    int(row[fields["label"]]),
                    (row[fields["name"]] or "").strip(),
                    _colour(row.get(colour)),
                    _members(row.get(members)),
                    _role(row.get(role)),
                )
                for row in reader
            ]
    except (OSError, UnicodeError, TypeError, ValueError, csv.Error) as error:
        raise UserError(f"The class table {path} cannot be read ({error}).") from None


def _colour(text: object) -> str:
    return text.lower() if isinstance(text, str) and _COLOUR.fullmatch(text) else ""


def _role(text: object) -> Role | None:
    word = " ".join(text.split()).casefold() if isinstance(text, str) else ""
    return next((role for role in Role if role == word), None)


def _members(text: object) -> tuple[int, ...]:
    words = text.split() if isinstance(text, str) else []
    # Nine digits, as Python refuses to read thousands of them.
    return tuple(int(word) for word in words if word.isdecimal() and len(word) < 10)


def classes_beside(path: Path) -> list[LabelClass]:
    """Read the class table of a map, or else that of its folder; empty where there is none."""
    for table in (path.with_name(path.stem + TABLE_SUFFIX), path.with_name(FOLDER_TABLE)):
        if table.is_file():
            return read_classes(table)
    return []


def classes_to_json(image: LabelImage) -> dict[str, Any]:
    """Describe classes and pixel size with plain values, for formats that can carry them."""
    return {
        "written_by": WRITTEN_BY,
        "pixel_size_mm": image.pixel_size_mm,
        "classes": [
            {"number": info.number, "name": info.name, "colour": info.shown_colour}
            | ({} if info.role is None else {"role": str(info.role)})
            for info in image.classes
        ],
    }


def classes_from_json(content: object) -> list[LabelClass]:
    """Read what `classes_to_json` wrote; empty where it is something else."""
    entries = content.get("classes") if isinstance(content, Mapping) else None
    found: dict[int, LabelClass] = {}
    for entry in entries if isinstance(entries, Sequence) else ():
        if not isinstance(entry, Mapping):
            continue
        number, name = whole(entry.get("number"), 1, HIGHEST), entry.get("name")
        if number is not None and isinstance(name, str):
            colour, role = _colour(entry.get("colour")), _role(entry.get("role"))
            found[number] = LabelClass(number, class_name(name), colour, role=role)
    return [found[number] for number in sorted(found)]


def classes_from_text(text: object) -> list[LabelClass]:
    """Read what `classes_to_json` wrote, as JSON; empty where it is something else."""
    if not isinstance(text, str) or not text.startswith("{"):
        return []
    try:
        return classes_from_json(json.loads(text))
    except (ValueError, RecursionError):
        return []


def with_classes(own: Sequence[LabelClass], over: Sequence[LabelClass]) -> list[LabelClass]:
    """Join classes by number; where both know a class, `over` decides on its name."""
    joined = {info.number: info for info in own}
    for info in over:
        known = joined.get(info.number)
        if known is None:
            joined[info.number] = info
        else:
            same = info.name.casefold() in ("", known.name.casefold())
            joined[info.number] = LabelClass(
                info.number,
                info.name or known.name,
                info.colour or known.colour,
                info.members or known.members,
                # A role belongs to a name.
                info.role or (known.role if same else None),
            )
    return list(joined.values())
