"""The dock where clusters become named classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import QSize, Qt
from qtpy.QtWidgets import (
    QDockWidget,
    QFrame,
    QHBoxLayout,
    QScrollArea,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.class_actions import add_shortcut, button_style
from napari_dgc.gui.class_edits import ClassEdits
from napari_dgc.gui.class_tools import ClassTools
from napari_dgc.gui.confidence_switch import ConfidenceSwitch
from napari_dgc.gui.docking import MERGE, settle
from napari_dgc.gui.empty_state import EmptyState
from napari_dgc.gui.export_panel import ExportPanel
from napari_dgc.gui.go_to import go_to_lesions
from napari_dgc.gui.granularity import GranularitySlider
from napari_dgc.gui.headings import heading
from napari_dgc.gui.merge_offers import offer_pages
from napari_dgc.gui.merge_pages import MergePages, page_button
from napari_dgc.gui.pixel_counts import PixelCounts
from napari_dgc.gui.session import get_session
from napari_dgc.gui.severity_line import SeverityLine
from napari_dgc.gui.spectra_plot import SpectraPlot, class_spectra
from napari_dgc.gui.spectra_source import SpectraSource
from napari_dgc.partition import ClassInfo

if TYPE_CHECKING:
    from napari.viewer import Viewer
    from qtpy.QtGui import QHideEvent, QShowEvent


class MergeDock(QWidget):
    """Table, slider, spectra, severity and export of the classes of a viewer.

    All edits go through the session's history; everything shown is read back
    from the session when it says that something changed.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName(MERGE)
        self._viewer = napari_viewer
        self.session = get_session(napari_viewer)
        self._counts = PixelCounts()
        self._spectra = SpectraSource(self.session, self)
        # Nothing is worked out while the dock is hidden behind another one.
        self._asleep = False
        self._stale = True
        self._frame: QDockWidget | None = None
        self.edits = ClassEdits(self.session)
        self._build()
        self._connect()
        self._take_theme()
        self.refresh()

    # --------------------------------------------------------------- layout

    def _build(self) -> None:
        self.slider = GranularitySlider()
        tools = self.tools = ClassTools(self.session, self.edits, self)
        self.model, self.table, self.names = tools.model, tools.table, tools.names
        self.buttons, self.in_image, self.hint = tools.buttons, tools.in_image, tools.hint
        self.plot = SpectraPlot()
        self.severity = SeverityLine()
        self.confidence = ConfidenceSwitch(self.session)
        self.export = ExportPanel(self.session)
        self.empty = EmptyState(self._viewer, self.session)

        usual = QWidget()
        lower = QVBoxLayout(usual)
        lower.setContentsMargins(0, 0, 0, 0)
        lower.setSpacing(5)
        lower.addWidget(self.names)
        lower.addWidget(self.confidence)
        lower.addWidget(self.plot, 2)
        lower.addLayout(self.severity.top)
        lower.addWidget(self.severity)
        lower.addWidget(heading("Export"))
        lower.addWidget(self.export)
        self.pages = MergePages(usual)
        self._openers = QHBoxLayout()
        self._openers.setSpacing(3)
        self._openers.addWidget(self.hint, 1)
        offer_pages(self._offer_page, self.session, self.edits, self.in_image)
        content = self._content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(5)
        layout.addLayout(tools.top_row(self.slider))
        tools.add_table(layout)
        layout.addLayout(self._openers)
        layout.addWidget(self.buttons)
        layout.addWidget(self.pages, 4)
        area = QScrollArea()
        area.setWidgetResizable(True)
        area.setFrameShape(QFrame.Shape.NoFrame)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setWidget(content)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(area)
        self.setMinimumWidth(340)

    def _offer_page(self, name: str, title: str, key: str, make: Callable[[], QWidget]) -> None:
        """Let a button beside the hint, and a key, open a page in place of the lower part."""
        button = page_button(title, f"{title} ({key})")
        button.clicked.connect(lambda: self.pages.toggle(name))
        self.pages.page_changed.connect(lambda now: button.setChecked(now == name))
        self.pages.add(name, title, make)
        self._openers.addWidget(button)
        add_shortcut(self, key, lambda: self.pages.toggle(name))
        self.tools.page_keys.append((key, title))

    def _connect(self) -> None:
        self.buttons.suggest.clicked.connect(self.suggest_names)
        self.severity.more.clicked.connect(lambda: go_to_lesions(self._viewer, self))
        self.slider.gesture_started.connect(self.edits.begin_cut)
        self.slider.cut_requested.connect(self.edits.cut)
        self.table.selection_changed.connect(self._on_selection)
        self.in_image.picked.connect(self._on_picked)
        self.plot.class_clicked.connect(self._on_curve)
        self._spectra.changed.connect(self._show_spectra)

        session = self.session
        slots: list[tuple[Any, Callable[..., None]]] = [
            (session.partition_changed, self.refresh),
            (session.labels_changed, self._on_labels),
            (session.scans_changed, self._on_labels),
            (session.model_changed, self._on_labels),
            (session.training_changed, self.refresh),
            (session.selection.changed, self.table.show_chosen),
            (self._viewer.events.theme, self._take_theme),
        ]
        for signal, slot in slots:
            signal.connect(slot)
        in_image, spectra, confidence = self.in_image, self._spectra, self.confidence

        def let_go(*_: object) -> None:
            """Leave nothing behind that would call into a deleted widget."""
            for signal, slot in slots:
                signal.disconnect(slot)
            in_image.let_go()
            spectra.cancel()
            confidence.let_go()

        self.destroyed.connect(let_go)

    # --------------------------------------------------------------- showing

    def refresh(self) -> None:
        """Show the session as it is now; put off while the dock is hidden."""
        self.confidence.refresh()
        if self._asleep:
            self.in_image.refresh()
            self._stale = True
            return
        self._stale = False
        partition = self.session.partition
        labelled = self.session.labelled
        empty = partition is None or not labelled
        self._stack.setCurrentIndex(0 if empty else 1)
        if empty:
            self.empty.refresh()
        if partition is None:
            return
        per_scan = self._counts.update(labelled, partition.clusters)
        areas = self._counts.areas_mm2(partition.clusters, self.session.work)
        self.tools.refresh(partition, self._counts.total(partition.clusters), areas)
        self.slider.set_partition(partition)
        template = self.tools.templates.template
        self.severity.show_severity(per_scan, partition, template, self.session.work)
        self.export.refresh()
        self._show_spectra()

    def sizeHint(self) -> QSize:
        """Leave most of a small screen to the canvas."""
        return QSize(380, 640)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        self._frame = settle(self, self._set_awake, self._frame)
        self._set_awake(True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Rest while nobody looks."""
        super().hideEvent(event)
        self._set_awake(False)

    def _set_awake(self, awake: bool) -> None:
        self._asleep = not awake
        self.confidence.set_awake(awake)
        self.pages.set_awake(awake)
        if awake and self._stale:
            self.refresh()
            self._spectra.refresh()
        self.in_image.set_awake(awake)

    def _on_labels(self) -> None:
        self.refresh()
        if not self._stale:
            self._spectra.refresh()
            self.in_image.refresh()

    def _on_selection(self, selected: tuple[ClassInfo, ...]) -> None:
        self.tools.show_selection(selected)
        self.plot.set_selected([info.number for info in selected])

    def _show_spectra(self) -> None:
        partition, spectra = self.session.partition, self._spectra.spectra
        if partition is None:
            return
        if spectra is None:
            self.plot.show_hint("Spectra appear once the scans have been read.")
            self.model.set_spectra((), None)
            return
        weights = self._spectra.weights(self._counts.total(partition.clusters))
        means = class_spectra(partition, spectra, weights)
        self.plot.set_spectra(partition.classes, means, self._spectra.wavelengths_nm)
        self.model.set_spectra(partition.classes, means)

    def _take_theme(self, _event: object = None) -> None:
        theme = get_theme(self._viewer.theme)
        colour = theme.icon.as_hex("long")
        self._content.setStyleSheet(button_style(theme))
        for part in (self.tools, self.export):
            part.set_icons(colour)
        self.plot.set_theme(theme.background.as_hex("long"), theme.text.as_hex("long"))
        self.pages.set_theme(theme)

    # --------------------------------------------------------------- editing

    def suggest_names(self) -> None:
        """Name classes by their spectra and their place."""
        # So that the result is seen in full colours.
        self.table.clearSelection()
        self.edits.suggest_names(self._spectra.wavelengths_nm)

    # --------------------------------------------------------------- picking

    def _on_picked(self, cluster: int, extend: bool) -> None:
        self.tools.select(cluster, extend)
        # So that G and the digits act on what was clicked.
        self.pages.take_keys(self.table)

    def _on_curve(self, info: ClassInfo) -> None:
        self.tools.select(info.number)
