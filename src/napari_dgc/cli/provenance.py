"""How the results of a command were made, written beside them."""

from __future__ import annotations

import argparse
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_dgc.batch import Entry
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube


def record(
    args: argparse.Namespace,
    path: Path,
    files: Sequence[Path],
    *,
    cubes: Iterable[HyperCube] = (),
    model: Clusterer | None = None,
    inputs: Iterable[Path] = (),
) -> None:
    """Write how files were made (see `provenance.write_provenance`).

    Parameters
    ----------
    args
        Arguments of the command, which are noted.
    path
        File to write.
    files
        What was written; nothing is noted without any. Folders are left out.
    cubes, model, inputs
        What they were made of.
    """
    record_all(args, {path: files}, cubes=cubes, model=model, inputs=inputs)


def record_all(
    args: argparse.Namespace,
    files: Mapping[Path, Sequence[Path]],
    *,
    cubes: Iterable[HyperCube] = (),
    model: Clusterer | None = None,
    inputs: Iterable[Path] = (),
) -> None:
    """Write how files in several places were made.

    Parameters
    ----------
    files
        By the file to write what was written there (see `beside`).
    args, cubes, model, inputs
        As of `record`.
    """
    from napari_dgc.provenance import provenance_of, write_provenance

    complete = {path: [file for file in made if file.is_file()] for path, made in files.items()}
    if not any(complete.values()):
        return
    given = _given(args)
    told = provenance_of(args.command, cubes=cubes, model=model, inputs=inputs, settings=given)
    for path, made in complete.items():
        if made:
            write_provenance(path, made, told)


def beside(*files: Path | None) -> dict[Path, list[Path]]:
    """Return files by the one beside them that says how they were made; leaves None out."""
    from napari_dgc.provenance import sidecar_of

    found: dict[Path, list[Path]] = {}
    for file in files:
        if file is not None:
            found.setdefault(sidecar_of(file), []).append(file)
    return found


def record_batch(
    args: argparse.Namespace,
    path: Path,
    entries: Iterable[Entry],
    files: Sequence[Path] = (),
    *,
    model: Clusterer | None = None,
) -> None:
    """Write how the results of a batch were made, of which the manifest knows the scans.

    Parameters
    ----------
    args, path, model
        As of `record`.
    entries
        Scans that are done.
    files
        What was made of all of them together.
    """
    from dataclasses import replace

    from napari_dgc.provenance import provenance_of, write_provenance

    scans, complete = {}, list(files)
    for entry in entries:
        scans[entry.name] = entry.inputs
        complete += entry.files
    if complete:
        told = provenance_of(args.command, model=model, settings=_given(args))
        write_provenance(path, complete, replace(told, scans=scans))


def _given(args: argparse.Namespace) -> dict[str, Any]:
    """Return the options of a command that its results may depend on."""
    left_out = ("arguments", "command", "jobs", "redo", "dry_run", "log")
    return {name: _plain(value) for name, value in vars(args).items() if name not in left_out}


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
