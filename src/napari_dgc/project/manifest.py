"""A project's own file: plain JSON, checked to the last value."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from napari_dgc import __version__
from napari_dgc.errors import UserError
from napari_dgc.project.checked import Checked, Damaged
from napari_dgc.project.epochs import EpochFigures, EpochHistory, KeptEpoch
from napari_dgc.project.parts import MODELS, PARTS, Part, read_inside
from napari_dgc.project.scans import LONGEST_KEY, StoredScan
from napari_dgc.project.training import MOST_EPOCHS, MOST_SCANS, Training

MANIFEST = "project.json"
FORMAT, FORMAT_VERSION = "napari-dgc project", 1
#: A project of ten thousand scans of 300 bands takes as much.
MOST_BYTES = 1 << 26
_LONGEST_TITLE = 500
_MOST_KEPT = 1000
_FIELDS = (
    *("format", "format_version", "written_by", "title", "scans", "training", "model"),
    *("labels", "epochs", "history", "view"),
)


@dataclass(frozen=True, eq=False)
class Contents:
    """What a project's file says; see `Project` for the fields."""

    title: str = ""
    scans: tuple[StoredScan, ...] = ()
    training: Training | None = None
    model: tuple[Part, ...] = ()
    labels: Mapping[str, Part] = field(default_factory=dict)
    epochs: EpochHistory = field(default_factory=EpochHistory)
    history: Part | None = None
    view: Mapping[str, Any] = field(default_factory=dict)

    @property
    def parts(self) -> tuple[Part, ...]:
        """All files inside the project that it names, each once."""
        found = [*self.model, *self.labels.values()]
        found += [part for one in self.epochs.kept for part in one.parts]
        if self.history is not None:
            found.append(self.history)
        return tuple(dict.fromkeys(found))


def manifest_text(contents: Contents) -> str:
    """Write a project's file.

    Raises
    ------
    UserError
        When something in it could not be read again.
    """
    epochs = contents.epochs
    content = {
        "format": FORMAT,
        "format_version": FORMAT_VERSION,
        "written_by": f"napari-dgc {__version__}",
        "title": contents.title,
        "scans": [scan.to_json() for scan in contents.scans],
        "training": None if contents.training is None else contents.training.to_json(),
        "model": _listed(contents.model),
        "labels": _mapped(contents.labels),
        "epochs": {
            "kept": [
                {
                    "epoch": one.epoch,
                    "model": _listed(one.model),
                    "labels": _mapped(one.labels),
                }
                for one in epochs.kept
            ],
            "figures": [
                {
                    "epoch": one.epoch,
                    "active": one.active,
                    "losses": {
                        name: value if math.isfinite(value) else None
                        for name, value in one.losses.items()
                    },
                }
                for one in epochs.figures
            ],
        },
        "history": None if contents.history is None else contents.history.to_json(),
        "view": dict(contents.view),
    }
    try:
        # As it will be read: what was not plain would come back as something else.
        text = json.dumps(content, indent=1, allow_nan=False)
        _contents(json.loads(text), Path())
    except (TypeError, ValueError) as error:
        raise UserError(f"The project cannot be saved: {error}.") from None
    if len(text) > MOST_BYTES:
        raise UserError("The project cannot be saved: it names too many scans or epochs.")
    return text + "\n"


def read_manifest(folder: Path) -> tuple[Contents, bytes]:
    """Read a project's file and check it; returns also its bytes.

    Raises
    ------
    UserError
        There is none, or it is damaged or of a later version.
    """
    path = folder / MANIFEST
    if not path.exists() and not path.is_symlink():
        raise UserError(f"There is no project in {folder}; choose a folder with {MANIFEST}.")
    content = read_inside(folder, MANIFEST, MOST_BYTES)
    if len(content) > MOST_BYTES:
        raise UserError(f"{path} is too large for a project; open another one.")
    try:
        return _contents(json.loads(content.decode()), folder), content
    except (RecursionError, MemoryError):
        reason = "it is nested too deeply"
    except (UnicodeError, json.JSONDecodeError):
        reason = "it is no JSON"
    except (Damaged, ValueError) as error:
        reason = str(error)
    raise UserError(f"The project {path} is damaged ({reason[:300]}); open a copy of it.")


def _contents(content: Any, folder: Path) -> Contents:
    if not isinstance(content, Mapping) or content.get("format") != FORMAT:
        raise Damaged("it is no project of napari-dgc")
    version = content.get("format_version")
    if type(version) is int and version > FORMAT_VERSION:
        raise UserError(
            f"The project in {folder} was written by a newer napari-dgc; update this one."
        )
    fields = Checked(content, "project", _FIELDS)
    fields.whole("format_version", FORMAT_VERSION, FORMAT_VERSION)
    fields.text("written_by", 200)
    scans = tuple(
        StoredScan.from_json(item, f"scans[{place}]")
        for place, item in enumerate(fields.limited("scans", MOST_SCANS))
    )
    keys = frozenset(scan.key for scan in scans)
    if len(keys) != len(scans):
        fields.damaged("two scans have one name")
    training, history = fields.take("training"), fields.take("history")
    return Contents(
        fields.text("title", _LONGEST_TITLE),
        scans,
        None if training is None else Training.from_json(training, keys),
        _model(fields.take("model"), "model", folder),
        _labels(fields.mapping("labels", MOST_SCANS), "labels", keys, folder),
        _epochs(fields.take("epochs"), keys, folder),
        None if history is None else _part(history, "history", f"{PARTS}/", ".json", folder),
        fields.plain("view"),
    )


def _epochs(content: object, keys: frozenset[str], folder: Path) -> EpochHistory:
    fields = Checked(content, "epochs", ("kept", "figures"))
    kept: list[KeptEpoch] = []
    for item in fields.limited("kept", _MOST_KEPT):
        one = Checked(item, "epochs.kept", ("epoch", "model", "labels"))
        number = one.whole("epoch", kept[-1].epoch + 1 if kept else 0, MOST_EPOCHS)
        labels = _labels(one.mapping("labels", MOST_SCANS), "epochs.kept.labels", keys, folder)
        model = _model(one.take("model"), "epochs.kept.model", folder)
        if not model:
            one.damaged("the model is missing")
        kept.append(KeptEpoch(number, model, labels))
    figures: list[EpochFigures] = []
    for item in fields.limited("figures", MOST_EPOCHS):
        one = Checked(item, "epochs.figures", ("epoch", "active", "losses"))
        number = one.whole("epoch", figures[-1].epoch + 1 if figures else 0, MOST_EPOCHS)
        losses = {
            str(name)[:100]: math.nan if v is None else one.checked_numbers([v], "losses")[0]
            for name, v in one.mapping("losses", 100).items()
        }
        figures.append(EpochFigures(number, one.whole("active", 0, 1 << 16), losses))
    return EpochHistory(tuple(kept), tuple(figures))


def _model(content: object, where: str, folder: Path) -> tuple[Part, ...]:
    if not isinstance(content, list) or len(content) not in (0, 2):
        raise Damaged(f"{where}: a model has two files")
    parts = tuple(_part(item, where, f"{MODELS}/", "", folder) for item in content)
    if len({part.file.rpartition("/")[0] for part in parts}) > 1:
        raise Damaged(f"{where}: the files of a model lie in one folder")
    return parts


def _labels(
    content: Mapping[str, Any], where: str, keys: frozenset[str], folder: Path
) -> dict[str, Part]:
    if not keys.issuperset(content):
        raise Damaged(f"{where}: it names a scan that the project does not have")
    return {
        str(key)[:LONGEST_KEY]: _part(item, where, f"{PARTS}/", ".tif", folder)
        for key, item in content.items()
    }


def _part(content: object, where: str, start: str, end: str, folder: Path) -> Part:
    fields = Checked(content, where, ("file", "size", "sha256"))
    file = fields.text("file", 200)
    if not file.startswith(start) or not file.endswith(end):
        fields.damaged("file is none of a project")
    return Part(file, fields.whole("size", 0, 1 << 40), fields.text("sha256", 64), folder)


def _listed(parts: Sequence[Part]) -> list[dict[str, object]]:
    return [part.to_json() for part in parts]


def _mapped(parts: Mapping[str, Part]) -> dict[str, object]:
    return {key: part.to_json() for key, part in parts.items()}
