"""The dock "Compare": methods, models and label layers side by side on the open scans."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import QEvent, Qt
from qtpy.QtWidgets import QLabel, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.comparison import (
    ComparisonFinished,
    ComparisonStarted,
    ContenderFailed,
    MapReady,
    ScanCompared,
)
from napari_dgc.gui import messages
from napari_dgc.gui.compare.choices import Choices
from napari_dgc.gui.compare.layers import ComparedLayers
from napari_dgc.gui.compare.results import Results
from napari_dgc.gui.compare.run import Run
from napari_dgc.gui.compare.saving import Asked, TableSaving
from napari_dgc.gui.compare.side_by_side import SideBySide
from napari_dgc.gui.docking import COMPARE
from napari_dgc.gui.elided_label import ElidedLabel
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.session import Session, get_session
from napari_dgc.gui.tall_dock import TallDock

if TYPE_CHECKING:
    from napari_dgc.comparison import Comparison
    from napari_dgc.gui.scan import Scan

_STEPS = 1000
#: Messages kept in the dock.
_MESSAGES = 4


class CompareDock(TallDock):
    """Chooses, runs and shows a comparison.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans are compared on.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(COMPARE, narrowest=350)
        self._session: Session = get_session(napari_viewer)
        viewer: Any = self._session.viewer
        self._layers = _service(self._session, "compared layers", ComparedLayers, viewer)
        self.side: SideBySide = _service(self._session, "side by side", SideBySide, viewer)
        self.work = Run(self)
        self._scans: list[Scan] = []
        # What is compared now, and what the figures that are shown are of.
        self._asked = self._shown = Asked()
        self._comparison: Comparison | None = None
        self._messages: list[str] = []
        # Nothing of the run under way is shown yet.
        self._fresh = False

        self.choices = Choices(self._session)
        self.compare = QPushButton("Compare")
        self.compare.setMinimumHeight(32)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setFixedHeight(8)
        self.bar.setRange(0, _STEPS)
        self.status = ElidedLabel()
        self.results = Results()
        self.message = QLabel()
        self.message.setWordWrap(True)
        self.message.setTextFormat(Qt.TextFormat.PlainText)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._saving = TableSaving(self)
        column = QWidget()
        layout = QVBoxLayout(column)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(5)
        for widget in (self.choices, self.compare, self.bar, self.status, self.results):
            layout.addWidget(widget)
        layout.addWidget(self.message)
        layout.addStretch()
        self.setWidget(column)

        self.choices.changed.connect(self._refresh)
        self.compare.clicked.connect(self._on_compare)
        self.results.side_by_side.connect(self._on_toggle)
        self.results.save_wanted.connect(self._on_save)
        self.work.told.connect(self._on_event)
        self.work.ended.connect(self._on_ended)
        self._saving.said.connect(self._say)
        connect_while_alive(self, self.side.changed, self._on_side)
        connect_while_alive(self, napari_viewer.events.theme, self._on_theme)
        self.destroyed.connect(functools.partial(_let_go, self.work.let_go))
        self._take_theme(napari_viewer.theme)
        self._refresh()

    # --------------------------------------------------------------- running

    def _refresh(self) -> None:
        running = self.work.running
        why_not = self.choices.why_not()
        self.compare.setText("Stop" if running else "Compare")
        self.compare.setEnabled(running or not why_not)
        self.compare.setToolTip(
            "Stop soon; the scans compared so far are kept."
            if running
            else why_not or "Train, label and compare on the ticked scans."
        )
        self.choices.setEnabled(not running)
        self.bar.setVisible(running)
        self.status.setVisible(running)
        self.results.toggle.setEnabled(not running)

    def _on_compare(self) -> None:
        if self.work.running:
            self.work.stop()
            self.compare.setEnabled(False)
            self.compare.setText("Stopping…")
            return
        # Layers may have other names by now.
        self.choices.contenders.refresh()
        if self.choices.why_not():
            return
        self._scans = self.choices.chosen_scans()
        self._messages.clear()
        self.message.clear()
        truth, contenders = self.choices.chosen_truth(), self.choices.chosen()
        name = "" if truth is None else self.choices.truth.currentText()
        self._asked = Asked(self._scans, contenders, name)
        self.work.start(self._scans, contenders, truth)
        self._refresh()

    def _on_event(self, event: object) -> None:
        match event:
            case ComparisonStarted():
                self._fresh = True
            case Progress(stage, fraction):
                self.bar.setValue(round(_STEPS * fraction))
                self.status.setText(stage)
            case Notice(message):
                self._say(message)
            case ContenderFailed(name, message):
                self._layers.drop(name)
                self._say(f"{name} is left out: {message}")
            case MapReady(position, name, labels, classes):
                self._begin_to_show()
                scan = self._scans[position]
                if scan in self._session.scans:
                    self._layers.put(scan, name, labels, classes)
            case ScanCompared(comparison=comparison):
                self._show(comparison)
            case ComparisonFinished(comparison=comparison, stopped=stopped):
                if comparison is not None:
                    self._show(comparison)
                    self._layers.colour(comparison)
                    if self.results.toggle.isChecked():
                        self._on_toggle(True)
                if stopped:
                    self._say(self._stopped(comparison))

    def _begin_to_show(self) -> None:
        """Take away what the comparison before has left, once there is something new."""
        if self._fresh:
            self._fresh = False
            wanted = self.results.toggle.isChecked()
            self.side.leave()
            self._layers.clear()
            self.results.toggle.setChecked(wanted)

    def _show(self, comparison: Comparison) -> None:
        self._comparison, self._shown = comparison, self._asked
        self.results.show_comparison(comparison)

    def _stopped(self, comparison: Comparison | None) -> str:
        if comparison is None:
            return "Stopped before a scan was compared."
        return f"Stopped: {len(comparison.scans)} of {len(self._scans)} scans are compared."

    def _on_ended(self, problem: str) -> None:
        self.status.setText("")
        self.bar.setValue(0)
        if problem:
            self._say(problem)
            messages.show_error(problem)
        self._refresh()

    # --------------------------------------------------------------- showing

    def _on_toggle(self, on: bool) -> None:
        if not on:
            self.side.leave()
        elif self._comparison is not None:
            self.side.enter(self._layers.groups(self._comparison.contenders))
        self._on_side()

    def _on_side(self) -> None:
        self.results.toggle.setChecked(self.side.active)

    def _on_save(self) -> None:
        if self._comparison is not None:
            self._saving.ask(self._comparison, self._shown)

    def _say(self, sentence: str) -> None:
        if sentence not in self._messages:
            self._messages = [*self._messages, sentence][-_MESSAGES:]
        self.message.setText("\n".join(self._messages))

    def event(self, event: Any) -> bool:
        """Give the viewer's own view back when the dock is closed."""
        done = super().event(event)
        if event.type() == QEvent.Type.ParentChange and self.parentWidget() is None:
            self.side.leave()
        return bool(done)

    def _on_theme(self, event: Any) -> None:
        self._take_theme(event.value)

    def _take_theme(self, name: str) -> None:
        from napari.utils.theme import get_theme

        colour = get_theme(name).current.as_hex()
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {colour}; }}")


def _service(session: Session, name: str, kind: Any, *arguments: Any) -> Any:
    """Return what lives as long as the session, made on first use."""
    if name not in session.services:
        session.services[name] = kind(*arguments)
    return session.services[name]


def _let_go(let_go: Callable[[], None], *_: object) -> None:
    let_go()
