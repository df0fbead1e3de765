"""The dock "Calibrate to reflectance": from a scan and its references to a new layer."""

from __future__ import annotations

import weakref
from dataclasses import asdict
from typing import Any

from qtpy.QtCore import QSignalBlocker, Qt, QTimer
from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QPushButton,
    QSlider,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.calibration import Flagged
from napari_dgc.gui import messages
from napari_dgc.gui.calibration.flagged_table import FlaggedTable
from napari_dgc.gui.calibration.preview_plot import PreviewPlot
from napari_dgc.gui.calibration.sources import CalibrationSources
from napari_dgc.gui.calibration.work import ColumnSpectra, Prepared, Wish, column_spectra, prepare
from napari_dgc.gui.cube_saving import CubeSaver
from napari_dgc.gui.docking import CALIBRATION
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.session import Scan, Session, get_session
from napari_dgc.gui.tall_dock import TallDock
from napari_dgc.monitoring.log import plain_options

#: References are read so long after the last change, in milliseconds.
_PAUSE = 300
_REFERENCES, _COLUMN = "references", "column"


class CalibrateDock(TallDock):
    """Chooses references, shows what they do to one column, and adds the result as a layer.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans these are.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(CALIBRATION, narrowest=340)
        self._session: Session = get_session(napari_viewer)
        self._wish: Wish | None = None
        self._prepared: Prepared | None = None
        self._warning = "orange"
        # What each scan became last.
        self._made: weakref.WeakKeyDictionary[Scan, weakref.ref[Scan]] = weakref.WeakKeyDictionary()
        self._jobs = LatestJobs(self)
        self.sources = CalibrationSources(self._session)
        self.column = QSlider(Qt.Orientation.Horizontal)
        self.column.setToolTip("Which column of the camera is shown below, averaged over lines.")
        self.column_title = QLabel()
        self.plot = PreviewPlot()
        self.calibrate = QPushButton("Calibrate")
        self.calibrate.setMinimumHeight(34)
        self.calibrate.setToolTip(
            "Add the scan as reflectance, computed when it is looked at; the counts stay open."
        )
        self.saver = CubeSaver()
        self.saver.button.setMinimumHeight(34)
        self.flagged = FlaggedTable()
        self._counted: weakref.WeakKeyDictionary[Scan, Flagged] = weakref.WeakKeyDictionary()
        self.message = plain_label()
        self.message.setWordWrap(True)
        self.message.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._lay_out()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE)
        self._pause.timeout.connect(self._read)

        self.sources.changed.connect(self._on_changed)
        self.column.valueChanged.connect(self._on_column)
        self.calibrate.clicked.connect(self._on_calibrate)
        self._jobs.done.connect(self._on_done)
        connect_while_alive(self, napari_viewer.events.theme, self._on_theme)
        self.destroyed.connect(self._jobs.drop_all)
        self._take_theme(napari_viewer.theme)
        self._on_changed()

    def _lay_out(self) -> None:
        preview = QHBoxLayout()
        preview.addWidget(self.column_title)
        preview.addWidget(self.column, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.calibrate, 2)
        buttons.addWidget(self.saver.button, 1)
        inner = QWidget()
        layout = QVBoxLayout(inner)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        layout.addWidget(self.sources)
        layout.addLayout(preview)
        layout.addWidget(self.plot)
        layout.addLayout(buttons)
        layout.addWidget(self.saver)
        layout.addWidget(self.message)
        layout.addWidget(self.flagged)
        layout.addStretch()
        self.setWidget(inner)

    # ----------------------------------------------------------------- work

    def _on_changed(self) -> None:
        """Let go of what was prepared, and prepare anew soon."""
        self._jobs.drop_all()
        self._prepared = None
        before = None if self._wish is None else self._wish.cube
        self._wish = self.sources.wish()
        self.calibrate.setEnabled(False)
        self.saver.offer(None)
        self._show_flagged()
        self._draw(None)
        if self._wish is None:
            self._pause.stop()
            self._say(self.sources.missing())
            return
        cube = self._wish.cube
        if cube is not before:
            with QSignalBlocker(self.column):
                self.column.setRange(0, cube.columns - 1)
                self.column.setValue(cube.columns // 2)
        self._say("Reading the references…")
        self._pause.start()

    def _read(self) -> None:
        wish = self._wish
        if wish is not None:
            self._jobs.request(_REFERENCES, lambda token: prepare(wish, token))

    def _on_column(self) -> None:
        """Read the column that the slider is on."""
        wish, prepared, column = self._wish, self._prepared, self.column.value()
        self.column_title.setText(f"Column {column}")
        if wish is not None and prepared is not None:
            self._jobs.request(_COLUMN, lambda _: column_spectra(wish, prepared, column))

    def _on_done(self, key: str, result: object) -> None:
        match result:
            case Exception():
                self._say(_sentence(result), wrong=True)
            case Prepared():
                self._prepared = result
                self.calibrate.setEnabled(True)
                if self._wish is not None:
                    wish = self._wish
                    settings = plain_options(asdict(wish.options))
                    self.saver.offer(result.cube, (wish.white, wish.dark), settings)
                if self.sources.chosen is not None:
                    self._counted[self.sources.chosen] = result.flagged
                self._show_flagged()
                self._say("\n".join(result.notes))
                self._on_column()
            case ColumnSpectra() if self._prepared is not None:
                self._draw(result)

    def _on_calibrate(self) -> None:
        scan, prepared = self.sources.chosen, self._prepared
        if scan is None or prepared is None:
            return
        open_now = self._session.scans
        same = next((other for other in open_now if other.cube is prepared.cube), None)
        if same is not None:
            self._say(f"“{same.name}” is this scan with these references, and is open already.")
            return
        earlier = self._made.get(scan, lambda: None)()
        replaced = [scan] if earlier not in open_now else [scan, earlier]
        with messages.busy():
            added = self._session.add_cube_layers(prepared.cube)
            for other in replaced:
                self._session.supersede(other)
        self._made[scan] = weakref.ref(added)
        self._say(
            f"“{added.name}” is open as a scan of its own. In the train dock it takes the place "
            f"of “{replaced[-1].name}”, which is unchecked there."
        )

    # -------------------------------------------------------------- showing

    def _draw(self, found: ColumnSpectra | None) -> None:
        self.column.setEnabled(found is not None)
        self.column_title.setText(
            f"Column {self.column.value()}" if found is not None else "Column"
        )
        self.plot.show_column(found)

    def _show_flagged(self) -> None:
        known = [scan for scan in self._session.scans if scan in self._counted]
        self.flagged.show_scans([(scan.name, self._counted[scan]) for scan in known])

    def _say(self, sentence: str, wrong: bool = False) -> None:
        self.message.setText(sentence)
        self.message.setStyleSheet(f"color: {self._warning};" if wrong else "")

    def _on_theme(self, event: Any) -> None:
        self._take_theme(event.value)

    def _take_theme(self, name: str) -> None:
        from napari.utils.theme import get_theme

        theme = get_theme(name)
        self._warning = theme.warning.as_hex()
        self.plot.set_theme(theme.background.as_hex(), theme.text.as_hex())


def _sentence(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory to read the references."
    if isinstance(error, OSError):
        return f"A reference cannot be read: {error.strerror or error}."
    return str(error)
