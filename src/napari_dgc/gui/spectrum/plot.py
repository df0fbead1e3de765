"""The plot of the spectrum dock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pyqtgraph as pg
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QSizePolicy

from napari_dgc.cubes.bad_bands import band_spans
from napari_dgc.gui.spectrum.curve import WAVELENGTH, BandAxis, Curve
from napari_dgc.gui.spectrum.curve_items import CurveItems

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_dgc.gui.session import Scan

#: Values up to this are taken for reflectance.
_REFLECTANCE = 2.0
#: The plot keeps its height until the curves fill less than this part of it.
_ROOMY = 0.5


class _MarkingBox(pg.ViewBox):
    """View box in which a drag marks bands, when that is wanted."""

    #: Horizontal positions where the drag began and where it is, and whether it ended.
    dragged = Signal(float, float, bool)

    def __init__(self) -> None:
        super().__init__()
        self.marking = False

    def mouseDragEvent(self, event: Any, axis: int | None = None) -> None:
        """Mark instead of moving the view."""
        if not self.marking or event.button() != Qt.MouseButton.LeftButton:
            super().mouseDragEvent(event, axis)
            return
        event.accept()
        start = self.mapToView(event.buttonDownPos()).x()
        now = self.mapToView(event.pos()).x()
        self.dragged.emit(start, now, event.isFinish())

    def mouseClickEvent(self, event: Any) -> None:
        """Take a click for a drag over one band."""
        if not self.marking or event.button() != Qt.MouseButton.LeftButton:
            super().mouseClickEvent(event)
            return
        event.accept()
        here = self.mapToView(event.pos()).x()
        self.dragged.emit(here, here, True)


class SpectrumPlot(pg.PlotWidget):
    """Curves over wavelength or band, the bad bands shaded."""

    def __init__(self, parent: QWidget | None = None) -> None:
        self.box = _MarkingBox()
        super().__init__(parent, viewBox=self.box)
        self.axis = BandAxis(WAVELENGTH)
        self._items: dict[Curve, CurveItems] = {}
        self._shades: list[pg.LinearRegionItem] = []
        #: Whose bad bands are shaded.
        self.scan: Scan | None = None
        #: Colour of axes and words.
        self.text = "#808080"
        self._range: tuple[float, float] = (0.0, 1.0)
        self._bad_bands: tuple[int, ...] = ()
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.showGrid(x=True, y=True, alpha=0.15)
        item.setMouseEnabled(x=True, y=False)
        item.layout.setContentsMargins(0, 6, 8, 2)
        item.disableAutoRange()
        for name in ("left", "bottom"):
            item.getAxis(name).enableAutoSIPrefix(False)
        item.getAxis("left").setWidth(54)
        self._preview = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
        self._preview.hide()
        item.addItem(self._preview, ignoreBounds=True)
        self._hint = pg.TextItem("", color=self.text, anchor=(0.5, 0.5))
        self._hint.setParentItem(self.box)
        self._hint.setZValue(100)
        self._hint.hide()
        self.box.sigResized.connect(self._centre_hint)
        self.setMinimumHeight(150)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:
        """Ask for little: the dock has to fit a small screen."""
        return QSize(320, 220)

    def set_theme(self, background: str, text: str) -> None:
        """Take over colours of the viewer's theme (``#rrggbb``)."""
        self.text = text
        self.setBackground(background)
        for name in ("left", "bottom", "right"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
            axis.setLabel(axis.labelText, color=text)
        self._hint.setColor(text)
        self._hint.fill = pg.mkBrush(background)
        self._shade()

    def show_hint(self, text: str) -> None:
        """Show a sentence in the middle; an empty one takes it away."""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))
        item = self.getPlotItem()
        item.showGrid(x=not text, y=not text, alpha=0.15)
        for name in ("left", "bottom"):
            item.getAxis(name).setStyle(showValues=not text)
        self._centre_hint()

    # --------------------------------------------------------------- curves

    def show_curves(self, curves: Sequence[Curve], scan: Scan | None) -> None:
        """Draw these curves and no others, and the bad bands of a scan."""
        for curve in [curve for curve in self._items if curve not in curves]:
            self._items.pop(curve).remove()
        self.scan = scan
        bad_bands = () if scan is None else tuple(scan.cube.bad_bands)
        if bad_bands != self._bad_bands:
            self._bad_bands = bad_bands
            self._range = (0.0, 0.0)  # made for noise that may be gone
        for curve in curves:
            self._draw(curve)
        self._shade()
        self._fit()

    def renew(self, curve: Curve) -> None:
        """Draw one curve anew."""
        self._draw(curve)
        self._fit()

    def drawn(self, curve: Curve) -> pg.PlotDataItem | None:
        """Return the line of a curve, or None where none is drawn."""
        items = self._items.get(curve)
        return None if items is None or not items.mean.isVisible() else items.mean

    def show_all(self) -> None:
        """Show all bands, at the height of the curves."""
        self._range = (0.0, 0.0)
        self._fit()
        positions = None if self.scan is None else self.axis.positions(self.scan.cube)
        ends = [] if positions is None else [positions]
        for curve in self._items:
            if curve.scan is not None and curve.visible and curve.mean is not None:
                found = self.axis.positions(curve.scan.cube)
                ends += [] if found is None else [found]
        if ends:
            low, high = min(float(x.min()) for x in ends), max(float(x.max()) for x in ends)
            self.box.setXRange(low, max(high, low + 1e-3), padding=0.02)

    def _draw(self, curve: Curve) -> None:
        items = self._items.get(curve)
        if items is None:
            items = self._items[curve] = CurveItems(self.getPlotItem())
        cursor = curve.name == "cursor"
        if cursor:
            curve.colour = self.text
        items.show(curve, self.axis, with_bad=self.box.marking)
        items.mean.setZValue(3 if cursor else 2)

    def _fit(self) -> None:
        """Give the curves enough height; change it seldom, so that it is calm to look at."""
        bounds = [items.bounds for items in self._items.values() if items.bounds is not None]
        item = self.getPlotItem()
        item.setLabel("bottom", self.axis.title, color=self.text)
        if not bounds:
            return
        low, high = min(low for low, _ in bounds), max(high for _, high in bounds)
        title = "reflectance" if high <= _REFLECTANCE else "signal"
        item.setLabel("left", title, color=self.text)
        low = 0.0 if low >= 0 else low
        high = high if high > low else low + 1.0
        shown_low, shown_high = self._range
        tall = (shown_high - shown_low) * _ROOMY <= high - low
        if shown_low <= low and high <= shown_high and tall:
            return
        margin = 0.06 * (high - low)
        self._range = (low - (margin if low < 0 else 0.0), high + margin)
        self.box.setYRange(*self._range, padding=0)

    # ------------------------------------------------------------ bad bands

    def show_preview(self, first: float, last: float, bad: bool) -> None:
        """Show which part of the plot a drag is about to mark."""
        self._preview.setBrush(pg.mkBrush(QColor("#d55e00" if bad else "#009e73")))
        self._preview.setOpacity(0.35)
        self._preview.setRegion(sorted((first, last)))
        self._preview.show()

    def end_preview(self) -> None:
        """Hide what `show_preview` showed."""
        self._preview.hide()

    def _shade(self) -> None:
        scan = self.scan
        cells = []
        if scan is not None:
            found = [self.axis.cell(scan.cube, *s) for s in band_spans(scan.cube.bad_bands)]
            cells = [cell for cell in found if cell is not None]
        while len(self._shades) < len(cells):
            shade = pg.LinearRegionItem(movable=False, pen=pg.mkPen(None))
            shade.setZValue(-10)
            self.getPlotItem().addItem(shade, ignoreBounds=True)
            self._shades.append(shade)
        colour = QColor(self.text)
        colour.setAlpha(45)
        for position, shade in enumerate(self._shades):
            shade.setVisible(position < len(cells))
            shade.setBrush(pg.mkBrush(colour))
            if position < len(cells):
                shade.setRegion(cells[position])

    # ---------------------------------------------------------------- mouse

    def _centre_hint(self) -> None:
        rectangle = self.box.rect()
        self._hint.setTextWidth(max(rectangle.width() - 20, 80))
        self._hint.setPos(rectangle.center())

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """Show everything again."""
        if event.button() == Qt.MouseButton.LeftButton and not self.box.marking:
            self.show_all()
        super().mouseDoubleClickEvent(event)

    def wheelEvent(self, event: Any) -> None:
        """Leave the wheel to the dock's scroll bar unless Ctrl is held."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()
