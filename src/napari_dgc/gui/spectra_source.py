"""Where the spectra of the plot come from: the model's summary, or a sample of the scans."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import QObject, QTimer, Signal

from napari_dgc.cancel import CancelSource, CancelToken
from napari_dgc.cubes import HyperCube

if TYPE_CHECKING:
    from napari_dgc.gui.session import Session
    from napari_dgc.partition import ClusterSummary

Scans = list[tuple[HyperCube, NDArray[np.uint16]]]
#: Label maps that arrive faster than this are not sampled one by one.
_PAUSE_MS = 300


class SpectraSource(QObject):
    """Mean spectra of the fine clusters, (clusters, bands), or None while unknown.

    A model that summarises its clusters is asked; otherwise a sparse sample of
    the scans is read in a worker.
    """

    #: `spectra` may be other ones now.
    changed = Signal()

    def __init__(self, session: Session, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._sampled: NDArray[np.float64] | None = None
        self._cancel = CancelSource()
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._start)

    @property
    def spectra(self) -> NDArray[np.float64] | None:
        """(clusters, bands) mean reflectance of the fine clusters, NaN where unknown."""
        partition, summary = self._session.partition, self._summary
        if partition is None:
            return None
        if summary is not None:
            return summary.spectra
        if self._sampled is not None and len(self._sampled) == partition.clusters:
            return self._sampled
        return None

    def weights(self, counts: NDArray[np.int64]) -> NDArray[np.int64]:
        """(clusters,) pixels behind each spectrum; `counts` are those of the open scans."""
        # The model may have learned from scans that are not open.
        return counts if self._summary is None else self._summary.mass

    @property
    def _summary(self) -> ClusterSummary | None:
        """The model's summary, if it belongs to the partition shown."""
        partition, model = self._session.partition, self._session.model
        summary = None if model is None else model.summary
        if summary is None or partition is None or summary.n_clusters != partition.clusters:
            return None
        return summary

    @property
    def wavelengths_nm(self) -> NDArray[np.float64] | None:
        """(bands,) wavelengths that belong to `spectra`, or None when unknown."""
        spectra = self.spectra
        if spectra is None:
            return None
        for scan in (*self._session.scans, *self._session.labelled):
            known = scan.cube.wavelengths_nm
            if known is None:
                continue
            # Spectra cover all bands, or the good ones alone.
            for bands in (known, known[scan.cube.good_bands]):
                if len(bands) == spectra.shape[1]:
                    return bands
        return None

    def refresh(self) -> None:
        """Label maps changed: sample again where there is no summary."""
        self.stop()
        if self._summary is None:
            self._pause.start()

    def stop(self) -> None:
        """Give up a sample under way."""
        self._pause.stop()
        self.cancel()

    def cancel(self) -> None:
        """Let a worker end early; touches no Qt object, so it may come after their end."""
        self._cancel.cancel()

    def _start(self) -> None:
        from napari.qt.threading import create_worker

        partition = self._session.partition
        scans: Scans = [
            (scan.cube, scan.fine) for scan in self._session.labelled if scan.fine is not None
        ]
        if partition is None or not scans:
            return
        # Only scans with the bands of the first one can share an axis.
        scans = [pair for pair in scans if pair[0].n_bands == scans[0][0].n_bands]
        self._cancel = CancelSource()
        token = self._cancel.token
        worker: Any = create_worker(_sample, scans, partition.clusters, token, _start_thread=False)
        # A bound method, so that Qt forgets it with this object.
        worker.returned.connect(self._on_sampled)
        worker.start()

    def _on_sampled(self, result: tuple[NDArray[np.float64] | None, CancelToken]) -> None:
        found, token = result
        if found is not None and not token.cancelled:
            self._sampled = found
            self.changed.emit()


def _sample(
    scans: Scans, clusters: int, token: CancelToken
) -> tuple[NDArray[np.float64] | None, CancelToken]:
    from napari_dgc.measure.sampled_spectra import sample_spectra

    try:
        return sample_spectra(scans, clusters, token=token), token
    except (InterruptedError, OSError):
        # A file that went away is said where it matters: when training or exporting.
        return None, token
