"""Buttons that lead from one dock to the next."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

from napari_dgc.gui.docking import EVALUATION, LESIONS, MERGE, TRAIN, enclosing_dock, open_dock

if TYPE_CHECKING:
    from napari.viewer import Viewer

    from napari_dgc.gui.evaluation.dock import EvaluateDock


def go_to_train(viewer: Viewer, beside: QWidget) -> QWidget:
    """Bring the dock "DGC: train" to the front (see `go_to_lesions`)."""

    def make() -> QWidget:
        from napari_dgc.gui.train_dock import TrainDock

        return TrainDock(viewer)

    return _go(viewer, beside, TRAIN, "DGC: train", make)


def go_to_merge(viewer: Viewer, beside: QWidget) -> QWidget:
    """Bring the dock "Merge clusters" to the front (see `go_to_lesions`)."""

    def make() -> QWidget:
        from napari_dgc.gui.merge_dock import MergeDock

        return MergeDock(viewer)

    return _go(viewer, beside, MERGE, "Merge clusters", make)


def go_to_lesions(viewer: Viewer, beside: QWidget) -> QWidget:
    """Bring the dock "Lesions and severity" to the front with its lesions in sight.

    Parameters
    ----------
    viewer
        Of the dock.
    beside
        A widget in the same window.

    Returns
    -------
    QWidget
        The dock's widget, opened where it was not.
    """
    from napari_dgc.gui.lesions.dock import LesionDock

    found = _go(viewer, beside, LESIONS, "Lesions and severity", lambda: LesionDock(viewer))
    if isinstance(found, LesionDock):
        found.show_found()
    return found


def go_to_evaluation(viewer: Viewer, beside: QWidget) -> EvaluateDock:
    """Bring the dock "Evaluate" to the front (see `go_to_lesions`)."""
    from napari_dgc.gui.evaluation.dock import EvaluateDock

    found = _go(viewer, beside, EVALUATION, "Evaluate", lambda: EvaluateDock(viewer))
    assert isinstance(found, EvaluateDock)
    return found


def _go(
    viewer: Viewer, beside: QWidget, name: str, title: str, make: Callable[[], QWidget]
) -> QWidget:
    """Find a widget by its object name in the window, or make it."""
    found: QWidget | None = beside.window().findChild(QWidget, name)
    dock = None if found is None else enclosing_dock(found)
    if found is None or dock is None:
        found = make()
        dock = open_dock(viewer, found, title)
    dock.show()
    dock.raise_()
    return found
