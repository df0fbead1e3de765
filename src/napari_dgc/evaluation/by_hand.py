"""Mappings of predicted labels to classes of the truth that a user gives."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError
from napari_dgc.evaluation.matching import UNMATCHED

#: Most characters of a mapping, and most labels and classes named in a sentence.
_MOST_TEXT = 1 << 20
_MOST_NAMED = 12
_EXAMPLE = """'{"background": [1, 2], "lesion": [7]}'"""


def read_mapping(text: str) -> dict[str, tuple[int, ...]]:
    """Read which predicted labels stand for which class.

    Parameters
    ----------
    text
        JSON such as ``{"background": [1, 2], "lesion": [7]}``, or ``@`` and the name of a file
        that holds it.

    Returns
    -------
    dict
        Labels by name of the class as it is written.

    Raises
    ------
    UserError
        When the file cannot be read or the text is not of this form.
    """
    where = "The mapping"
    if text.startswith("@"):
        path = Path(text[1:])
        where = f"The mapping {path}"
        text = _content(path)
    try:
        content = json.loads(text, object_pairs_hook=_without_repeats)
    except (ValueError, RecursionError) as error:
        reason = str(error) if isinstance(error, _RepeatedError) else "it is no JSON"
        raise UserError(f"{where} cannot be read ({reason}); write it as {_EXAMPLE}.") from None
    if not isinstance(content, dict) or not content:
        raise UserError(f"{where} names no class; write it as {_EXAMPLE}.")
    mapping = {}
    for name, labels in content.items():
        listed = labels if isinstance(labels, list) else [labels]
        if not all(type(label) is int and 0 < label <= 65535 for label in listed):
            raise UserError(
                f"{where} gives “{name}” something else than numbers of clusters from 1; "
                f"write it as {_EXAMPLE}."
            )
        mapping[name] = tuple(listed)
    return mapping


class _RepeatedError(ValueError):
    """A class is named twice."""


def _without_repeats(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise _RepeatedError("it names a class twice")
    return content


def _content(path: Path) -> str:
    try:
        if path.stat().st_size > _MOST_TEXT:
            raise UserError(f"{path} is too large for a mapping.")
        return path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", "") or "it is no text"
        raise UserError(f"The mapping {path} cannot be read ({reason}).") from None


def classes_of(
    mapping: Mapping[str, Sequence[int]] | Mapping[int, Sequence[int]], names: Mapping[int, str]
) -> dict[int, int]:
    """Return the class of every label of a mapping.

    Parameters
    ----------
    mapping
        Labels by name of the class, in upper or lower case, or its number: written, where no
        class has it for a name, or as a number.
    names
        Of the classes of the truth.

    Raises
    ------
    UserError
        When the truth has no such class, or two, or a label stands for two classes.
    """
    found: dict[int, int] = {}
    for name, labels in mapping.items():
        number = _class_named(name, names)
        for label in labels:
            if found.setdefault(label, number) != number:
                raise UserError(
                    f"The mapping gives cluster {label} to “{names[found[label]]}” and to "
                    f"“{names[number]}”; give it to one class."
                )
    return found


def _class_named(name: str | int, names: Mapping[int, str]) -> int:
    if isinstance(name, int):
        if name in names:
            return name
        name = str(name)
    wanted = name.strip().casefold()
    same = [number for number, title in names.items() if title.strip().casefold() == wanted]
    if not same and wanted.isdecimal() and int(wanted) in names:
        return int(wanted)
    if len(same) == 1:
        return same[0]
    if same:
        raise UserError(
            f"The truth has {len(same)} classes named “{name}”; give the mapping their numbers "
            f"instead ({', '.join(map(str, same))})."
        )
    known = ", ".join(list(names.values())[:_MOST_NAMED])
    raise UserError(
        f"The mapping names “{name}”, which the truth does not have (it has {known}); correct "
        "the name, or leave it out: clusters without a class count as wrong."
    )


def same_names(predicted: Mapping[int, str], names: Mapping[int, str]) -> dict[int, int]:
    """Give every predicted label the class of the truth that has its name.

    Parameters
    ----------
    predicted
        Names by label; "" for none.
    names
        Names of the classes of the truth; of two with one name the first counts.
    """
    numbers: dict[str, int] = {}
    for number, name in names.items():
        numbers.setdefault(name.strip().casefold(), number)
    wanted = {label: name.strip().casefold() for label, name in predicted.items()}
    return {label: numbers[name] for label, name in wanted.items() if name and name in numbers}


def as_rows(
    mapping: Mapping[int, int], classes: Sequence[int], labels: Sequence[int]
) -> NDArray[np.intp]:
    """Return (labels + 1,) rows of the classes of the columns, as `matching` makes them."""
    rows = {number: row for row, number in enumerate(classes)}
    found = [UNMATCHED] + [rows.get(mapping.get(label, 0), UNMATCHED) for label in labels]
    return np.array(found, np.intp)


def mapping_notes(
    mapping: Mapping[int, int | None],
    table: NDArray[np.int64],
    asked: Sequence[int],
    noun: str = "cluster",
) -> list[str]:
    """Say which labels stand for no class, and which of those asked for are in no map.

    Parameters
    ----------
    mapping
        Class of every label of the maps, None for none.
    table
        (classes, labels + 1) of all scans, of the same labels.
    asked
        Labels that the user gave a class.
    noun
        What a predicted label is called, with its plural: ``"cluster"``, ``"class"``.
    """
    notes = []
    without = [label for label, number in mapping.items() if number is None]
    if without:
        alone = np.array([False, *(number is None for number in mapping.values())])
        total = int(table.sum())
        share = 100.0 * int(table[:, alone].sum()) / total if total else 0.0
        notes.append(
            f"{_listed(without, noun)} for no class of the truth; {share:.1f} % of the labelled "
            "pixels lie there and count as wrong."
        )
    absent = [label for label in asked if label not in mapping]
    if absent:
        notes.append(f"In no map, though in the mapping: {', '.join(map(str, absent))}.")
    return notes


def _listed(labels: Sequence[int], noun: str) -> str:
    shown = [str(label) for label in labels[:_MOST_NAMED]]
    if len(labels) > _MOST_NAMED:
        shown.append(f"{len(labels) - _MOST_NAMED} more")
    if len(shown) == 1:
        return f"{noun.capitalize()} {shown[0]} stands"
    plural = "Classes" if noun == "class" else f"{noun.capitalize()}s"
    return f"{plural} {', '.join(shown[:-1])} and {shown[-1]} stand"
