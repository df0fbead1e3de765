"""Answers that hold for a whole folder: the next file of the same kind opens without a question."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from napari_dgc.files import write_text

#: Answers that are kept, the newest ones.
MOST = 500


@dataclass(frozen=True)
class Answer:
    """What the user chose.

    Parameters
    ----------
    variable
        Which variable is the cube; None where the file has but one.
    layout
        How its axes, or its pixels, are read.
    image
        Rows and columns of the image whose pixels a matrix holds, or None.
    """

    variable: str | None
    layout: str = "auto"
    image: tuple[int, int] | None = None


def memory_file() -> Path:
    """Return where the answers are kept."""
    return platformdirs.user_config_path("napari-dgc", appauthor=False) / "opened.json"


def recall(folder: Path, question: Sequence[str]) -> Answer | None:
    """Return the answer that was given in a folder, or None.

    Parameters
    ----------
    folder
        Of the file.
    question
        What there was to choose from, in any order.
    """
    for entry in _entries():
        if entry["folder"] == _key(folder) and entry["question"] == sorted(question):
            image = entry.get("image")
            return Answer(entry["variable"], entry["layout"], image and (image[0], image[1]))
    return None


def remember(folder: Path, question: Sequence[str], answer: Answer | None) -> None:
    """Keep an answer for a folder, in place of an earlier one; None forgets that."""
    about = {"folder": _key(folder), "question": sorted(question)}
    entries = [entry for entry in _entries() if not about.items() <= entry.items()]
    if answer is not None:
        said = {"variable": answer.variable, "layout": answer.layout}
        entries.append({**about, **said, **({"image": answer.image} if answer.image else {})})
    # Not to be able to write costs the user no more than the same question again.
    with contextlib.suppress(OSError):
        write_text(memory_file(), json.dumps({"answers": entries[-MOST:]}, indent=1) + "\n")


def _key(folder: Path) -> str:
    return str(folder.absolute())


def _entries() -> list[dict[str, Any]]:
    """Return all answers, the oldest first; what cannot be understood is left out."""
    try:
        found = json.loads(memory_file().read_text())["answers"]
    except (OSError, ValueError, KeyError, TypeError):
        return []
    return [entry for entry in found if _is_entry(entry)] if isinstance(found, list) else []


def _is_entry(entry: Any) -> bool:
    return (
        isinstance(entry, dict)
        and isinstance(entry.get("folder"), str)
        and isinstance(entry.get("question"), list)
        and isinstance(entry.get("variable"), str | None)
        and isinstance(entry.get("layout"), str)
        and _is_image(entry.get("image"))
    )


def _is_image(image: Any) -> bool:
    if image is None:
        return True
    return isinstance(image, list) and len(image) == 2 and all(type(n) is int for n in image)
