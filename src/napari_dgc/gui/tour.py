"""The whole job in napari, by itself: open, train live, name the classes, measure severity.

``python -m napari_dgc.gui.tour --out DIR --seed N [--theme THEME] [--close]``
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.gui.tour_window import (
    breathe,
    parse,
    picture,
    raise_dock,
    say,
    tell_written,
    tour_window,
    wait,
)
from napari_dgc.workspace.commands import SetClasses

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session

CLUSTERS, EPOCHS = 16, 4


def run(out: Path, seed: int, stay_open: bool, theme: str | None = None) -> int:
    """Show the tour.

    Parameters
    ----------
    out
        Folder for pictures and results; made when missing.
    seed
        Of leaves and training.
    stay_open
        Leave napari open at the end, until the user closes it.
    theme
        "dark" or "light"; None takes that of napari's settings.

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
    with tour_window(theme, stay_open) as viewer:
        session = get_session(viewer)
        say("opening simulated scans of tea leaves: healthy, day 3, day 5 after infection")
        _open_scans(viewer, session, seed)
        train, merge = TrainDock(viewer), MergeDock(viewer)
        open_dock(viewer, train, "DGC: train")
        open_dock(viewer, merge, "Merge clusters", tabify=True)
        raise_dock(train)
        breathe(0.5)
        viewer.reset_view()
        written.append(picture(viewer, out / "01-open.png"))

        say(f"training, {EPOCHS} epochs")
        train.options.clusters.setValue(CLUSTERS)
        train.options.epochs.setValue(EPOCHS)
        train.options.seed.setValue(seed)
        train.train.click()
        halfway = max(EPOCHS // 2, 1)
        wait(lambda: len(train.epochs) >= halfway or not session.state.running, "the training")
        written.append(picture(viewer, out / "02-training.png"))
        wait(lambda: not session.state.running, "the training")
        if session.state is not TrainingState.DONE:
            say(train.message.text() or "the training was stopped")
            return 1
        written.append(picture(viewer, out / "03-clusters.png"))

        say("naming the clusters from spectra and neighbourhood")
        raise_dock(merge)
        _name_classes(session)
        written.append(picture(viewer, out / "04-classes.png"))
        written += _write_results(session, out)
        tell_written(written)
        if stay_open:
            say("napari stays open: merge, rename, paint, export; close the window to end")
            napari.run()
    return 0


def _open_scans(viewer: Any, session: Session, seed: int) -> None:
    from napari_dgc.gui.samples import simulated_scans

    for scan, labels in simulated_scans(seed):
        session.add_cube_layers(scan.cube, labels=labels)
        breathe(0.02)


def _name_classes(session: Session) -> None:
    from napari_dgc.measure.suggest import suggest_partition, summary_wavelengths

    model, partition = session.model, session.partition
    if model is None or partition is None or session.history is None or model.summary is None:
        return
    wavelengths = summary_wavelengths(model.summary, session.scans[0].cube)
    named = suggest_partition(model.summary, partition.tree, wavelengths)
    session.do(SetClasses("name classes", named.classes))


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
        say(
            f"  {scan.name}: {found.lesion_pixels} lesion pixels of {found.leaf_pixels} leaf "
            f"pixels in {lesions} lesions, severity {percent or 'unknown'} %"
        )
    write_text(out / "severity.csv", table.getvalue())
    return [*written, out / "severity.csv"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run the tour."""
    options = parse(arguments, "napari_dgc.gui.tour", __doc__)
    try:
        return run(options.out, options.seed, not options.close, options.theme)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
