"""napari's reader of annotations: JSON of labelme or COCO, opened or dropped onto the canvas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from napari_dgc.errors import UserError

_Paths = str | Path | Sequence[str | Path]
#: napari's way to say that a file was dealt with and there is nothing to add.
_NOTHING: list[Any] = [(None,)]


def get_reader(path: _Paths) -> Callable[[_Paths], list[Any]] | None:
    """Return the reader for JSON files with annotations, or None; never raises."""
    try:
        from napari_dgc.annotations.read import holds_labels

        paths = _listed(path)
        if paths and all(one.suffix.lower() == ".json" and holds_labels(one) for one in paths):
            return read
    except Exception:  # noqa: BLE001 - napari may ask about anything
        return None
    return None


def read(path: _Paths) -> list[Any]:
    """Read annotations as label layers; what fits an open scan lies on it.

    Bad files are told in a notification; nothing is added for them.
    """
    from napari import current_viewer

    from napari_dgc.gui import messages
    from napari_dgc.gui.background import wait_for
    from napari_dgc.gui.reference_layers import read_annotations, reference_layer, scan_for
    from napari_dgc.gui.session import get_session

    viewer = current_viewer()
    scans = [] if viewer is None else get_session(viewer).scans
    found: list[Any] = []
    for one in _listed(path):
        try:
            read_one = partial(read_annotations, [one], scans)
            images = wait_for(read_one, f"Reading {one.name}")
        except InterruptedError:
            break
        except UserError as error:
            messages.show_error(str(error).replace(str(one), one.name))
            continue
        for image in images:
            for note in image.notes:
                messages.show_info(note)
            found.append(reference_layer(image, scan_for(image, scans)))
    return found or _NOTHING


def _listed(path: _Paths) -> list[Path]:
    return [Path(path)] if isinstance(path, str | Path) else [Path(one) for one in path]
