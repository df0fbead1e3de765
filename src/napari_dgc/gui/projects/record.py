"""How the model of a session came to be: its epochs and the scans that it learned from."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from psygnal import Signal

from napari_dgc.project import EpochHistory, Training

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.session import Session


class TrainingRecord:
    """Epochs and way of the model of a session; use `get_record`.

    Belongs to the GUI thread; what it holds are values.
    """

    #: Other epochs are kept now.
    changed = Signal()

    def __init__(self) -> None:
        self.epochs = EpochHistory()
        #: None where nobody knows, as for a model from a folder.
        self.training: Training | None = None
        #: Scans that were learned from, by name in the workspace; they may be closed by now.
        self.cubes: dict[str, HyperCube] = {}

    def set(
        self,
        epochs: EpochHistory,
        training: Training | None,
        cubes: Mapping[str, HyperCube] | None = None,
    ) -> None:
        """Take over what is known now; scans that no run names are let go."""
        known = {**self.cubes, **(cubes or {})}
        self.epochs, self.training = epochs, training
        named = () if training is None else training.scans
        self.cubes = {key: known[key] for key in named if key in known}
        self.changed.emit()

    def clear(self) -> None:
        """Forget all: the model is another one."""
        self.set(EpochHistory(), None)


def get_record(session: Session) -> TrainingRecord:
    """Return the record of a session, made on first use."""
    record = session.services.get("training record")
    if not isinstance(record, TrainingRecord):
        record = session.services["training record"] = TrainingRecord()
    return record
