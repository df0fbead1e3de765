"""Label layers of the viewer, grouped by what they say of the scans."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from napari_dgc.gui.export_sources import layer_image
from napari_dgc.gui.layers import COMPANION_KEY, ROLE_KEY
from napari_dgc.gui.reference_layers import size_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from napari.layers import Labels

    from napari_dgc.annotations import LabelImage
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

#: Role of the layers that a comparison makes.
COMPARED = "comparison"


def label_groups(session: Session) -> dict[str, dict[Scan, Labels]]:
    """Find the label layers that lie on open scans.

    Layers of one meaning are named after their scans, as in "day3 truth" and "day5 truth".

    Returns
    -------
    dict
        By what remains of the names without the scans': the layer of each scan.
    """
    from napari.layers import Labels

    found: dict[str, dict[Scan, Labels]] = {}
    viewer = session.viewer
    for layer in () if viewer is None else viewer.layers:
        if not isinstance(layer, Labels) or layer.multiscale or layer.ndim != 2:
            continue
        scan = _scan_of(layer, session.scans)
        if scan is None or layer.metadata.get(ROLE_KEY) == COMPARED:
            continue
        title = str(layer.name).replace(scan.name, "").strip(" _-:") or str(layer.name)
        found.setdefault(title, {}).setdefault(scan, layer)
    return found


def _scan_of(layer: Labels, scans: Sequence[Scan]) -> Scan | None:
    owner = layer.metadata.get(COMPANION_KEY)
    for scan in scans:
        if owner is not None and scan.cube is owner:
            return scan if size_of(scan) == layer.data.shape else None
    fitting = [scan for scan in scans if size_of(scan) == layer.data.shape]
    named = [scan for scan in fitting if str(layer.name).startswith(scan.name)]
    if named:
        return max(named, key=lambda scan: len(scan.name))
    return fitting[0] if len(fitting) == 1 and owner is None else None


def images_of(
    group: dict[Scan, Labels], scans: Sequence[Scan], session: Session
) -> Callable[[int], LabelImage | None]:
    """Return what makes the label image of a scan, of the layers as they are now."""
    held: list[tuple[Any, Any] | None] = [
        (group[scan], np.array(group[scan].data)) if scan in group else None for scan in scans
    ]

    def image(position: int) -> LabelImage | None:
        found = held[position]
        if found is None:
            return None
        layer, labels = found
        return layer_image(scans[position].name, layer, labels, session)

    return image
