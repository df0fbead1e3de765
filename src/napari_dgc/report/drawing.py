"""Small drawings for reports: shapes as values, turned into SVG or into a PDF page."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from html import escape
from typing import Literal, TypeAlias

from napari_dgc.errors import readable

INK, GRID = "#222222", "#d5d5d5"
Point: TypeAlias = tuple[float, float]
Anchor: TypeAlias = Literal["start", "middle", "end"]


@dataclass(frozen=True)
class Line:
    """A line through points; widths in points."""

    points: tuple[Point, ...]
    colour: str = INK
    width: float = 0.75
    dashed: bool = False


@dataclass(frozen=True)
class Area:
    """A filled polygon without a border; opacity from 0 to 1."""

    points: tuple[Point, ...]
    colour: str
    opacity: float = 1.0


@dataclass(frozen=True)
class Dot:
    """A filled circle."""

    x: float
    y: float
    radius: float
    colour: str


@dataclass(frozen=True)
class Label:
    """A line of text.

    Parameters
    ----------
    x, y
        Where its base line begins, has its middle or ends, as `anchor` says.
    text
        Anything; signs that do not print become question marks.
    halo
        Colour of a rim about the letters, "" for none.
    upwards
        Whether it runs from below upwards.
    """

    x: float
    y: float
    text: str
    size: float = 8.0
    anchor: Anchor = "start"
    bold: bool = False
    colour: str = INK
    halo: str = ""
    upwards: bool = False


@dataclass(frozen=True)
class Picture:
    """A picture of the kind ``png`` or ``jpeg``, (x, y) its upper left corner."""

    x: float
    y: float
    width: float
    height: float
    data: bytes
    kind: str = "png"


Shape: TypeAlias = Line | Area | Dot | Label | Picture


def box(x: float, y: float, width: float, height: float, colour: str, opacity: float = 1.0) -> Area:
    """Return a filled rectangle, (x, y) its upper left corner."""
    right, bottom = x + width, y + height
    return Area(((x, y), (right, y), (right, bottom), (x, bottom)), colour, opacity)


@dataclass(frozen=True)
class Drawing:
    """Shapes on paper, later ones above earlier ones.

    Parameters
    ----------
    width, height
        In points (1/72 inch); x runs to the right, y downwards.
    shapes
        What is drawn.
    text
        What it shows, for those who do not see it.
    """

    width: float
    height: float
    shapes: tuple[Shape, ...]
    text: str


def svg(drawing: Drawing) -> str:
    """Return a drawing as an SVG element that stands for itself."""
    width, height = _number(drawing.width), _number(drawing.height)
    text = escape(readable(drawing.text))
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}pt" height="{height}pt" '
            f'viewBox="0 0 {width} {height}" role="img" aria-label="{text}">'
        )
    ]
    parts += [_shape(shape) for shape in drawing.shapes]
    return "\n".join([*parts, "</svg>"])


def _shape(shape: Shape) -> str:
    if isinstance(shape, Line):
        dashes = ' stroke-dasharray="3 2"' if shape.dashed else ""
        return (
            f'<polyline points="{_points(shape.points)}" fill="none" stroke="{shape.colour}" '
            f'stroke-width="{_number(shape.width)}" stroke-linejoin="round"{dashes}/>'
        )
    if isinstance(shape, Area):
        opacity = "" if shape.opacity >= 1 else f' fill-opacity="{_number(shape.opacity)}"'
        return f'<polygon points="{_points(shape.points)}" fill="{shape.colour}"{opacity}/>'
    if isinstance(shape, Dot):
        return (
            f'<circle cx="{_number(shape.x)}" cy="{_number(shape.y)}" '
            f'r="{_number(shape.radius)}" fill="{shape.colour}"/>'
        )
    if isinstance(shape, Picture):
        data = base64.b64encode(shape.data).decode()
        return (
            f'<image x="{_number(shape.x)}" y="{_number(shape.y)}" width="{_number(shape.width)}" '
            f'height="{_number(shape.height)}" preserveAspectRatio="none" '
            f'href="data:image/{shape.kind};base64,{data}"/>'
        )
    return _label(shape)


def _label(label: Label) -> str:
    x, y = _number(label.x), _number(label.y)
    turned = f' transform="rotate(-90 {x} {y})"' if label.upwards else ""
    bold = ' font-weight="bold"' if label.bold else ""
    text = escape(readable(label.text))
    place = (
        f'x="{x}" y="{y}" font-size="{_number(label.size)}" text-anchor="{label.anchor}"'
        f"{bold}{turned}"
    )
    letters = f'<text {place} fill="{label.colour}">{text}</text>'
    if not label.halo:
        return letters
    rim = f'fill="none" stroke="{label.halo}" stroke-width="2" stroke-linejoin="round"'
    return f'<text {place} {rim} aria-hidden="true">{text}</text>{letters}'


def _points(points: tuple[Point, ...]) -> str:
    return " ".join(f"{_number(x)},{_number(y)}" for x, y in points)


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
