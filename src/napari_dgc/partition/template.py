"""Templates of class names: which names there are, their colours, and what they count as."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from napari_dgc.errors import UserError
from napari_dgc.files import write_text
from napari_dgc.partition.palette import NAME_COLOURS
from napari_dgc.partition.partition import (
    DISEASED_NAMES,
    LEAF_NAMES,
    PRESET_NAMES,
    Partition,
)

#: More names than any key or eye could tell apart; files that hold more are refused.
MOST_NAMES = 60
#: Length of a name.
LONGEST_NAME = 80
#: Larger files are no templates.
_LARGEST_FILE = 1_000_000
_COLOUR = re.compile("#[0-9a-fA-F]{6}")


class Role(StrEnum):
    """What the pixels of a name count as when severity is measured."""

    OUTSIDE = "not leaf"
    LEAF = "leaf"
    DISEASED = "diseased"


@dataclass(frozen=True)
class TemplateName:
    """One name of a template.

    Parameters
    ----------
    name
        As it is given to classes.
    role
        What its pixels count as; diseased ones are leaf too.
    colour
        ``#rrggbb``, or empty for the usual colour of the name or of the class's number.
    """

    name: str
    role: Role = Role.OUTSIDE
    colour: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", " ".join(self.name.split()))
        if not 0 < len(self.name) <= LONGEST_NAME:
            raise UserError(
                f"A name needs 1 to {LONGEST_NAME} letters; this one has {len(self.name)}."
            )
        if self.colour and not _COLOUR.fullmatch(self.colour):
            raise UserError(f"{self.colour!r} is no colour; write it like #d55e00.")


@dataclass(frozen=True)
class NameTemplate:
    """An ordered list of names for classes.

    Parameters
    ----------
    title
        What the template is called.
    names
        At least one; upper and lower case make no other name.
    """

    title: str
    names: tuple[TemplateName, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.names) <= MOST_NAMES:
            raise UserError(f"A template needs 1 to {MOST_NAMES} names, not {len(self.names)}.")
        seen: set[str] = set()
        for entry in self.names:
            if entry.name.casefold() in seen:
                raise UserError(f"The name {entry.name} is in the template twice; drop one.")
            seen.add(entry.name.casefold())

    @property
    def diseased(self) -> frozenset[str]:
        """Names that count as diseased.

        The presets keep their meaning where the template does not give them another one.
        """
        return self._with_role({Role.DISEASED}, DISEASED_NAMES)

    @property
    def leaf(self) -> frozenset[str]:
        """Names that count as leaf, the diseased ones among them."""
        return self._with_role({Role.LEAF, Role.DISEASED}, LEAF_NAMES)

    def _with_role(self, roles: set[Role], presets: frozenset[str]) -> frozenset[str]:
        told = {entry.name.casefold() for entry in self.names}
        own = {entry.name for entry in self.names if entry.role in roles}
        return frozenset(own | {name for name in presets if name not in told})

    def role_of(self, name: str) -> Role:
        """Return what a name counts as; names that nothing is known of are not leaf."""
        folded = name.casefold()
        for names, role in ((self.diseased, Role.DISEASED), (self.leaf, Role.LEAF)):
            if folded in {known.casefold() for known in names}:
                return role
        return Role.OUTSIDE

    def colour_of(self, name: str) -> str:
        """Return the template's colour for a name, or "" where it has none."""
        folded = name.casefold()
        return next((e.colour for e in self.names if e.name.casefold() == folded), "")

    def colours(self, partition: Partition) -> Partition:
        """Let classes have the colours of their names in this template."""
        classes = tuple(
            info
            if info.name_colour == (colour := self.colour_of(info.name) if info.name else "")
            else replace(info, name_colour=colour)
            for info in partition.classes
        )
        # The very same value where nothing differs.
        same = all(new is old for new, old in zip(classes, partition.classes, strict=True))
        return partition if same else replace(partition, classes=classes)

    def to_json(self) -> dict[str, object]:
        """Describe the template with plain values (see `from_json`)."""
        return {
            "title": self.title,
            "names": [
                {"name": entry.name, "role": str(entry.role), "colour": entry.colour}
                for entry in self.names
            ],
        }

    @classmethod
    def from_json(cls, content: Any) -> Self:
        """Rebuild a template from `to_json`; raises UserError when it is not one."""
        try:
            if not isinstance(content["names"], list):
                raise TypeError("its names are not a list")
            listed = content["names"][: MOST_NAMES + 1]
            names = tuple(
                TemplateName(_text(item["name"]), Role(item["role"]), _text(item.get("colour", "")))
                for item in listed
            )
            return cls(_text(content["title"])[:LONGEST_NAME], names)
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise UserError(f"The template of names is damaged ({error}); save it anew.") from None


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise TypeError(f"{value!r} is not a text")
    return value


def _preset(name: str) -> TemplateName:
    role = Role.DISEASED if name in DISEASED_NAMES else Role.LEAF
    return TemplateName(name, role if name in LEAF_NAMES else Role.OUTSIDE, NAME_COLOURS[name])


#: The template that work begins with.
PLANT_PATHOLOGY = NameTemplate("Plant pathology", tuple(map(_preset, PRESET_NAMES)))


def read_template(path: Path) -> NameTemplate:
    """Read a template from a JSON file.

    Raises
    ------
    UserError
        When the file cannot be read or holds no template.
    """
    try:
        with path.open("rb") as file:
            content = file.read(_LARGEST_FILE + 1)
    except OSError as error:
        what = error.strerror or str(error)
        raise UserError(f"{path} cannot be read: {what}; choose another file.") from None
    if len(content) > _LARGEST_FILE:
        raise UserError(f"{path} is too large for a template of names; choose another file.")
    try:
        return NameTemplate.from_json(json.loads(content.decode("utf-8-sig")))
    except (ValueError, RecursionError):
        raise UserError(f"{path} is no template of names (no JSON); choose another file.") from None
    except UserError as error:
        raise UserError(f"{path}: {error}") from None


def write_template(path: Path, template: NameTemplate) -> None:
    """Write a template as JSON.

    Raises
    ------
    UserError
        When the file cannot be written.
    """
    described: Mapping[str, object] = template.to_json()
    try:
        write_text(path, json.dumps(described, indent=1, ensure_ascii=False) + "\n")
    except OSError as error:
        what = error.strerror or str(error)
        raise UserError(f"{path} cannot be written: {what}; choose another place.") from None
