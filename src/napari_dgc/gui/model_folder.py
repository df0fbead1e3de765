"""A model's folder as the docks read and write it: the model and the user's classes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.errors import UserError
from napari_dgc.files import write_text
from napari_dgc.partition import Partition
from napari_dgc.partition.template import NameTemplate

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.gui.session import Session

PARTITION_FILE = "classes.json"


def save_model(session: Session, folder: Path) -> None:
    """Write the session's model, and its classes beside it."""
    if session.model is None:
        raise UserError("There is no model yet; train one first.")
    session.model.save(folder)
    work = session.work
    if work is not None:
        content = {**work.partition.to_json(), "template": work.template.to_json()}
        write_text(folder / PARTITION_FILE, json.dumps(content, indent=1))
    _save_training(session, folder)


def _save_training(session: Session, folder: Path) -> None:
    """Write the curves, with which a training that goes on begins, and the training card."""
    from napari_dgc.gui.training_card import card_of
    from napari_dgc.gui.worker import get_trainer
    from napari_dgc.monitoring import CARD_FILE, write_card, write_log

    card = card_of(session, get_trainer(session))
    if card is not None and card.log.epochs:
        write_log(folder, card.log)
        write_card(folder / CARD_FILE, card)


def load_folder(folder: Path) -> tuple[Clusterer, Partition | None, NameTemplate | None]:
    """Read a model and, where there are any that fit it, its classes and their template."""
    from napari_dgc.clustering.storage import load_model

    model = load_model(folder)
    path = folder / PARTITION_FILE
    if not path.is_file():
        return model, None, None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        partition = Partition.from_json(content)
        # Earlier versions saved none.
        template = NameTemplate.from_json(content["template"]) if "template" in content else None
    except (OSError, ValueError, UserError):
        return model, None, None
    if partition.clusters != model.n_clusters:
        return model, None, None
    return model, partition, template
