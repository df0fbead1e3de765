"""A report as PDF pages, with reportlab."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

from reportlab.lib.colors import HexColor
from reportlab.lib.enums import TA_RIGHT
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Flowable,
    Frame,
    KeepTogether,
    LongTable,
    PageBreak,
    PageTemplate,
    Paragraph,
    Spacer,
    TableStyle,
)

from napari_dgc import __version__
from napari_dgc.errors import readable
from napari_dgc.report.blocks import Block, Document, Figure, Grid, Heading, Points, Text
from napari_dgc.report.drawing import INK, Area, Dot, Drawing, Label, Line, Picture
from napari_dgc.report.pdf_fonts import BOLD, PLAIN, markup, runs, width

_MARGIN = 15 * mm
_INSIDE = A4[0] - 2 * _MARGIN
_CELL, _PAD = 7.5, 3.0
#: Longest text of a heading; and most lines of a cell, which must not outgrow a page.
_LONGEST, _MOST_LINES = 400, 40
#: Tables of so many rows are not parted.
_TOGETHER = 14


def _style(size: float, font: str = PLAIN, **rest: Any) -> ParagraphStyle:
    made = {"fontName": font, "fontSize": size, "leading": 1.3 * size, "textColor": HexColor(INK)}
    return ParagraphStyle(f"{font}{size}{sorted(rest)}", **{**made, "splitLongWords": 1, **rest})


_HEADINGS = {
    1: _style(18, BOLD, spaceAfter=4),
    2: _style(13, BOLD, spaceBefore=12, spaceAfter=5),
    3: _style(10.5, BOLD, spaceBefore=7, spaceAfter=3),
}
_BODY, _SMALL = _style(9.5, spaceAfter=4), _style(8, spaceAfter=4, textColor=HexColor("#444444"))
_POINT = _style(9.5, spaceAfter=2, leftIndent=12, bulletIndent=3)
_CELLS = {False: _style(_CELL), True: _style(_CELL, alignment=TA_RIGHT)}
_TITLES = {False: _style(_CELL, BOLD), True: _style(_CELL, BOLD, alignment=TA_RIGHT)}


def pdf_bytes(document: Document) -> bytes:
    """Return a report as a PDF file, the same bytes for the same report."""
    buffer = io.BytesIO()
    title = readable(document.title)
    pages = _Pages(
        buffer,
        pagesize=A4,
        title=title,
        creator=f"napari-dgc {__version__}",
        author="",
        subject="",
        lang="en",
        # No time and no chance in the file.
        invariant=1,
    )
    frame = Frame(
        *(_MARGIN, _MARGIN, _INSIDE, A4[1] - 2 * _MARGIN),
        **dict.fromkeys(("leftPadding", "rightPadding", "topPadding", "bottomPadding"), 0),
    )
    pages.addPageTemplates(PageTemplate(frames=[frame], onPage=lambda c, d: _foot(c, d, title)))
    pages.build(_story(document.blocks))
    return buffer.getvalue()


class _Pages(BaseDocTemplate):  # type: ignore[misc]
    """Pages whose headings are listed beside them by the viewer."""

    def afterFlowable(self, flowable: Flowable) -> None:
        """List a heading."""
        heading = getattr(flowable, "heading", None)
        if heading is not None and heading.level == 2:
            key = f"heading-{self.seq_of_headings}"
            self.canv.bookmarkPage(key)
            self.canv.addOutlineEntry(readable(heading.text), key, 0)
            self.seq_of_headings += 1

    seq_of_headings = 0


def _foot(canvas: Any, pages: Any, title: str) -> None:
    canvas.saveState()
    shown = title if len(title) <= 80 else f"{title[:79]}…"
    _draw_text(canvas, Label(_MARGIN, 9 * mm, shown, 7.5, colour="#666666"))
    number = Label(A4[0] - _MARGIN, 9 * mm, f"page {pages.page}", 7.5, "end", colour="#666666")
    _draw_text(canvas, number)
    canvas.restoreState()


def _story(blocks: Sequence[Block]) -> list[Flowable]:
    """Put blocks in order; a heading stays with the figure or the small table after it."""
    story: list[Flowable] = []
    waiting: list[Flowable] = []
    for block in blocks:
        parts = _flowables(block)
        if isinstance(block, Heading):
            story += waiting
            waiting = parts
            story.append(PageBreak() if block.new_page else CondPageBreak(30 * mm))
        elif isinstance(block, Figure) or (isinstance(block, Grid) and _is_small(block)):
            story.append(KeepTogether([*waiting, *parts]))
            waiting = []
        else:
            story += [*waiting, *parts]
            waiting = []
    return [*story, *waiting]


def _is_small(grid: Grid) -> bool:
    return len(grid.rows) <= _TOGETHER


def _flowables(block: Block) -> list[Flowable]:
    if isinstance(block, Heading):
        anchor = f'<a name="{block.anchor}"/>' if block.anchor else ""
        text = Paragraph(anchor + _cut(block.text, bold=True), _HEADINGS[block.level])
        text.heading = block
        return [text]
    if isinstance(block, Text):
        return [Paragraph(markup(readable(block.text)), _SMALL if block.small else _BODY)]
    if isinstance(block, Points):
        return [Paragraph(markup(readable(item)), _POINT, bulletText="•") for item in block.items]
    if isinstance(block, Figure):
        parts = [_Drawn(block.drawing), Spacer(0, 3)]
        if block.caption:
            parts.append(Paragraph(markup(readable(block.caption)), _SMALL))
        return parts
    return [_grid(block), Spacer(0, 6)]


def _cut(text: str, bold: bool = False, longest: int = _LONGEST) -> str:
    shown = readable(text)
    return markup(shown if len(shown) <= longest else f"{shown[: longest - 1]}…", bold)


def _grid(grid: Grid) -> Flowable:
    titles = [Paragraph(_cut(c.title, bold=True), _TITLES[c.numbers]) for c in grid.columns]
    styles: list[tuple[Any, ...]] = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ("LINEBELOW", (0, 0), (-1, 0), 0.8, HexColor(INK)),
        ("LINEBELOW", (0, 1), (-1, -1), 0.4, HexColor("#cccccc")),
        ("LEFTPADDING", (0, 0), (-1, -1), _PAD),
        ("RIGHTPADDING", (0, 0), (-1, -1), _PAD),
        ("TOPPADDING", (0, 0), (-1, -1), 1.5),
        ("BOTTOMPADDING", (0, 0), (-1, -1), 2),
    ]
    widths = _widths(grid)
    # The widest letter is about as wide as it is high.
    longest = [max(1, int((wide - 2 * _PAD) / _CELL)) * _MOST_LINES for wide in widths]
    rows: list[list[Any]] = [titles]
    for line, row in enumerate(grid.rows):
        cells: list[Any] = []
        for place, (column, text) in enumerate(zip(grid.columns, row, strict=True)):
            shown = _cut(text, longest=longest[place])
            if grid.links and place == 0:
                shown = f'<a href="#{grid.links[line]}" color="#0b5394">{shown}</a>'
            if column.colours:
                cells.append(_Drawn(Drawing(14, 8, (_swatch(text),), "")))
            else:
                cells.append(Paragraph(shown, _CELLS[column.numbers]))
        rows.append(cells)
    table = LongTable(rows, colWidths=widths, repeatRows=1, hAlign="LEFT")
    table.setStyle(TableStyle(styles))
    return table


def _swatch(colour: str) -> Area:
    return Area(((0, 0), (14, 0), (14, 8), (0, 8)), colour)


def _widths(grid: Grid) -> Sequence[float]:
    """Give each column what its longest text takes, or of a page that is too narrow its share.

    Words stay whole where they can: numbers and titles are not parted.
    """
    wanted, least = [], []
    for place, column in enumerate(grid.columns):
        if column.colours:
            texts = []
            longest = 14.0
        else:
            texts = [readable(row[place])[:_LONGEST] for row in grid.rows]
            longest = max((width(text, _CELL) for text in texts), default=0.0)
        title = width(column.title, _CELL, bold=True)
        lengths = [width(word, _CELL, bold=True) for word in column.title.split()]
        lengths += [width(word, _CELL) for text in texts for word in text.split()]
        wanted.append(max(longest, title) + 2 * _PAD + 1)
        cap = _INSIDE if column.numbers else _INSIDE / 4
        least.append(min(max(lengths, default=14.0), cap) + 2 * _PAD + 1)
    if sum(wanted) <= _INSIDE:
        return wanted
    if sum(least) >= _INSIDE:
        # Numbers stay whole; words share what is left.
        fixed = sum(need for need, c in zip(least, grid.columns, strict=True) if c.numbers)
        words = sum(least) - fixed
        part = (_INSIDE - fixed) / words if fixed < 0.8 * _INSIDE and words else 0.0
        if not part:
            return [_INSIDE * need / sum(least) for need in least]
        return [
            need if c.numbers else need * part for need, c in zip(least, grid.columns, strict=True)
        ]
    room = _INSIDE - sum(least)
    more = [max(0.0, want - need) for want, need in zip(wanted, least, strict=True)]
    return [need + room * part / sum(more) for need, part in zip(least, more, strict=True)]


class _Drawn(Flowable):  # type: ignore[misc]
    """A drawing on a page, made smaller where it is too wide."""

    def __init__(self, drawing: Drawing) -> None:
        super().__init__()
        self.drawing = drawing
        self.scale = min(1.0, _INSIDE / drawing.width)

    def wrap(self, _width: float, _height: float) -> tuple[float, float]:
        """Return its size."""
        return self.drawing.width * self.scale, self.drawing.height * self.scale

    def draw(self) -> None:
        """Draw it."""
        self.canv.scale(self.scale, self.scale)
        for shape in self.drawing.shapes:
            _draw(self.canv, shape, self.drawing.height)


def _draw(canvas: Any, shape: Line | Area | Dot | Label | Picture, height: float) -> None:
    """Draw a shape; y runs upwards on the page."""
    canvas.saveState()
    if isinstance(shape, Label):
        canvas.translate(shape.x, height - shape.y)
        if shape.upwards:
            canvas.rotate(90)
        canvas.translate(-shape.x, -shape.y)
        _draw_text(canvas, shape)
    elif isinstance(shape, Picture):
        canvas.drawImage(
            ImageReader(io.BytesIO(shape.data)),
            *(shape.x, height - shape.y - shape.height, shape.width, shape.height),
        )
    elif isinstance(shape, Dot):
        canvas.setFillColor(HexColor(shape.colour))
        canvas.circle(shape.x, height - shape.y, shape.radius, stroke=0, fill=1)
    else:
        path = canvas.beginPath()
        for place, (x, y) in enumerate(shape.points):
            (path.lineTo if place else path.moveTo)(x, height - y)
        if isinstance(shape, Area):
            path.close()
            canvas.setFillColor(HexColor(shape.colour))
            canvas.setFillAlpha(shape.opacity)
            canvas.drawPath(path, stroke=0, fill=1)
        else:
            canvas.setStrokeColor(HexColor(shape.colour))
            canvas.setLineWidth(shape.width)
            canvas.setLineJoin(1)
            if shape.dashed:
                canvas.setDash(3, 2)
            canvas.drawPath(path, stroke=1, fill=0)
    canvas.restoreState()


def _draw_text(canvas: Any, label: Label) -> None:
    text = readable(label.text)
    part = {"start": 0.0, "middle": 0.5, "end": 1.0}[label.anchor]
    left = label.x - part * width(text, label.size, label.bold)
    # Outlines first, the letters above them.
    for mode, colour in ((1, label.halo), (0, label.colour)):
        if not colour:
            continue
        # How letters are drawn stays after the end of a text.
        canvas.saveState()
        line = canvas.beginText(left, label.y)
        line.setTextRenderMode(mode)
        line.setStrokeColor(HexColor(colour))
        line.setFillColor(HexColor(colour))
        canvas.setLineWidth(2)
        canvas.setLineJoin(1)
        for font, piece in runs(text, label.bold):
            line.setFont(font, label.size)
            line.textOut(piece)
        canvas.drawText(line)
        canvas.restoreState()
