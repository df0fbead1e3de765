"""The dock "DGC: train": choose scans, train live, stop, resume, save and load models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from qtpy.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.clustering.events import EpochFinished, Notice
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.errors import UserError
from napari_dgc.gui.denoising.row import DenoiseRow
from napari_dgc.gui.docking import TRAIN
from napari_dgc.gui.epochs.row import EpochRow
from napari_dgc.gui.lifetime import connect_while_alive
from napari_dgc.gui.loss_plot import LossPlot
from napari_dgc.gui.message_lines import MessageLines
from napari_dgc.gui.model_questions import may_discard_names, save_where_asked
from napari_dgc.gui.preprocessing_section import PreprocessingSection
from napari_dgc.gui.projects.row import ProjectRow
from napari_dgc.gui.run_events import ModelLoaded, RunFailed
from napari_dgc.gui.scan_list import ScanList
from napari_dgc.gui.session import Session, TrainingState, get_session
from napari_dgc.gui.tall_dock import TallDock
from napari_dgc.gui.train_options import TrainOptions
from napari_dgc.gui.training_progress import TrainingProgress, epochs_text
from napari_dgc.gui.wavelengths_dialog import ask_wavelengths
from napari_dgc.gui.which_k.page import WhichKPage
from napari_dgc.gui.which_k.silhouettes import ChosenClusters
from napari_dgc.gui.worker import Trainer, get_trainer, stop_with
from napari_dgc.preprocessing import Step


class TrainDock(TallDock):
    """Everything about training, in one column.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans are trained on.
    """

    def __init__(self, napari_viewer: Any) -> None:
        super().__init__(TRAIN, narrowest=330)
        self._session: Session = get_session(napari_viewer)
        self._trainer: Trainer = get_trainer(self._session)
        self._emptied = False

        self.project = ProjectRow(self._session)
        self.scans = ScanList(self._session)
        self.options = TrainOptions()
        self.preprocessing = PreprocessingSection()
        self.wavelengths = QPushButton("Wavelengths…")
        self.wavelengths.setToolTip("Give the wavelengths of the highlighted scan's bands.")
        self.train = QPushButton("Train")
        self.train.setMinimumHeight(34)
        self.resume = QPushButton("Resume")
        self.resume.setMinimumHeight(34)
        self.progress = TrainingProgress(self._trainer, self._session)
        self.plot = LossPlot()
        self.epoch_row = EpochRow(self._session, self._trainer, self.options)
        self.chosen = ChosenClusters(self._trainer, self._session)
        self.which_k = WhichKPage(self._session, self.scans, self.preprocessing, self.options)
        self.denoise = DenoiseRow(self._session, self.scans)
        self.message = MessageLines()
        self.apply = QPushButton("Label scans")
        self.apply.setToolTip("Label the checked scans with the model, without training.")
        self.save = QPushButton("Save model…")
        self.save.setToolTip("Write the model and the classes into a folder.")
        self.load = QPushButton("Load model…")
        self.load.setToolTip("Read a model from its folder and label the checked scans.")
        self._lay_out()

        self.scans.checked_changed.connect(self._refresh)
        self.options.epochs.valueChanged.connect(self._refresh)
        self.wavelengths.clicked.connect(self._on_wavelengths)
        self.train.clicked.connect(self._on_train)
        self.resume.clicked.connect(self._on_resume)
        self.apply.clicked.connect(self._on_apply)
        self.save.clicked.connect(self._on_save)
        self.load.clicked.connect(self._on_load)
        self.options.which_k.clicked.connect(lambda: self.show_page(self.which_k))
        self.which_k.closed.connect(self.show_first)
        self.options.event_files.bind(self._trainer.monitor, self.message.fail)
        for row in (self.denoise, self.project, self.progress.card):
            row.said.connect(self.message.say)
            row.failed.connect(self.message.fail)
        self.epoch_row.failed.connect(self.message.fail)
        connect_while_alive(self, self._session.training_changed, self._refresh)
        connect_while_alive(self, self._session.model_changed, self._refresh)
        connect_while_alive(self, self._trainer.event, self._on_event)
        connect_while_alive(self, napari_viewer.events.theme, self._on_theme)
        stop_with(self, self._trainer)
        self._take_theme(napari_viewer.theme)
        self.plot.show_epochs(self._trainer.epochs)
        self._refresh()

    def _lay_out(self) -> None:
        self._column = QWidget()
        layout = QVBoxLayout(self._column)
        layout.setContentsMargins(8, 6, 8, 6)
        layout.setSpacing(6)
        top = QHBoxLayout()
        top.addWidget(QLabel("Scans to train on"))
        top.addStretch()
        top.addWidget(self.wavelengths)
        buttons = QHBoxLayout()
        buttons.addWidget(self.train, 2)
        buttons.addWidget(self.resume, 1)
        files = QHBoxLayout()
        for button in (self.apply, self.save, self.load):
            files.addWidget(button)
        layout.addWidget(self.project)
        layout.addLayout(top)
        layout.addWidget(self.scans)
        layout.addWidget(self.options)
        layout.addWidget(self.preprocessing)
        layout.addLayout(buttons)
        layout.addWidget(self.progress)
        layout.addWidget(self.plot)
        layout.addWidget(self.epoch_row)
        layout.addWidget(self.chosen)
        layout.addWidget(self.message)
        layout.addLayout(files)
        layout.addWidget(self.denoise)
        layout.addStretch()
        self.set_pages(self._column, self.which_k)

    @property
    def epochs(self) -> list[EpochFinished]:
        """Epochs of the run shown."""
        return self._trainer.epochs

    # ------------------------------------------------------------- projects

    def choices(self) -> dict[str, Any]:
        """Return what is chosen in the dock, as plain values."""
        return {**self.options.choices(), "unchecked": self.scans.unchecked()}

    def choose(self, choices: Mapping[str, Any]) -> None:
        """Choose what `choices` returned once."""
        self.options.choose(choices)
        self.scans.uncheck(choices.get("unchecked", ()))

    def show_model(self, method: str, options: Mapping[str, Any], steps: Sequence[Step]) -> None:
        """Show how a model was made that came with a project, and its epochs."""
        self._clear()
        self.options.choose({**options, "method": method})
        self.preprocessing.set_steps(steps)
        self.plot.show_epochs(self._trainer.epochs)

    # --------------------------------------------------------------- clicks

    def _on_train(self) -> None:
        if self._session.state.running:
            self._trainer.stop()
            return
        try:
            make = self.preprocessing.wrap(self.options.maker())
        except UserError as error:
            self._fail(str(error))
            return
        if not may_discard_names(self._session, self):
            return
        self._clear()
        self._trainer.start(self.scans.checked(), make)

    def _on_resume(self) -> None:
        self.progress.forget()
        self._trainer.resume(
            self._trainer.scans or self.scans.checked(),
            self.options.epochs.value(),
            str(self.options.device.currentData()),
        )

    def _on_apply(self) -> None:
        self.progress.forget()
        self._trainer.label(self.scans.checked())

    def _on_save(self) -> None:
        try:
            said = save_where_asked(self._session, self)
        except UserError as error:
            self._fail(str(error))
        else:
            if said:
                self.message.say(said)

    def _on_load(self) -> None:
        if not may_discard_names(self._session, self):
            return
        folder = QFileDialog.getExistingDirectory(self, "Folder of a model")
        if folder:
            self._clear()
            self._trainer.load(Path(folder), self.scans.checked())

    def _on_wavelengths(self) -> None:
        scan = self.scans.selected()
        if scan is not None:
            found = ask_wavelengths(scan.cube, self)
            if found is not None:
                self._session.set_wavelengths(scan, *found)

    # --------------------------------------------------------------- events

    def _on_event(self, event: object) -> None:
        self.progress.follow(event)
        if isinstance(event, EpochFinished | ModelLoaded):
            self.plot.show_epochs(self._trainer.epochs)
        match event:
            case Notice(message):
                self.message.say(message)
            case RunFailed(message):
                self._fail(message)
            case ModelLoaded(Preprocessed() as model):
                self.preprocessing.set_steps(model.pipeline.steps)
            case ModelLoaded():
                self.preprocessing.set_steps(())

    # ---------------------------------------------------------------- state

    def _refresh(self) -> None:
        state, model = self._session.state, self._session.model
        running = state.running
        checked = bool(self.scans.checked())
        anew = model is not None
        title = {TrainingState.TRAINING: "Stop", TrainingState.STOPPING: "Stopping…"}
        self.train.setText(title.get(state, "Train anew" if anew else "Train"))
        self.train.setEnabled((running or checked) and state is not TrainingState.STOPPING)
        self.train.setToolTip(
            "Stop soon and keep the result."
            if running
            else "Start over on the checked scans; clusters, merges and names of now are replaced."
            if checked and anew
            else "Train on the checked scans."
            if checked
            else "Open a scan and check its box first."
        )
        self._refresh_resume(checked)
        for widget in (self.options, self.preprocessing, self.load):
            widget.setEnabled(not running)
        self.save.setEnabled(anew and not running)
        self.apply.setEnabled(anew and checked and not running)
        self.wavelengths.setEnabled(bool(self._session.scans) and not running)
        empty = not self._session.scans and not running
        if empty and not self._emptied:
            self._clear()  # nothing more is said of a run whose scans are all closed
        elif self._emptied and not empty:
            self.plot.show_epochs(self._trainer.epochs)
        self._emptied = empty
        self.progress.refresh(state, anew, not empty)

    def _refresh_resume(self, checked: bool) -> None:
        model = self._session.model
        self.resume.setVisible(model is not None and not self._session.state.running)
        if model is None:
            return
        left = self.options.epochs.value() - model.epoch
        self.resume.setEnabled(checked and left > 0)
        self.resume.setToolTip(
            f"Go on with this model and its clusters: {epochs_text(left)} more."
            if left > 0
            else f"This model has had {epochs_text(model.epoch)}; raise Epochs above that to go on."
        )

    def _clear(self) -> None:
        self.progress.clear()
        self.message.forget()
        self.plot.show_epochs([])

    def _fail(self, sentence: str) -> None:
        self.message.fail(sentence)
        if self._session.state.running:
            self.progress.fail(kept=self._session.model is not None)

    def _on_theme(self, event: Any) -> None:
        self._take_theme(event.value)

    def _take_theme(self, name: str) -> None:
        from napari.utils.theme import get_theme

        self.plot.set_theme(name)
        theme = get_theme(name)
        self.chosen.set_theme(theme)
        self.which_k.set_theme(theme)
        self.denoise.set_colour(theme.current.as_hex())
        self.preprocessing.set_colours(theme.text.as_hex(), theme.warning.as_hex())
        self.message.warning = theme.warning.as_hex()
        self.project.set_colours(theme.current.as_hex(), theme.warning.as_hex())
        self.progress.set_colour(theme.current.as_hex())
