"""A report as one HTML file that needs nothing else: no script, nothing from elsewhere."""

from __future__ import annotations

from html import escape

from napari_dgc import __version__
from napari_dgc.errors import readable
from napari_dgc.report.blocks import Block, Column, Document, Figure, Grid, Heading, Points, Text
from napari_dgc.report.drawing import svg

_STYLE = """
@page { size: A4; margin: 15mm; }
:root { color-scheme: light; }
body { max-width: 180mm; margin: 10mm auto; padding: 0 5mm; background: #fff; color: #222;
  font: 10pt/1.4 Helvetica, Arial, "Liberation Sans", sans-serif; overflow-wrap: anywhere;
  -webkit-print-color-adjust: exact; print-color-adjust: exact; }
h1 { font-size: 18pt; line-height: 1.2; margin: 0 0 2mm; }
h2 { font-size: 13pt; margin: 7mm 0 2mm; border-bottom: 0.4mm solid #009e73; }
h3 { font-size: 10.5pt; margin: 4mm 0 1mm; }
h1, h2, h3 { break-after: avoid; }
p { margin: 0 0 2mm; }
.small, figcaption { font-size: 8.5pt; color: #444; }
ul { margin: 0 0 2mm; padding-left: 5mm; }
table { border-collapse: collapse; margin: 1mm 0 3mm; font-size: 8.5pt; }
thead { display: table-header-group; }
th, td { padding: 0.6mm 2mm; text-align: left; vertical-align: top; border-bottom: 0.2mm solid #ccc;
  overflow-wrap: break-word; }
th { border-bottom: 0.3mm solid #222; overflow-wrap: normal; }
.wide { font-size: 7.5pt; }
.wide th, .wide td { padding: 0.6mm 1mm; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
.swatch { display: inline-block; width: 5mm; height: 3mm; }
figure { margin: 2mm 0 3mm; }
svg { max-width: 100%; height: auto; font-family: inherit; }
svg image { image-rendering: pixelated; }
tr, figure { break-inside: avoid; }
@media print {
  body { margin: 0; padding: 0; max-width: none; }
  .page { break-before: page; }
  a { color: inherit; text-decoration: none; }
}
"""

#: Tables of so many columns are set in smaller letters.
_MANY = 10


def html_bytes(document: Document) -> bytes:
    """Return a report as an HTML file; all text in it is escaped."""
    body = "\n".join(_block(block) for block in document.blocks)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width">
<meta name="generator" content="napari-dgc {_text(__version__)}">
<title>{_text(document.title)}</title>
<style>{_STYLE}</style>
</head>
<body>
{body}
</body>
</html>
""".encode()


def _text(text: str) -> str:
    return escape(readable(text))


def _block(block: Block) -> str:
    if isinstance(block, Heading):
        anchor = f' id="{_text(block.anchor)}"' if block.anchor else ""
        page = ' class="page"' if block.new_page else ""
        return f"<h{block.level}{anchor}{page}>{_text(block.text)}</h{block.level}>"
    if isinstance(block, Text):
        small = ' class="small"' if block.small else ""
        return f"<p{small}>{_text(block.text)}</p>"
    if isinstance(block, Points):
        return "\n".join(["<ul>", *(f"<li>{_text(item)}</li>" for item in block.items), "</ul>"])
    if isinstance(block, Figure):
        caption = f"<figcaption>{_text(block.caption)}</figcaption>" if block.caption else ""
        return f"<figure>\n{svg(block.drawing)}\n{caption}</figure>"
    return _grid(block)


def _grid(grid: Grid) -> str:
    def cell(text: str, place: int, row: int) -> str:
        column = grid.columns[place]
        if column.colours:
            return f'<td><span class="swatch" style="background: {_text(text)}"></span></td>'
        shown = _text(text)
        if grid.links and place == 0:
            shown = f'<a href="#{_text(grid.links[row])}">{shown}</a>'
        return f"<td{_kind(column)}>{shown}</td>"

    titles = "".join(f"<th{_kind(c)}>{_text(c.title)}</th>" for c in grid.columns)
    wide = ' class="wide"' if len(grid.columns) >= _MANY else ""
    lines = [f'<table{wide} aria-label="{_text(grid.name)}">', f"<thead><tr>{titles}</tr></thead>"]
    lines += ["<tbody>"]
    for number, row in enumerate(grid.rows):
        cells = "".join(cell(text, place, number) for place, text in enumerate(row))
        lines.append(f"<tr>{cells}</tr>")
    return "\n".join([*lines, "</tbody>", "</table>"])


def _kind(column: Column) -> str:
    return ' class="number"' if column.numbers else ""
