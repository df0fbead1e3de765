"""Lesions, severity and spectra of classes from label maps."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.annotations.naming import Naming, read_map
from napari_dgc.annotations.read import Source, open_labels
from napari_dgc.annotations.roles import roles_in
from napari_dgc.annotations.tables import FOLDER_TABLE, TABLE_SUFFIX
from napari_dgc.batch.manifest import Entry
from napari_dgc.batch.reading import Reading
from napari_dgc.batch.segment import scan_files
from napari_dgc.batch.task import Item, Result, Step
from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.hashes import FileHash, hash_file, hash_scan
from napari_dgc.indices import Index
from napari_dgc.measure.class_values import ScanClassValues, class_values
from napari_dgc.measure.leaves import LEAST_LEAF, LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.severity import ScanSeverity, measure_scan
from napari_dgc.measure.stored import (
    severity_from_json,
    severity_to_json,
    values_from_json,
    values_to_json,
)


@dataclass(frozen=True)
class MeasureTask:
    """Measure label maps; the figures go to the manifest, from which tables are made.

    Parameters
    ----------
    naming
        What tells names and roles of the classes.
    masks
        How lesions are made.
    least_leaf
        Least area of a leaf, in pixels.
    pixel_sizes_mm
        Side of a pixel by name of the map, as the user says.
    pixel_size_mm
        The same for all other maps; where None, what the map or its scan tells.
    indices
        Vegetation indices of the classes, for maps that have a scan.
    reading
        How scans are opened.
    """

    naming: Naming = field(default_factory=Naming)
    masks: MaskSettings = field(default_factory=MaskSettings)
    least_leaf: int = LEAST_LEAF
    pixel_sizes_mm: Mapping[str, float] = field(default_factory=dict)
    pixel_size_mm: float | None = None
    indices: tuple[Index, ...] = ()
    reading: Reading = field(default_factory=Reading)

    @property
    def name(self) -> str:
        """What it is."""
        return "measure"

    def settings(self, item: Item) -> Mapping[str, Any]:
        """Return all that the figures of a map depend on besides its files."""
        return {
            "naming": repr(self.naming),
            "masks": self.masks.to_json(),
            "least_leaf": self.least_leaf,
            "pixel_size_mm": self.pixel_sizes_mm.get(item.name) or self.pixel_size_mm,
            "scan": item.scan is not None,
            "indices": [[index.name, str(index.formula)] for index in self.indices],
            "reading": self.reading.to_json(),
        }

    def inputs(self, item: Item) -> Sequence[Path]:
        """Return the map, the tables of classes beside it, and its scan."""
        path = item.path
        tables = [path.with_name(path.stem + TABLE_SUFFIX), path.with_name(FOLDER_TABLE)]
        return [path, *tables, *([] if item.scan is None else scan_files(item.scan))]

    def worker(self) -> MeasureWorker:
        """Get ready."""
        return MeasureWorker(self)


class MeasureWorker:
    """Measures label maps.

    Parameters
    ----------
    task
        What is done.
    """

    def __init__(self, task: MeasureTask) -> None:
        self._task = task
        self._file: Path | None = None
        self._sources: Mapping[str, Source] = {}

    def do(self, item: Item, token: CancelToken) -> Iterator[Step]:
        """Measure a map (see `Worker.do`)."""
        if token.cancelled:
            raise InterruptedError
        task = self._task
        yield Progress(f"measuring {item.name}", 0.0)
        cube = None if item.scan is None else task.reading.open(item.scan, token=token)
        if cube is not None:
            yield from (Notice(note) for note in cube.notes)
        image = read_map(self._source(item), task.naming, task.masks, cube)
        unnamed = unnamed_pixels(image)
        if unnamed:
            yield Notice(f"{unnamed} pixels are of classes without a name and count as background")
        masks, leaf = roles_in(image, task.masks)
        names = {info.number: info.name for info in image.classes}
        found = measure_scan(
            image.labels,
            names,
            settings=masks,
            leaf_names=leaf,
            edits=LeafEdits(least_area=task.least_leaf),
            pixel_size_mm=task.pixel_sizes_mm.get(item.name)
            or task.pixel_size_mm
            or image.pixel_size_mm
            or (None if cube is None else cube.pixel_size_mm),
            scan=item.name,
        )
        content: dict[str, Any] = {
            "severity": severity_to_json(found),
            "diseased": list(masks.names),
        }
        if cube is not None:
            yield Progress(f"spectra of {item.name}", 0.5)
            content["classes"] = values_to_json(self._values(cube, item, image, names, token))
        inputs: tuple[FileHash, ...] = (hash_file(item.path, token),)
        if item.scan is not None:
            inputs += hash_scan(item.scan, token)
        yield Result((), inputs, content)

    def _source(self, item: Item) -> Source:
        if self._file != item.path:
            self._file, self._sources = item.path, open_labels(item.path)
        if item.name not in self._sources:
            raise UserError(f"{item.path} has no map {item.name} any more; start again.")
        return self._sources[item.name]

    def _values(
        self,
        cube: HyperCube,
        item: Item,
        image: LabelImage,
        names: Mapping[int, str],
        token: CancelToken,
    ) -> ScanClassValues:
        shape = image.labels.shape
        if shape != (cube.rows, cube.columns):
            raise UserError(
                f"The map {item.name} has {shape[0]} x {shape[1]} pixels and its scan "
                f"{cube.rows} x {cube.columns}; give the map of this scan."
            )
        found = class_values(cube, image.labels, names, self._task.indices, token=token)
        return ScanClassValues.of(item.name, cube, found)


def unnamed_pixels(image: LabelImage) -> int:
    """Return how many pixels are of classes without a name, as they may well be leaf."""
    names = {info.number: info.name for info in image.classes}
    counts = np.bincount(image.labels.ravel())
    return sum(int(counts[label]) for label in range(1, counts.size) if not names.get(label))


def map_items(files: Iterable[Path], scans: Mapping[str, Path]) -> list[Item]:
    """Return the maps in some files, each with the scan of its name where there is one."""
    return [Item(name, path, scans.get(name)) for path in files for name in open_labels(path)]


@dataclass(frozen=True, eq=False)
class MeasuredMap:
    """What was measured on a map.

    Parameters
    ----------
    severity
        Its figures.
    diseased
        Names of classes that were taken for diseased.
    values
        Spectra and indices of its classes, or None without its scan.
    """

    severity: ScanSeverity
    diseased: tuple[str, ...]
    values: ScanClassValues | None

    @classmethod
    def of(cls, entry: Entry) -> MeasuredMap:
        """Rebuild it from what the manifest keeps.

        Raises
        ------
        UserError
            The manifest is damaged.
        """
        content = entry.content
        try:
            diseased = tuple(str(name) for name in content["diseased"])
            values = content.get("classes")
            return cls(
                severity_from_json(content["severity"]),
                diseased,
                None if values is None else values_from_json(values),
            )
        except (KeyError, TypeError, ValueError, AttributeError):
            raise UserError(
                f"What is kept of {entry.name} is damaged; measure it again with --redo."
            ) from None
