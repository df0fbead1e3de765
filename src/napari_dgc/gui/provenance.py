"""How what is written was made: taken from a session now, written beside the files later."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.clustering.estimator import Clusterer

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Session

#: Writes a file that says how others were made; may run in another thread.
Record = Callable[[Path, Sequence[Path], "CancelToken | None"], None]


def record_of(session: Session, command: str) -> Record:
    """Take what results of a session are made of now.

    Parameters
    ----------
    session
        Its labelled scans, its model and the user's work.
    command
        What is done, such as "export".

    Returns
    -------
    callable
        Given the file to write, the files that were written, and a token that asks for a stop.
    """
    cubes = [replace(scan.cube, name=scan.name) for scan in session.labelled]
    # A model that learns just now is none that could be named.
    known = isinstance(session.model, Clusterer) and not session.state.running
    model = session.model if known else None
    settings: dict[str, Any] = {}
    work, history = session.work, session.history
    if work is not None and history is not None:
        settings = {
            "classes": [
                {"name": info.name, "clusters": list(info.members)}
                for info in work.partition.classes
            ],
            "lesions": work.masks.to_json(),
            "steps": len(history.commands),
        }

    def record(path: Path, files: Sequence[Path], token: CancelToken | None = None) -> None:
        from napari_dgc.provenance import provenance_of, write_provenance

        complete = [file for file in files if file.is_file()]
        if complete:
            told = provenance_of(command, cubes=cubes, model=model, settings=settings, token=token)
            write_provenance(path, complete, told)

    return record
