"""A tick box for TensorBoard files, and the folder that they go to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker
from qtpy.QtWidgets import QCheckBox, QFileDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from napari_dgc.errors import UserError
from napari_dgc.gui.elided_label import ElidedLabel

if TYPE_CHECKING:
    from napari_dgc.gui.training_monitor import TrainingMonitor


class EventFilesRow(QWidget):
    """Ticking it asks for a folder; the choice is the trainer's, so that docks share it."""

    def __init__(self) -> None:
        super().__init__()
        self._monitor: TrainingMonitor | None = None
        self._fail: Callable[[str], object] = lambda sentence: None
        self._folder: Path | None = None
        self.box = QCheckBox("TensorBoard files")
        self.box.setToolTip(
            "Write losses, active clusters, the share of changed pixels and label pictures while "
            "training, for TensorBoard."
        )
        self.choose = QPushButton("Folder…")
        self.choose.setToolTip("Choose the folder that TensorBoard looks at.")
        self.where = ElidedLabel()
        line = QHBoxLayout()
        line.addWidget(self.box, 1)
        line.addWidget(self.choose)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        layout.addLayout(line)
        layout.addWidget(self.where)
        self.box.toggled.connect(self._on_toggled)
        self.choose.clicked.connect(self._on_choose)
        self._show()

    def bind(self, monitor: TrainingMonitor, fail: Callable[[str], object]) -> None:
        """Show and change the folder of a trainer's monitor; `fail` tells what goes wrong."""
        self._monitor, self._fail = monitor, fail
        self._folder = monitor.event_folder
        with QSignalBlocker(self.box):
            self.box.setChecked(self._folder is not None)
        self._show()

    def _on_toggled(self, ticked: bool) -> None:
        if ticked:
            from napari_dgc.monitoring import check_available

            try:
                check_available()
            except UserError as error:
                self._untick()
                self._fail(str(error))
                return
            if self._folder is None:
                self._on_choose()
            if self._folder is None:
                self._untick()
        self._show()

    def _on_choose(self) -> None:
        start = str(self._folder or Path.home())
        found = QFileDialog.getExistingDirectory(self, "Folder for TensorBoard files", start)
        if found:
            self._folder = Path(found)
        self._show()

    def _untick(self) -> None:
        with QSignalBlocker(self.box):
            self.box.setChecked(False)
        self._show()

    def _show(self) -> None:
        wanted = self.box.isChecked()
        if self._monitor is not None:
            self._monitor.event_folder = self._folder if wanted else None
        self.choose.setVisible(wanted)
        self.where.setVisible(wanted)
        self.where.setText("" if self._folder is None else str(self._folder))
