"""Small line icons in the colour of the theme's text."""

from functools import lru_cache

from qtpy.QtCore import QByteArray, Qt
from qtpy.QtGui import QIcon, QPainter, QPixmap
from qtpy.QtSvg import QSvgRenderer

# 24 x 24, drawn with a round pen of width 2.
_PATHS: dict[str, str] = {
    "merge": '<circle cx="6" cy="5" r="2.5"/><circle cx="18" cy="5" r="2.5"/>'
    '<path d="M6 8v2q0 4 6 5q6-1 6-5V8M12 15v4"/><path d="M9 17l3 4l3-4"/>',
    "split": '<circle cx="12" cy="5" r="2.5"/><path d="M12 8v3M12 11q-6 1-6 8M12 11q6 1 6 8"/>'
    '<path d="M3.5 16.5L6 20l2.5-3.5M15.5 16.5L18 20l2.5-3.5"/>',
    "undo": '<path d="M8 5L3.5 9.5L8 14"/><path d="M4 9.5h10a5.5 5.5 0 0 1 0 11h-4"/>',
    "redo": '<path d="M16 5l4.5 4.5L16 14"/><path d="M20 9.5H10a5.5 5.5 0 0 0 0 11h4"/>',
    "suggest": '<path d="M9 17.5q-.5-2-2-3.5a7 7 0 1 1 10 0q-1.5 1.5-2 3.5z"/>'
    '<path d="M9.5 21h5"/>',
    "highlight": '<path d="M2 12q10-13 20 0q-10 13-20 0z"/><circle cx="12" cy="12" r="3"/>',
    "hidden": '<path d="M2 12q10-13 20 0q-10 13-20 0z"/><path d="M4 20L20 4"/>',
    "name": '<path d="M3 11V3h8l10 10l-8 8z"/><circle cx="7.5" cy="7.5" r="1"/>',
    "pick": '<circle cx="12" cy="12" r="6"/><path d="M12 2v6M12 16v6M2 12h6M16 12h6"/>',
    "live": '<path d="M3 17q3-1 4-6t3.500-5t3 6t4 4.500h3.500"/>',
    "pin": '<path d="M12 21q-6-7-6-11a6 6 0 0 1 12 0q0 4-6 11z"/><circle cx="12" cy="10" r="2"/>',
    "region": '<path d="M4 8l7-4l9 5l-3 10H7z"/>',
    "label": '<path d="M3 12l8-8h9v9l-8 8z"/><circle cx="16" cy="8" r="1"/>',
    "bad": '<path d="M4 20V10M9 20V5M14 20v-8M19 20V7"/><path d="M10 4l8 8M18 4l-8 8"/>',
    "delete": '<path d="M7 7l10 10M17 7L7 17"/>',
    "remove": '<path d="M5 12h14"/>',
    "up": '<path d="M12 20V5M6 11l6-6l6 6"/>',
    "down": '<path d="M12 4v15M6 13l6 6l6-6"/>',
    "folder": '<path d="M3 6h6l2 3h10v10H3z"/>',
    "export": '<path d="M12 15V4M8 8l4-4l4 4M4 14v6h16v-6"/>',
}


@lru_cache(maxsize=128)
def icon(name: str, colour: str) -> QIcon:
    """Return an icon by name, drawn in `colour` (``#rrggbb``), paler when disabled."""
    result = QIcon()
    for mode, opacity in ((QIcon.Mode.Normal, 1.0), (QIcon.Mode.Disabled, 0.3)):
        svg = (
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" fill="none" '
            f'stroke="{colour}" stroke-opacity="{opacity}" stroke-width="2" '
            f'stroke-linecap="round" stroke-linejoin="round">{_PATHS[name]}</svg>'
        )
        # Twice the shown size, for screens with a scale factor.
        pixmap = QPixmap(48, 48)
        pixmap.fill(Qt.GlobalColor.transparent)
        painter = QPainter(pixmap)
        QSvgRenderer(QByteArray(svg.encode())).render(painter)
        painter.end()
        result.addPixmap(pixmap, mode)
    return result
