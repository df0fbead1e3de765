"""Progress and remarks on stderr."""

import sys


def say(message: str) -> None:
    """Print one remark to stderr."""
    print(message, file=sys.stderr, flush=True)


class ProgressLine:
    """What is being done and how far it is, on one line of stderr.

    On a terminal the line is rewritten; in a log every stage is named once.
    """

    def __init__(self) -> None:
        self._terminal = sys.stderr.isatty()
        self._shown = ""

    def show(self, stage: str, fraction: float) -> None:
        """Show that `fraction` (0 to 1) of `stage` is done."""
        text = f"{stage} {100 * fraction:.0f} %" if self._terminal else f"{stage} ..."
        if text == self._shown:
            return
        if self._terminal:
            padding = " " * max(0, len(self._shown) - len(text))
            print(f"\r{text}{padding}", end="", file=sys.stderr, flush=True)
        else:
            say(text)
        self._shown = text

    def clear(self) -> None:
        """Take the line away, so that something else can be printed."""
        if self._terminal and self._shown:
            print("\r" + " " * len(self._shown) + "\r", end="", file=sys.stderr, flush=True)
            self._shown = ""
