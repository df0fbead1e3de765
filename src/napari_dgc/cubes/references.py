"""White and dark references that lie beside a scan."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class References:
    """Files with the references of a scan, in raw counts; nothing is read here.

    Parameters
    ----------
    white
        Scan of a white panel under the same light, or None.
    dark
        Scan with the shutter closed, or None.
    """

    white: Path | None = None
    dark: Path | None = None
