"""The dock "Lesions and severity": lesions, leaves, scans, and what they come to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from napari.utils.theme import get_theme
from qtpy.QtCore import QSize
from qtpy.QtWidgets import (
    QCheckBox,
    QDockWidget,
    QHBoxLayout,
    QSizePolicy,
    QStackedLayout,
    QTabWidget,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.class_actions import add_shortcut, button_style
from napari_dgc.gui.class_edits import ClassEdits
from napari_dgc.gui.docking import LESIONS as DOCK
from napari_dgc.gui.docking import settle
from napari_dgc.gui.empty_state import EmptyState
from napari_dgc.gui.icons import icon
from napari_dgc.gui.lesions.leaf_tab import LeafTab
from napari_dgc.gui.lesions.line_tool import LineTool
from napari_dgc.gui.lesions.mask_tab import MaskTab
from napari_dgc.gui.lesions.measuring import details_of, get_measuring, is_named
from napari_dgc.gui.lesions.next_step import NextStep
from napari_dgc.gui.lesions.object_layers import LEAVES, LESIONS, get_object_layers
from napari_dgc.gui.lesions.output_row import OutputRow
from napari_dgc.gui.lesions.progress_tab import ProgressTab
from napari_dgc.gui.lesions.scan_tab import ScanTab
from napari_dgc.gui.lesions.severity_tree import SeverityTree
from napari_dgc.gui.lesions.size_tab import SizeTab
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import as_plain, plain_label
from napari_dgc.gui.session import get_session

if TYPE_CHECKING:
    from napari.viewer import Viewer
    from qtpy.QtGui import QHideEvent, QShowEvent

    from napari_dgc.gui.scan import Scan


class LesionDock(QWidget):
    """Tabs for what is done, and the severity below.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans these are.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName(DOCK)
        self._viewer = napari_viewer
        self._frame: QDockWidget | None = None
        self._asleep = True
        session = self.session = get_session(napari_viewer)
        self.edits = ClassEdits(session)
        self.measuring = get_measuring(session)
        self.layers = get_object_layers(session)
        self.lines = LineTool(session, self)
        self.masks = MaskTab(session, self.edits)
        self.leaves = LeafTab(session, self.edits, self.measuring, self.lines)
        self.scans = ScanTab(session, self.edits, self.lines)
        self.progress = ProgressTab()
        self.sizes = SizeTab()
        self.tree = SeverityTree()
        self.output = OutputRow(session, self.measuring, self)
        self.scale, self.save = self.output.scale, self.output.save
        self._build()
        self._connect()
        self._take_theme()
        self.refresh()

    # --------------------------------------------------------------- layout

    def _build(self) -> None:
        self.show_lesions = QCheckBox("Show lesions")
        self.show_lesions.setToolTip("A layer of lesions for each scan, one label for each lesion")
        self.show_leaves = QCheckBox("Show leaves")
        self.show_leaves.setToolTip("A layer of leaves for each scan, as outlines")
        self.undo, self.redo = QToolButton(), QToolButton()
        top = QHBoxLayout()
        for widget in (self.show_lesions, self.show_leaves):
            top.addWidget(widget)
        top.addStretch(1)
        for button in (self.undo, self.redo):
            button.setIconSize(QSize(18, 18))
            top.addWidget(button)
        self.tabs = QTabWidget()
        for title, tab in (
            ("Lesions", self.masks),
            ("Leaves", self.leaves),
            ("Scans", self.scans),
            ("Over time", self.progress),
            ("Sizes", self.sizes),
        ):
            self.tabs.addTab(tab, title)
        # The same height whichever tab is open.
        self.tabs.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Ignored)
        self.tabs.setMinimumHeight(230)
        self.message = plain_label()
        self.message.setWordWrap(True)
        self.message.hide()
        content = self._content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(5)
        layout.addLayout(top)
        layout.addWidget(self.tabs, 6)
        layout.addWidget(self.output)
        layout.addWidget(self.tree, 5)
        layout.addWidget(self.message)
        self.empty = EmptyState(self._viewer, self.session)
        self.next_step = NextStep(self._viewer)
        self._stack = QStackedLayout(self)
        for page in (self.empty, self.next_step, content):
            self._stack.addWidget(page)
        self.setMinimumWidth(340)

    def _connect(self) -> None:
        self.show_lesions.clicked.connect(lambda on: self._show(LESIONS, on))
        self.show_leaves.clicked.connect(lambda on: self._show(LEAVES, on))
        self.leaves.shown_wanted.connect(lambda: self._show(LEAVES, True))
        self.masks.brush_wanted.connect(self._take_brush)
        self.undo.clicked.connect(self.session.undo)
        self.redo.clicked.connect(self.session.redo)
        for keys, act in (
            ("Ctrl+Z", self.session.undo),
            ("Ctrl+Y", self.session.redo),
            ("Ctrl+Shift+Z", self.session.redo),
        ):
            add_shortcut(self, keys, act)
        self.tree.chosen.connect(self.layers.zoom_to)
        self.tree.chosen.connect(self._show_sizes)
        self.scale.scale_changed.connect(self._show_figures)
        self.measuring.measured.connect(self._on_measured)
        for speaker in (self.scans.said, self.output.said, self.measuring.failed):
            speaker.connect(self.say)
        session = self.session
        for signal in (session.partition_changed, session.labels_changed):
            connect_while_alive(self, signal, self.refresh)
        for signal in (session.scans_changed, session.training_changed):
            connect_while_alive(self, signal, self.refresh)
        connect_while_alive(self, self._viewer.events.theme, self._take_theme)
        for event in ("inserted", "removed"):
            connect_while_alive(
                self, getattr(self._viewer.layers.events, event), self._show_switches
            )

    # -------------------------------------------------------------- showing

    def refresh(self) -> None:
        """Show the session as it is now; put off while the dock is hidden."""
        if self._asleep:
            return
        work = self.session.work
        if work is None or not self.session.labelled:
            self._stack.setCurrentWidget(self.empty)
            self.empty.refresh()
            return
        if not is_named(work):
            self._stack.setCurrentWidget(self.next_step)
            return
        self._stack.setCurrentWidget(self._content)
        self.masks.refresh(work)
        self.leaves.refresh(work)
        self.scans.refresh()
        self._show_switches()
        self._show_history()
        self._show_figures()

    def say(self, sentence: str) -> None:
        """Show a sentence below the figures; an empty one takes it away."""
        self.message.setText(sentence)
        self.message.setVisible(bool(sentence))

    def _show_figures(self) -> None:
        results, work = self.measuring.results(), self.session.work
        self.tree.show_results(results, self.scale.scale)
        self.progress.show_scans(
            [(measured.severity, details_of(work, scan)) for scan, measured in results]
        )
        self._show_sizes()
        self.output.refresh()

    def _show_sizes(self, *_: object) -> None:
        """Show how large the lesions of the chosen leaf or scan are, or of the last scan."""
        results = dict(self.measuring.results())
        scan, leaf = self.tree.current or (next(reversed(results), None), 0)
        measured = None if scan is None else results.get(scan)
        if scan is None or measured is None:
            self.sizes.show_sizes("", None)
            return
        found = [each for each in measured.severity.leaves if each.leaf == leaf]
        name = f"{scan.name}, leaf {leaf}" if found else scan.name
        self.sizes.show_sizes(name, found[0] if found else measured.severity.total)

    def _on_measured(self, _scan: Scan) -> None:
        if not self._asleep:
            self._show_figures()

    def _show_switches(self, _event: object = None) -> None:
        self.show_lesions.setChecked(self.layers.shown(LESIONS))
        self.show_leaves.setChecked(self.layers.shown(LEAVES))

    def _show_history(self) -> None:
        history = self.session.history
        for button, word, title in (
            (self.undo, "Undo", None if history is None else history.undo_title),
            (self.redo, "Redo", None if history is None else history.redo_title),
        ):
            button.setEnabled(title is not None)
            button.setToolTip(word if title is None else as_plain(f"{word}: {title}"))

    def _take_theme(self, _event: object = None) -> None:
        theme = get_theme(self._viewer.theme)
        self._content.setStyleSheet(button_style(theme))
        colour = theme.icon.as_hex("long")
        self.undo.setIcon(icon("undo", colour))
        self.redo.setIcon(icon("redo", colour))
        self.output.set_colour(theme.current.as_hex("long"))
        for plot in (self.progress.plot, self.sizes.plot):
            plot.set_theme(theme.background.as_hex("long"), theme.text.as_hex("long"))

    # --------------------------------------------------------------- acting

    def show_found(self) -> None:
        """Show the lesions of all scans, also of those that are not measured yet."""
        work = self.session.work
        if work is not None and is_named(work):
            self._show(LESIONS, True)

    def _show(self, kind: str, on: bool) -> None:
        self.layers.show(kind, on)
        self._show_switches()

    def _take_brush(self) -> None:
        """Let napari's brush work on the lesions of the chosen scan, or of the first one."""
        self._show(LESIONS, True)
        results = self.measuring.results()
        if not results:
            return
        scan = self.tree.current[0] if self.tree.current is not None else results[0][0]
        if self.layers.take_brush(scan):
            self.say(f"The brush works on the lesions of {scan.name}.")

    # -------------------------------------------------------------- sleeping

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
        if awake == (not self._asleep):
            return
        self._asleep = not awake
        self.measuring.want("dock", awake)
        if awake:
            self.refresh()
        else:
            self.lines.stop()
