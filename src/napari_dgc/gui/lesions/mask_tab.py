"""How lesions are made of classes: settings that act at once."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QGridLayout,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPushButton,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.calm_boxes import CalmSpinBox
from napari_dgc.measure.lesion_mask import LARGEST_RADIUS, MaskSettings
from napari_dgc.measure.scan_areas import AUTOMATIC
from napari_dgc.workspace import CorrectedMap, Stroke
from napari_dgc.workspace.commands import Command, PaintLesions, SetMask
from napari_dgc.workspace.several import Several

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.session import Session
    from napari_dgc.workspace import Workspace

#: Largest area that the boxes offer, in pixels.
_AREA = 1_000_000
_BOXES = {
    "least_area": ("Smallest lesion", "Lesions of fewer pixels are left out", _AREA, "keep all"),
    "fill_holes": ("Fill holes up to", "Holes in lesions of up to so many pixels", _AREA, "no"),
    "smooth": (
        "Smooth within",
        "A pixel becomes what most pixels within this radius are",
        LARGEST_RADIUS,
        "no",
    ),
}
_CHECKS = {
    "inside_leaf": (
        "Keep inside leaf",
        "Leave out what lies outside of the leaf; without this, what you paint there is leaf too",
    ),
    "split_touching": (
        "Split touching lesions",
        "Tell lesions apart that touch at a narrow neck",
    ),
}


class MaskTab(QWidget):
    """Settings of the lesion mask, and what becomes of corrections by brush."""

    #: The lesions should be shown for painting.
    brush_wanted = Signal()

    def __init__(self, session: Session, edits: ClassEdits, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._edits = edits
        # The box that the last step came from: further changes in it are the same step.
        self._going_on = ""
        self._made: MaskSettings | None = None
        self.classes = QToolButton()
        self.classes.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.classes.setToolTip("Names of the classes that are diseased")
        self.classes.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.menu = QMenu(self.classes)
        self.classes.setMenu(self.menu)
        self.boxes: dict[str, CalmSpinBox] = {}
        self.checks: dict[str, QCheckBox] = {}
        self.brush = QPushButton("Brush")
        self.brush.setToolTip(
            "Take napari's brush on the lesions: any label paints lesion, the eraser and label 0 "
            "take it away, fill changes a whole lesion; Ctrl+Z takes strokes back"
        )
        self.brush.clicked.connect(self.brush_wanted)
        self.forget = QPushButton("Drop brush work")
        self.forget.setToolTip("Take all corrections of lesions by brush back, on all scans")
        self.forget.clicked.connect(self._forget)
        self._lay_out()

    def _lay_out(self) -> None:
        grid = QGridLayout()
        grid.setHorizontalSpacing(6)
        grid.setVerticalSpacing(3)
        grid.addWidget(QLabel("Diseased"), 0, 0)
        grid.addWidget(self.classes, 0, 1)
        for row, (name, (title, tip, most, none)) in enumerate(_BOXES.items(), start=1):
            box = self.boxes[name] = CalmSpinBox()
            box.setRange(0, most)
            box.setSuffix(" px")
            box.setSpecialValueText(none)
            box.setToolTip(tip)
            box.valueChanged.connect(partial(self._change, name))
            box.editingFinished.connect(self._end)
            label = QLabel(title)
            label.setToolTip(tip)
            grid.addWidget(label, row, 0)
            grid.addWidget(box, row, 1)
        grid.setColumnStretch(1, 1)
        checks = QHBoxLayout()
        for name, (title, tip) in _CHECKS.items():
            check = self.checks[name] = QCheckBox(title)
            check.setToolTip(tip)
            check.toggled.connect(partial(self._change, name))
            checks.addWidget(check)
        checks.addStretch(1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.brush, 1)
        buttons.addWidget(self.forget, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(4, 4, 4, 4)
        layout.setSpacing(4)
        layout.addLayout(grid)
        layout.addLayout(checks)
        layout.addLayout(buttons)
        layout.addStretch(1)

    def refresh(self, work: Workspace) -> None:
        """Show the settings of a state."""
        masks = work.masks
        if masks != self._made:
            self._going_on, self._made = "", masks
        for name, box in self.boxes.items():
            if box.value() != getattr(masks, name):
                with QSignalBlocker(box):
                    box.setValue(getattr(masks, name))
        for name, check in self.checks.items():
            with QSignalBlocker(check):
                check.setChecked(getattr(masks, name))
        self._show_classes(work)
        painted = any(_corrected(work, scan.key) for scan in self._session.labelled)
        self.forget.setEnabled(painted)

    def _show_classes(self, work: Workspace) -> None:
        chosen = {name.casefold() for name in work.masks.names}
        names = [info.name for info in work.partition.classes if info.name]
        offered: dict[str, str] = {}
        for name in (*MaskSettings().names, *sorted(work.template.diseased), *names):
            offered.setdefault(name.casefold(), name)
        for name in work.masks.names:
            offered.setdefault(name.casefold(), name)
        names = list(offered.values())
        self.classes.setText(", ".join(work.masks.names) or "none: choose classes")
        # Not anew at every step: one may come from the menu itself.
        if [action.text() for action in self.menu.actions()] != names:
            self.menu.clear()
            for name in names:
                action = self.menu.addAction(name)
                action.setCheckable(True)
                action.triggered.connect(partial(self._choose, name))
        for action in self.menu.actions():
            action.setChecked(action.text().casefold() in chosen)

    def _choose(self, name: str, on: bool) -> None:
        work = self._session.work
        if work is not None:
            others = tuple(n for n in work.masks.names if n.casefold() != name.casefold())
            self._change("names", (*others, name) if on else others)

    def _change(self, name: str, value: Any) -> None:
        work = self._session.work
        if work is None:
            return
        joins = self._going_on == name and name in self.boxes
        self._going_on = name
        self._made = replace(work.masks, **{name: value})
        self._edits.do(SetMask(self._made), join=joins)

    def _end(self) -> None:
        self._going_on = ""

    def _forget(self) -> None:
        work = self._session.work
        if work is None:
            return
        commands: list[Command] = []
        for scan in self._session.labelled:
            if not _corrected(work, scan.key) or scan.fine is None:
                continue
            painted = CorrectedMap(np.zeros(scan.fine.shape, np.uint16))
            painted.move(work.painted_lesions(scan.key))
            where = painted.values != AUTOMATIC
            if where.any():
                stroke = Stroke.of(where, np.full(where.shape, AUTOMATIC))
                commands.append(PaintLesions(scan.key, stroke))
        if commands:
            self._edits.do(Several("take corrections of lesions back", tuple(commands)))

    def keyPressEvent(self, event: Any) -> None:
        """Keep Enter from going on to other widgets."""
        if event.key() not in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            super().keyPressEvent(event)


def _corrected(work: Workspace, scan: str) -> bool:
    latest = work.painted_lesions(scan).latest
    return latest is not None and bool((latest.values != AUTOMATIC).any())
