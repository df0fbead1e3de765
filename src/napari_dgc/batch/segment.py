"""Label maps of scans with a trained model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.batch.reading import Reading, opening
from napari_dgc.batch.task import Item, Result, Step
from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.events import Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.hashes import files_of_scan, hash_scan
from napari_dgc.partition import Partition
from napari_dgc.partition.template import NameTemplate

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer


@dataclass(frozen=True)
class SegmentTask:
    """Write one label map per scan.

    Parameters
    ----------
    model
        Folder of the model.
    model_sha256
        Of the model (see `provenance.model_sha256`): another one in the folder does all anew.
    partition
        Classes of the model's clusters.
    out
        Folder for the maps.
    format
        One of `annotations.export.LABEL_FORMATS`.
    template
        Where given, a table of the classes lies beside each map, with the roles of their names.
    confidence
        Write also how probable the class of each pixel is.
    reading
        How scans are opened.
    """

    model: Path
    model_sha256: str
    partition: Partition
    out: Path
    format: str = "tif"
    template: NameTemplate | None = None
    confidence: bool = False
    reading: Reading = field(default_factory=Reading)

    @property
    def name(self) -> str:
        """What it is."""
        return "segment"

    def settings(self, item: Item) -> Mapping[str, Any]:
        """Return all that a map depends on besides its scan."""
        return {
            "model": self.model_sha256,
            "classes": [info.to_json() for info in self.partition.classes],
            "format": self.format,
            "template": None if self.template is None else self.template.to_json(),
            "confidence": self.confidence,
            "reading": self.reading.to_json(),
        }

    def inputs(self, item: Item) -> Sequence[Path]:
        """Return the files of a scan."""
        return scan_files(item.path)

    def worker(self) -> SegmentWorker:
        """Read the model."""
        from napari_dgc.clustering.storage import load_model

        return SegmentWorker(self, load_model(self.model))

    def planned(self, name: str) -> list[Path]:
        """Return the maps that are written of a scan."""
        from napari_dgc.annotations.export import CONFIDENCE_SUFFIX

        maps = [self.out / f"{name}.{self.format}"]
        return maps + ([self.out / f"{name}{CONFIDENCE_SUFFIX}.tif"] if self.confidence else [])


class SegmentWorker:
    """Labels scans with a model.

    Parameters
    ----------
    task
        What is done.
    model
        Trained.
    """

    def __init__(self, task: SegmentTask, model: Clusterer) -> None:
        self._task, self._model = task, model
        self._table = task.partition.compact_lookup()

    def do(self, item: Item, token: CancelToken) -> Iterator[Step]:
        """Write the map of a scan (see `Worker.do`)."""
        from napari_dgc.clustering.label_scans import Labelled, label_scans

        opened: HyperCube | None = None
        for told in opening(self._task.reading.open(item.path, token=token), token):
            if isinstance(told, HyperCube):
                opened = replace(told, name=item.name)
            else:
                yield told
        if opened is None:
            raise ValueError("a scan was not opened")
        for step in label_scans(self._model, [opened], token=token):
            if not isinstance(step, Labelled):
                yield step
                continue
            if self._task.confidence:
                yield Progress(f"confidence of {item.name}", 0.5)
            files = self._write(step, token)
            yield Result(tuple(files), () if opened.path is None else hash_scan(opened.path, token))

    def _write(self, step: Any, token: CancelToken) -> list[Path]:
        from napari_dgc.annotations.export import write_map, write_value_image
        from napari_dgc.annotations.formats import FORMATS
        from napari_dgc.annotations.label_image import LabelImage
        from napari_dgc.annotations.roles import with_roles

        task, name = self._task, step.cube.name
        files = task.planned(name)
        if task.confidence:
            # First, so that a method without confidence leaves nothing half done.
            values = self._model.predict_confidence(step.cube, groups=self._table, token=token)
            write_value_image(values, files[1])
        labels = self._table[step.labels]
        size = step.cube.pixel_size_mm
        image = LabelImage.of_partition(
            name, labels, task.partition, compact=True, pixel_size_mm=size
        )
        if task.template is None:
            write_map(image, task.out, task.format)
            return files
        image = with_roles(image, task.template)
        return files + FORMATS[task.format].write(image, task.out)[1:]


def scan_files(path: Path) -> list[Path]:
    """Return the files of a scan, as far as they are there."""
    try:
        return files_of_scan(path)
    except (UserError, OSError):
        return [path]
