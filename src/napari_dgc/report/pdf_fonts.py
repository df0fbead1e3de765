"""Letters of a PDF: Helvetica, and for what it lacks other fonts that are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from html import escape
from itertools import groupby

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
#: Fonts of the system that know many scripts, by the names of their files; looked for in order.
_SYSTEM = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial Unicode.ttf", "arial.ttf", "Arial.ttf")
#: Fonts that PDF viewers have for scripts, with the encodings that Python has for them.
_ASIAN = (
    ("HeiseiKakuGo-W5", "shift_jis"),
    ("STSong-Light", "gb2312"),
    ("HYGothic-Medium", "cp949"),
)


@dataclass(frozen=True)
class _Font:
    name: str
    letters: frozenset[int] = frozenset()
    encoding: str = ""

    def holds(self, letter: str) -> bool:
        return _in(letter, self.encoding) if self.encoding else ord(letter) in self.letters


def runs(text: str, bold: bool = False) -> Iterator[tuple[str, str]]:
    """Split a text by the fonts that have its letters.

    Yields
    ------
    tuple of str
        Name of the font, piece of the text. Letters that no font has are question marks.
    """
    base = BOLD if bold else PLAIN

    def font(letter: str) -> str:
        if _in(letter, "cp1252"):
            return base
        return next((font.name for font in _others() if font.holds(letter)), "")

    for name, letters in groupby(text, font):
        piece = "".join(letters)
        yield (name, piece) if name else (base, "?" * len(piece))


def markup(text: str, bold: bool = False) -> str:
    """Return a text for a paragraph of reportlab: escaped, with fonts where need be."""
    base = BOLD if bold else PLAIN
    return "".join(
        escape(piece) if name == base else f'<font name="{name}">{escape(piece)}</font>'
        for name, piece in runs(text, bold)
    )


def width(text: str, size: float, bold: bool = False) -> float:
    """Return how long a line of text is, in points."""
    from reportlab.pdfbase.pdfmetrics import stringWidth

    return sum(float(stringWidth(piece, name, size)) for name, piece in runs(text, bold))


def _in(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True


@cache
def _others() -> tuple[_Font, ...]:
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    found = []
    # The first one comes with reportlab: western and central Europe.
    for file in ("Vera.ttf", *_SYSTEM):
        try:
            font = TTFont(f"dgc-{file.split('.')[0].replace(' ', '')}", file)
        except (TTFError, OSError):
            continue
        registerFont(font)
        found.append(_Font(font.fontName, frozenset(font.face.charToGlyph)))
    for name, encoding in _ASIAN:
        registerFont(UnicodeCIDFont(name))
        found.append(_Font(name, encoding=encoding))
    return tuple(found)
