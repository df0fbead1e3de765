"""The dock "Batch": label and measure many scans with the model and classes that are open."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.theme import get_theme
from qtpy.QtCore import QSize
from qtpy.QtWidgets import (
    QCheckBox,
    QDockWidget,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.batch import (
    BatchFinished,
    BatchStarted,
    ScanDone,
    ScanFailed,
    ScanProgress,
    ScanSkipped,
    ScanStarted,
)
from napari_dgc.batch.season import Season, SeasonEvent, Severities
from napari_dgc.gui import export_panel
from napari_dgc.gui.batch.running import Batches
from napari_dgc.gui.batch.scan_picker import ScanPicker
from napari_dgc.gui.batch.table import BEFORE, FAILED, LABELLED
from napari_dgc.gui.class_actions import button_style
from napari_dgc.gui.docking import BATCH, settle
from napari_dgc.gui.empty_state import EmptyState
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.session import get_session
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari.viewer import Viewer
    from qtpy.QtGui import QShowEvent

_STEPS = 1000
_OUT = "batch/out"
_FIRST = (
    "Add the scans of a day or of a whole season: files, or folders with all that is below them. "
    "They get the clusters, classes and names that are open now."
)
_READY = "Results are files; what is done already in that folder is not done again."


class BatchDock(QWidget):
    """Scans above, what is done below.

    Parameters
    ----------
    napari_viewer
        The viewer whose model and classes are used.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName(BATCH)
        self._viewer = napari_viewer
        self._frame: QDockWidget | None = None
        self.session = get_session(napari_viewer)
        self.batches = Batches(self)
        self.scans = ScanPicker(self.batches)
        self.table = self.scans.table
        self._ended = self._failed = self._scans = 0
        self._told = ""
        self._measuring = False
        self._build()
        self._connect()
        self._take_theme()

    def _build(self) -> None:
        self.measure = QCheckBox("Lesions and severity")
        self.measure.setToolTip("Also measure the label maps, as the dock Lesions does")
        self.measure.setChecked(True)
        self.confidence = QCheckBox("Confidence")
        self.confidence.setToolTip("Also write how probable the class of each pixel is")
        self.redo = QCheckBox("Do all again")
        self.redo.setToolTip("Also those that are done in this folder already")
        self.out = QLineEdit()
        self.out.setPlaceholderText("Folder for the results")
        self.choose = QPushButton("Choose…")
        self.start = QPushButton("Start")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(6)
        self.bar.setRange(0, _STEPS)
        self.summary = plain_label(_FIRST)
        self.summary.setWordWrap(True)
        content = self._content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(5)
        rows: tuple[tuple[QWidget, ...], ...] = (
            (self.scans,),
            (self.measure, self.confidence, self.redo),
            (self.out, self.choose),
            (self.bar,),
            (self.start,),
            (self.summary,),
        )
        for row in rows:
            if len(row) == 1:
                layout.addWidget(row[0], int(row[0] is self.scans))
                continue
            line = QHBoxLayout()
            for widget in row:
                line.addWidget(widget)
            layout.addLayout(line)
        self.empty = EmptyState(self._viewer, self.session)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(content)
        self.setMinimumWidth(340)
        self.out.setText(str(export_panel.settings().value(_OUT, "") or ""))

    def _connect(self) -> None:
        self.scans.changed.connect(self._say)
        self.choose.clicked.connect(self._choose)
        self.start.clicked.connect(self._start_or_stop)
        self.out.textChanged.connect(self.refresh)
        self.batches.told.connect(self._on_event)
        self.batches.ended.connect(self._on_ended)
        session = self.session
        for signal in (session.partition_changed, session.model_changed, session.training_changed):
            connect_while_alive(self, signal, self.refresh)
        connect_while_alive(self, self._viewer.events.theme, self._take_theme)

    # ------------------------------------------------------------------ state

    def refresh(self, *_: object) -> None:
        """Offer what can be done now."""
        session, running = self.session, self.batches.running
        usable = session.model is not None and session.work is not None
        if not usable and not running and not self.table.items_shown:
            self._stack.setCurrentWidget(self.empty)
            self.empty.refresh()
            return
        self._stack.setCurrentWidget(self._content)
        for widget in (self.scans.buttons, self.out, self.choose):
            widget.setEnabled(not running)
        for widget in (self.measure, self.confidence, self.redo):
            widget.setEnabled(not running)
        there = bool(self.table.items_shown)
        self.scans.refresh()
        self.bar.setVisible(running)
        ready = usable and there and bool(self.out.text().strip()) and not session.state.running
        stopping = running and self.batches.stopping
        self.start.setText("Stopping…" if stopping else "Stop" if running else "Start")
        self.start.setEnabled((running and not stopping) or (ready and not running))
        if running:
            return
        if session.state.running:
            self.summary.setText("Wait until the training has ended.")
        elif self.scans.looking:
            self.summary.setText("Looking for scans …")
        elif self._told:
            self.summary.setText(self._told)
        else:
            number = counted(len(self.table.items_shown), "scan")
            self.summary.setText(f"{number}. {_READY}" if there else _FIRST)

    def _say(self, sentence: str = "") -> None:
        self._told = sentence
        self.refresh()

    # -------------------------------------------------------------------- run

    def _start_or_stop(self) -> None:
        if self.batches.running:
            self.batches.stop()
            self.refresh()
            return
        history, model = self.session.saved_history(), self.session.model
        if history is None or model is None:
            return
        export_panel.settings().setValue(_OUT, self.out.text())
        self.scans.start_anew()
        self._failed = 0
        self.bar.setValue(0)
        season = Season(
            list(self.table.items_shown),
            model,
            history.work,
            Path(self.out.text().strip()).expanduser(),
            self.measure.isChecked(),
            self.confidence.isChecked(),
            self.redo.isChecked(),
        )
        self.batches.start(season)
        self._say("")

    def _on_event(self, event: SeasonEvent) -> None:
        table = self.table
        match event:
            case BatchStarted():
                self._ended, self._scans = 0, max(1, event.scans)
                self._measuring = event.task == "measure"
            case ScanStarted() if not self._measuring:
                table.look_at(event.name)
                table.show_state(event.name, "working …")
            case ScanProgress():
                self._show_share(event.fraction, event.stage)
            case ScanSkipped():
                self._ended += 1
                if not self._measuring:
                    table.show_state(event.name, BEFORE)
            case ScanDone():
                self._ended += 1
                if not self._measuring:
                    table.show_state(event.name, LABELLED)
                self._show_share(0.0, "")
            case ScanFailed():
                self._ended += 1
                self._failed += 1
                table.show_state(event.name, FAILED, event.reason)
                self.scans.show_reason()
            case Severities():
                for name, percent in event.percent.items():
                    table.show_severity(name, "no leaf" if percent is None else f"{percent:.2f} %")
            case BatchFinished():
                self._told = self._outcome(event)

    def _show_share(self, fraction: float, stage: str) -> None:
        self.bar.setValue(round(_STEPS * (self._ended + fraction) / self._scans))
        place = min(self._ended + 1, self._scans)
        if stage:
            self.summary.setText(f"Scan {place} of {self._scans}: {stage}")

    def _outcome(self, end: BatchFinished) -> str:
        if end.stopped:
            return "Stopped; what is done is kept. Start goes on with the rest."
        said = [f"{counted(self._scans - end.failed, 'scan')} done in {self.out.text().strip()}"]
        if end.task == "segment" and end.skipped:
            said.append(f"{end.skipped} of them before")
        if self._failed:
            said.append(f"{self._failed} failed: select one to read why; Start tries them again")
        return ", ".join(said) + "."

    def _on_ended(self, reason: str) -> None:
        self._say(reason or self._told)

    def _choose(self) -> None:
        name = QFileDialog.getExistingDirectory(self, "Folder for the results", self.out.text())
        if name:
            self.out.setText(name)

    # --------------------------------------------------------------- sleeping

    def _take_theme(self, _event: object = None) -> None:
        theme = get_theme(self._viewer.theme)
        self._content.setStyleSheet(button_style(theme))
        colour = theme.current.as_hex("long")
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {colour}; }}")

    def sizeHint(self) -> QSize:
        """Leave most of a small screen to the canvas."""
        return QSize(380, 640)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        self._frame = settle(self, lambda _shown: None, self._frame)
        self.refresh()
