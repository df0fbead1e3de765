"""How many clusters? Numbers are tried in the background, and one is recommended."""

from __future__ import annotations

import contextlib
import html
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.choice import ChoiceStarted, Chosen, Measured, write_choice
from napari_dgc.clustering.events import Progress
from napari_dgc.errors import UserError
from napari_dgc.gui import messages
from napari_dgc.gui.empty_state import OPEN_A_SCAN
from napari_dgc.gui.jobs import LatestJobs
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.provenance import record_now
from napari_dgc.gui.run_events import step_back
from napari_dgc.gui.which_k.form import ChoiceForm, lines
from napari_dgc.gui.which_k.plot import ChoicePlot
from napari_dgc.gui.which_k.work import EitherToken, Wish, choice_events
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.preprocessing_section import PreprocessingSection
    from napari_dgc.gui.scan_list import ScanList
    from napari_dgc.gui.session import Session
    from napari_dgc.gui.train_options import TrainOptions

_KEY = "choose"
_HINT = (
    "Press Measure. Each number of clusters is tried on a sample of pixels from {scans}{steps}; "
    "curves grow here, and at the end one number is recommended."
)


class WhichKPage(QWidget):
    """Measures the checked scans of the training dock.

    Parameters
    ----------
    session
        Says whether training runs.
    scans, preprocessing, options
        Parts of the training dock: what is measured, after which steps, and where the number
        goes.
    """

    #: The user goes back.
    closed = Signal()
    _event = Signal(object, object)

    def __init__(
        self,
        session: Session,
        scans: ScanList,
        preprocessing: PreprocessingSection,
        options: TrainOptions,
    ) -> None:
        super().__init__()
        self._session, self._scans = session, scans
        self._preprocessing, self._options = preprocessing, options
        self._measured: list[Measured] = []
        self._chosen: Chosen | None = None
        self._wish: Wish | None = None
        self._source = CancelSource()
        self._failed = False
        #: The number that the button offers.
        self.number: int | None = None
        #: Whether numbers are being tried.
        self.busy = False
        self._build()
        self._jobs = LatestJobs(self)
        self._jobs.done.connect(self._on_done)
        self._event.connect(self._on_event)
        scans.checked_changed.connect(self.refresh)
        preprocessing.changed.connect(self.refresh)
        connect_while_alive(self, session.training_changed, self.refresh)
        self.destroyed.connect(self._jobs.drop_all)
        self.refresh()

    def _build(self) -> None:
        self.back = QPushButton("‹ Train")
        self.back.setToolTip("Go back; what is being measured goes on.")
        self.back.clicked.connect(self.closed)
        self.form = ChoiceForm()
        self.form.measure.clicked.connect(self._on_measure)
        for box in (self.form.low, self.form.high):
            box.valueChanged.connect(self.refresh)
        self.reason, self.figures = lines(), lines()
        self.plot = ChoicePlot()
        self.plot.hide()
        self.plot.number_clicked.connect(self._choose)
        self.use = QPushButton("Use")
        self.use.clicked.connect(self._on_use)
        self.save = QPushButton("Save table…")
        self.save.setToolTip("Write the figures as CSV, or as JSON with the recommendation.")
        self.save.clicked.connect(self._on_save)

        top = QHBoxLayout()
        top.addWidget(QLabel("<b>How many clusters?</b>"), 1)
        top.addWidget(self.back)
        buttons = QHBoxLayout()
        buttons.addWidget(self.use, 2)
        buttons.addWidget(self.save, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        layout.addLayout(top)
        for part in (self.form, self.plot, self.figures, self.reason):
            layout.addWidget(part)
        layout.addLayout(buttons)
        layout.addStretch()

    def set_theme(self, theme: Any) -> None:
        """Take the colours of a napari theme."""
        self.plot.set_theme(theme)
        self.form.set_theme(theme)

    # ---------------------------------------------------------------- state

    def refresh(self) -> None:
        """Say what can be done now."""
        scans, training = len(self._scans.checked()), self._session.state.running
        self.form.refresh(self.busy, training, scans)
        self.use.setVisible(self.number is not None)
        self.use.setText(f"Use {counted(self.number or 0, 'cluster')}")
        self.use.setEnabled(not training)
        self.use.setToolTip("Set this number in the training dock.")
        self.save.setVisible(self._chosen is not None and bool(self._chosen.measured))
        for part in (self.figures, self.reason):
            part.setVisible(bool(part.text()))
        if not self.form.numbers:
            self.form.say("The first number must not be larger than the second.", wrong=True)
        elif not (self.busy or self._chosen or self._failed):
            self.form.say(self._hint(scans))

    def _hint(self, scans: int) -> str:
        if not self._session.scans:
            return OPEN_A_SCAN
        if not scans:
            return "No scan is checked: go back and check those that are to be trained on."
        steps = " after the preprocessing steps" if self._preprocessing.list.count() else ""
        return _HINT.format(scans=counted(scans, "checked scan"), steps=steps)

    # --------------------------------------------------------------- clicks

    def _on_measure(self) -> None:
        if self.busy:
            self._source.cancel()
            self.form.measure.setText("Stopping…")
            self.form.measure.setEnabled(False)
            return
        try:
            pipeline = self._preprocessing.pipeline()
        except UserError as error:
            self.form.say(str(error), wrong=True)
            return
        numbers = self.form.numbers
        wish = self._wish = Wish(
            tuple(self._scans.checked()),
            pipeline,
            str(self.form.method.currentData()),
            numbers,
            self._options.seed.value(),
        )
        source = self._source = CancelSource()
        self._measured, self._chosen, self.number, self.busy = [], None, None, True
        self.figures.clear()
        self.reason.clear()
        self.plot.set_range(numbers[0], numbers[-1])
        self.plot.show_measured(())
        self.plot.mark(None)
        self.plot.show()
        self._failed = False
        self.form.say("Starting…")
        self.form.show_progress(None)
        self._jobs.request(_KEY, lambda token: self._work(wish, EitherToken(token, source.token)))
        self.refresh()

    def _work(self, wish: Wish, token: CancelToken) -> Wish:
        """Work of the thread."""
        step_back()
        for event in choice_events(wish, token):
            with contextlib.suppress(RuntimeError):  # Qt has deleted the page meanwhile
                self._event.emit(wish, event)
        return wish

    def _on_use(self) -> None:
        if self.number is not None:
            self._options.clusters.setValue(self.number)
            self.closed.emit()

    def _on_save(self) -> None:
        if self._chosen is None or self._wish is None:
            return
        name, kind = QFileDialog.getSaveFileName(
            self, "Table", "clusters.csv", "Table (*.csv);;With the recommendation (*.json)"
        )
        if not name:
            return
        path = Path(name)
        if path.suffix.lower() not in (".csv", ".json"):
            path = path.with_name(path.name + (".json" if "json" in kind else ".csv"))
        try:
            write_choice(path, self._chosen, method=self._wish.method, seed=self._wish.seed)
            record_now(self._wish.record, [path])
        except UserError as error:
            messages.show_error(str(error))
        else:
            self.form.say(f"Written: {path}")

    # --------------------------------------------------------------- events

    def _on_event(self, wish: Wish, event: object) -> None:
        if wish is not self._wish:
            return
        match event:
            case ChoiceStarted(scans=scans, pixels=pixels):
                self.form.say(f"{counted(pixels, 'pixel')} of {counted(scans, 'scan')}")
            case Progress(stage, fraction):
                self._show_progress(stage, fraction)
            case Measured():
                self._measured.append(event)
                self.plot.show_measured(self._measured)
            case Chosen():
                self._chosen = event

    def _show_progress(self, stage: str, fraction: float) -> None:
        wish = self._wish
        if wish is None:
            return
        tried = len(self._measured) + (fraction if stage.startswith("trying") else 0.0)
        # Larger numbers take longer, about in proportion.
        total = sum(wish.numbers)
        done = float(sum(wish.numbers[: int(tried)]))
        if int(tried) < len(wish.numbers):
            done += (tried % 1) * wish.numbers[int(tried)]
        self.form.show_progress(done / total)
        self.form.say(f"{stage[:1].upper()}{stage[1:]}…")

    def _on_done(self, _key: object, result: object) -> None:
        self.busy = False
        if isinstance(result, Exception):
            self._failed = True
            self.plot.setVisible(bool(self._measured))
            self.form.say(_sentence(result), wrong=True)
        elif self._chosen is not None:
            self._show_chosen(self._chosen)
        self.refresh()

    def _show_chosen(self, chosen: Chosen) -> None:
        tried = counted(len(chosen.measured), "number")
        stopped = f"Stopped; {tried} tried." if chosen.measured else "Stopped."
        self.form.say(stopped if chosen.stopped else f"{tried[:1].upper()}{tried[1:]} tried.")
        self.plot.setVisible(bool(chosen.measured))
        said = html.escape(chosen.reason)
        if chosen.clusters is not None:
            said = f"<b>Recommended: {chosen.clusters}.</b> {said}"
            self._choose(chosen.clusters)
        self.reason.setText(said)

    def _choose(self, number: int) -> None:
        """Offer a number that was measured."""
        found = next((one for one in self._measured if one.clusters == number), None)
        if found is None or self.busy:
            return
        self.number = number
        self.plot.mark(number)
        self.figures.setText(
            f"{number} clusters: silhouette {found.silhouette:.2f}, stability "
            f"{found.stability:.2f} ± {found.spread:.2f}, BIC {found.bic:.2f}"
        )
        self.refresh()


def _sentence(error: Exception) -> str:
    if isinstance(error, MemoryError):
        return "There is not enough memory; check fewer scans or close some."
    if isinstance(error, UserError):
        return str(error)
    if isinstance(error, OSError):
        return f"The scans cannot be read: {error.strerror or error}."
    return f"The numbers could not be tried: {type(error).__name__}: {error}"
