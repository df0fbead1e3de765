"""Signals of things that outlive a dock."""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from typing import Any

from qtpy.QtCore import QObject

#: What is still to be called when a widget goes. Held here because a function that goes in the
#: same garbage collection as its widget may be empty by the time Qt calls it, which ends Python.
_WAITING: set[Callable[..., None]] = set()


def when_destroyed(widget: QObject, call: Callable[[], None]) -> None:
    """Call a function when Qt deletes a widget.

    Parameters
    ----------
    widget
        The widget.
    call
        Must not hold the widget but weakly, else it lives until its parent goes.
    """

    def called(*_: object) -> None:
        _WAITING.discard(called)
        call()

    _WAITING.add(called)
    widget.destroyed.connect(called)


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

    def forget() -> None:
        living = method()
        if living is not None:
            with contextlib.suppress(ValueError, KeyError, RuntimeError):
                signal.disconnect(living)

    when_destroyed(widget, forget)
