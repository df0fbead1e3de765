"""What a class is like: candidates to merge it with, seen in the image before they are merged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout, QWidget

from napari_dgc.gui.assistant.candidate_list import CandidateList
from napari_dgc.gui.assistant.not_alike import pairs_of
from napari_dgc.gui.in_image import ImageSelection, Preview
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import as_plain, plain_label
from napari_dgc.gui.spectra_plot import SpectraPlot, class_spectra
from napari_dgc.gui.spectra_source import SpectraSource
from napari_dgc.partition import ClassInfo, ClusterSummary
from napari_dgc.partition.candidates import merge_candidates

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.session import Session

# Lines break at the dots only.
_KEYS = " · ".join(
    part.replace(" ", "\u00a0")
    for part in ("↑ ↓ move", "Space tick", "Enter merge", "N not alike", "T swap", "Esc cancel")
)


class AssistantPage(QWidget):
    """Ranks the classes that are most like the selected one.

    Ticked ones are shown in the image as if they were merged; nothing but colours changes
    until the user accepts, which is one step of the history.

    Parameters
    ----------
    session
        Its selection says which class is looked at.
    edits
        Merges.
    in_image
        Shows the preview.
    """

    def __init__(
        self,
        session: Session,
        edits: ClassEdits,
        in_image: ImageSelection,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._edits = edits
        self._in_image = in_image
        self._not_alike = pairs_of(session)
        self._spectra = SpectraSource(session, self)
        self._open = False
        # What the list shows candidates of.
        self._shown: object = None
        self._chosen: ClassInfo | None = None
        self._build()
        for signal in (
            session.selection.changed,
            session.partition_changed,
            session.model_changed,
            session.training_changed,
        ):
            connect_while_alive(self, signal, self.refresh)

    def _build(self) -> None:
        self.title = plain_label()
        self.title.setWordWrap(True)
        self.title.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self.again = QPushButton()
        self.again.setToolTip("Offer the classes again that were said to be not alike (N)")
        self.again.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.again.hide()
        self.list = CandidateList()
        self.plot = SpectraPlot()
        self.plot.setMinimumHeight(90)
        self.plot.setToolTip("Mean spectra of the chosen class, the current and the ticked ones")
        self.accept = QPushButton("Merge")
        self.reject = QPushButton("Not alike")
        self.reject.setToolTip(
            "The current class is not like the chosen one: do not offer it again (N)"
        )
        self.cancel = QPushButton("Cancel")
        self.cancel.setToolTip("Untick all: the image is as it was before (Esc)")
        hint = QLabel(_KEYS)
        hint.setWordWrap(True)
        hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)

        top, buttons = QHBoxLayout(), QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.again)
        buttons.setSpacing(3)
        for button in (self.accept, self.reject, self.cancel):
            buttons.addWidget(button, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.list, 5)
        layout.addLayout(buttons)
        layout.addWidget(self.plot, 4)
        layout.addWidget(hint)

        self.list.staged_changed.connect(self._show)
        self.list.current_changed.connect(self._show)
        for signal, act in (
            (self.list.accepted, self._on_accept),
            (self.accept.clicked, self._on_accept),
            (self.list.rejected, self._on_reject),
            (self.reject.clicked, self._on_reject),
            (self.list.cancelled, self.list.unstage),
            (self.cancel.clicked, self.list.unstage),
            (self.list.swapped, self._on_swap),
            (self.again.clicked, self._on_again),
        ):
            signal.connect(act)
        self.plot.class_clicked.connect(lambda info: self.list.go_to(info.number))

    # --------------------------------------------------------------- page

    def opened(self) -> None:
        """Begin to follow the selection."""
        self._open, self._shown = True, None
        self.refresh()

    def closed(self) -> None:
        """Take the preview off the image and forget what was ticked."""
        self._open = False
        self.list.fill(())
        self._in_image.set_preview(None)

    def take_keys(self) -> None:
        """Let the list have the keyboard."""
        self.list.setFocus()

    def set_theme(self, theme: Any) -> None:
        """Take over colours of napari's theme."""
        self.plot.set_theme(theme.background.as_hex("long"), theme.text.as_hex("long"))

    # --------------------------------------------------------------- showing

    @property
    def _summary(self) -> ClusterSummary | None:
        model, partition = self._session.model, self._session.partition
        summary = None if model is None else model.summary
        if summary is None or partition is None or summary.n_clusters != partition.clusters:
            return None
        return summary

    def refresh(self) -> None:
        """Rank anew where class, classes or model are other ones."""
        if not self._open:
            return
        session, summary, partition = self._session, self._summary, self._session.partition
        selected = session.selection.classes(partition)
        running = session.state.running
        tree = partition and partition.tree
        wanted = (partition and partition.classes, tree, selected, summary, running)
        if wanted == self._shown:
            return
        self._shown, self._chosen = wanted, None
        if partition is None or summary is None or running:
            self._say_why("Candidates are ranked once training has ended or was stopped.")
        elif len(selected) != 1:
            self._say_why("Select one class in the table, or click it in the image.")
        else:
            self._rank(summary, selected[0])
        self._show()

    def _say_why(self, text: str) -> None:
        self.title.setText(text)
        self.again.hide()
        self.list.fill(())

    def _rank(self, summary: ClusterSummary, chosen: ClassInfo) -> None:
        partition, history = self._session.partition, self._session.history
        if partition is None or history is None:
            return
        self._chosen = chosen
        ranked = [
            (candidate, partition.class_of(candidate.number))
            for candidate in merge_candidates(summary, partition, chosen.number)
        ]
        offered = [pair for pair in ranked if not self._not_alike.holds(history, chosen, pair[1])]
        self._show_aside(len(ranked) - len(offered))
        self.title.setText(f"Most like {chosen.title}:")
        self.list.fill(offered)

    def _show_aside(self, count: int) -> None:
        self.again.setVisible(count > 0)
        self.again.setText(f"{count} not alike")

    def _show(self) -> None:
        """Show in image, plot and buttons what is ticked and what is current."""
        partition, chosen, summary = self._session.partition, self._chosen, self._summary
        staged, current = self.list.staged, self.list.current
        self.accept.setEnabled(current is not None)
        self.reject.setEnabled(current is not None)
        self.cancel.setEnabled(bool(staged))
        if partition is None or chosen is None or summary is None or current is None:
            self._in_image.set_preview(None)
            self.plot.show_hint("No further class is like it." if chosen else " ")
            self.accept.setText("Merge")
            return
        several = (chosen.number, *staged)
        result = partition.merge(several) if staged else partition
        seen = {*several, current}
        self._in_image.set_preview(Preview(partition, result, tuple(sorted(seen))))
        classes = [info for info in partition.classes if info.number in seen]
        means = class_spectra(partition, summary.spectra, summary.mass)
        rows = [partition.classes.index(info) for info in classes]
        self.plot.set_spectra(classes, means[rows], self._spectra.wavelengths_nm)
        self.plot.set_selected((chosen.number, current))
        titles = [partition.class_of(n).title for n in (staged or (current,))]
        self.accept.setText(f"Merge {len(staged) + 1} classes" if staged else "Merge these two")
        self.accept.setToolTip(
            as_plain(f"Merge {chosen.title} with {', '.join(titles)} (Enter or G)")
        )

    # --------------------------------------------------------------- acting

    def _on_accept(self) -> None:
        partition, chosen, current = self._session.partition, self._chosen, self.list.current
        if partition is None or chosen is None or current is None:
            return
        numbers = (chosen.number, *(self.list.staged or (current,)))
        self._edits.merge([partition.class_of(number) for number in numbers])

    def _on_reject(self) -> None:
        partition, history, current = (
            self._session.partition,
            self._session.history,
            self.list.current,
        )
        if partition is None or history is None or self._chosen is None or current is None:
            return
        self._not_alike.add(history, self._chosen, partition.class_of(current))
        self.list.drop_current()
        shown = len(self.list.numbers) + 1
        self._show_aside(len(partition.classes) - shown)
        self._show()

    def _on_swap(self) -> None:
        """Ask of the current candidate what it is like."""
        partition, chosen, current = self._session.partition, self._chosen, self.list.current
        if partition is None or chosen is None or current is None:
            return
        self._session.selection.choose(partition.class_of(current).members)
        self.list.go_to(chosen.number)

    def _on_again(self) -> None:
        if self._session.history is not None and self._chosen is not None:
            self._not_alike.forget(self._session.history, self._chosen)
            self._shown = None
            self.refresh()
