"""A model's folder as the docks read and write it: the model and the user's classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.errors import UserError
from napari_dgc.files import write_text
from napari_dgc.partition import Partition

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.gui.session import Session

PARTITION_FILE = "classes.json"


def save_model(session: Session, folder: Path) -> None:
    """Write the session's model, and its classes beside it."""
    if session.model is None:
        raise UserError("There is no model yet; train one first.")
    session.model.save(folder)
    if session.partition is not None:
        text = json.dumps(session.partition.to_json(), indent=1)
        write_text(folder / PARTITION_FILE, text)


def load_folder(folder: Path) -> tuple[Clusterer, Partition | None]:
    """Read a model and, where there are any that fit it, its classes."""
    from napari_dgc.clustering.storage import load_model

    model = load_model(folder)
    path = folder / PARTITION_FILE
    if not path.is_file():
        return model, None
    try:
        partition = Partition.from_json(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, UserError):
        return model, None
    return model, partition if partition.clusters == model.n_clusters else None
