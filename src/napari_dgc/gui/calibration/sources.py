"""What is calibrated with what: the scan, and where its white and dark references come from."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from qtpy.QtCore import QSignalBlocker, Signal
from qtpy.QtWidgets import (
    QFormLayout,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.calibration.file_row import FileRow
from napari_dgc.gui.calibration.options import CalibrationForm
from napari_dgc.gui.calibration.panel_rectangle import PanelRectangle
from napari_dgc.gui.calibration.work import Wish
from napari_dgc.gui.calm_boxes import NameComboBox
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import plain_label

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Scan, Session

#: Row of the choice "from a file".
_FILE = 0


class CalibrationSources(QWidget):
    """Form of scan, references and options; references beside the scan are filled in.

    Parameters
    ----------
    session
        Whose scans these are.
    """

    #: Something was changed; `wish` is another one.
    changed = Signal()

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scans: list[Scan] = []
        self._chosen: Scan | None = None
        self._cube: HyperCube | None = None
        self.rectangle = PanelRectangle(session, self)
        self.scan = NameComboBox("The scan to calibrate, in raw counts.")
        self.kind = NameComboBox("A scan of the white panel alone, or the panel in this picture.")
        self.kind.addItems(["from a file", "from a rectangle on the scan"])
        self.white = FileRow(
            "White reference", "scan of the white panel", "A scan of the white panel alone."
        )
        self.draw = QPushButton("Draw rectangle")
        self.draw.setToolTip("Then drag a rectangle over the white panel in the picture.")
        self.where = plain_label()
        self.where.setWordWrap(True)
        self.dark = FileRow(
            "Dark reference",
            "scan with the shutter closed",
            "A scan with the shutter closed, with the integration time of the scan. Without one, "
            "nothing is subtracted.",
        )
        self.form = CalibrationForm()
        self._lay_out()
        self.scan.currentIndexChanged.connect(self._on_scan)
        self.kind.currentIndexChanged.connect(self._on_kind)
        for signal in (
            self.white.changed,
            self.dark.changed,
            self.form.changed,
            self.rectangle.changed,
        ):
            signal.connect(self._on_changed)
        self.draw.clicked.connect(self._on_draw)
        connect_while_alive(self, session.scans_changed, self.refresh)
        self.refresh()

    def _lay_out(self) -> None:
        source = QWidget()
        white = QVBoxLayout(source)
        white.setContentsMargins(0, 0, 0, 0)
        for widget in (self.white, self.draw, self.where):
            white.addWidget(widget)
        self._show_kind()
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Scan", self.scan)
        form.addRow("White reference", self.kind)
        form.addRow("", source)
        form.addRow("Dark reference", self.dark)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(6)
        layout.addLayout(form)
        layout.addWidget(self.form)

    @property
    def chosen(self) -> Scan | None:
        """The scan to calibrate."""
        return self._chosen

    def wish(self) -> Wish | None:
        """Return what is to be done, or None while something is missing."""
        scan, options = self._chosen, self.form.options()
        if scan is None:
            return None
        if self.kind.currentIndex() == _FILE:
            if self.white.path is None:
                return None
            return Wish(scan.cube, self.white.path, self.dark.path, options)
        rectangle = self.rectangle.on(scan)
        if rectangle is None:
            return None
        return Wish(scan.cube, None, self.dark.path, replace(options, rectangle=rectangle))

    def missing(self) -> str:
        """Say what is missing for a `wish`."""
        if self._chosen is None:
            return (
                "Open a scan of raw counts first: File > Open File(s)…, or drop it on the canvas."
            )
        if self.kind.currentIndex() == _FILE:
            return "Choose the white reference, a scan of the white panel."
        return "Press Draw rectangle and drag over the white panel in the picture."

    def refresh(self) -> None:
        """Show the scans that are open now."""
        self._scans = list(self._session.scans)
        with QSignalBlocker(self.scan):
            self.scan.show_names([scan.name for scan in self._scans] or ["No scan is open yet"])
            if self._chosen in self._scans:
                self.scan.setCurrentIndex(self._scans.index(self._chosen))
        self.scan.setEnabled(bool(self._scans))
        self._on_scan(self.scan.currentIndex())

    def _on_scan(self, row: int) -> None:
        scan = self._scans[row] if 0 <= row < len(self._scans) else None
        cube = None if scan is None else scan.cube
        if cube is self._cube and cube is not None:
            return
        other = scan is not self._chosen
        self._chosen, self._cube = scan, cube
        if other:
            self._fill_in(cube)
        self._on_changed()

    def _fill_in(self, cube: HyperCube | None) -> None:
        """Take over what lies beside the scan; nothing where none is open."""
        beside = None if cube is None else cube.references
        white = None if beside is None else beside.white
        dark = None if beside is None else beside.dark
        for line, path in ((self.white, white), (self.dark, dark)):
            with QSignalBlocker(line):
                if cube is not None and cube.path is not None:
                    line.folder = cube.path.parent
                line.set_path(path)
        self.form.show_exposure(None if cube is None else cube.exposure_ms)

    def _on_kind(self) -> None:
        self._show_kind()
        self._on_changed()

    def _show_kind(self) -> None:
        from_file = self.kind.currentIndex() == _FILE
        self.white.setVisible(from_file)
        self.draw.setVisible(not from_file)
        self.where.setVisible(not from_file and bool(self.where.text()))

    def _on_draw(self) -> None:
        if self._chosen is not None:
            self.rectangle.draw(self._chosen)

    def _on_changed(self) -> None:
        self._say_where()
        self.changed.emit()

    def _say_where(self) -> None:
        scan = self._chosen
        found = None if scan is None else self.rectangle.on(scan)
        if found is None or scan is None:
            self.where.setText("")
        else:
            whole = found.first_column == 0 and found.end_column == scan.cube.columns
            each = "each column its own reference" if whole else "one reference for all columns"
            self.where.setText(
                f"Rows {found.first_row}–{found.end_row - 1}, columns {found.first_column}–"
                f"{found.end_column - 1}: {each}."
            )
        self._show_kind()
