"""Notes of opened cubes: which of them leave nothing in doubt, and how several are told at once."""

from collections.abc import Iterable, Sequence


class Certain(str):
    """A note that nobody could doubt, such as what the file itself says; need not be told aloud."""

    __slots__ = ()


def worth_telling(notes: Iterable[str]) -> tuple[str, ...]:
    """Return the notes on guesses, oddities and next steps, without those that are certain."""
    return tuple(note for note in notes if not isinstance(note, Certain))


def grouped(told: Sequence[tuple[str, Sequence[str]]]) -> list[str]:
    """Return one line per note, which says once what holds for several scans.

    Parameters
    ----------
    told
        Name of each scan, and its notes.
    """
    names: dict[str, list[str]] = {}
    for name, notes in told:
        for note in notes:
            names.setdefault(note, []).append(name)
    lines = []
    for note, scans in names.items():
        others = f" and {len(scans) - 1} more" if len(scans) > 1 else ""
        lines.append(f"{scans[0]}{others}: {note}")
    return lines
