"""Label maps and their truth, found by name and read one by one."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.annotations import LabelImage
    from napari_dgc.annotations.read import Source

    #: Where a map and its truth are read from.
    Pair: TypeAlias = tuple[Source, Source]

CLASS_TABLE = "classes.csv"


@dataclass
class ReadMaps:
    """Label maps with their truth, classes numbered alike in all of them.

    Parameters
    ----------
    names
        Of the scans.
    judged, true
        One of each per scan.
    failed
        Number of scans that could not be read.
    rest
        Class of what is not labelled in the truth, where one was asked for.
    """

    names: list[str] = field(default_factory=list)
    judged: list[LabelImage] = field(default_factory=list)
    true: list[LabelImage] = field(default_factory=list)
    failed: int = 0
    rest: int | None = None


def paired(pred: Path, truth: Path) -> dict[str, Pair]:
    """Find label maps that have a truth of their name; says which have none.

    Raises
    ------
    UserError
        None has one.
    """
    from napari_dgc.annotations.export import CONFIDENCE_SUFFIX
    from napari_dgc.cli.progress import say

    predicted = label_maps(pred)
    folder = truth_of(truth)
    known = label_maps(folder)
    shared = {stem: (predicted[stem], known[stem]) for stem in known if stem in predicted}
    if not shared:
        raise UserError(
            f"No label map in {pred} has the name of one in {folder} "
            f"(for instance {next(iter(known))}); name both after the scan."
        )
    for stem in known:
        if stem not in predicted:
            say(f"left out: {stem} has no prediction in {pred}")
    for stem in predicted:
        beside = stem.removesuffix(CONFIDENCE_SUFFIX)
        if stem not in known and (beside == stem or beside not in predicted):
            say(f"left out: {stem} has no truth in {folder}")
    return shared


def read_pairs(
    pairs: Mapping[str, Pair], *, rest: str | None = None, log: Path | None = None
) -> ReadMaps:
    """Read label maps and their truth; one that cannot be read is said and stops no other.

    Parameters
    ----------
    pairs
        As of `paired`.
    rest
        Name of the class of what is not labelled in the truth.
    log
        File that gets a line of JSON per scan.

    Raises
    ------
    UserError
        None could be read.
    """
    from napari_dgc.annotations.label_image import numbered_alike
    from napari_dgc.batch import BatchFinished, BatchStarted, ScanDone, ScanFailed
    from napari_dgc.batch.log import EventLog
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.evaluation import Scan
    from napari_dgc.evaluation.maps import with_rest
    from napari_dgc.evaluation.report import check_sizes

    read, line, first = ReadMaps(), ProgressLine(), ""
    with ExitStack() as stack:
        told = None if log is None else stack.enter_context(EventLog(log))
        if told is not None:
            told.note(BatchStarted("evaluate", len(pairs), 0, 1))
        for position, (stem, (judged, true)) in enumerate(pairs.items()):
            if sys.stderr.isatty():
                line.show(f"reading {stem}", position / len(pairs))
            begin = time.monotonic()
            try:
                image = judged(None)
                truth = true(image.labels.shape)
                check_sizes([Scan(stem, truth.labels, image.labels)])
            except (UserError, OSError) as error:
                line.clear()
                read.failed += 1
                first = first or str(error)
                if len(pairs) > 1:
                    say(f"failed: {stem}: {error}")
                if told is not None:
                    told.note(ScanFailed(position, stem, str(error)))
                continue
            read.names.append(stem)
            read.judged.append(image)
            read.true.append(truth)
            if told is not None:
                told.note(ScanDone(position, stem, (), round(time.monotonic() - begin, 3)))
        line.clear()
        if told is not None:
            told.note(BatchFinished("evaluate", len(read.names), 0, read.failed, stopped=False))
    if not read.names:
        many = len(pairs) > 1
        raise UserError(f"All {len(pairs)} scans failed, the first: {first}" if many else first)
    for note in dict.fromkeys(note for image in (*read.judged, *read.true) for note in image.notes):
        say(note)
    # Files of outlines count their classes each for itself.
    read.judged, read.true = numbered_alike(read.judged), numbered_alike(read.true)
    if rest:
        read.true, read.rest = with_rest(read.true, rest)
    return read


def label_maps(path: Path) -> dict[str, Source]:
    """Find the label maps of a folder, or of a file that holds several, by name.

    Raises
    ------
    UserError
        When there are none, or two of one name.
    """
    from napari_dgc.annotations.read import open_labels

    found = open_labels(path) if path.is_file() else _maps_in(path)
    if not found:
        raise UserError(
            f"There are no label maps (.tif, .npy, .png, .mat, .pth, .hdr, .json) in {path}."
        )
    return found


def truth_of(folder: Path) -> Path:
    """Return the folder with the truth: its subfolder ``truth`` when it has no maps itself."""
    inner = folder / "truth"
    if inner.is_dir() and not any(
        path.suffix.lower() in (".tif", ".tiff", ".npy", ".png") for path in folder.iterdir()
    ):
        return inner
    return folder


def files_read(path: Path, scans: Iterable[str]) -> list[Path]:
    """Return the files that the label maps of some scans and their classes are read from.

    Parameters
    ----------
    path
        As of `label_maps`.
    scans
        Names of maps that it has.
    """
    from napari_dgc.annotations.read import open_labels
    from napari_dgc.annotations.tables import TABLE_SUFFIX

    wanted, found = set(scans), []
    for file in [path] if path.is_file() else _files_in(path):
        if not wanted.isdisjoint(open_labels(file)):
            found += [file, file.with_name(file.stem + TABLE_SUFFIX)]
    found.append((path.parent if path.is_file() else path) / CLASS_TABLE)
    return [file for file in found if file.is_file()]


def _files_in(folder: Path) -> list[Path]:
    from napari_dgc.annotations.read import holds_labels

    files = [path for path in sorted(folder.iterdir()) if not path.name.startswith(".")]
    return [path for path in files if path.is_file() and holds_labels(path)]


def _maps_in(folder: Path) -> dict[str, Source]:
    from napari_dgc.annotations.read import open_labels

    if not folder.is_dir():
        raise UserError(f"There is no folder {folder}.")
    found: dict[str, Source] = {}
    origin: dict[str, Path] = {}
    for path in _files_in(folder):
        for name, source in open_labels(path).items():
            if name in found:
                raise UserError(
                    f"{folder} holds two label maps named {name} "
                    f"({origin[name].name}, {path.name}); keep one."
                )
            found[name], origin[name] = source, path
    return found
