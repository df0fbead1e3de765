"""What the selected class is, or what tells two selected classes apart."""

from __future__ import annotations

import contextlib
import html
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtWidgets import (
    QApplication,
    QFrame,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.errors import UserError
from napari_dgc.gui.explain.index_table import IndexTable, index_rows
from napari_dgc.gui.explain.plot import ExplainPlot
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.measure.explain import Explanation, LabelledScan, explain_classes
from napari_dgc.measure.explain_text import compare, describe, ranges_between
from napari_dgc.partition import ClassInfo, Partition
from napari_dgc.partition.candidates import Candidate, merge_candidates

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Session

#: Selections that change faster are not read one by one, in ms.
_PAUSE_MS = 200


class ExplainPage(QWidget):
    """Reads the selected classes in the background and says what they are.

    Parameters
    ----------
    session
        Its selection says which classes.
    """

    _read = Signal(float)

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._open = False
        # Classes and label maps that are explained or being explained.
        self._wanted: tuple[object, list[object]] = (None, [])
        self._classes: tuple[ClassInfo, ...] = ()
        self._lines: tuple[str, ...] = ()
        self._rows: list[tuple[str, ...]] = []
        #: Whether something is still to be read.
        self.busy = False
        self._build()
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._read.connect(self._on_read)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._start)
        for signal in (
            session.selection.changed,
            session.partition_changed,
            session.labels_changed,
            session.scans_changed,
            session.training_changed,
        ):
            connect_while_alive(self, signal, self.refresh)
        self.destroyed.connect(self._jobs.drop_all)

    def _build(self) -> None:
        self.title = _text()
        self.copy = QPushButton("Copy text")
        self.copy.setToolTip("Copy the sentences and the table of indices")
        self.copy.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.copy.clicked.connect(self._on_copy)
        self.plot = ExplainPlot()
        self.plot.setFixedHeight(150)
        self.sentences = _text()
        self.sentences.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.sentences.setAlignment(Qt.AlignmentFlag.AlignTop)
        self.table = IndexTable()
        inner = QWidget()
        content = QVBoxLayout(inner)
        content.setContentsMargins(0, 0, 4, 0)
        content.setSpacing(4)
        for part in (self.plot, self.sentences, self.table):
            content.addWidget(part)
        content.addStretch()
        self.scroll = QScrollArea()
        self.scroll.setWidgetResizable(True)
        self.scroll.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll.setWidget(inner)
        top = QHBoxLayout()
        top.addWidget(self.title, 1)
        top.addWidget(self.copy)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addLayout(top)
        layout.addWidget(self.scroll, 1)
        layout.addStretch(0)

    # --------------------------------------------------------------- page

    def opened(self) -> None:
        """Begin to follow the selection."""
        self._open, self._wanted = True, (None, [])
        self.refresh()

    def closed(self) -> None:
        """Read nothing more."""
        self._open = False
        self._stop()

    def set_theme(self, theme: Any) -> None:
        """Take over colours of napari's theme."""
        self.plot.set_theme(theme.background.as_hex("long"), theme.text.as_hex("long"))

    def text(self) -> str:
        """Return what is said, as plain text."""
        table = ["\t".join(row) for row in self._rows] if len(self._rows) > 1 else []
        return "\n".join([*self._lines, *([""] if table else []), *table])

    # --------------------------------------------------------------- reading

    def refresh(self) -> None:
        """Explain anew where the selected classes or their pixels are other ones."""
        if not self._open:
            return
        session, partition = self._session, self._session.partition
        selected = session.selection.classes(partition)
        running = session.state.running
        state = (partition and partition.classes, selected, running)
        arrays: list[object] = [part for s in session.labelled for part in (s.cube, s.fine)]
        before, held = self._wanted
        same = len(held) == len(arrays) and all(map(_is, held, arrays))
        if state == before and same:
            return
        self._wanted = (state, arrays)
        self._stop()
        if partition is None or running:
            self._say_why("Classes are explained once training has ended or was stopped.")
        elif len(selected) not in (1, 2):
            self._say_why("Select one class, or two classes to see what tells them apart.")
        else:
            self._say_reading()
            self.busy = True
            self._pause.start()

    def _stop(self) -> None:
        self._pause.stop()
        self._jobs.drop("explain")
        self.busy = False

    def _start(self) -> None:
        session, partition = self._session, self._session.partition
        if partition is None:
            return
        self._classes = session.selection.classes(partition)
        scans = [
            LabelledScan(s.name, s.cube, s.fine) for s in session.labelled if s.fine is not None
        ]
        numbers = [info.number for info in self._classes]
        self._jobs.request("explain", lambda token: self._explain(scans, partition, numbers, token))

    def _explain(
        self,
        scans: Sequence[LabelledScan],
        partition: Partition,
        numbers: Sequence[int],
        token: CancelToken,
    ) -> Explanation | None:
        """Work of the thread."""
        found = None
        for step in explain_classes(scans, partition, numbers, token=token):
            if isinstance(step, Explanation):
                found = step
            else:
                with contextlib.suppress(RuntimeError):  # Qt has deleted the page meanwhile
                    self._read.emit(step.fraction)
        return found

    def _on_read(self, fraction: float) -> None:
        if self.busy:
            self.title.setText(f"Reading … {100 * fraction:.0f} %")

    def _on_done(self, _key: object, result: object) -> None:
        partition = self._session.partition
        if not self.busy or not self._open:
            return
        self.busy = False
        if isinstance(result, Explanation) and partition is not None:
            self._show(result, partition)
        elif isinstance(result, UserError):
            self._say_why(str(result))
        elif isinstance(result, OSError):
            self._say_why(f"The scans cannot be read: {result.strerror or result}.")
        else:
            self._say_why("The classes could not be explained; see the log for why.")

    # --------------------------------------------------------------- showing

    def _say_reading(self) -> None:
        """Say so above what was shown before, which stays in sight, pale."""
        self.title.setText("Reading …")
        self.copy.setEnabled(False)
        self.scroll.setEnabled(False)
        if not self._lines:  # an empty plot would look like a result
            self.plot.hide()
            self.sentences.clear()
            self.table.show_rows(())
        self.scroll.show()

    def _say_why(self, text: str) -> None:
        self.title.setText(text)
        self.copy.setEnabled(False)
        self._lines, self._rows = (), []
        self.scroll.hide()

    def _show(self, found: Explanation, partition: Partition) -> None:
        # The smaller class is told from the bigger one.
        classes = sorted(found.classes, key=lambda one: one.places.pixels)
        found = replace(found, classes=tuple(classes))
        infos = [partition.class_of(one.number) for one in classes]
        two = len(infos) == 2
        self._lines = (
            compare(found, partition)
            if two
            else describe(found, partition, self._nearest(partition, infos[0]))
        )
        known = all(one.used for one in classes)
        self._rows = index_rows(found, [i.title for i in infos]) if known else []
        self.title.setText(" · ".join(_key(info) for info in infos))
        self.sentences.setText(
            "".join(f"<p style='margin:0 0 4px 0'>{_unbroken(line)}</p>" for line in self._lines)
        )
        self.plot.setVisible(known)
        if known:
            self.plot.show_classes(found, infos, ranges_between(found) if two else ())
        self.table.show_rows(self._rows)
        self.copy.setEnabled(True)
        self.copy.setText("Copy text")
        self.scroll.setEnabled(True)
        self.scroll.show()

    def _nearest(self, partition: Partition, info: ClassInfo) -> tuple[Candidate, ...]:
        model = self._session.model
        summary = None if model is None else model.summary
        if summary is None or summary.n_clusters != partition.clusters:
            return ()
        return merge_candidates(summary, partition, info.number)[:3]

    def _on_copy(self) -> None:
        QApplication.clipboard().setText(self.text())
        self.copy.setText("Copied")


def _text() -> QLabel:
    """Make a label of several lines that never widens the dock."""
    label = QLabel()
    label.setWordWrap(True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def _unbroken(line: str) -> str:
    """Let no line end within ``d = 3.1``."""
    return html.escape(line).replace("d = ", "d\u00a0=\u00a0")


def _key(info: ClassInfo) -> str:
    return f"<span style='color:{info.shown_colour}'>■</span> {html.escape(info.title)}"


def _is(one: object, other: object) -> bool:
    return one is other
