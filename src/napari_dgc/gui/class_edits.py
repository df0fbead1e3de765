"""Edits of the classes, each one step of the session's history."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info, show_warning

from napari_dgc.errors import UserError
from napari_dgc.partition import ClassInfo
from napari_dgc.workspace import Command
from napari_dgc.workspace.commands import (
    CutTree,
    JoinNamed,
    MergeClasses,
    MoveClusters,
    NameClasses,
    NoteClass,
    RecolourClass,
    SetClasses,
    SetTemplate,
    SplitClasses,
    SplitInTwo,
)

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from napari_dgc.gui.session import Session
    from napari_dgc.partition.template import NameTemplate


def _numbers(classes: Iterable[ClassInfo]) -> tuple[int, ...]:
    return tuple(info.number for info in classes)


class ClassEdits:
    """What the user does to the classes of a session; refusals are notifications."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._cut_joins = False

    def do(self, command: Command, *, join: bool = False) -> bool:
        """Make a step; returns whether anything changed."""
        try:
            return self._session.do(command, join=join)
        except UserError as error:
            show_warning(str(error))
            return False

    def merge(self, classes: Sequence[ClassInfo]) -> None:
        """Merge classes; says what to do when there are fewer than two."""
        self.do(MergeClasses(_numbers(classes)))

    def split(self, classes: Sequence[ClassInfo]) -> None:
        """Take the classes of several clusters apart."""
        self.do(SplitClasses(_numbers(info for info in classes if len(info.members) > 1)))

    def split_in_two(self, number: int) -> None:
        """Take back the last merge of the tree inside a class."""
        self.do(SplitInTwo(number))

    def move(self, clusters: Iterable[int], number: int) -> None:
        """Move clusters into the class of cluster `number`; 0 makes a new class of them."""
        self.do(MoveClusters(tuple(sorted(clusters)), number))

    def join_named(self, clusters: Iterable[int], name: str) -> None:
        """Move clusters into the class of a name, or make that class of them."""
        self.do(JoinNamed(tuple(sorted(clusters)), name))

    def note(self, number: int, text: str) -> None:
        """Give a class a note."""
        self.do(NoteClass(number, text))

    def use_template(self, template: NameTemplate) -> None:
        """Use another template of names."""
        self.do(SetTemplate(template))

    def rename(self, number: int, name: str) -> None:
        """Give a class a name."""
        self.do(NameClasses((number,), name))

    def recolour(self, number: int, colour: str) -> None:
        """Give a class a colour."""
        self.do(RecolourClass(number, colour))

    def reset_colours(self, numbers: Iterable[int]) -> None:
        """Take colours away that were chosen by hand; one step."""
        partition = self._session.partition
        if partition is None:
            return
        for number in numbers:
            partition = partition.recolour(number, "")
        self.do(SetClasses("reset colours", partition.classes))

    def assign(self, name: str, classes: Sequence[ClassInfo]) -> None:
        """Give all of some classes a name, in one step."""
        self.do(NameClasses(_numbers(classes), name))

    def suggest_names(self, wavelengths_nm: NDArray[np.float64] | None) -> None:
        """Name classes by their spectra and their place, and merge what gets one name.

        Needs a model with a summary. One step.
        """
        from napari_dgc.measure.suggest import suggest_classes

        summary = None if self._session.model is None else self._session.model.summary
        if summary is None:
            return
        partition = self._session.partition
        if partition is None:
            return
        named = suggest_classes(summary, partition, wavelengths_nm)
        if not self.do(SetClasses("suggest names", named.classes)):
            show_info("No further class is clear enough to suggest a name for.")

    def undo(self) -> None:
        """Take back the last edit."""
        self._session.undo()

    def redo(self) -> None:
        """Make an edit that was taken back again."""
        self._session.redo()

    def begin_cut(self) -> None:
        """Note that a drag of the granularity slider starts: it is one step.

        Every cut of the drag starts from where the drag did, so that names dropped on the
        way down come back on the way up.
        """
        self._cut_joins = False

    def cut(self, classes: int) -> None:
        """Group into this many classes; one step with the drag's cuts before."""
        history = self._session.history
        if history is None:
            return
        before = len(history.commands)
        changed = self.do(CutTree(classes), join=self._cut_joins)
        if len(history.commands) < before:
            self._cut_joins = False  # back where the drag began, which leaves no step
        elif changed:
            self._cut_joins = True
