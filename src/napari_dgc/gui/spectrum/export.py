"""Writing the curves: as a table, and as a picture of the plot."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from pyqtgraph.exporters import ImageExporter
from qtpy.QtCore import QObject, Qt, Signal
from qtpy.QtWidgets import QApplication, QFileDialog

from napari_dgc.errors import UserError
from napari_dgc.files import write_atomically
from napari_dgc.gui import messages
from napari_dgc.gui.provenance import cubes_of, record_cubes, record_now
from napari_dgc.gui.spectrum.plot import SpectrumPlot
from napari_dgc.measure.spectra_table import NamedSpectrum, write_spectra

if TYPE_CHECKING:
    from qtpy.QtWidgets import QWidget

    from napari_dgc.gui.spectrum.curve import Curve

#: Size of the figure in points, and by how much it is enlarged.
_SIZE, _ENLARGED = (720, 480), 3


class Export(QObject):
    """Asks where, and writes table or picture.

    Parameters
    ----------
    plot
        The plot whose axis the picture has.
    curves
        Tells which curves to write.
    parent
        Widget over which questions are asked.
    """

    #: What came of it, in a sentence.
    said = Signal(str)

    def __init__(
        self, plot: SpectrumPlot, curves: Callable[[], Sequence[Curve]], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._plot = plot
        self._curves = curves
        self._parent = parent

    def ask_table(self) -> None:
        """Ask for a file and write the table."""
        name, _ = QFileDialog.getSaveFileName(self._parent, "Table", "spectra.csv", "CSV (*.csv)")
        if name:
            self.write(Path(name).with_suffix(".csv"))

    def ask_picture(self) -> None:
        """Ask for a file and write the picture."""
        name, _ = QFileDialog.getSaveFileName(self._parent, "Picture", "spectra.png", "PNG (*.png)")
        if name:
            self.write(Path(name).with_suffix(".png"))

    def write(self, path: Path) -> None:
        """Write a picture (``.png``) or a table (``.csv``), or say why not."""
        curves = self._curves()
        known = [curve for curve in curves if curve.scan is not None and curve.mean is not None]
        scans = [curve.scan for curve in known if curve.scan is not None]
        told = {"curves": [curve.name for curve in known]}
        try:
            if path.suffix == ".png":
                write_picture(path, self._plot, curves)
                files = [path]
            else:
                files = write_table(path, curves)
            record_now(record_cubes("spectra", cubes_of(scans), told), files)
        except UserError as error:
            messages.show_error(str(error))
        else:
            self.said.emit(f"Written: {path}")


def write_table(path: Path, curves: Sequence[Curve]) -> list[Path]:
    """Write curves as CSV, with a second table of where they came from.

    Raises
    ------
    UserError
        There is no spectrum to write, or the files cannot be written.
    """
    spectra = [
        NamedSpectrum(
            curve.name,
            curve.kind,
            curve.scan.name,
            curve.scan.cube,
            curve.mean,
            curve.sd,
            curve.row,
            curve.column,
            curve.pixels,
        )
        for curve in curves
        if curve.scan is not None and curve.mean is not None
    ]
    if not spectra:
        raise UserError("There is no spectrum yet; pin a pixel first (Shift + click).")
    return write_spectra(path, spectra)


def write_picture(path: Path, plot: SpectrumPlot, curves: Sequence[Curve]) -> None:
    """Write curves as PNG, as a figure for a page: black on white, with a legend.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    figure = SpectrumPlot()
    figure.setAttribute(Qt.WidgetAttribute.WA_DontShowOnScreen)
    figure.resize(*_SIZE)
    figure.axis = plot.axis
    figure.show()
    legend = figure.getPlotItem().addLegend(offset=(12, 8), labelTextColor="black")
    # Else it would stay small where the figure is enlarged.
    legend.setFlag(legend.GraphicsItemFlag.ItemIgnoresTransformations, False)
    figure.set_theme("#ffffff", "#000000")
    figure.show_curves(curves, plot.scan)
    figure.show_all()
    for curve in curves:
        line = figure.drawn(curve)
        if line is not None:
            legend.addItem(line, html.escape(curve.name))
    QApplication.sendPostedEvents()
    exporter = ImageExporter(figure.getPlotItem())
    exporter.parameters()["width"] = _ENLARGED * _SIZE[0]
    try:
        write_atomically(path, lambda temporary: exporter.export(str(temporary)))
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path} cannot be written: {reason}; choose another place.") from error
    finally:
        figure.close()
