"""Work that napari and torch do on first use, done early and beside the GUI thread."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable

from qtpy.QtCore import QObject, Signal


class Looking(QObject):
    """Looks, in a thread, what this installation offers, and warms up then.

    Parameters
    ----------
    look
        Returns what is there.
    parent
        May be deleted meanwhile, and napari be closed.
    """

    #: What `look` returned.
    found = Signal(object)

    def __init__(self, look: Callable[[], object], parent: QObject) -> None:
        super().__init__(parent)
        self._look = look

    def start(self) -> None:
        """Begin."""
        # No daemon: Python must not go away below libraries that are being loaded.
        threading.Thread(target=self._work, name="napari-dgc looking").start()

    def _work(self) -> None:
        try:
            possible = self._look()
            with contextlib.suppress(RuntimeError):  # the dock was closed meanwhile
                self.found.emit(possible)
            warm_up()
        except Exception:
            if not _closing():
                raise


def _closing() -> bool:
    return not threading.main_thread().is_alive()


def load_for_layers() -> None:
    """Load what napari loads with the first layer of a session: units, and scaled pictures.

    Takes some 0.4 s, which is nothing where another thread reads the scan meanwhile.
    """
    import pint
    import scipy.ndimage  # noqa: F401

    _ = pint.get_application_registry().pixel


def warm_up() -> None:
    """Compile how label maps are coloured, and load the optimiser; seconds, in a thread.

    Where numba is installed napari compiles these functions when the first label layer is
    shown, during which no click would be answered.
    """
    if _closing():
        return
    import numpy as np
    import torch
    from napari.layers import Labels
    from napari.utils import DirectLabelColormap

    colours = DirectLabelColormap(color_dict={None: "transparent", 1: "red", 2: "blue"})
    for kind in (np.uint8, np.uint16):
        if _closing():
            return
        # A layer that is in no viewer: nothing of Qt is touched.
        layer = Labels(np.eye(4, dtype=kind), colormap=colours)
        layer.data = layer.data * kind(2)
    # The first optimiser loads half of torch.
    torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
