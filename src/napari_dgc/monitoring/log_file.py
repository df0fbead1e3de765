"""The log of a training in its model's folder, so that curves go on where it is resumed."""

from __future__ import annotations

import json
from pathlib import Path

from napari_dgc.errors import UserError
from napari_dgc.files import write_text
from napari_dgc.monitoring.log import TrainingLog

LOG_FILE = "training.json"
_MOST_BYTES = 1 << 26


def write_log(folder: Path, log: TrainingLog) -> None:
    """Write the log into a model's folder; an earlier one is replaced.

    Raises
    ------
    OSError
        When it cannot be written.
    """
    write_text(folder / LOG_FILE, json.dumps(log.to_json(), allow_nan=False) + "\n")


def read_log(folder: Path) -> TrainingLog | None:
    """Read the log in a model's folder; None where there is none.

    Raises
    ------
    UserError
        When it is damaged, or of another version.
    """
    path = folder / LOG_FILE
    try:
        if not path.is_file():
            return None
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError("it is too large")
        return TrainingLog.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, UserError, RecursionError) as error:
        raise UserError(
            f"The curves of the epochs before are lost: {path} cannot be read "
            f"({str(error)[:200]}); the model itself is not touched by that."
        ) from None
