"""Edits of the classes, each one step of the session's history."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info, show_warning

from napari_dgc.errors import UserError
from napari_dgc.partition import ClassInfo, Partition

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_dgc.gui.session import Session

_CUT_TITLE = "change the number of classes"


def _titles(classes: Sequence[ClassInfo]) -> str:
    return ", ".join(info.title for info in classes)


class ClassEdits:
    """What the user does to the classes of a session; refusals are notifications."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cut_base: Partition | None = None
        self._cut_joins = False

    def _do(self, title: str, change: Callable[[Partition], Partition]) -> bool:
        """Make a step; returns whether anything changed."""
        history = self._session.history
        if history is None:
            return False
        before = history.partition
        try:
            history.do(title, change(before))
        except UserError as error:
            show_warning(str(error))
        return history.partition is not before

    def merge(self, classes: Sequence[ClassInfo]) -> None:
        """Merge classes; says what to do when there are fewer than two."""
        numbers = [info.number for info in classes]
        self._do(f"merge {_titles(classes)}", lambda partition: partition.merge(numbers))

    def split(self, classes: Sequence[ClassInfo]) -> None:
        """Take the classes of several clusters apart."""
        parts = [info for info in classes if len(info.members) > 1]

        def change(partition: Partition) -> Partition:
            for info in parts:
                partition = partition.split(info.number)
            return partition

        self._do(f"split {_titles(parts)}", change)

    def rename(self, number: int, name: str) -> None:
        """Give a class a name."""
        self._do(f"name “{name}”", lambda partition: partition.rename(number, name))

    def recolour(self, number: int, colour: str) -> None:
        """Give a class a colour."""
        self._do("change a colour", lambda partition: partition.recolour(number, colour))

    def assign(self, name: str, classes: Sequence[ClassInfo]) -> None:
        """Give all of some classes a name, in one step."""

        def change(partition: Partition) -> Partition:
            for info in classes:
                partition = partition.rename(info.number, name)
            return partition

        self._do(f"name “{name}”", change)

    def suggest_names(self, wavelengths_nm: NDArray[np.float64] | None) -> None:
        """Name classes by their spectra and their place; needs a model with a summary."""
        from napari_dgc.measure.suggest import suggest_names, suggest_partition

        summary = None if self._session.model is None else self._session.model.summary
        if summary is None:
            return

        def change(partition: Partition) -> Partition:
            if partition == Partition.fine(partition.clusters, partition.tree):
                # Nothing was done by hand yet: clusters of one name may become one class.
                return suggest_partition(summary, partition.tree, wavelengths_nm)
            return suggest_names(summary, partition, wavelengths_nm)

        if not self._do("suggest names", change):
            show_info("No further class is clear enough to suggest a name for.")

    def undo(self) -> None:
        """Take back the last edit."""
        if self._session.history is not None:
            self._session.history.undo()

    def redo(self) -> None:
        """Make an edit that was taken back again."""
        if self._session.history is not None:
            self._session.history.redo()

    def begin_cut(self) -> None:
        """Note where a drag of the granularity slider starts.

        Every cut of the drag starts from there, so that names dropped on the
        way down come back on the way up.
        """
        self._cut_base = self._session.partition
        self._cut_joins = False

    def cut(self, classes: int) -> None:
        """Group into this many classes; one step with the drag's cuts before."""
        history, base = self._session.history, self._cut_base
        if history is None or base is None or base.clusters != history.partition.clusters:
            return
        before = history.partition
        history.do(_CUT_TITLE, base.cut(classes), join=self._cut_joins)
        self._cut_joins = self._cut_joins or history.partition is not before
