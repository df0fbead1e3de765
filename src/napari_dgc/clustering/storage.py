"""Models on disk: one JSON file and one safetensors file, never pickle.

The JSON names the tensor file by its content, and is replaced last: after a
crash at any moment the folder holds either the old model or the new one.
"""

import hashlib
import json
import re
from collections.abc import Callable, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc import __version__
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.cubes.reflectance import MIXED, OTHER, REFLECTANCE
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes
from napari_dgc.partition.summary import ClusterSummary

MODEL_FILE = "model.json"
FORMAT = "napari-dgc model"
#: Version of a model by itself, and of one whose scans are preprocessed: a program that knows
#: no preprocessing must not label scans with the latter.
PLAIN_VERSION, PREPROCESSED_VERSION = 2, 3
#: Key of the metadata that says how scans are preprocessed.
PREPROCESSING = "preprocessing"
#: Key of the metadata that says what the training scans hold; absent from older models.
UNITS = "units"
_TENSOR_NAME = re.compile(r"model-[0-9a-f]{16}\.safetensors")


def write_model(
    folder: Path,
    method: str,
    metadata: dict[str, Any],
    tensors: dict[str, NDArray[Any]],
    *,
    units: str | None = None,
) -> None:
    """Write a model folder atomically.

    Parameters
    ----------
    folder
        Made when missing; an older model in it is replaced.
    method, metadata, tensors, units
        As for `pack_model`.
    """
    files = pack_model(method, metadata, tensors, units=units)
    folder.mkdir(parents=True, exist_ok=True)
    # The description comes last.
    for name, content in files.items():
        write_bytes(folder / name, content)
    for old in folder.glob("model-*.safetensors"):
        if _TENSOR_NAME.fullmatch(old.name) and old.name not in files:
            old.unlink()


def pack_model(
    method: str,
    metadata: dict[str, Any],
    tensors: dict[str, NDArray[Any]],
    *,
    units: str | None = None,
) -> dict[str, bytes]:
    """Return the files of a model by name, the description last.

    Parameters
    ----------
    method
        Name in the registry.
    metadata
        Plain JSON values.
    tensors
        Arrays by name.
    units
        What the training scans hold, see `Clusterer.units`. Programs that do not know it pass
        over it.
    """
    from safetensors.numpy import save

    # order="C" keeps scalars scalar, which ascontiguousarray does not.
    content = save({name: np.array(value, order="C") for name, value in tensors.items()})
    tensor_name = f"model-{hashlib.sha256(content).hexdigest()[:16]}.safetensors"
    document = {
        "format": FORMAT,
        "format_version": PREPROCESSED_VERSION if PREPROCESSING in metadata else PLAIN_VERSION,
        "written_by": f"napari-dgc {__version__}",
        "method": method,
        "tensors": tensor_name,
        "metadata": metadata | ({} if units is None else {UNITS: units}),
    }
    described = json.dumps(document, indent=1, allow_nan=False)
    return {tensor_name: content, MODEL_FILE: described.encode()}


def model_files(model: Clusterer) -> dict[str, bytes]:
    """Return the files that `Clusterer.save` would write, see `pack_model`."""
    return pack_model(model.method, *model.contents(), units=model.units)


def read_model(folder: Path) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a model folder: (method, metadata, tensors).

    Raises
    ------
    UserError
        When there is no model, or it is damaged or from a newer version.
    """
    return _parsed(folder, lambda name: (folder / name).read_bytes())


def _parsed(
    where: Path, read: Callable[[str], bytes]
) -> tuple[str, dict[str, Any], dict[str, NDArray[Any]]]:
    """Read a model: (method, metadata, tensors); `where` it is stands in messages."""
    from safetensors import SafetensorError
    from safetensors.numpy import load

    path = where / MODEL_FILE
    try:
        document = json.loads(read(MODEL_FILE).decode())
    except (FileNotFoundError, NotADirectoryError):
        raise UserError(f"There is no model in {where}; train one first.") from None
    except (OSError, ValueError, RecursionError) as error:
        raise UserError(f"The model file {path} cannot be read ({error}); train anew.") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise UserError(f"{path} is not a napari-dgc model; choose a folder that train wrote.")
    if document.get("format_version") not in (PLAIN_VERSION, PREPROCESSED_VERSION):
        raise UserError(f"{path} was written by another version of napari-dgc; update it.")
    tensor_name = str(document.get("tensors"))
    if not _TENSOR_NAME.fullmatch(tensor_name):
        raise UserError(f"{path} names no valid tensor file; train the model anew.")
    try:
        tensors = load(read(tensor_name))
    except (OSError, SafetensorError, ValueError) as error:
        raise UserError(
            f"The tensors {where / tensor_name} cannot be read ({error}); train anew."
        ) from None
    return str(document.get("method")), dict(document.get("metadata") or {}), tensors


def load_model(folder: Path) -> Clusterer:
    """Load the estimator saved in a folder, whatever its method."""
    return _restored(folder, *read_model(folder))


def unpack_model(files: Mapping[str, bytes], where: Path) -> Clusterer:
    """Rebuild an estimator from the files of `pack_model`; `where` they lie is for messages."""

    def read(name: str) -> bytes:
        if name not in files:
            raise FileNotFoundError(2, "No such file", name)
        return files[name]

    return _restored(where, *_parsed(where, read))


def _restored(
    where: Path, method: str, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]
) -> Clusterer:
    from napari_dgc.clustering.preprocessed import Preprocessed
    from napari_dgc.clustering.registry import get_method

    try:
        units = metadata.pop(UNITS, None)
        kind = Preprocessed if PREPROCESSING in metadata else get_method(method)
        model: Clusterer = kind.restore(metadata, tensors)
        model.units = units if units in (REFLECTANCE, OTHER, MIXED) else None
        return model
    except (KeyError, TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"The model in {where} is damaged ({error}); train it anew.") from None


def summary_tensors(summary: ClusterSummary | None) -> dict[str, NDArray[Any]]:
    """Return the arrays of a cluster summary, to be stored with a model."""
    if summary is None:
        return {}
    return {f"summary.{item.name}": getattr(summary, item.name) for item in fields(summary)}


def summary_from_tensors(tensors: dict[str, NDArray[Any]]) -> ClusterSummary | None:
    """Rebuild a cluster summary stored by `summary_tensors`, or None when there is none."""
    if "summary.pixels" not in tensors:
        return None
    return ClusterSummary(
        **{item.name: tensors[f"summary.{item.name}"] for item in fields(ClusterSummary)}
    )
