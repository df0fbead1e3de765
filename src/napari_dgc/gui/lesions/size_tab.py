"""How large the lesions are: a histogram over areas that grow by equal factors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pyqtgraph as pg
from numpy.typing import NDArray
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_dgc.gui.lesions.areas import area_text
from napari_dgc.gui.lesions.figure import Figure
from napari_dgc.gui.plain_label import plain_label

if TYPE_CHECKING:
    from napari_dgc.measure.severity import LeafSeverity

#: Bars at most.
_MOST_BARS = 12


def histogram(areas: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Count areas in bins of equal width in log10.

    Parameters
    ----------
    areas
        (n,) above 0, at least one.

    Returns
    -------
    edges, counts
        (bins + 1,) in log10 of the area, and (bins,).
    """
    logs = np.log10(areas)
    # Half a step to both sides, so that equal areas have a bar as well.
    low, high = float(logs.min()) - 0.05, float(logs.max()) + 0.05
    bins = int(np.clip(np.ceil((high - low) / 0.15), 1, _MOST_BARS))
    counts, edges = np.histogram(logs, bins=bins, range=(low, high))
    return edges, counts


def _ticks(low: float, high: float) -> list[tuple[float, str]]:
    """Return where 1, 2, 5, 10, ... stand on an axis in log10, at most about ten of them."""
    steps = (1.0, 2.0, 5.0) if high - low < 3 else (1.0,)
    decades = range(int(np.floor(low)), int(np.ceil(high)) + 1)
    values = [step * 10.0**decade for decade in decades for step in steps]
    return [(float(np.log10(v)), f"{v:g}") for v in values if low <= np.log10(v) <= high]


class SizeTab(QWidget):
    """Histogram of the lesions of a leaf or a scan, and its quartiles in words."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.summary = plain_label()
        self.summary.setWordWrap(True)
        self.plot = Figure()
        self.plot.getPlotItem().showGrid(x=False, y=True, alpha=0.15)
        self.bars = pg.BarGraphItem(x=[], height=[], width=0.1)
        self.plot.addItem(self.bars)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(3)
        layout.addWidget(self.summary)
        layout.addWidget(self.plot, 1)

    def show_sizes(self, name: str, found: LeafSeverity | None) -> None:
        """Show the sizes of the lesions of `name`."""
        known = found is not None and found.lesion_count > 0
        self.plot.setVisible(known)
        if found is None or not known:
            self.summary.setText(f"{name}: no lesions" if name else "No lesions yet.")
            return
        sizes = found.sizes
        lower, median, upper, largest = (
            area_text(found, value)
            for value in (
                sizes.lower_quartile,
                sizes.median,
                sizes.upper_quartile,
                sizes.largest,
            )
        )
        count = "1 lesion" if found.lesion_count == 1 else f"{found.lesion_count} lesions"
        self.summary.setText(
            f"{name}: {count}, median {median} (quartiles {lower}, {upper}), largest {largest}"
        )
        scale = found.mm2(1.0)
        edges, counts = histogram(np.asarray(found.lesion_sizes, float) * (scale or 1.0))
        self.bars.setOpts(x0=edges[:-1], x1=edges[1:], height=counts, brush="#d55e00", pen=None)
        self.plot.name_axes(f"area ({'px' if scale is None else 'mm²'})", "lesions")
        item = self.plot.getPlotItem()
        item.getAxis("bottom").setTicks([_ticks(float(edges[0]), float(edges[-1]))])
        item.enableAutoRange()
