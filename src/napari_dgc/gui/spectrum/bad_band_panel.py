"""Lists, suggests and saves the bad bands of scans."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Signal
from qtpy.QtWidgets import (
    QCheckBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QLineEdit,
    QPushButton,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cubes.bad_bands import format_bands, parse_bands
from napari_dgc.errors import UserError
from napari_dgc.gui.calm_boxes import NameComboBox
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.gui.spectrum.bad_band_saving import SAVE_HEADER, BadBandSaving, save_title
from napari_dgc.measure.band_noise import LOWEST_SIGNAL_TO_NOISE, suggest_bad_bands

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.jobs import LatestJobs
    from napari_dgc.gui.session import Scan, Session
    from napari_dgc.gui.spectrum.bad_band_edits import BadBandEdits

_HINT = (
    "Drag across the plot to mark bands bad; a drag that begins on a bad band makes bands "
    "good again. Bad bands are left out of training."
)


class BadBandPanel(QWidget):
    """Everything about bad bands except the drag on the plot.

    Parameters
    ----------
    session
        The open scans.
    edits
        Makes the changes.
    jobs
        Estimates the noise.
    """

    #: `ratios` or `lowest` changed.
    noise_changed = Signal()

    def __init__(
        self,
        session: Session,
        edits: BadBandEdits,
        jobs: LatestJobs,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._edits = edits
        self._jobs = jobs
        self._estimated: tuple[object, ...] = ()
        self._suggested: set[int] = set()
        # Suggest was clicked before the noise was known.
        self._asked = False
        #: (bands,) signal-to-noise ratio of the scans, or None while unknown.
        self.ratios: NDArray[np.float64] | None = None
        hint = QLabel(_HINT)
        hint.setWordWrap(True)
        self.scan = NameComboBox("Scan whose bad bands are shown")
        self.together = QCheckBox()
        self.together.setChecked(True)
        self.list = QLineEdit()
        self.list.setPlaceholderText("none; for example 1-5, 96, 1350-1450 nm")
        self.list.setToolTip("Bands by number or by wavelength; Enter applies the list")
        self.suggest = QPushButton("Suggest")
        self.suggest.setToolTip(
            "Mark the bands that hold more noise than signal, no data, or are saturated. Noise: "
            "differences of neighbouring pixels that neighbouring bands do not share. Signal: "
            "what else differs between the pixels, however dark they are."
        )
        self.lowest = QDoubleSpinBox()
        self.lowest.setRange(0.1, 1000.0)
        self.lowest.setSingleStep(0.5)
        self.lowest.setDecimals(1)
        self.lowest.setValue(LOWEST_SIGNAL_TO_NOISE)
        self.lowest.setToolTip("Least signal-to-noise ratio of a good band (dashed line)")
        self.undo = QPushButton("Undo")
        self.undo.setToolTip("Take back the last change of bad bands")
        self.save = QPushButton(SAVE_HEADER)
        self.message = plain_label()
        self.message.setWordWrap(True)
        self.message.hide()
        self._saving = BadBandSaving(jobs, self)
        self._lay_out(hint)
        self.scan.activated.connect(self._on_scan)
        self.together.toggled.connect(self._on_together)
        self.list.editingFinished.connect(self._on_list)
        self.suggest.clicked.connect(self._on_suggest)
        self.lowest.valueChanged.connect(self.noise_changed)
        self.undo.clicked.connect(self._on_undo)
        self.save.clicked.connect(self._on_save)
        jobs.done.connect(self._on_estimated)
        self._saving.said.connect(self._say)

    def _lay_out(self, hint: QLabel) -> None:
        scans = QHBoxLayout()
        scans.addWidget(self.scan, 1)
        scans.addWidget(self.together)
        noise = QHBoxLayout()
        noise.addWidget(self.suggest)
        noise.addWidget(QLabel("signal to noise below"))
        noise.addWidget(self.lowest, 1)
        buttons = QHBoxLayout()
        buttons.addWidget(self.undo, 1)
        buttons.addWidget(self.save, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        layout.addWidget(hint)
        layout.addLayout(scans)
        layout.addWidget(self.list)
        layout.addLayout(noise)
        layout.addLayout(buttons)
        layout.addWidget(self.message)

    # -------------------------------------------------------------- showing

    def refresh(self) -> None:
        """Show the session as it is now."""
        scans, chosen = self._session.scans, self._edits.scan
        self.scan.show_names([scan.name for scan in scans])
        self.scan.setCurrentIndex(-1 if chosen is None else scans.index(chosen))
        self.scan.setVisible(len(scans) > 1)
        others = len(self._edits.alike) - 1
        self.together.setVisible(others > 0)
        self.together.setText("and 1 other" if others == 1 else f"and {others} others")
        self.together.setToolTip("Change the other scans that have the same bands with it")
        if not self.list.hasFocus() or not self.list.isModified():
            self.list.setText("" if chosen is None else format_bands(chosen.cube.bad_bands))
        for widget in (self.list, self.suggest, self.save):
            widget.setEnabled(chosen is not None)
        self.undo.setEnabled(self._edits.can_undo)
        self.save.setText(SAVE_HEADER if chosen is None else save_title(chosen))
        self.save.setToolTip(
            "Write the bad bands into the header of the scan"
            if self.save.text() == SAVE_HEADER
            else "Write the scan as an ENVI file, whose header holds the bad bands"
        )
        if self.isVisible():
            self.estimate()

    def estimate(self) -> None:
        """Estimate the noise, unless that was done for these scans."""
        scans = self._edits.targets
        # Bad bands do not matter for it.
        wanted = tuple(scan.cube.data for scan in scans)
        if _same(wanted, self._estimated):
            return
        self._estimated, self.ratios, self._suggested = wanted, None, set()
        self.noise_changed.emit()
        if scans:
            self._jobs.request(self, _estimator(scans))
        else:
            self._jobs.drop(self)

    def rest(self) -> None:
        """Give up an estimate under way; the next one begins anew."""
        self._asked = False
        if self.ratios is None:
            self._jobs.drop(self)
            self._estimated = ()

    def _on_estimated(self, key: object, result: object) -> None:
        if key is not self:
            return
        if isinstance(result, np.ndarray):
            self.ratios = result
            self.noise_changed.emit()
            if self._asked:
                self._on_suggest()
        else:
            self._say(f"The noise could not be estimated: {result}")

    # --------------------------------------------------------------- clicks

    def attempt(self, change: Callable[[], None]) -> None:
        """Make a change, or say why not."""
        self._say("")
        try:
            change()
        except UserError as error:
            self._say(str(error))

    def _on_scan(self, index: int) -> None:
        if 0 <= index < len(self._session.scans):
            self._edits.scan = self._session.scans[index]

    def _on_together(self, on: bool) -> None:
        self._edits.together = on
        self.refresh()

    def _on_list(self) -> None:
        scan = self._edits.scan
        if scan is None or not self.list.isModified():
            return
        self.list.setModified(False)
        text = self.list.text()

        def change() -> None:
            self._edits.replace(parse_bands(text, scan.cube))

        self.attempt(change)

    def _on_suggest(self) -> None:
        scan, ratios = self._edits.scan, self.ratios
        self._asked = False
        if scan is None:
            return
        if ratios is None:
            self._asked = True
            self._say("Estimating the noise …")
            return
        found = set(suggest_bad_bands(ratios, self.lowest.value()))
        # A suggestion with another threshold takes the place of the one before.
        marked = set(scan.cube.bad_bands) - self._suggested
        self._suggested = found - marked

        def change() -> None:
            self._edits.replace(marked | found)

        self.attempt(change)
        if not found:
            self._say("No band is that noisy.")

    def _on_save(self) -> None:
        if self._edits.scan is not None:
            self.attempt(lambda: self._saving.save(self._edits.targets))

    def _on_undo(self) -> None:
        self._suggested = set()
        self.attempt(self._edits.undo)

    def _say(self, text: str) -> None:
        self.message.setText(text)
        self.message.setVisible(bool(text))


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(a is b for a, b in zip(one, other, strict=True))


def _estimator(scans: list[Scan]) -> Callable[[CancelToken], NDArray[np.float64]]:
    cubes = [scan.cube for scan in scans]

    def estimate(token: CancelToken) -> NDArray[np.float64]:
        from napari_dgc.measure.band_noise import signal_to_noise

        return signal_to_noise(cubes, token=token)

    return estimate
