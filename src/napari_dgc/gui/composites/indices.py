"""The tab "Indices": look up a vegetation index and lay its map over the scans."""

from __future__ import annotations

import html
import weakref
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from qtpy.QtWidgets import (
    QHBoxLayout,
    QLabel,
    QProgressBar,
    QPushButton,
    QTextBrowser,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes.reflectance import holds_reflectance
from napari_dgc.errors import UserError
from napari_dgc.gui.calm_boxes import CalmDoubleSpinBox
from napari_dgc.gui.composites.index_layers import put_layers
from napari_dgc.gui.composites.index_list import IndexList
from napari_dgc.gui.composites.index_worker import Step, compute
from napari_dgc.gui.plain_label import plain_label
from napari_dgc.indices import INDICES, Index, bands_for, why_not
from napari_dgc.indices.index import WIDEST_NM

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Scan, Session


class IndicesTab(QWidget):
    """Chooses, explains and adds indices.

    Parameters
    ----------
    session
        Whose scans these are.
    """

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._scans: list[Scan] = []
        self._calibrated: weakref.WeakKeyDictionary[HyperCube, bool] = weakref.WeakKeyDictionary()
        self._cancel = CancelSource()
        self._text = "gray"
        self.list = IndexList()
        self.details = QTextBrowser()
        self.details.setOpenExternalLinks(True)
        self.details.setMinimumHeight(150)
        self.bandwidth = CalmDoubleSpinBox()
        self.bandwidth.setRange(0, WIDEST_NM)
        self.bandwidth.setDecimals(0)
        self.bandwidth.setSuffix(" nm")
        self.bandwidth.setSpecialValueText("nearest band")
        self.bandwidth.setToolTip(
            "Average all bands that lie within this width about each wavelength: less noise, "
            "less exact. 0 takes the nearest band alone."
        )
        self.add = QPushButton("Add as layer")
        self.add.setMinimumHeight(30)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.bar.setRange(0, 1000)
        self.cancel_button = QPushButton("Cancel")
        self.message = plain_label()
        self.message.setWordWrap(True)
        self._lay_out()
        self._busy(False)

        self.list.selection_changed.connect(self._refresh)
        self.list.activated.connect(self._on_add)
        self.bandwidth.valueChanged.connect(self._refresh_reasons)
        self.add.clicked.connect(self._on_add)
        self.cancel_button.clicked.connect(self._on_cancel)

    def _lay_out(self) -> None:
        average = QHBoxLayout()
        average.addWidget(QLabel("Average over"))
        average.addWidget(self.bandwidth, 1)
        work = QHBoxLayout()
        work.addWidget(self.add, 1)
        work.addWidget(self.bar, 1)
        work.addWidget(self.cancel_button)
        layout = QVBoxLayout(self)
        layout.addWidget(self.list, 5)
        layout.addWidget(self.details, 4)
        layout.addLayout(average)
        layout.addLayout(work)
        layout.addWidget(self.message)

    def set_scans(self, scans: Sequence[Scan]) -> None:
        """Work on these scans from now on."""
        self._scans = list(scans)
        if not scans:
            self.message.clear()
        self._refresh_reasons()

    def showEvent(self, event: Any) -> None:
        """Look at the scans, which a hidden tab does not."""
        super().showEvent(event)
        self._refresh_reasons()

    def set_text_colour(self, text: str) -> None:
        """Take the theme's colour of text, for links and, paler, for what is not possible."""
        self._text = text
        self._refresh_reasons()

    def stop(self) -> None:
        """Let the work end early; touches no Qt object, so it may come after their end."""
        self._cancel.cancel()

    # --------------------------------------------------------------- showing

    def _why_not(self, index: Index, scan: Scan) -> str | None:
        cube = scan.cube
        if cube not in self._calibrated:
            self._calibrated[cube] = holds_reflectance(cube)
        return why_not(
            index,
            cube,
            reflectance=self._calibrated[cube],
            bandwidth_nm=self.bandwidth.value(),
        )

    def _refresh_reasons(self) -> None:
        if not self.isVisible():
            return
        reasons = {}
        for index in INDICES:
            found = [self._why_not(index, scan) for scan in self._scans]
            if not found or None not in found:
                reasons[index.name] = (found and found[0]) or "Open a scan first."
        self.list.set_reasons(reasons, self._text)
        self._refresh()

    def _refresh(self) -> None:
        index, chosen = self.list.current(), self.list.selected()
        self.details.setHtml(_HINT if index is None else self._explain(index))
        self.add.setEnabled(bool(chosen))
        number = len(chosen)
        self.add.setText("Add as layer" if number < 2 else f"Add {number} indices as layers")

    def _explain(self, index: Index) -> str:
        source = html.escape(index.source)
        if index.link is not None:
            text = "doi:" + index.doi if index.doi else "read it"
            source += (
                f' · <a href="{html.escape(index.link)}" style="color:{self._text}">'
                f"{html.escape(text)}</a>"
            )
        lines = [
            f"<b>{index.name}</b> &nbsp; {html.escape(index.title)}",
            *(f"⚠ {html.escape(warning)}" for warning in self._warnings(index)),
            f"{index.name} = {index.formula.rewritten('R<sub>{}</sub>')}",
            html.escape(index.meaning),
            f"Values {index.value_range}. {self._bands(index)}",
            source,
        ]
        return "".join(f'<p style="margin:3px 0">{line}</p>' for line in lines)

    def _warnings(self, index: Index) -> list[str]:
        """Say for which scans an index is not possible, or not comparable."""
        reasons = {scan.name: self._why_not(index, scan) for scan in self._scans}
        refused = [name for name, reason in reasons.items() if reason is not None]
        if refused:
            first = str(reasons[refused[0]])
            return [first] if len(refused) == 1 else [first, f"Nor for {', '.join(refused[1:])}."]
        counts = [scan.name for scan in self._scans if not self._calibrated[scan.cube]]
        if not counts:
            return []
        return [f"Uncalibrated, to be compared within the scan only: {', '.join(counts)}."]

    def _bands(self, index: Index) -> str:
        """Say which bands of the first scan that allows the index are taken."""
        for scan in self._scans:
            try:
                found = bands_for(index, scan.cube, self.bandwidth.value())
            except UserError:
                continue
            centres = scan.cube.wavelengths_nm
            assert centres is not None
            shown = []
            for bands in found.values():
                low, high = centres[bands].min(), centres[bands].max()
                shown.append(f"{low:.1f}" if low == high else f"{low:.1f}–{high:.1f}")
            return f"Takes the bands at {', '.join(shown)} nm."
        return ""

    # --------------------------------------------------------------- working

    def _on_add(self) -> None:
        from napari.qt.threading import create_worker

        chosen = self.list.selected()
        jobs = []
        for scan in self._scans:
            possible = [index for index in chosen if self._why_not(index, scan) is None]
            if possible:
                jobs.append((scan, possible))
        if not jobs:
            return
        self._cancel = CancelSource()
        self._busy(True)
        self.message.clear()
        worker: Any = create_worker(
            compute, jobs, self.bandwidth.value(), self._cancel.token, _start_thread=False
        )
        # Bound methods, so that Qt forgets them with this widget.
        worker.yielded.connect(self._on_step)
        worker.start()

    def _on_step(self, step: Step) -> None:
        if step.token.cancelled:
            return
        self.bar.setValue(round(1000 * step.fraction))
        viewer = self._session.viewer
        maps = [one for one in step.maps if one.scan in self._session.scans]
        if step.maps and viewer is not None and maps:
            layers = put_layers(viewer, maps)
            self.message.setText("Added " + ", ".join(layer.name for layer in layers) + ".")
        if step.problem:
            self.message.setText(step.problem)
        if step.maps or step.problem:
            self._busy(False)

    def _on_cancel(self) -> None:
        self._cancel.cancel()
        self._busy(False)
        self.message.setText("Cancelled; nothing was added.")

    def _busy(self, busy: bool) -> None:
        self.bar.setValue(0)
        for widget in (self.bar, self.cancel_button):
            widget.setVisible(busy)
        self.add.setVisible(not busy)


_HINT = (
    "<p>Choose an index to see its formula, what it tells and where it comes from. "
    "Grey ones need wavelengths that the scans do not have.</p>"
)
