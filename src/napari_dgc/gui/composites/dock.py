"""The dock "Composites and indices"."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

from qtpy.QtWidgets import QFormLayout, QLabel, QSizePolicy, QTabWidget, QVBoxLayout, QWidget

from napari_dgc.gui.composites.colours import ColoursTab
from napari_dgc.gui.composites.indices import IndicesTab
from napari_dgc.gui.composites.live import get_live
from napari_dgc.gui.composites.scan_choice import ScanChoice
from napari_dgc.gui.docking import COMPOSITES
from napari_dgc.gui.empty_state import OPEN_A_SCAN
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.session import Session, get_session
from napari_dgc.gui.tall_dock import TallDock


class CompositesDock(TallDock):
    """Colours of the scans, and maps of vegetation indices over them.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans these are.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(COMPOSITES, narrowest=340)
        self._session: Session = get_session(napari_viewer)
        self.scans = ScanChoice(self._session)
        self.colours = ColoursTab(get_live(self._session))
        self.indices = IndicesTab(self._session)
        self.empty = QLabel(OPEN_A_SCAN)
        self.empty.setWordWrap(True)
        self.tabs = QTabWidget()
        self.tabs.addTab(self.colours, "Colours")
        self.tabs.addTab(self.indices, "Indices")
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(8, 6, 8, 6)
        form = QFormLayout()
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        self.scans.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        form.addRow("Scans", self.scans)
        layout.addLayout(form)
        layout.addWidget(self.empty)
        layout.addWidget(self.tabs, 1)
        layout.addStretch()
        self.setWidget(column)
        self.scans.chosen_changed.connect(self._on_scans)
        connect_while_alive(self, napari_viewer.events.theme, self._on_theme)
        self.destroyed.connect(functools.partial(_stop, self.indices.stop))
        self._take_theme(napari_viewer.theme)
        self._on_scans()

    def _on_scans(self) -> None:
        chosen = self.scans.chosen()
        self.empty.setVisible(not chosen)
        self.tabs.setVisible(bool(chosen))
        self.colours.set_scans(chosen)
        self.indices.set_scans(chosen)

    def _on_theme(self, event: Any) -> None:
        self._take_theme(event.value)

    def _take_theme(self, name: str) -> None:
        from napari.utils.theme import get_theme

        self.indices.set_text_colour(get_theme(name).text.as_hex())


def _stop(stop: Callable[[], None], *_: object) -> None:
    stop()
