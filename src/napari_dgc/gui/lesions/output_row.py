"""The line above the figures: grades, the table and the report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from napari_dgc.gui.headings import heading
from napari_dgc.gui.lesions.measuring import Measuring
from napari_dgc.gui.lesions.reporting import Reporting
from napari_dgc.gui.lesions.saving import Saving
from napari_dgc.gui.lesions.scale_choice import ScaleChoice
from napari_dgc.gui.provenance import record_of

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session

_REPORT, _STOP = "Report…", "Stop"
_STEPS = 1000


class OutputRow(QWidget):
    """Writes what was measured as tables or as a report; the latter takes a while.

    Parameters
    ----------
    session
        What is reported.
    measuring
        What is in the tables.
    owner
        Widget over which questions are asked.
    """

    #: A sentence for the user.
    said = Signal(str)

    def __init__(self, session: Session, measuring: Measuring, owner: QWidget) -> None:
        super().__init__(owner)
        self._session = session
        self._measuring = measuring
        self.scale = ScaleChoice(owner)
        self.saving = Saving(owner)
        self.reporting = Reporting(session, owner)
        self.save = QPushButton("Save table…")
        self.save.setToolTip(
            "Scans, leaves, lesions and disease progress as one Excel workbook or CSV files"
        )
        self.save.clicked.connect(self._save)
        self.report = QPushButton(_REPORT)
        self.report.clicked.connect(self._report)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(6)
        self.bar.setRange(0, _STEPS)
        row = QHBoxLayout()
        row.setSpacing(4)
        row.addWidget(heading("Severity"))
        row.addWidget(self.scale, 1)
        row.addWidget(self.save)
        row.addWidget(self.report)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(3)
        layout.addLayout(row)
        layout.addWidget(self.bar)
        for speaker in (self.saving, self.reporting, self.scale):
            speaker.said.connect(self.said)
        self.reporting.running_changed.connect(self._show_running)
        self.reporting.progressed.connect(lambda share: self.bar.setValue(round(_STEPS * share)))
        self._show_running(False)

    def refresh(self) -> None:
        """Enable what can be written now."""
        found = bool(self._measuring.results())
        self.save.setEnabled(found)
        self.report.setEnabled(found or self.reporting.running)

    def set_colour(self, colour: str) -> None:
        """Give the bar a colour of the theme; napari's bars are grey on grey."""
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {colour}; }}")

    def _save(self) -> None:
        work = self._session.work
        if work is not None:
            record = record_of(self._session, "table")
            self.saving.ask(self._measuring.results(), work, self.scale.scale, record)

    def _report(self) -> None:
        if self.reporting.running:
            self.reporting.stop()
        else:
            self.reporting.ask(self.scale.scale)

    def _show_running(self, running: bool) -> None:
        self.bar.setValue(0)
        self.bar.setVisible(running)
        self.report.setText(_STOP if running else _REPORT)
        self.report.setToolTip(
            "Stop writing the report"
            if running
            else "The same with pictures and explanations, to print: PDF or one HTML file"
        )
        self.refresh()
