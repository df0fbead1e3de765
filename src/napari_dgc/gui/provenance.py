"""How what is written was made: taken from a session now, written beside the files later."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.errors import UserError
from napari_dgc.gui.background import wait_for
from napari_dgc.provenance import provenance_of, sidecar_of, write_provenance

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

#: Writes a file that says how others were made; may run in another thread.
Record = Callable[[Path, Sequence[Path], "CancelToken | None"], None]


def record_of(
    session: Session,
    command: str,
    scans: Iterable[Scan] | None = None,
    more: Mapping[str, Any] | None = None,
) -> Record:
    """Take what results of a session are made of now.

    Parameters
    ----------
    session
        Its labelled scans, its model and the user's work.
    command
        What is done, such as "export".
    scans
        Those that it is done with; None: all that are labelled.
    more
        Further settings, plain values.

    Returns
    -------
    callable
        Given the file to write, the files that were written, and a token that asks for a stop.
    """
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
    cubes = cubes_of(session.labelled if scans is None else scans)
    return record_cubes(command, cubes, {**settings, **(more or {})}, model=model)


def record_cubes(
    command: str,
    cubes: Iterable[HyperCube],
    settings: Mapping[str, Any],
    *,
    inputs: Iterable[Path] = (),
    model: Clusterer | None = None,
) -> Record:
    """Take what is made of some scans whatever else the session holds.

    Parameters
    ----------
    command, cubes, settings, inputs, model
        As of `provenance_of`.

    Returns
    -------
    callable
        As of `record_of`.
    """
    cubes, inputs = list(cubes), list(inputs)

    def record(path: Path, files: Sequence[Path], token: CancelToken | None = None) -> None:
        complete = [file for file in files if file.is_file()]
        if complete:
            made_of = provenance_of(
                command, cubes=cubes, model=model, inputs=inputs, settings=settings, token=token
            )
            write_provenance(path, complete, made_of)

    return record


def cubes_of(scans: Iterable[Scan]) -> list[HyperCube]:
    """Return scans under the names that they have in the window, each once."""
    return [replace(scan.cube, name=scan.name) for scan in dict.fromkeys(scans)]


def record_now(record: Record, files: Sequence[Path]) -> None:
    """Write how files were made beside the first one; where the user cancels, nothing.

    The window stays alive meanwhile.

    Raises
    ------
    UserError
        It cannot be written.
    """
    path = files[0]
    try:
        with contextlib.suppress(InterruptedError):
            wait_for(
                lambda token, _tell: record(sidecar_of(path), files, token),
                f"Noting how {path.name} was made",
            )
    except OSError as error:
        raise UserError(
            f"{path} is written, but not how it was made: {error.strerror or error}."
        ) from error
