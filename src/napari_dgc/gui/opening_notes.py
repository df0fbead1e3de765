"""What is to be said about opened files, in one notification for all that come together."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from qtpy.QtCore import QObject, QTimer

from napari_dgc.cubes.notes import grouped
from napari_dgc.gui import messages

#: napari has files opened one by one; the next follows before the window has been idle for so
#: many ticks of so many milliseconds. A busy window ticks late, and never twice at once: what
#: takes long between two files counts little.
_TICKS, _TICK_MS = 10, 100


class _OpeningNotes(QObject):
    """Collects notes until no more files follow."""

    def __init__(self) -> None:
        super().__init__()
        self._told: list[tuple[str, Sequence[str]]] = []
        self._busy = 0
        self._timer = QTimer(self)
        self._left = 0
        self._timer.setInterval(_TICK_MS)
        self._timer.timeout.connect(self._tick)

    def add(self, name: str, notes: Sequence[str]) -> None:
        if notes:
            self._told.append((name, notes))

    @contextmanager
    def opening(self) -> Iterator[None]:
        self._busy += 1
        self._timer.stop()
        try:
            yield
        finally:
            self._busy -= 1
            if self._told and not self._busy:
                self._left = _TICKS
                self._timer.start()

    def _tick(self) -> None:
        self._left -= 1
        if not self._left:
            self._timer.stop()
            self._show()

    def _show(self) -> None:
        told, self._told = self._told, []
        messages.show_info(sentences(told))


def sentences(told: Sequence[tuple[str, Sequence[str]]]) -> str:
    """Return the text for scans and their notes; lines where they are several."""
    if len(told) == 1:
        name, notes = told[0]
        return f"{name}: {' '.join(notes)}"
    return "\n".join(grouped(told))


_waiting: _OpeningNotes | None = None


@contextmanager
def opening() -> Iterator[None]:
    """Hold notes back while a file is opened; they are shown when no other one follows."""
    global _waiting
    if not messages.has_window():
        yield
        return
    if _waiting is None:
        _waiting = _OpeningNotes()
    with _waiting.opening():
        yield


def tell(name: str, notes: Sequence[str]) -> None:
    """Say something about a scan that is being opened."""
    if _waiting is not None and messages.has_window():
        _waiting.add(name, notes)
    elif notes:
        messages.show_info(sentences([(name, notes)]))
