"""The number of clusters that a method has found by itself, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pyqtgraph as pg
from qtpy.QtWidgets import QVBoxLayout, QWidget

from napari_dgc.clustering.events import ClustersChosen
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.loss_plot import WholeAxis
from napari_dgc.gui.run_events import ModelLoaded, ModelReady
from napari_dgc.gui.which_k.form import lines
from napari_dgc.gui.which_k.plot import Row
from napari_dgc.partition.palette import OKABE_ITO

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dgc.gui.session import Session
    from napari_dgc.gui.worker import Trainer

_HEIGHT = 108


class ChosenClusters(QWidget):
    """Silhouette over the number of clusters, the chosen number marked; hidden without one.

    Parameters
    ----------
    trainer
        Tells when a number is chosen.
    session
        Its model may know one already.
    """

    def __init__(self, trainer: Trainer, session: Session) -> None:
        super().__init__()
        self.sentence = lines()
        self.plot = pg.PlotWidget(axisItems={"bottom": WholeAxis("bottom")})
        self.plot.setFixedHeight(_HEIGHT)
        self.plot.setToolTip(
            "Mean silhouette of each number of clusters that was tried: how far clusters are "
            "apart, -1 to 1, higher is better."
        )
        self._row = Row(self.plot.getPlotItem(), "silhouette", OKABE_ITO[0])
        self._row.item.setLabel("bottom", "number of clusters")
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addWidget(self.sentence)
        layout.addWidget(self.plot)
        connect_while_alive(self, trainer.event, self._on_event)
        self.show_chosen(_known(session.model))

    def set_theme(self, theme: Any) -> None:
        """Take the colours of a napari theme."""
        self.plot.setBackground(theme.background.as_hex())
        self._row.set_theme(theme)

    def show_chosen(self, chosen: ClustersChosen | None) -> None:
        """Draw the curve and mark the number; None hides all."""
        self.setVisible(chosen is not None)
        if chosen is None:
            self._row.mark(None)
            self.sentence.clear()
            return
        counts, scores = np.array(chosen.counts, float), np.array(chosen.scores, float)
        self._row.show(counts, scores, None)
        self._row.mark(chosen.chosen)
        reached = float(scores[counts == chosen.chosen].max(initial=-1))
        self.sentence.setText(
            f"<b>{chosen.chosen} clusters</b> chosen of {chosen.counts[0]} to "
            f"{chosen.counts[-1]}: as far apart as the best (silhouette {reached:.2f})."
        )

    def curve_data(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return what is drawn: numbers of clusters and silhouettes."""
        return self._row.values()

    @property
    def marked(self) -> float | None:
        """The number that is marked."""
        return float(self._row.line.value()) if self._row.line.isVisible() else None

    def _on_event(self, event: object) -> None:
        match event:
            case ClustersChosen():
                self.show_chosen(event)
            case ModelReady(model) | ModelLoaded(model):
                self.show_chosen(_known(model))


def _known(model: object) -> ClustersChosen | None:
    """Return what a model tells about the number it has chosen."""
    inner = model.estimator if isinstance(model, Preprocessed) else model
    curve = getattr(inner, "curve", None)
    if curve is None:
        return None
    return ClustersChosen(
        tuple(int(value) for value in curve.counts),
        tuple(float(value) for value in curve.scores),
        int(curve.chosen),
    )
