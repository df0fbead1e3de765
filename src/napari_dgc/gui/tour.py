"""The whole job in napari, by itself: open, train live, name the classes, measure severity.

``python -m napari_dgc.gui.tour --out DIR --seed N [--close]``
"""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session

#: The smallest common screen of a laptop.
WINDOW = (1366, 768)
CLUSTERS, EPOCHS = 16, 4
#: Longest time to wait for the training, in seconds.
PATIENCE = 900.0


class _Closed(Exception):
    """The user closed the window in the middle of the tour."""


def run(out: Path, seed: int, stay_open: bool) -> int:
    """Show the tour.

    Parameters
    ----------
    out
        Folder for pictures and results; made when missing.
    seed
        Of leaves and training.
    stay_open
        Leave napari open at the end, until the user closes it.

    Returns
    -------
    int
        Exit status: 0, or 1 when training failed.
    """
    import napari

    from napari_dgc.gui.docking import open_dock
    from napari_dgc.gui.merge_dock import MergeDock
    from napari_dgc.gui.session import TrainingState, get_session
    from napari_dgc.gui.train_dock import TrainDock

    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    viewer = napari.Viewer(title="napari-dgc")
    viewer.window.resize(*WINDOW)
    session = get_session(viewer)

    def picture(name: str) -> None:
        _breathe(0.3)
        viewer.screenshot(str(out / name), canvas_only=False, flash=False)
        written.append(out / name)

    try:
        _say("opening simulated scans of tea leaves: healthy, day 3, day 5 after infection")
        _open_scans(viewer, session, seed)
        train, merge = TrainDock(viewer), MergeDock(viewer)
        open_dock(viewer, train, "DGC: train")
        open_dock(viewer, merge, "Merge clusters", tabify=True)
        _raise(train)
        _breathe(0.5)
        viewer.reset_view()
        picture("01-open.png")

        _say(f"training, {EPOCHS} epochs")
        train.options.clusters.setValue(CLUSTERS)
        train.options.epochs.setValue(EPOCHS)
        train.options.seed.setValue(seed)
        train.train.click()
        halfway = max(EPOCHS // 2, 1)
        _wait(lambda: len(train.epochs) >= halfway or not session.state.running)
        picture("02-training.png")
        _wait(lambda: not session.state.running)
        if session.state is not TrainingState.DONE:
            _say(train.message.text() or "the training was stopped")
            return 1
        picture("03-clusters.png")

        _say("naming the clusters from spectra and neighbourhood")
        _raise(merge)
        _name_classes(session)
        picture("04-classes.png")
        written += _write_results(session, out)
        _say("wrote")
        for path in written:
            _say(f"  {path}")
        if stay_open:
            _say("napari stays open: merge, rename, paint, export; close the window to end")
            napari.run()
    except _Closed:
        _say("the window was closed: the tour ends here")
    finally:
        if not stay_open:
            with contextlib.suppress(RuntimeError):  # the window is gone already
                viewer.close()
    return 0


def _open_scans(viewer: Any, session: Session, seed: int) -> None:
    from napari_dgc.gui.samples import simulated_scans

    for scan, labels in simulated_scans(seed):
        session.add_cube_layers(scan.cube, labels=labels)
        _breathe(0.02)


def _name_classes(session: Session) -> None:
    from napari_dgc.measure.suggest import suggest_partition, summary_wavelengths

    model, partition = session.model, session.partition
    if model is None or partition is None or session.history is None or model.summary is None:
        return
    wavelengths = summary_wavelengths(model.summary, session.scans[0].cube)
    named = suggest_partition(model.summary, partition.tree, wavelengths)
    session.history.do("name classes", named)


def _write_results(session: Session, out: Path) -> list[Path]:
    """Write class maps and severity; tell the severity."""
    import csv
    import io

    from napari_dgc.annotations.export import export_labels
    from napari_dgc.files import write_text
    from napari_dgc.measure.lesions import count_lesions
    from napari_dgc.measure.severity import severity

    partition = session.partition
    written: list[Path] = []
    table = io.StringIO()
    writer = csv.writer(table, lineterminator="\n")
    writer.writerow(["scan", "leaf_pixels", "lesion_pixels", "lesions", "severity_percent"])
    for scan in session.scans:
        if scan.fine is None or partition is None:
            continue
        classes = partition.apply(scan.fine)
        written += export_labels(classes, partition, out / "classes", scan.name)
        found = severity(classes, partition)
        percent = "" if found.percent is None else f"{found.percent:.2f}"
        lesions = count_lesions(classes, partition)
        writer.writerow([scan.name, found.leaf_pixels, found.lesion_pixels, lesions, percent])
        _say(
            f"  {scan.name}: {found.lesion_pixels} lesion pixels of {found.leaf_pixels} leaf "
            f"pixels in {lesions} lesions, severity {percent or 'unknown'} %"
        )
    write_text(out / "severity.csv", table.getvalue())
    return [*written, out / "severity.csv"]


def _raise(widget: Any) -> None:
    """Bring a docked widget's tab to the front."""
    dock = widget.parent()
    while dock is not None and not hasattr(dock, "toggleViewAction"):
        dock = dock.parent()
    if dock is not None:
        dock.show()
        dock.raise_()


def _breathe(seconds: float) -> None:
    """Let Qt work for a while."""
    from napari import current_viewer
    from qtpy.QtWidgets import QApplication

    end = time.monotonic() + seconds
    while True:
        QApplication.processEvents()
        if current_viewer() is None:
            raise _Closed
        if time.monotonic() >= end:
            return
        time.sleep(0.005)


def _wait(done: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise TimeoutError("the training takes too long on this machine")
        _breathe(0.02)


def _say(text: str) -> None:
    print(text, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run the tour."""
    parser = argparse.ArgumentParser(prog="napari_dgc.gui.tour", description=__doc__)
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures and results")
    parser.add_argument("--seed", type=int, default=0, help="of leaves and training")
    parser.add_argument("--close", action="store_true", help="close napari at the end")
    options = parser.parse_args(arguments)
    try:
        return run(options.out, options.seed, not options.close)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
