"""How results were made, written beside them: versions, seed, configuration, hashes."""

from __future__ import annotations

import datetime
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc import __version__
from napari_dgc.errors import UserError
from napari_dgc.files import write_text
from napari_dgc.hashes import FileHash, hash_file, hash_scan, sha256_of

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube

FORMAT, FORMAT_VERSION = "napari-dgc provenance", 1
#: Ends the name of a file that tells how the files beside it were made.
SUFFIX = ".provenance.json"
#: Libraries that results depend on.
LIBRARIES = ("numpy", "scipy", "scikit-image", "scikit-learn", "torch", "tifffile", "h5py")
#: A larger file beside results is not one of ours.
_MOST_BYTES = 1 << 26


@dataclass(frozen=True)
class Provenance:
    """What results were made of and with.

    Parameters
    ----------
    command
        What was done, such as "segment".
    scans
        By name of the scan, the hashes of its files.
    model
        SHA-256 of the model's description, which names its tensors by their hash; "" without.
    method, seed, configuration
        Of the model, where there is one.
    inputs
        Hashes of other files that were read, such as label maps.
    settings
        Options of the command, plain values.
    """

    command: str
    scans: Mapping[str, tuple[FileHash, ...]] = field(default_factory=dict)
    model: str = ""
    method: str = ""
    seed: int | None = None
    configuration: Mapping[str, Any] = field(default_factory=dict)
    inputs: tuple[FileHash, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Describe it with plain values, versions of the program and its libraries included."""
        return {
            "command": self.command,
            "software": software(),
            "method": self.method,
            "seed": self.seed,
            "configuration": dict(self.configuration),
            "model_sha256": self.model,
            "scans": {name: _listed(hashes) for name, hashes in self.scans.items()},
            "inputs": _listed(self.inputs),
            "settings": dict(self.settings),
        }


def software() -> dict[str, str]:
    """Return the versions of the program, of Python and of the libraries that results need."""
    found = {"napari-dgc": __version__, "python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:  # part of a bundle
            continue
    return found | {"system": f"{platform.system()} {platform.machine()}"}


def provenance_of(
    command: str,
    *,
    cubes: Iterable[HyperCube] = (),
    model: Clusterer | None = None,
    inputs: Iterable[Path] = (),
    settings: Mapping[str, Any] | None = None,
    token: CancelToken | None = None,
) -> Provenance:
    """Collect what results were made of; reads the files of the scans where their hashes are new.

    Parameters
    ----------
    command
        What was done.
    cubes
        Scans that were read; those without a file, or whose file is gone, have no hash.
    model
        That labelled them.
    inputs
        Other files that were read, of ENVI the header; folders are left out.
    settings
        Options of the command, plain values.
    token
        Asks for a stop.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    scans = {cube.name: _hashes(cube, token) for cube in cubes}
    read = tuple(
        one
        for path in inputs
        if path.is_file()
        # A header without its data would say little.
        for one in (hash_scan if path.suffix.lower() == ".hdr" else _hash_alone)(path, token)
    )
    if model is None or model.epoch == 0:
        return Provenance(command, scans, inputs=read, settings=settings or {})
    return Provenance(
        command,
        scans,
        model_sha256(model),
        model.method,
        model.seed,
        model.configuration | {"preprocessing": model.preprocessing},
        read,
        settings or {},
    )


def _hash_alone(path: Path, token: CancelToken | None) -> tuple[FileHash, ...]:
    return (hash_file(path, token),)


def _hashes(cube: HyperCube, token: CancelToken | None) -> tuple[FileHash, ...]:
    if cube.path is None:
        return ()
    try:
        return hash_scan(cube.path, token)
    except UserError:  # moved since it was opened
        return ()


def model_sha256(model: Clusterer) -> str:
    """Return the hash of what a model's file ``model.json`` would be."""
    from napari_dgc.clustering.storage import MODEL_FILE, model_files

    return sha256_of(model_files(model)[MODEL_FILE])


def sidecar_of(path: Path) -> Path:
    """Return the file that tells how another one was made, in the same folder."""
    return path.with_name(path.stem + SUFFIX)


def write_provenance(path: Path, files: Sequence[Path], provenance: Provenance) -> Path:
    """Write how some files were made.

    What `path` says about other files that are still there stays, so that the results of
    several runs may lie in one folder.

    Parameters
    ----------
    path
        In or above the folder of the files; ends in `SUFFIX`.
    files
        What was written; their hashes are noted.
    provenance
        How.

    Returns
    -------
    Path
        `path`.
    """
    folder = path.parent
    made: dict[str, str] = {}
    for file in files:
        inside = file.relative_to(folder) if file.is_relative_to(folder) else Path(file.name)
        made[inside.as_posix()] = hash_file(file).sha256
    now = datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds")
    runs = []
    for run in _runs(path):
        left = {
            name: known
            for name, known in run["files"].items()
            if name not in made and (folder / name).is_file()
        }
        if left:
            runs.append(run | {"files": left})
    runs.append({"written": now, **provenance.to_json(), "files": made})
    content = {"format": FORMAT, "format_version": FORMAT_VERSION, "runs": runs}
    write_text(path, json.dumps(content, indent=1, ensure_ascii=False) + "\n")
    return path


def is_provenance(path: Path) -> bool:
    """Tell by its name whether a file tells how others were made."""
    return path.name.endswith(SUFFIX)


def _runs(path: Path) -> list[dict[str, Any]]:
    """Return what a file says; nothing where it is not one of ours or damaged."""
    try:
        if path.stat().st_size > _MOST_BYTES:
            return []
        content = json.loads(path.read_text(encoding="utf-8"))
        if content["format"] != FORMAT or content["format_version"] != FORMAT_VERSION:
            return []
        return [
            run
            for run in content["runs"]
            if isinstance(run, dict)
            and isinstance(run.get("files"), dict)
            and all(_is_name(name) for name in run["files"])
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return []


def _is_name(name: str) -> bool:
    return not Path(name).is_absolute() and ".." not in Path(name).parts and "\0" not in name


def _listed(hashes: Iterable[FileHash]) -> list[dict[str, Any]]:
    return [{"name": one.name, "size": one.size, "sha256": one.sha256} for one in hashes]
