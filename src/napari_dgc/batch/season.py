"""Label maps and figures of many scans, with a model and classes that are open."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from napari_dgc.annotations.naming import Naming
from napari_dgc.batch.events import BatchEvent, BatchFinished, ScanDone, ScanSkipped
from napari_dgc.batch.manifest import SUFFIX, Entry, Manifest
from napari_dgc.batch.measure import MeasuredMap, MeasureTask
from napari_dgc.batch.reading import Reading
from napari_dgc.batch.run import run_batch
from napari_dgc.batch.segment import SegmentTask
from napari_dgc.batch.task import Item
from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.errors import UserError
from napari_dgc.hashes import FileHash
from napari_dgc.measure.report import (
    leaf_table,
    lesion_table,
    progress_tables,
    scan_table,
    settings_lines,
)
from napari_dgc.measure.tables import origin_table, write_tables

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.measure.severity import ScanSeverity
    from napari_dgc.workspace import Workspace

#: Folders of maps and model within that of the results, and the table of the scans.
LABELS, MODEL, TABLE = "labels", "model", "severity.csv"


@dataclass(frozen=True, eq=False)
class Season:
    """What is asked for.

    Parameters
    ----------
    items
        Scans of different names.
    model
        Trained; kept with the results.
    work
        Classes, their names, how lesions are made.
    out
        Folder for the results.
    measure
        Measure lesions and severity, too.
    confidence
        Write how probable the class of each pixel is.
    redo
        Do again what is done.
    reading
        How scans are opened.
    """

    items: Sequence[Item]
    model: Clusterer
    work: Workspace
    out: Path
    measure: bool = True
    confidence: bool = False
    redo: bool = False
    reading: Reading = field(default_factory=Reading)


@dataclass(frozen=True)
class Severities:
    """The tables are written; severity in percent by name, None where no leaf is in sight."""

    files: tuple[Path, ...]
    percent: dict[str, float | None]


SeasonEvent: TypeAlias = BatchEvent | Severities


def run_season(season: Season, token: CancelToken | None = None) -> Iterator[SeasonEvent]:
    """Label scans and measure their maps.

    Manifests lie beside the results: what is done is not done again, by any program.

    Raises
    ------
    UserError
        Nothing can be done: two scans of one name, a folder that cannot be written to.
    """
    from napari_dgc.provenance import SUFFIX as RECORD
    from napari_dgc.workspace.measured import is_named

    token = token or never_cancelled()
    refuse_same_names(season.items)
    if season.measure and not is_named(season.work):
        raise UserError(
            "Severity needs names: call classes healthy tissue, lesion and the like in the dock "
            "Merge first, or write label maps only."
        )
    task = _segmenting(season)
    labels = season.out / LABELS
    manifest = Manifest(labels / f"segment{SUFFIX}")
    there: list[Item] = []
    stopped = False
    for event in run_batch(task, season.items, manifest, redo=season.redo, token=token):
        if isinstance(event, ScanDone | ScanSkipped):
            there.append(Item(event.name, event.files[0]))
        stopped = stopped or (isinstance(event, BatchFinished) and event.stopped)
        yield event
    if there and not stopped:
        _record(season, manifest.entries(task, season.items), labels / f"segment{RECORD}")
    if not season.measure or stopped or not there:
        return
    order = {item.name: place for place, item in enumerate(season.items)}
    there.sort(key=lambda item: order[item.name])
    yield from _measured(season, there, token)


def _segmenting(season: Season) -> SegmentTask:
    """Keep the model with the results, and return what is done with it."""
    from napari_dgc.provenance import model_sha256

    folder = season.out / MODEL
    try:
        season.model.save(folder)
    except OSError as error:
        raise UserError(
            f"{season.out} cannot be written to ({error.strerror or error}); choose another folder."
        ) from None
    return SegmentTask(
        folder,
        model_sha256(season.model),
        season.work.partition,
        season.out / LABELS,
        template=season.work.template,
        confidence=season.confidence,
        reading=season.reading,
    )


def _measured(season: Season, maps: Sequence[Item], token: CancelToken) -> Iterator[SeasonEvent]:
    from napari_dgc.project.replay import carried

    work = carried(season.work, [maps[0].name])
    least = work.leaf_edits(maps[0].name).least_area
    known = season.work.details
    sizes = {name: one.pixel_size_mm for name, one in known.items() if one.pixel_size_mm}
    naming = Naming(None, work.template, work.masks.names)
    task = MeasureTask(naming, work.masks, least, sizes)
    path = season.out / TABLE
    manifest = Manifest(path.with_name(path.stem + SUFFIX))
    stopped = False
    for event in run_batch(task, maps, manifest, redo=season.redo, token=token):
        stopped = stopped or (isinstance(event, BatchFinished) and event.stopped)
        yield event
    if stopped:
        return
    found: list[ScanSeverity] = [
        MeasuredMap.of(entry).severity for entry in manifest.entries(task, maps)
    ]
    if not found:
        return
    tables = [scan_table(found, known), leaf_table(found, known), lesion_table(found)]
    tables += progress_tables(found, known)
    tables.append(origin_table(settings_lines(work.masks, least)))
    files = write_tables(path, tables)
    yield Severities(tuple(files), {scan.scan: scan.total.percent for scan in found})


def _record(season: Season, entries: Iterator[Entry], path: Path) -> None:
    from dataclasses import replace

    from napari_dgc.provenance import provenance_of, write_provenance

    scans: dict[str, tuple[FileHash, ...]] = {}
    files: list[Path] = []
    for entry in entries:
        scans[entry.name] = entry.inputs
        files += entry.files
    told = provenance_of("segment", model=season.model, settings={"out": str(season.out)})
    write_provenance(path, files, replace(told, scans=scans))


def refuse_same_names(items: Sequence[Item]) -> None:
    """Refuse scans whose results would go to the same file.

    Raises
    ------
    UserError
        When two names differ in nothing but upper and lower case.
    """
    seen: dict[str, Item] = {}
    for item in items:
        # Some file systems do not tell upper from lower case.
        other = seen.setdefault(item.name.casefold(), item)
        if other is not item:
            raise UserError(
                f"{other.path} and {item.path} are both called {item.name} and would write the "
                "same files; take one of them out, and do it into another folder."
            )
