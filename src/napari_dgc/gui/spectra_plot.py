"""Mean spectra of the classes, in the classes' colours."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtCore import QSize, Qt, Signal
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QSizePolicy

from napari_dgc.partition import ClassInfo, Partition

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget


#: Curves with less contrast than this to the background get an edge, of this opacity.
_FAINT, _EDGE_ALPHA = 1.5, 110


def contrast(colour: QColor, other: QColor) -> float:
    """Return how much two colours differ in lightness, from 1 to 21 (WCAG 2.2, 1.4.3)."""

    def luminance(one: QColor) -> float:
        parts = np.array([one.redF(), one.greenF(), one.blueF()])
        linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722))

    low, high = sorted((luminance(colour), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def class_spectra(
    partition: Partition, spectra: NDArray[np.float64], mass: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Average the spectra of fine clusters over classes, weighted by their pixels.

    Parameters
    ----------
    partition
        The classes.
    spectra
        (clusters, bands) mean reflectance of each fine cluster, NaN where unknown.
    mass
        (clusters,) pixels of each fine cluster.

    Returns
    -------
    ndarray
        (classes, bands), in the order of ``partition.classes``, NaN where unknown.
    """
    known = np.isfinite(spectra)
    weight = known * mass[:, None].astype(float)
    weighted = np.where(known, spectra, 0.0) * weight
    rows = []
    for info in partition.classes:
        members = np.array(info.members) - 1
        total = weight[members].sum(axis=0)
        rows.append(
            np.divide(
                weighted[members].sum(axis=0),
                total,
                out=np.full(spectra.shape[1], np.nan),
                where=total > 0,
            )
        )
    return np.array(rows)


class SpectraPlot(pg.PlotWidget):
    """One curve per class, kept and moved rather than drawn anew.

    A click on a curve emits `class_clicked` with a `ClassInfo`.
    """

    class_clicked = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._curves: dict[int, pg.PlotDataItem] = {}
        self._classes: dict[int, ClassInfo] = {}
        self._selected: frozenset[int] = frozenset()
        self._text, self._ground = "#808080", QColor("black")
        item = self.getPlotItem()
        item.hideButtons()
        item.setMenuEnabled(False)
        item.showGrid(x=True, y=True, alpha=0.15)
        item.setMouseEnabled(x=True, y=False)
        item.layout.setContentsMargins(0, 6, 8, 6)
        self._hint = pg.TextItem("", color=self._text, anchor=(0.5, 0.5))
        self._hint.setParentItem(item.getViewBox())
        self._hint.hide()
        item.getViewBox().sigResized.connect(self._centre_hint)
        # 0.4, not "400 (x0.001)".
        item.getAxis("left").enableAutoSIPrefix(False)
        item.getAxis("bottom").enableAutoSIPrefix(False)
        self.setMinimumHeight(108)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Expanding)
        self.setToolTip(
            "Mean spectrum of each class; click a curve to select its class, "
            "Ctrl + wheel zooms in, double-click shows everything again"
        )

    def sizeHint(self) -> QSize:
        """Ask for little: the dock has to fit a small screen."""
        return QSize(300, 150)

    @property
    def curves(self) -> dict[int, pg.PlotDataItem]:
        """Curves shown now, by class number."""
        return {number: curve for number, curve in self._curves.items() if curve.isVisible()}

    def set_theme(self, background: str, text: str) -> None:
        """Take over colours of the viewer's theme (``#rrggbb``)."""
        self._text, self._ground = text, QColor(background)
        self.setBackground(background)
        for name in ("left", "bottom"):
            axis = self.getPlotItem().getAxis(name)
            axis.setPen(text)
            axis.setTextPen(text)
            axis.setLabel(axis.labelText, color=text)
        self._hint.setColor(text)
        self._set_pens()

    def show_hint(self, text: str) -> None:
        """Show a sentence instead of curves; an empty one takes it away."""
        self._hint.setText(text)
        self._hint.setVisible(bool(text))
        self._centre_hint()
        if text:
            for curve in self._curves.values():
                curve.hide()

    def set_spectra(
        self,
        classes: Sequence[ClassInfo],
        spectra: NDArray[np.float64],
        wavelengths_nm: NDArray[np.float64] | None,
    ) -> None:
        """Show the mean spectra of classes.

        Parameters
        ----------
        classes
            The classes; those without a single known band get no curve.
        spectra
            (classes, bands).
        wavelengths_nm
            (bands,) for the horizontal axis, or None to number the bands.
        """
        self.show_hint("")
        bands = spectra.shape[1]
        x = np.arange(1, bands + 1) if wavelengths_nm is None else wavelengths_nm
        order = np.argsort(x)
        self._set_labels(wavelengths_nm is not None, spectra)
        self._classes = {info.number: info for info in classes}
        shown = set()
        for info, spectrum in zip(classes, spectra, strict=True):
            if not np.isfinite(spectrum).any():
                continue
            shown.add(info.number)
            curve = self._curves.get(info.number)
            if curve is None:
                curve = self._curves[info.number] = self._new_curve()
            curve.setData(x[order], spectrum[order], connect="finite")
            curve.setVisible(True)
        for number, curve in self._curves.items():
            if number not in shown:
                curve.hide()
        self._set_pens()
        self.getPlotItem().enableAutoRange()

    def set_selected(self, numbers: Collection[int]) -> None:
        """Draw these classes bold and the others pale; none selected draws all alike."""
        self._selected = frozenset(numbers)
        self._set_pens()

    def _set_labels(self, known: bool, spectra: NDArray[np.float64]) -> None:
        item = self.getPlotItem()
        style: dict[str, Any] = {"color": self._text}
        item.setLabel("bottom", "wavelength (nm)" if known else "band", **style)
        highest = np.nanmax(spectra, initial=0.0)
        item.setLabel("left", "reflectance" if highest <= 2 else "mean signal", **style)

    def _new_curve(self) -> pg.PlotDataItem:
        curve = pg.PlotDataItem()
        curve.setCurveClickable(True, width=8)
        curve.sigClicked.connect(self._on_curve_clicked)
        self.addItem(curve)
        return curve

    def _on_curve_clicked(self, clicked: pg.PlotDataItem, _event: object = None) -> None:
        for number, curve in self._curves.items():
            if curve is clicked and number in self._classes:
                self.class_clicked.emit(self._classes[number])

    def _set_pens(self) -> None:
        for number, curve in self._curves.items():
            info = self._classes.get(number)
            if info is None:
                continue
            colour = QColor(info.shown_colour)
            chosen = number in self._selected
            edge = QColor(self._text)
            edge.setAlpha(_EDGE_ALPHA)
            faint = contrast(colour, self._ground) < _FAINT
            # Yellow on the light theme's grey would hardly be seen.
            curve.setShadowPen(pg.mkPen(edge, width=5 if chosen else 3.5) if faint else None)
            if self._selected and not chosen:
                colour.setAlpha(70)
            curve.setPen(pg.mkPen(colour, width=3 if chosen else 1.5))
            curve.setZValue(10 if chosen else 0)

    def _centre_hint(self) -> None:
        rectangle = self.getPlotItem().getViewBox().rect()
        self._hint.setTextWidth(max(rectangle.width() - 20, 80))
        self._hint.setPos(rectangle.center())

    def mouseDoubleClickEvent(self, event: Any) -> None:
        """Show all wavelengths again."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.getPlotItem().enableAutoRange()
        super().mouseDoubleClickEvent(event)

    def wheelEvent(self, event: Any) -> None:
        """Leave the wheel to the dock's scroll bar unless Ctrl is held."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            super().wheelEvent(event)
        else:
            event.ignore()
