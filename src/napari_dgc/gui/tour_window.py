"""What the tours share: a window that works by itself, its pictures, and its end."""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

#: The smallest common screen of a laptop.
WINDOW = (1366, 768)
#: Longest time to wait for one piece of work, in seconds.
PATIENCE = 900.0


class Closed(Exception):
    """The user closed the window in the middle of the tour."""


@contextlib.contextmanager
def tour_window(theme: str | None, stay_open: bool) -> Iterator[Any]:
    """Open a napari window for a tour, which ends early where the user closes it.

    Parameters
    ----------
    theme
        "dark" or "light"; None takes that of napari's settings.
    stay_open
        Leave the window open at the end.

    Yields
    ------
    napari.Viewer
    """
    import napari

    viewer = napari.Viewer(title="napari-dgc")
    if theme is not None:
        viewer.theme = theme
    viewer.window.resize(*WINDOW)
    try:
        yield viewer
    except Closed:
        say("the window was closed: the tour ends here")
    finally:
        if not stay_open:
            with contextlib.suppress(RuntimeError):  # the window is gone already
                viewer.close()


def picture(viewer: Any, path: Path) -> Path:
    """Write a picture of the whole window and return where."""
    calm_down(viewer)
    viewer.screenshot(str(path), canvas_only=False, flash=False)
    return path


def picture_with_dialog(viewer: Any, dialog: Any, path: Path) -> Path:
    """Write a picture of the window with a dialog over it, wherever the desktop has put both."""
    from qtpy.QtCore import QPoint
    from qtpy.QtGui import QPainter

    window = viewer.window._qt_window
    shown = window.grab()
    painter = QPainter(shown)
    painter.drawPixmap(window.mapFromGlobal(dialog.mapToGlobal(QPoint(0, 0))), dialog.grab())
    painter.end()
    shown.save(str(path))
    return path


def calm_down(viewer: Any) -> None:
    """Let all be drawn, without napari's messages, which cover a corner of the canvas."""
    from napari._qt.dialogs.qt_notification import NapariQtNotification

    breathe(0.3)
    for message in viewer.window._qt_window.findChildren(NapariQtNotification):
        message.close()
    breathe(0.3)


def raise_dock(widget: Any) -> None:
    """Bring a docked widget's tab to the front."""
    from napari_dgc.gui.docking import enclosing_dock

    dock = enclosing_dock(widget)
    if dock is not None:
        dock.show()
        dock.raise_()


def breathe(seconds: float) -> None:
    """Let Qt work for a while.

    Raises
    ------
    Closed
        There is no window any more.
    """
    from napari import current_viewer
    from qtpy.QtCore import QEventLoop, QTimer

    # Outside of an event loop Qt keeps widgets that are to be deleted.
    loop = QEventLoop()
    QTimer.singleShot(round(1000 * seconds), loop.quit)
    loop.exec()
    if current_viewer() is None:
        raise Closed


def wait(done: Callable[[], bool], what: str) -> None:
    """Let Qt work until something is done; `what` is said where that takes too long."""
    end = time.monotonic() + PATIENCE
    while not done():
        if time.monotonic() > end:
            raise TimeoutError(f"{what} takes too long on this machine")
        breathe(0.02)


def say(text: str) -> None:
    """Tell what goes on, at once."""
    print(text, flush=True)


def tell_written(paths: Sequence[Path]) -> None:
    """Tell which files a tour wrote."""
    say("wrote")
    for path in paths:
        say(f"  {path}")


def parse(
    arguments: Sequence[str] | None, program: str, description: str | None
) -> argparse.Namespace:
    """Read the command line of a tour: `out`, `seed`, `theme` and `close`."""
    parser = argparse.ArgumentParser(prog=program, description=description)
    parser.add_argument("--out", type=Path, required=True, help="folder for pictures and results")
    parser.add_argument("--seed", type=int, default=0, help="of leaves and training")
    parser.add_argument("--theme", choices=("dark", "light"), help="default: that of napari")
    parser.add_argument("--close", action="store_true", help="close napari at the end")
    return parser.parse_args(arguments)
