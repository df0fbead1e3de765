"""Signals of things that outlive a dock."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject


def connect_while_alive(widget: QObject, signal: Any, slot: Callable[..., Any]) -> None:
    """Connect a widget's method until Qt deletes the widget.

    The Python side of a closed dock may live on after Qt has deleted its
    widgets; calling it then would fail.

    Parameters
    ----------
    widget
        Owner of `slot`.
    signal
        psygnal signal or napari event emitter.
    slot
        Bound method of `widget`; held weakly.
    """
    signal.connect(slot)
    method = weakref.WeakMethod(slot)

    def forget(*_: object) -> None:
        living = method()
        if living is not None:
            with contextlib.suppress(ValueError, KeyError, RuntimeError):
                signal.disconnect(living)

    widget.destroyed.connect(forget)
