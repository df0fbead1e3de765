"""What trying numbers of clusters tells (see `choose_k`), and how it is written to files.

Quick to import, unlike `choose_k` itself.
"""

import csv
import io
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypeAlias

from napari_dgc.clustering.events import Progress
from napari_dgc.errors import UserError
from napari_dgc.files import write_text

#: Methods whose number of clusters can be chosen, the default first, and what they are.
METHOD_TITLES = {
    "mnf-kmeans": "k-means, noise-whitened",
    "gmm": "Gaussian mixture",
    "kmeans": "k-means on the spectra",
}
#: Least and most number of clusters, and the range that is tried unless told otherwise.
LEAST, MOST = 2, 64
USUAL = (2, 20)


@dataclass(frozen=True)
class ChoiceStarted:
    """The pixels are drawn, and numbers of clusters are tried from now on."""

    method: str
    scans: int
    pixels: int
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Measured:
    """What the criteria say about one number of clusters.

    Parameters
    ----------
    clusters
        The number.
    silhouette, stability, bic
        See the module; the silhouette is NaN where all pixels are in one cluster.
    spread
        Standard deviation of the stability over the halvings.
    """

    clusters: int
    silhouette: float
    stability: float
    spread: float
    bic: float


@dataclass(frozen=True)
class Chosen:
    """The recommendation; `clusters` is None when nothing was measured before a stop."""

    measured: tuple[Measured, ...]
    clusters: int | None
    reason: str
    stopped: bool = False


ChoiceEvent: TypeAlias = ChoiceStarted | Progress | Measured | Chosen


def write_choice(path: Path, chosen: Chosen, *, method: str, seed: int) -> None:
    """Write figures and recommendation: a table, or where the name ends in ``.json`` all of it.

    Parameters
    ----------
    path
        Written atomically.
    chosen
        With at least one number measured.
    method, seed
        What was given to `choose_k`; JSON only.

    Raises
    ------
    UserError
        The file cannot be written.
    """
    as_json = path.suffix.lower() == ".json"
    text = json_text(chosen, method=method, seed=seed) if as_json else table_text(chosen)
    try:
        write_text(path, text)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(f"{path} cannot be written: {reason}; choose another place.") from error


def table_text(chosen: Chosen) -> str:
    """Return the figures as CSV, one number of clusters per row."""
    rows = [asdict(found) for found in chosen.measured]
    text = io.StringIO()
    table = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return text.getvalue()


def json_text(chosen: Chosen, *, method: str, seed: int) -> str:
    """Return figures and recommendation as JSON; unknown figures are null."""
    rows: list[dict[str, Any]] = [asdict(found) for found in chosen.measured]
    # JSON knows no NaN.
    known = [
        {key: value if math.isfinite(value) else None for key, value in row.items()} for row in rows
    ]
    document = {
        "method": method,
        "seed": seed,
        "recommended": chosen.clusters,
        "reason": chosen.reason,
        "stopped": chosen.stopped,
        "measured": known,
    }
    return json.dumps(document, indent=1, allow_nan=False) + "\n"
