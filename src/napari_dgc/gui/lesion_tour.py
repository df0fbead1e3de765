"""From clusters to lesions and their table in napari, by itself; then tree, likeness, explanation.

``python -m napari_dgc.gui.lesion_tour --out DIR --seed N [--theme THEME] [--close]``
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

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
    from napari_dgc.gui.lesions.dock import LesionDock
    from napari_dgc.gui.merge_dock import MergeDock
    from napari_dgc.gui.session import Session

CLUSTERS, EPOCHS = 16, 4
TABLE = "severity.csv"


def run(out: Path, seed: int, stay_open: bool, theme: str | None = None) -> int:
    """Show the tour.

    Parameters
    ----------
    out
        Folder for pictures and the table; made when missing.
    seed
        Of leaves and training.
    stay_open
        Leave napari open at the end, until the user closes it.
    theme
        "dark" or "light"; None takes that of napari's settings.

    Returns
    -------
    int
        Exit status: 0, or 1 when training failed or named no lesions.
    """
    import napari

    from napari_dgc.gui.docking import open_dock
    from napari_dgc.gui.go_to import go_to_lesions, go_to_merge
    from napari_dgc.gui.lesions.dock import LesionDock
    from napari_dgc.gui.merge_dock import MergeDock
    from napari_dgc.gui.session import TrainingState, get_session
    from napari_dgc.gui.train_dock import TrainDock

    out.mkdir(parents=True, exist_ok=True)
    written: list[Path] = []
    with tour_window(theme, stay_open) as viewer:
        session = get_session(viewer)
        train = TrainDock(viewer)
        open_dock(viewer, train, "DGC: train")
        say(f"training on simulated scans of tea leaves, {EPOCHS} epochs")
        _open_scans(viewer, session, seed)
        train.options.clusters.setValue(CLUSTERS)
        train.options.epochs.setValue(EPOCHS)
        train.options.seed.setValue(seed)
        train.train.click()
        wait(lambda: not session.state.running, "the training")
        if session.state is not TrainingState.DONE:
            say(train.message.text() or "the training was stopped")
            return 1
        written.append(picture(viewer, out / "10-trained.png"))

        say("naming the clusters")
        merge = go_to_merge(viewer, train)
        assert isinstance(merge, MergeDock)
        breathe(0.5)
        written.append(picture(viewer, out / "11-clusters.png"))
        merge.buttons.suggest.click()
        written.append(picture(viewer, out / "12-named.png"))

        say("showing lesions and saving their table")
        lesions = go_to_lesions(viewer, merge)
        assert isinstance(lesions, LesionDock)
        breathe(0.5)
        if not lesions.measuring.results() and not lesions.measuring.busy:
            say("no lesions were found")
            return 1
        wait(lambda: not lesions.measuring.busy, "measuring lesions")
        written.append(picture(viewer, out / "13-lesions.png"))
        written += _save_table(viewer, lesions, out)

        say("looking at the cluster tree, and at what a class is")
        written += _look_closer(viewer, merge, out)
        tell_written(written)
        if stay_open:
            say("napari stays open; close the window to end")
            napari.run()
    return 0


def _open_scans(viewer: Any, session: Session, seed: int) -> None:
    from napari_dgc.gui.samples import simulated_scans

    for scan, labels in simulated_scans(seed):
        session.add_cube_layers(scan.cube, labels=labels)
        breathe(0.02)
    viewer.reset_view()


def _save_table(viewer: Any, dock: LesionDock, out: Path) -> list[Path]:
    """Save the table as a user does, with a picture of the question for its name."""
    from qtpy.QtWidgets import QComboBox, QDialogButtonBox, QLineEdit

    from napari_dgc.measure.tables import planned_files
    from napari_dgc.workspace.tables import TABLES

    def answer(dialog: Any) -> None:
        dialog.setDirectory(str(out.absolute()))
        dialog.selectNameFilter("CSV (*.csv)")
        dialog.findChild(QComboBox, "fileTypeCombo").setCurrentText("CSV (*.csv)")
        breathe(0.2)
        where = dialog.findChild(QComboBox, "lookInCombo")
        where.setItemText(where.currentIndex(), out.name)
        picture_with_dialog(viewer, dialog, out / "14-saving.png")
        dialog.findChild(QLineEdit, "fileNameEdit").setText(str((out / TABLE).absolute()))
        buttons = dialog.findChild(QDialogButtonBox)
        buttons.button(QDialogButtonBox.StandardButton.Save).click()

    # Of an earlier tour; the dock would ask whether they may be replaced.
    for earlier in planned_files(out / TABLE, TABLES):
        earlier.unlink(missing_ok=True)
    with_dialog(answer, dock.save.click)
    wait(lambda: (out / TABLE).exists(), "writing the table")
    wait(lambda: dock.message.text().startswith("Written"), "writing the table")
    # Where exactly the pictures were made is nothing to show in them.
    dock.say(dock.message.text().replace(str(out.absolute()), out.name))
    return [out / "14-saving.png", out / TABLE, picture(viewer, out / "15-saved.png")]


def with_dialog(answer: Callable[[Any], None], ask: Callable[[], object]) -> None:
    """Do something that asks for a file, and answer."""
    from qtpy.QtCore import Qt, QTimer
    from qtpy.QtWidgets import QApplication, QFileDialog

    def look() -> None:
        dialog = QApplication.activeModalWidget()
        if isinstance(dialog, QFileDialog) and dialog.isVisible():
            timer.stop()
            answer(dialog)

    # The desktop's own dialog could not be answered, nor be in a picture.
    own = Qt.ApplicationAttribute.AA_DontUseNativeDialogs
    before = QApplication.testAttribute(own)
    QApplication.setAttribute(own, True)
    timer = QTimer()
    timer.timeout.connect(look)
    timer.start(100)
    try:
        ask()
    finally:
        timer.stop()
        QApplication.setAttribute(own, before)


def _look_closer(viewer: Any, merge: MergeDock, out: Path) -> list[Path]:
    from napari_dgc.gui.cluster_tree.dock import ClusterTreeDock
    from napari_dgc.gui.docking import open_dock

    partition = merge.session.partition
    assert partition is not None
    raise_dock(merge)
    lesion = min(partition.named({"lesion"}), default=1)
    halo = min(partition.named({"halo", "healthy tissue"}), default=1)
    merge.table.select_clusters([lesion])
    merge.pages.open("assistant")
    breathe(1.0)
    written = [picture(viewer, out / "16-similar.png")]
    merge.pages.open("explain")
    merge.table.select_clusters([lesion, halo])
    explain: Any = merge.pages.page("explain")
    breathe(0.5)
    wait(explain.copy.isEnabled, "reading spectra")
    written.append(picture(viewer, out / "17-explain.png"))
    merge.pages.close_page()
    merge.table.clearSelection()
    open_dock(viewer, ClusterTreeDock(viewer), "Cluster tree")
    breathe(0.5)
    viewer.reset_view()
    breathe(0.5)
    return [*written, picture(viewer, out / "18-tree.png")]


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the command line and run the tour."""
    options = parse(arguments, "napari_dgc.gui.lesion_tour", __doc__)
    try:
        return run(options.out, options.seed, not options.close, options.theme)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
