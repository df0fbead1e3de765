"""Looking at scans in napari, by itself: open, calibrate, compare spectra, composites, indices.

``python -m napari_dgc.gui.scan_tour --out DIR --seed N [--theme THEME] [--close]``
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dgc.gui.tour_window import (
    breathe,
    parse,
    picture,
    picture_with_dialog,
    raise_dock,
    say,
    tell_written,
    tour_window,
    wait,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.gui.spectrum.dock import SpectrumDock
    from napari_dgc.simulate import SimulatedScan

HEALTHY, HALO, LESION = 2, 3, 4  # of `napari_dgc.simulate.CLASS_NAMES`
#: Both ends of the camera's range.
BAD_BANDS = "400-430 nm, 985-1000 nm"
#: What is shown as a layer, averaged over so many nm, as single bands are noisy.
INDEX, BANDWIDTH_NM = "PSRI", 20


def run(out: Path, seed: int, stay_open: bool, theme: str | None = None) -> int:
    """Show the tour.

    Parameters
    ----------
    out
        Folder for pictures and the MATLAB file; made when missing.
    seed
        Of the leaves.
    stay_open
        Leave napari open at the end, until the user closes it.
    theme
        "dark" or "light"; None takes that of napari's settings.

    Returns
    -------
    int
        Exit status, 0.
    """
    import napari

    from napari_dgc.gui.samples import simulated_scans
    from napari_dgc.gui.session import get_session

    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with tour_window(theme, stay_open) as viewer:
        session = get_session(viewer)
        simulated = [scan for scan, _ in simulated_scans(seed)]
        session.add_cube_layers(simulated[0].cube)
        written.append(_write_mat(simulated, out / "tea_day5.mat"))
        say("opening a MATLAB file with several variables")
        written.append(_open_mat(viewer, written[0], out / "05-opening.png"))
        say("calibrating a scan of maize kernels with its white and dark references")
        written.append(_calibrate(viewer, out / "06-calibration.png"))
        say("comparing spectra of simulated tea leaves")
        _clear(viewer)
        scans = [session.add_cube_layers(scan.cube) for scan in simulated]
        truths = [scan.truth for scan in simulated]
        written.append(_compare_spectra(viewer, scans, truths, out / "07-spectrum.png"))
        say("showing them in colour-infrared, and an index")
        for layer in _marks(viewer):
            layer.visible = False
        written += _show_composites(viewer, session, out)
        tell_written(written)
        if stay_open:
            say("napari stays open; close the window to end")
            napari.run()
    return 0


def _write_mat(simulated: Sequence[SimulatedScan], path: Path) -> Path:
    """Write a file as MATLAB users do: several cubes and their wavelengths."""
    from scipy.io import savemat

    from napari_dgc.files import write_atomically

    healthy, sick = (
        np.asarray(scan.cube.data).transpose(1, 2, 0) for scan in (simulated[0], simulated[-1])
    )
    panel = np.ones((24, healthy.shape[1], healthy.shape[2]), np.float32)
    content = {
        "leaves_day5": sick,
        "leaves_healthy": healthy,
        "white_panel": panel,
        "wavelength": simulated[0].cube.wavelengths,
    }
    write_atomically(path, lambda part: savemat(part, content, appendmat=False))
    return path


def _open_mat(viewer: Any, path: Path, out: Path) -> Path:
    """Open a file; take a picture of the question which variable is meant, and answer it."""
    from qtpy.QtCore import QTimer
    from qtpy.QtWidgets import QApplication

    from napari_dgc.gui.variable_dialog import VariableDialog

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, VariableDialog) and not dialog.picture.pixmap().isNull():
            timer.stop()
            picture_with_dialog(viewer, dialog, out)
            dialog.remember.setChecked(False)  # the user gave no answer
            dialog.accept()

    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(300)
    breathe(0.3)
    try:
        viewer.open(path, plugin="napari-dgc")
    finally:
        timer.stop()
    return out


def _calibrate(viewer: Any, out: Path) -> Path:
    from napari_dgc.gui.calibration.dock import CalibrateDock
    from napari_dgc.gui.docking import open_dock

    _clear(viewer)
    viewer.open_sample("napari-dgc", "kernels")
    dock = CalibrateDock(viewer)
    open_dock(viewer, dock, "Calibrate to reflectance")
    wait(dock.calibrate.isEnabled, "reading the references")
    wait(dock.column.isEnabled, "reading a column")
    dock.calibrate.click()
    breathe(0.5)
    viewer.reset_view()
    return picture(viewer, out)


def _compare_spectra(
    viewer: Any, scans: Sequence[Scan], truths: Sequence[NDArray[np.uint8]], out: Path
) -> Path:
    """Pin a lesion and healthy tissue, draw a region on a healthy leaf, mark bad bands."""
    from napari_dgc.gui.docking import open_dock
    from napari_dgc.gui.spectrum.dock import SpectrumDock
    from napari_dgc.gui.spectrum.place import Place, to_world

    dock = SpectrumDock(viewer)
    open_dock(viewer, dock, "Spectrum")
    raise_dock(dock)
    breathe(0.5)
    viewer.reset_view()
    pins = dock.sources.pins
    for number, kind, name in ((-1, LESION, "lesion"), (-1, HALO, "halo"), (1, HEALTHY, "green")):
        row, column, radius = _middle(truths[number] == kind)
        if radius > 0:
            pins.add(Place(scans[number], row, column))
            dock.sources.rename(pins.curves[-1], name)
    _draw_region(dock, scans[0], *_middle(truths[0] == HEALTHY))

    dock.options.bad.click()
    bands = dock.bad.panel.list
    bands.setText(BAD_BANDS)
    bands.setModified(True)
    bands.editingFinished.emit()
    dock.options.bad.click()
    # the mouse over a leaf
    row, column, _ = _middle(truths[-1] == HEALTHY)
    here = SimpleNamespace(position=(0.0, *to_world(scans[-1], row, column)))
    for callback in viewer.mouse_move_callbacks:
        callback(viewer, here)
    curves = [dock.sources.cursor.curve, *dock.sources.curves]
    wait(lambda: all(one.mean is not None or one.problem for one in curves), "reading spectra")
    return picture(viewer, out)


def _middle(inside: NDArray[np.bool_]) -> tuple[int, int, float]:
    """Return row and column of the pixel farthest from the border, and how far that is."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(inside, 1))[1:-1, 1:-1]
    row, column = np.unravel_index(int(depth.argmax()), depth.shape)
    return int(row), int(column), float(depth.max())


def _draw_region(dock: SpectrumDock, scan: Scan, row: int, column: int, radius: float) -> None:
    from napari_dgc.gui.spectrum.place import pixels_to_layer

    dock.tools.region_wanted.emit("Ellipse")
    regions = dock.sources.regions
    corners = np.array([(-1, -1), (-1, 1), (1, 1), (1, -1)]) * radius + (row, column)
    layer: Any = regions.layer
    layer.add_ellipses(pixels_to_layer(scan, layer, corners))
    breathe(0.1)
    dock.sources.rename(regions.curves[-1], "healthy leaf")


def _show_composites(viewer: Any, session: Session, out: Path) -> list[Path]:
    from napari_dgc.gui.composites.dock import CompositesDock
    from napari_dgc.gui.docking import open_dock

    dock = CompositesDock(viewer)
    open_dock(viewer, dock, "Composites and indices")
    raise_dock(dock)
    breathe(0.5)
    viewer.layers.selection.active = session.scans[-1].composite
    preset = dock.colours.preset
    row = preset.findText("Colour-infrared")
    preset.setCurrentIndex(row)
    preset.activated.emit(row)
    composites = [scan.composite for scan in session.scans]
    wait(
        lambda: all(one is not None and "infrared" in one.name for one in composites),
        "painting the composites",
    )
    colours = picture(viewer, out / "08-composites.png")

    dock.tabs.setCurrentWidget(dock.indices)
    dock.indices.bandwidth.setValue(BANDWIDTH_NM)
    dock.indices.list.select(INDEX)
    before = len(viewer.layers)
    dock.indices.add.click()
    wait(
        lambda: len(viewer.layers) > before or not dock.indices.add.isHidden(),
        "computing the index",
    )
    return [colours, picture(viewer, out / "09-indices.png")]


def _marks(viewer: Any) -> list[Any]:
    """Return the layers of pins and regions."""
    from napari.layers import Points, Shapes

    return [layer for layer in viewer.layers if isinstance(layer, Points | Shapes)]


def _clear(viewer: Any) -> None:
    viewer.layers.clear()
    breathe(0.1)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run the tour."""
    options = parse(arguments, "napari_dgc.gui.scan_tour", __doc__)
    try:
        return run(options.out, options.seed, not options.close, options.theme)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
