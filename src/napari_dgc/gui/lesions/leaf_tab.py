"""Leaves as objects: split and joined by lines drawn on the image."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from napari_dgc.gui.calm_boxes import CalmSpinBox
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.measure.leaves import LEAST_LEAF, Cut, Join, LeafEdits
from napari_dgc.workspace.commands import Command, EditLeaves
from napari_dgc.workspace.several import Several

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.lesions.line_tool import Line, LineTool
    from napari_dgc.gui.lesions.measuring import Measured, Measuring
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session
    from napari_dgc.workspace import Workspace

SPLIT, JOIN = "split", "join"
_HINTS = {
    SPLIT: "Drag a line right across the leaf, on the image.",
    JOIN: "Drag a line from one leaf to the other, on the image.",
    "": "Parts of the image that are leaf and hang together are one leaf.",
}


class LeafTab(QWidget):
    """Split, join, least area; each a step."""

    #: The leaves should be shown.
    shown_wanted = Signal()

    def __init__(
        self,
        session: Session,
        edits: ClassEdits,
        measuring: Measuring,
        lines: LineTool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._edits = edits
        self._measuring = measuring
        self._lines = lines
        # The scan whose leaves were just split or joined, and how many there were.
        self._asked: tuple[str, Scan, int] | None = None
        self._going_on = False
        self.split = QPushButton("Split leaf")
        self.join = QPushButton("Join leaves")
        for button, purpose in ((self.split, SPLIT), (self.join, JOIN)):
            button.setCheckable(True)
            button.setToolTip(_HINTS[purpose])
            button.clicked.connect(lambda on, purpose=purpose: self._take(purpose, on))
        self.reset = QPushButton("Drop all")
        self.reset.setToolTip("Take all splits and joins back, on all scans")
        self.reset.clicked.connect(self._reset)
        self.least = CalmSpinBox()
        self.least.setRange(0, 1_000_000)
        self.least.setSuffix(" px")
        self.least.setSpecialValueText("keep all")
        self.least.setToolTip("Leaves of fewer pixels are left out, as are the lesions on them")
        self.least.valueChanged.connect(self._on_least)
        self.least.editingFinished.connect(self._end)
        self.hint = plain_label(_HINTS[""])
        self.hint.setWordWrap(True)
        buttons = QHBoxLayout()
        for button in (self.split, self.join, self.reset):
            buttons.addWidget(button, 1)
        grid = QGridLayout()
        grid.addWidget(QLabel("Smallest leaf"), 0, 0)
        grid.addWidget(self.least, 0, 1)
        grid.setColumnStretch(1, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(grid)
        layout.addLayout(buttons)
        layout.addWidget(self.hint)
        layout.addStretch(1)
        lines.changed.connect(self._on_tool)
        lines.drawn.connect(self._on_line)
        lines.refused.connect(self.hint.setText)
        measuring.measured.connect(self._on_measured)

    def refresh(self, work: Workspace) -> None:
        """Show what a state holds."""
        edits = [work.leaf_edits(scan.key) for scan in self._session.labelled]
        least = edits[0].least_area if edits else LEAST_LEAF
        if self.least.value() != least:
            self._going_on = False
            with QSignalBlocker(self.least):
                self.least.setValue(least)
        self.reset.setEnabled(any(edit.cuts or edit.joins for edit in edits))

    def _take(self, purpose: str, on: bool) -> None:
        if not on:
            self._lines.stop()
            return
        self.shown_wanted.emit()
        self._lines.start(purpose, "Split a leaf" if purpose == SPLIT else "Join leaves")

    def _on_tool(self, purpose: str) -> None:
        self.split.setChecked(purpose == SPLIT)
        self.join.setChecked(purpose == JOIN)
        self.hint.setText(_HINTS.get(purpose, _HINTS[""]))

    def _on_line(self, purpose: str, line: Line) -> None:
        work = self._session.work
        if purpose not in (SPLIT, JOIN) or work is None:
            return
        self._lines.stop()
        measured = self._measuring.result(line.scan)
        if purpose == JOIN and measured is not None and not _on_two_leaves(measured, line):
            self.hint.setText("The line must begin on one leaf and end on another one.")
            return
        edits = work.leaf_edits(line.scan.key)
        if purpose == SPLIT:
            edits = replace(edits, cuts=(*edits.cuts, Cut(*line.ends)))
        else:
            edits = replace(edits, joins=(*edits.joins, Join(*line.ends)))
        if measured is not None:
            self._asked = (purpose, line.scan, len(measured.severity.leaves))
        self._edits.do(EditLeaves(line.scan.key, edits))

    def _on_measured(self, scan: Scan) -> None:
        if self._asked is None or self._asked[1] is not scan or not self._measuring.current(scan):
            return
        (purpose, _, before), self._asked = self._asked, None
        measured = self._measuring.result(scan)
        if measured is None:
            return
        now = len(measured.severity.leaves)
        if now > before if purpose == SPLIT else now < before:
            self.hint.setText(f"{scan.name}: {now} {'leaf' if now == 1 else 'leaves'} now.")
        elif purpose == SPLIT:
            self.hint.setText(
                "The line parted no leaf: it must reach across from rim to rim, and a join there "
                "must be dropped first."
            )
            self._take_back(scan)

    def _take_back(self, scan: Scan) -> None:
        """Leave no line behind that parts nothing now and something else later."""
        history = self._session.history
        last = history.commands[-1] if history is not None and history.commands else None
        if isinstance(last, EditLeaves) and last.scan == scan.key:
            self._session.undo()

    def _on_least(self, pixels: int) -> None:
        work = self._session.work
        if work is None:
            return
        commands: tuple[Command, ...] = tuple(
            EditLeaves(scan.key, replace(work.leaf_edits(scan.key), least_area=pixels))
            for scan in self._session.labelled
        )
        self._edits.do(Several("change the smallest leaf", commands), join=self._going_on)
        self._going_on = True

    def _end(self) -> None:
        self._going_on = False

    def _reset(self) -> None:
        work = self._session.work
        if work is None:
            return
        commands: tuple[Command, ...] = tuple(
            EditLeaves(scan.key, LeafEdits(least_area=work.leaf_edits(scan.key).least_area))
            for scan in self._session.labelled
        )
        self._edits.do(Several("take splits and joins of leaves back", commands))


def _on_two_leaves(measured: Measured, line: Line) -> bool:
    leaves = measured.objects.leaves
    found = []
    for row, column in (line.start, line.end):
        pixel = round(row), round(column)
        inside = 0 <= pixel[0] < leaves.shape[0] and 0 <= pixel[1] < leaves.shape[1]
        found.append(int(leaves[pixel]) if inside else 0)
    return found[0] > 0 and found[1] > 0 and found[0] != found[1]
