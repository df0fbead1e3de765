"""Label layers of a comparison, one for each contender on each scan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.gui.compare.label_groups import COMPARED
from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY, align

if TYPE_CHECKING:
    from napari.components import ViewerModel
    from napari.layers import Labels

    from napari_dgc.annotations.label_image import LabelClass
    from napari_dgc.comparison import Comparison
    from napari_dgc.gui.scan import Scan


class ComparedLayers:
    """Shows label maps in layers of their own."""

    def __init__(self, viewer: ViewerModel) -> None:
        self._viewer = viewer
        self._layers: dict[tuple[str, Scan], Labels] = {}

    def clear(self) -> None:
        """Remove the layers of the comparison before."""
        for layer in self._open():
            self._viewer.layers.remove(layer)
        self._layers.clear()

    def put(
        self, scan: Scan, contender: str, labels: NDArray[Any], classes: Sequence[LabelClass]
    ) -> None:
        """Show a map; of several on one scan the first is seen."""
        first = not any(other is scan for _, other in self._layers)
        small = labels.astype(np.uint8) if int(labels.max(initial=0)) < 256 else labels
        active = self._viewer.layers.selection.active
        layer = self._viewer.add_labels(
            small,
            name=f"{scan.name}: {contender}",
            axis_labels=("y", "x"),
            metadata={COMPANION_KEY: scan.cube, ROLE_KEY: COMPARED},
            visible=first,
            **_style(classes or _numbered(labels)),
        )
        align(layer, scan.image)
        self._viewer.layers.selection.active = active if active in self._viewer.layers else None
        self._layers[contender, scan] = layer

    def colour(self, comparison: Comparison) -> None:
        """Give the layers matched colours, and the names that their classes have."""
        for (contender, _), layer in self._layers.items():
            if contender in comparison.classes and layer in self._viewer.layers:
                style = _style(comparison.classes[contender])
                layer.features = style["features"]
                layer.colormap = style["colormap"]

    def drop(self, contender: str) -> None:
        """Remove the layers of a contender that failed."""
        for key in [key for key in self._layers if key[0] == contender]:
            layer = self._layers.pop(key)
            if layer in self._viewer.layers:
                self._viewer.layers.remove(layer)

    def groups(self, contenders: Iterable[str]) -> dict[str, list[tuple[Scan, Labels]]]:
        """Return the layers that are open by contender; those with the scans that all have."""
        wanted = list(contenders)
        scans = [scan for name, scan in self._layers if name == wanted[0]] if wanted else []
        held = set(self._open())
        whole = [
            scan for scan in scans if all(self._layers.get((name, scan)) in held for name in wanted)
        ]
        return {name: [(scan, self._layers[name, scan]) for scan in whole] for name in wanted}

    def _open(self) -> list[Labels]:
        held = set(self._layers.values())
        return [layer for layer in self._viewer.layers if layer in held]


def _numbered(labels: NDArray[Any]) -> list[LabelClass]:
    from napari_dgc.annotations.label_image import LabelClass

    return [LabelClass(int(number)) for number in np.unique(labels) if number]


def _style(classes: Sequence[LabelClass]) -> dict[str, Any]:
    """Return names and colours as options of a layer."""
    from napari.utils.colormaps import DirectLabelColormap
    from pandas import DataFrame

    colours: dict[int | None, Any] = {None: "transparent", 0: "transparent"}
    colours |= {info.number: info.shown_colour for info in classes}
    names = {0: "no data"} | {info.number: info.title for info in classes}
    return {
        "colormap": DirectLabelColormap(color_dict=colours),
        "features": DataFrame({"index": list(names), "class": list(names.values())}),
    }
