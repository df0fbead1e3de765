"""What is known about the scans, and the ruler that gives them a pixel size."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.errors import UserError
from napari_dgc.gui.calm_boxes import CalmDoubleSpinBox
from napari_dgc.gui.lesions.scan_table import ScanTable, with_text
from napari_dgc.measure.details import read_details
from napari_dgc.workspace.commands import Command, DescribeScan
from napari_dgc.workspace.several import Several

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.lesions.line_tool import Line, LineTool
    from napari_dgc.gui.session import Session
    from napari_dgc.measure.details import ScanDetails

RULER = "ruler"


class ScanTab(QWidget):
    """Table of scans, ruler, and a file of details."""

    #: A sentence for the user.
    said = Signal(str)

    def __init__(
        self, session: Session, edits: ClassEdits, lines: LineTool, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._edits = edits
        self._lines = lines
        self._line: Line | None = None
        self.table = ScanTable()
        self.table.edited.connect(self._on_edited)
        self.table.refused.connect(self.said)
        self.table.currentCellChanged.connect(self._offer)
        self.spread = QPushButton("Cell to all scans")
        self.spread.setToolTip("Give all scans what stands in the chosen cell")
        self.spread.clicked.connect(self._spread)
        self.load = QPushButton("Load details…")
        self.load.setToolTip(
            "Read a CSV file with the columns scan, plant, treatment, date, pixel_size_mm"
        )
        self.load.clicked.connect(self._ask_file)
        self.ruler = QPushButton("Ruler")
        self.ruler.setCheckable(True)
        self.ruler.setToolTip("Drag a line along something of known length, on the image")
        self.ruler.clicked.connect(self._take_ruler)
        self.length = QLabel()
        self.millimetres = CalmDoubleSpinBox()
        self.millimetres.setRange(0.0, 1e6)
        self.millimetres.setDecimals(4)
        self.millimetres.setSuffix(" mm")
        # Typed rather than stepped, in a row with little room.
        self.millimetres.setButtonSymbols(CalmDoubleSpinBox.ButtonSymbols.NoButtons)
        self.millimetres.setToolTip("Length of the line; Enter sets the pixel size")
        self.everywhere = QCheckBox("all scans")
        self.everywhere.setChecked(True)
        self.everywhere.setToolTip("All scans were taken from the same distance")
        self.apply = QPushButton("Set")
        self.apply.clicked.connect(self._set_size)
        self.millimetres.lineEdit().returnPressed.connect(self._set_size)
        self._lay_out()
        lines.changed.connect(self._on_tool)
        lines.drawn.connect(self._on_line)
        lines.refused.connect(self.said)
        self._on_tool("")

    def _lay_out(self) -> None:
        ruler = QHBoxLayout()
        ruler.setSpacing(4)
        for widget in (self.ruler, self.length):
            ruler.addWidget(widget)
        ruler.addWidget(self.millimetres, 1)
        ruler.addWidget(self.everywhere)
        ruler.addWidget(self.apply)
        buttons = QHBoxLayout()
        buttons.addWidget(self.spread, 1)
        buttons.addWidget(self.load, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addWidget(self.table, 1)
        layout.addLayout(buttons)
        layout.addLayout(ruler)

    def refresh(self) -> None:
        """Show what is known now."""
        self.table.show_scans(self._session.labelled, self._session.work)
        self._offer()

    # -------------------------------------------------------------- details

    def _offer(self, *_: int) -> None:
        chosen = self.table.chosen
        self.spread.setEnabled(chosen is not None and self.table.rowCount() > 1)

    def _on_edited(self, field: str, details: ScanDetails) -> None:
        self._describe(field, [details])

    def _describe(self, field: str, known: Sequence[ScanDetails]) -> None:
        """Change one field of some scans, in one step."""
        work = self._session.work
        if work is None:
            return
        self.said.emit("")
        commands: tuple[Command, ...] = tuple(
            DescribeScan(replace(work.details_of(details.scan), **{field: getattr(details, field)}))
            for details in known
        )
        if len(commands) == 1:
            self._edits.do(commands[0])
        elif commands:
            self._edits.do(Several("details of all scans", commands))

    def _spread(self) -> None:
        work, chosen = self._session.work, self.table.chosen
        if work is None or chosen is None:
            return
        field, text = chosen
        scans = self._session.labelled
        self._describe(field, [with_text(work.details_of(scan.key), field, text) for scan in scans])

    def _ask_file(self) -> None:
        name, _ = QFileDialog.getOpenFileName(self, "Details of scans", "", "CSV (*.csv *.tsv)")
        if name:
            self.load_details(Path(name))

    def load_details(self, path: Path) -> None:
        """Take details from a table, for the scans whose names stand in it."""
        try:
            found = read_details(path)
        except UserError as error:
            self.said.emit(str(error))
            return
        scans = [scan for scan in self._session.labelled if scan.name in found]
        commands: tuple[Command, ...] = tuple(
            DescribeScan(replace(found[scan.name], scan=scan.key)) for scan in scans
        )
        if commands:
            self._edits.do(Several(f"details from {path.name}", commands))
            self.said.emit(f"{path.name}: details of {len(commands)} of {len(found)} scans taken.")
        else:
            self.said.emit(f"{path.name} names none of the open scans.")

    # ---------------------------------------------------------------- ruler

    def _take_ruler(self, on: bool) -> None:
        if on:
            self._lines.start(RULER, "Ruler", "#00ffff")
        else:
            self._lines.stop()

    def _on_tool(self, purpose: str) -> None:
        self.ruler.setChecked(purpose == RULER)
        self._line = None
        self.length.setText("drag a line" if purpose == RULER else "")
        for widget in (self.millimetres, self.everywhere, self.apply):
            widget.setVisible(False)
        self.length.setVisible(purpose == RULER)

    def _on_line(self, purpose: str, line: Line) -> None:
        if purpose != RULER:
            return
        self._line = line
        self.length.setText(f"{line.pixels:.1f} px =")
        for widget in (self.millimetres, self.apply):
            widget.setVisible(True)
        self.everywhere.setVisible(len(self._session.labelled) > 1)
        self.millimetres.setFocus()
        self.millimetres.selectAll()

    def _set_size(self, *_: Any) -> None:
        work, line = self._session.work, self._line
        self.millimetres.interpretText()
        if work is None or line is None:
            return
        if self.millimetres.value() <= 0:
            self.said.emit("Type how long the line is, in mm.")
            return
        # Of a few digits, as a line drawn by hand has no more.
        size = float(f"{self.millimetres.value() / line.pixels:.5g}")
        scans = self._session.labelled if self.everywhere.isChecked() else [line.scan]
        self._lines.stop()
        details = [replace(work.details_of(scan.key), pixel_size_mm=size) for scan in scans]
        self._describe("pixel_size_mm", details)
        self.said.emit(f"One pixel is {size:g} mm.")
