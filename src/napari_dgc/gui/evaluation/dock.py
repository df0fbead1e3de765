"""The dock "Evaluate": classes or clusters against the truth."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import QSize, QTimer
from qtpy.QtWidgets import (
    QDockWidget,
    QHBoxLayout,
    QProgressBar,
    QPushButton,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.evaluation.present import unique_names
from napari_dgc.gui.class_actions import button_style
from napari_dgc.gui.class_table import grouped
from napari_dgc.gui.docking import EVALUATION, settle
from napari_dgc.gui.empty_state import EmptyState
from napari_dgc.gui.evaluation.choices_box import ChoicesBox
from napari_dgc.gui.evaluation.comparing import CLASSES, Compared, gather
from napari_dgc.gui.evaluation.results import Results
from napari_dgc.gui.evaluation.running import Comparisons
from napari_dgc.gui.evaluation.saving import record, save
from napari_dgc.gui.evaluation.truth_table import TruthTable
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.session import get_session
from napari_dgc.partition.palette import cluster_colour
from napari_dgc.words import counted

if TYPE_CHECKING:
    from collections.abc import Mapping

    from napari.layers import Labels
    from napari.viewer import Viewer
    from qtpy.QtGui import QHideEvent, QShowEvent

    from napari_dgc.gui.provenance import Record
    from napari_dgc.gui.scan import Scan

_NO_TRUTH = (
    "Choose the layer that holds the truth of a scan above, or press Open truth… for outlines of "
    "labelme or COCO and for label maps (.tif, .png, .npy, .mat, .pth)."
)
#: Changes within so many milliseconds lead to one comparison.
_PAUSE = 150
_STEPS = 1000


class EvaluateDock(QWidget):
    """Truth and choices above, figures below.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans these are.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName(EVALUATION)
        self._viewer = napari_viewer
        self._frame: QDockWidget | None = None
        self._asleep = True
        self._made_of: tuple[Any, ...] = ()
        # How the figures that are asked for, and those that are shown, were made.
        self._asked: Record | None = None
        self._record: Record | None = None
        self.session = get_session(napari_viewer)
        self.comparisons = Comparisons(self)
        self.truth = TruthTable(napari_viewer)
        self.choices = ChoicesBox()
        self.results = Results(napari_viewer)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.setInterval(_PAUSE)
        self._build()
        self._connect()
        self._take_theme()

    def _build(self) -> None:
        self.open = QPushButton("Open truth…")
        self.open.setToolTip("Read annotations or label maps of the open scans from files")
        self.again = QPushButton()
        self.save = QPushButton("Save…")
        self.save.setToolTip("All figures as a report (HTML), a table (CSV), or JSON")
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setMaximumHeight(6)
        self.bar.setRange(0, _STEPS)
        self.bar.hide()
        self.summary = plain_label()
        self.summary.setWordWrap(True)
        buttons = QHBoxLayout()
        for button in (self.open, self.again, self.save):
            buttons.addWidget(button)
        content = self._content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(6, 4, 6, 4)
        layout.setSpacing(5)
        layout.addWidget(self.truth)
        layout.addWidget(self.choices)
        layout.addLayout(buttons)
        layout.addWidget(self.bar)
        layout.addWidget(self.summary)
        layout.addWidget(self.results, 1)
        self._spare = QWidget()
        layout.addWidget(self._spare, 1)
        self.empty = EmptyState(self._viewer, self.session)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(content)
        self.setMinimumWidth(340)
        self._show_result(False)
        self._show_running()

    def _connect(self) -> None:
        self._timer.timeout.connect(self._compare)
        self.truth.changed.connect(self.refresh)
        self.choices.changed.connect(self.refresh)
        self.results.mapping.edited.connect(self.choices.take_mapping)
        self.open.clicked.connect(self._open)
        self.again.clicked.connect(self._compare_or_stop)
        self.save.clicked.connect(self._save)
        self.comparisons.done.connect(self._on_done)
        self.comparisons.failed.connect(self._on_failed)
        self.comparisons.progressed.connect(lambda share: self.bar.setValue(round(_STEPS * share)))
        session, layers = self.session, self._viewer.layers.events
        for signal in (
            session.partition_changed,
            session.labels_changed,
            session.scans_changed,
            session.training_changed,
            layers.inserted,
            layers.removed,
            layers.renamed,
        ):
            connect_while_alive(self, signal, self.refresh)
        connect_while_alive(self, self._viewer.events.theme, self._take_theme)

    # -------------------------------------------------------------- comparing

    def refresh(self, *_: object) -> None:
        """Offer what there is now and compare where it differs; put off while hidden."""
        if self._asleep:
            return
        scans = [scan for scan in self.session.labelled if scan.fine is not None]
        if self.session.partition is None or not scans:
            self._stack.setCurrentWidget(self.empty)
            self.empty.refresh()
            return
        self._stack.setCurrentWidget(self._content)
        self.truth.show_scans(scans)
        self.results.look_at_layers()
        wanted = self._wanted()
        if wanted == self._made_of:
            return
        self._made_of = wanted
        self._timer.start()

    def _wanted(self) -> tuple[Any, ...]:
        """Return what a comparison is made of, to see whether it has changed."""
        chosen = [(scan, id(scan.fine), layer) for scan, layer in self.truth.chosen]
        choices = self.choices.choices
        partition = self.session.partition if choices.kind == CLASSES else None
        return (chosen, choices, partition)

    def _compare(self) -> None:
        chosen, partition = self.truth.chosen, self.session.partition
        if not chosen or partition is None:
            self.comparisons.stop()
            self._on_failed(_NO_TRUTH)
            return
        self._asked = record(self.session, chosen, self.choices.choices)
        self.comparisons.request(gather(chosen), partition, self.choices.choices)
        self._show_running()

    def _compare_or_stop(self) -> None:
        if self.comparisons.running:
            self.comparisons.stop()
            self._show_running()
            self.summary.setText("Stopped.")
        else:
            self._compare()

    def _show_running(self) -> None:
        running = self.comparisons.running
        if not running or self.bar.isHidden():
            self.bar.setValue(0)
        self.bar.setVisible(running)
        self.again.setText("Stop" if running else "Compare again")
        self.again.setToolTip(
            "Stop comparing" if running else "After painting in a layer of the truth"
        )
        self.again.setEnabled(running or bool(self.truth.chosen))

    def _on_failed(self, sentence: str) -> None:
        self._show_running()
        self.results.clear()
        self.summary.setText(sentence)
        self._show_result(False)

    def _on_done(self, compared: Compared) -> None:
        self._show_running()
        self._record = self._asked
        found = compared.assessment
        self.choices.show_matching(found.setup.matching)
        names = dict(zip(found.class_names, unique_names(found.class_names), strict=True))
        self.choices.keep_mapping({k: names[n] for k, n in found.mapping.items() if n is not None})
        self.choices.show_classes([n for n in found.class_names.values() if n])
        scans = counted(len(found.scans), "scan")
        sentence = f"{scans}, {grouped(found.pooled.pixels)} pixels. "
        self.summary.setText(sentence + " ".join(found.notes))
        what = "Class" if self.choices.choices.kind == CLASSES else "Cluster"
        self.results.show_compared(compared, self._colours(what == "Class"), what)
        self._show_result(True)

    def _colours(self, classes: bool) -> Mapping[int, str]:
        partition = self.session.partition
        if partition is None:
            return {}
        if classes:
            return {info.number: info.shown_colour for info in partition.classes}
        return {number: cluster_colour(number) for number in range(1, partition.clusters + 1)}

    def _show_result(self, there: bool) -> None:
        self.results.setVisible(there)
        self._spare.setVisible(not there)
        self.save.setEnabled(there)

    # ------------------------------------------------------------------ files

    def _open(self) -> None:
        from napari_dgc.gui.import_annotations import open_truth

        for scan, layer in open_truth(self.session, self):
            self.truth.choose(scan, layer)
        self.refresh()

    def take_truth(self, truth: Mapping[Scan, Labels], *, rest: str) -> None:
        """Compare with these layers; `rest` is the class of pixels without a label, or ""."""
        for scan, layer in truth.items():
            self.truth.choose(scan, layer)
        self.choices.take_rest(rest)
        self.refresh()

    def _save(self) -> None:
        compared, made_by = self.results.compared, self._record
        sentence = "" if compared is None or made_by is None else save(self, compared, made_by)
        if sentence:
            self.summary.setText(sentence)

    # --------------------------------------------------------------- sleeping

    def _take_theme(self, _event: object = None) -> None:
        theme = get_theme(self._viewer.theme)
        self._content.setStyleSheet(button_style(theme))
        colour = theme.current.as_hex("long")
        self.bar.setStyleSheet(f"QProgressBar::chunk {{ background-color: {colour}; }}")

    def sizeHint(self) -> QSize:
        """Leave most of a small screen to the canvas."""
        return QSize(380, 640)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        self._frame = settle(self, self._set_awake, self._frame)
        self._set_awake(True)

    def hideEvent(self, event: QHideEvent | None) -> None:
        """Rest while nobody looks."""
        super().hideEvent(event)
        self._set_awake(False)

    def _set_awake(self, awake: bool) -> None:
        if awake == (not self._asleep):
            return
        self._asleep = not awake
        if awake:
            self.refresh()
        else:
            if self._timer.isActive() or self.comparisons.running:
                self._made_of = ()
            self._timer.stop()
            self.comparisons.stop()
            self._show_running()
