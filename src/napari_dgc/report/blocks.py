"""What a report consists of, whether it is written as HTML or as PDF."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from napari_dgc.report.drawing import Drawing


@dataclass(frozen=True)
class Heading:
    """A heading.

    Parameters
    ----------
    text
        What it says.
    level
        1 for the title, 2 and 3 below it.
    anchor
        Name to link to, of letters, digits and hyphens; "" for none.
    new_page
        Whether it begins a page when printed.
    """

    text: str
    level: int = 2
    anchor: str = ""
    new_page: bool = False


@dataclass(frozen=True)
class Text:
    """A paragraph; small print where `small`."""

    text: str
    small: bool = False


@dataclass(frozen=True)
class Points:
    """Sentences, each with a dot before it."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Column:
    """A column of a grid: its title, and whether it holds numbers or colours."""

    title: str
    numbers: bool = False
    colours: bool = False


@dataclass(frozen=True)
class Grid:
    """A table.

    Parameters
    ----------
    name
        What it is, for those who do not see it.
    columns
        In order.
    rows
        As many cells each; those of colour columns are ``#rrggbb``.
    links
        For each row the anchor that its first cell leads to; empty for none.
    """

    name: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]
    links: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if any(len(row) != len(self.columns) for row in self.rows):
            raise ValueError("every row needs as many cells as there are columns")


@dataclass(frozen=True)
class Figure:
    """A drawing with what is to be said about it."""

    drawing: Drawing
    caption: str


Block: TypeAlias = Heading | Text | Points | Grid | Figure


@dataclass(frozen=True)
class Document:
    """A report.

    Parameters
    ----------
    title
        For the window and the file; also the first heading of `blocks`.
    blocks
        What it says, in order.
    """

    title: str
    blocks: tuple[Block, ...]
