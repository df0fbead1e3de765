"""Files that ``napari-dgc compare --out`` writes: label maps and contact sheets."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from napari_dgc.annotations.formats import FORMATS
from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.annotations.read import read_label_image
from napari_dgc.comparison import Comparison, MapReady
from napari_dgc.comparison.contenders import NumberedAlike
from napari_dgc.comparison.sheet import SheetRow, small, write_sheets
from napari_dgc.composites import draft, is_slow, true_colour
from napari_dgc.cubes import HyperCube

_TIFF = FORMATS["tif"]


class MapFiles:
    """Label maps of a comparison in a folder for each contender.

    Parameters
    ----------
    folder
        Holds these folders.
    cubes
        All scans, by position.
    """

    def __init__(self, folder: Path, cubes: Sequence[HyperCube]) -> None:
        self._folder = folder
        self._cubes = cubes
        self._compared: dict[int, None] = {}

    def planned(self, contenders: Iterable[str]) -> list[Path]:
        """Return the label maps that will be written."""
        return [self._path(name, cube.name) for name in contenders for cube in self._cubes]

    def keep(self, event: MapReady) -> None:
        """Write a map at once; it gets its colours in the end, when they are known."""
        self._compared[event.scan] = None
        image = LabelImage.build(self._cubes[event.scan].name, event.labels, event.classes)
        _TIFF.write(image, self._folder / event.contender)

    def finish(
        self, comparison: Comparison, truth: Callable[[int], LabelImage | None] | None
    ) -> list[Path]:
        """Write the maps again in matched colours, and contact sheets; returns the files."""
        written: list[Path] = []
        columns = ["scan", *([] if truth is None else ["truth"]), *comparison.contenders]
        first = comparison.contenders[0]
        sheets = write_sheets(
            self._folder,
            columns,
            self._rows(comparison, truth, written),
            comparison.classes[first],
            f"{first}:",
        )
        return [*written, *sheets]

    def _rows(
        self,
        comparison: Comparison,
        truth: Callable[[int], LabelImage | None] | None,
        written: list[Path],
    ) -> Iterator[SheetRow]:
        """Go through the scans one by one, so that no more than one is in memory."""
        alike = NumberedAlike()
        for scan in self._compared:
            cube = self._cubes[scan]
            pictures = [small(draft(cube) if is_slow(cube) else true_colour(cube))]
            if truth is not None:
                image = truth(scan)
                labels = np.zeros((cube.rows, cube.columns), np.uint8)
                true = labels if image is None else alike.renumbered(image).labels
                pictures.append(_painted(true, comparison.truth_classes))
            for name in comparison.contenders:
                classes = comparison.classes[name]
                labels = read_label_image(self._path(name, cube.name)).labels
                image = LabelImage.build(cube.name, labels, classes)
                written += _TIFF.write(image, self._folder / name)
                pictures.append(_painted(labels, classes))
            yield SheetRow(cube.name, pictures)

    def _path(self, contender: str, scan: str) -> Path:
        return self._folder / contender / f"{scan}.tif"


def _painted(labels: NDArray[np.integer], classes: Sequence[LabelClass]) -> NDArray[np.uint8]:
    return LabelImage.build("", small(labels), classes).painted()
