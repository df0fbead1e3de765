"""Letters of a PDF: Helvetica, and for what it lacks other fonts that are at hand."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from html import escape
from itertools import groupby

PLAIN, BOLD = "Helvetica", "Helvetica-Bold"
#: Fonts of the system that know many scripts, by the names of their files, in this order.
_SYSTEM = (
    *("DejaVuSans.ttf", "NotoSans-Regular.ttf", "arial.ttf", "Arial.ttf", "Arial Unicode.ttf"),
    *("msgothic.ttc", "simsun.ttc", "malgun.ttf", "wqy-microhei.ttc", "wqy-zenhei.ttc"),
)
#: Fonts that PDF viewers may have for scripts, with the encodings that Python has for them.
_VIEWERS = (
    ("HeiseiKakuGo-W5", "shift_jis"),
    ("STSong-Light", "gb2312"),
    ("HYGothic-Medium", "cp949"),
)


def runs(text: str, bold: bool = False) -> Iterator[tuple[str, str]]:
    """Split a text by the fonts that have its letters.

    Yields
    ------
    tuple of str
        Name of the font, piece of the text. Letters that no font has are question marks;
        letters of scripts that join or run leftwards stay as they are in the text.
    """
    base = BOLD if bold else PLAIN

    def font(letter: str) -> str:
        return base if _in(letter, "cp1252") else _font_of(letter)

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
def _font_of(letter: str) -> str:
    """Return the first font that has a letter, or nothing."""
    if ord(letter) in _letters("Vera.ttf"):
        return _name("Vera.ttf")
    for file in _SYSTEM:
        if ord(letter) in _letters(file):
            return _name(file)
    for name, encoding in _VIEWERS:
        if _in(letter, encoding):
            return _viewers(name)
    return ""


@cache
def _letters(file: str) -> frozenset[int]:
    """Make a font known to reportlab, which searches the system; none when it is not there."""
    from reportlab.pdfbase.pdfmetrics import registerFont
    from reportlab.pdfbase.ttfonts import TTFError, TTFont

    try:
        font = TTFont(_name(file), file)
    except (TTFError, OSError):
        return frozenset()
    registerFont(font)
    return frozenset(font.face.charToGlyph)


def _name(file: str) -> str:
    return "dgc-" + file.split(".", 1)[0].replace(" ", "")


@cache
def _viewers(name: str) -> str:
    from reportlab.pdfbase.cidfonts import UnicodeCIDFont
    from reportlab.pdfbase.pdfmetrics import registerFont

    registerFont(UnicodeCIDFont(name))
    return name
