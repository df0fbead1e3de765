"""The training card: what was trained, how it went, and what came of it, on one HTML page."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.cubes.reflectance import REFLECTANCE
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes
from napari_dgc.hashes import FileHash, bytes_of, hash_scan, known_hashes
from napari_dgc.measure.class_values import ClassValues
from napari_dgc.monitoring.card_drawings import curves, maps, silhouettes
from napari_dgc.monitoring.log import MOST_PICTURED, TrainingLog, plain_options
from napari_dgc.partition import Partition
from napari_dgc.provenance import model_sha256, software
from napari_dgc.report.blocks import Block, Column, Document, Figure, Grid, Heading, Points, Text
from napari_dgc.report.html_page import html_bytes
from napari_dgc.report.plots import class_spectra
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.partition import ClusterSummary

TITLE = "Training card"
#: Rows in the table of scans, and in that of clusters; options longer than this are cut.
_MOST_SCANS, _MOST_CLUSTERS, _LONGEST = 200, 256, 400


@dataclass(frozen=True, eq=False)
class Card:
    """What a training card tells.

    Parameters
    ----------
    log
        The course of the training.
    clusters
        Number of fine clusters.
    summary
        Of the fine clusters, None before there are any.
    centres_nm
        (bands,) of the spectra in `summary`, None where they are not known.
    values
        What the spectra hold, such as "reflectance".
    partition
        Names and colours of clusters; None: colours of their numbers.
    hashes
        By name of a scan the hashes of its files, where they are known.
    model
        SHA-256 of the model's description (see `provenance.model_sha256`); "" without.
    """

    log: TrainingLog
    clusters: int
    summary: ClusterSummary | None = None
    centres_nm: NDArray[np.float64] | None = None
    values: str = "value"
    partition: Partition | None = None
    hashes: Mapping[str, tuple[FileHash, ...]] = field(default_factory=dict)
    model: str = ""

    @classmethod
    def of(
        cls,
        model: Clusterer,
        log: TrainingLog | None,
        cubes: Sequence[HyperCube],
        *,
        partition: Partition | None = None,
        names: Sequence[str] | None = None,
        hash_bytes: int = 0,
    ) -> Card:
        """Collect what there is to tell.

        Parameters
        ----------
        model, log
            After training; without a log there are no curves.
        cubes
            Scans that it was trained on last, as far as they are open.
        partition
            See `Card`.
        names
            Of the cubes in the log; None: those that they have.
        hash_bytes
            Scans of no more bytes in all are read for their hashes; of others those that are
            known.
        """
        from napari_dgc.monitoring.recorder import short_names

        names = short_names([cube.name for cube in cubes] if names is None else names)
        paths = {name: c.path for name, c in zip(names, cubes, strict=True) if c.path is not None}
        small = sum(bytes_of(path) for path in paths.values()) <= hash_bytes
        summary = model.summary
        centres = None if summary is None else _centres(cubes, summary.spectra.shape[1])
        return cls(
            log or TrainingLog.of(model),
            model.n_clusters,
            summary,
            centres,
            "reflectance" if model.units == REFLECTANCE else "value",
            partition,
            {name: _hashes(path, small) for name, path in paths.items()},
            model_sha256(model) if isinstance(model, Clusterer) and model.epoch else "",
        )


def write_card(path: Path, card: Card) -> None:
    """Write a training card as one HTML file that needs nothing else.

    Parameters
    ----------
    path
        An earlier file is replaced.
    card
        What it tells.

    Raises
    ------
    UserError
        When the file cannot be written.
    """
    try:
        write_bytes(path, html_bytes(document(card)))
    except OSError as error:
        raise UserError(
            f"The training card {path} cannot be written: {error.strerror or error}; "
            f"choose another place."
        ) from error


def document(card: Card) -> Document:
    """Say how a training went; the same card gives the same page."""
    log = card.log
    blocks: list[Block] = [Heading(TITLE, 1), Text(_sentence(card))]
    best = log.recommended
    blocks.append(
        Text("The method does not tell which epoch can be trusted most.")
        if best is None
        else Text(f"Recommended: epoch {best.epoch}, because {best.reason}.")
    )
    if log.notices:
        blocks += [Heading("What was told"), Points(log.notices)]
    blocks.append(Heading("Curves"))
    drawn = curves(log)
    if drawn is None:
        blocks.append(Text("No curves were kept of this training."))
    else:
        dashed = "" if best is None else "The dashed line is at the recommended epoch. "
        blocks.append(Figure(drawn, f"{dashed}{_missing(log)}".strip()))
    if log.chosen is not None:
        told = f"The method found {log.chosen.chosen} clusters (-1 to 1, higher is better)."
        blocks.append(Figure(silhouettes(log.chosen), told))
    blocks += [Heading("Maps"), *_maps(card), Heading("Clusters"), *_clusters(card)]
    blocks += [
        Heading("Settings"),
        Grid("Settings", (Column("setting"), Column("value")), tuple(_settings(card))),
        Heading("Scans"),
        *_scans(card),
    ]
    return Document(TITLE, tuple(blocks))


def _sentence(card: Card) -> str:
    log = card.log
    parts = [log.title or log.method, counted(card.clusters, "cluster")]
    if log.epochs:
        parts[1] += f", {log.epochs[-1].active} of them active"
        parts.append(counted(log.epochs[-1].epoch, "epoch"))
    if log.scans:
        parts.append(counted(len(log.scans), "scan"))
    ended = "; stopped by the user" if log.stopped else ""
    return f"{'; '.join(parts)}{ended}."


def _missing(log: TrainingLog) -> str:
    """Say which epochs nobody watched."""
    first = log.epochs[0].epoch
    return f"Nothing is known of the epochs before {first}." if first > 1 else ""


def _maps(card: Card) -> list[Block]:
    log = card.log
    drawn = maps(log, card.partition)
    if drawn is None:
        return [Text("No maps were made after epochs (train: --epoch-maps).")]
    shown = [str(one.epoch) for one in log.maps if one.maps]
    told = "Colours as in the table of clusters; black has no data. Maps are made small: "
    told += "narrow things may be missing in them."
    if len(shown) < len(log.epochs):
        told += f" Kept are those of epochs {', '.join(shown)}."
    if len(log.scans) > MOST_PICTURED:
        told += f" {MOST_PICTURED} of {len(log.scans)} scans are shown."
    return [Figure(drawn, told)]


def _clusters(card: Card) -> list[Block]:
    summary = card.summary
    if summary is None:
        return [Text("There are no clusters yet.")]
    partition = card.partition
    if partition is None or partition.clusters != summary.n_clusters:
        partition = Partition.fine(summary.n_clusters)
    mass = summary.mass
    total = max(1, int(mass.sum()))
    order = sorted(np.flatnonzero(mass).tolist(), key=lambda place: -int(mass[place]))
    classes = {number: info for info in partition.classes for number in info.members}
    found, colours, rows = [], [], []
    for place in order[:_MOST_CLUSTERS]:
        info, pixels = classes[place + 1], int(mass[place])
        mean = summary.spectra[place]
        # The summary knows no deviations.
        found.append(ClassValues(f"cluster {place + 1}", pixels, mean, np.zeros_like(mean), ()))
        colours.append(info.shown_colour)
        share = f"{100 * pixels / total:.2f}"
        rows.append((info.shown_colour, str(place + 1), info.name, f"{pixels:,}", share))
    columns = (
        Column("", colours=True),
        Column("cluster", numbers=True),
        Column("class"),
        Column("pixels", numbers=True),
        Column("share (%)", numbers=True),
    )
    grid = Grid("Clusters", columns, tuple(rows))
    drawn = class_spectra(found, colours, card.centres_nm, f"mean {card.values}")
    told = "Mean spectra of the clusters over all scans, the largest first."
    empty = summary.n_clusters - len(order)
    last = [Text(f"{counted(empty, 'cluster')} without pixels.", small=True)] if empty else []
    return [*([] if drawn is None else [Figure(drawn, told)]), grid, *last]


def _settings(card: Card) -> Iterable[tuple[str, str]]:
    log = card.log
    yield "method", log.method
    if log.preprocessing:
        yield "preprocessing", log.preprocessing
    for name, value in plain_options(log.configuration).items():
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        yield name, text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"
    if log.device:
        yield "computed on", log.device
    if card.model:
        yield "model (SHA-256)", card.model
    for name, version in software().items():
        yield name, version


def _scans(card: Card) -> list[Block]:
    rows = []
    for name in card.log.scans[:_MOST_SCANS]:
        hashes = card.hashes.get(name, ())
        rows += [(name, one.name, f"{one.size:,}", one.sha256) for one in hashes]
        if not hashes:
            rows.append((name, "", "", "not known"))
    columns = (
        Column("scan"),
        Column("file"),
        Column("bytes", numbers=True),
        Column("SHA-256"),
    )
    left = len(card.log.scans) - _MOST_SCANS
    more = [Text(f"{left} more scans are not listed.", small=True)] if left > 0 else []
    return [Grid("Scans", columns, tuple(rows)), *more]


def _hashes(path: Path, small: bool) -> tuple[FileHash, ...]:
    try:
        return hash_scan(path) if small else known_hashes(path)
    except UserError:  # moved away or changed since it was opened
        return ()


def _centres(cubes: Sequence[HyperCube], bands: int) -> NDArray[np.float64] | None:
    for cube in cubes:
        known = cube.wavelengths_nm
        if known is not None and len(known) == bands:
            return known
    return None
