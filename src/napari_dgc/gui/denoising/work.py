"""Scans as a model gives them back, computed in a thread."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.computed_copy import computed_once
from napari_dgc.cubes.reflectance import other_units
from napari_dgc.errors import UserError
from napari_dgc.gui import layers as make

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.session import Scan, Session

#: Metadata of the images of all bands added up.
ROLE = "sum of bands"
#: Parts of the work: adding up the scan, and computing its copy; adding that up is the rest.
_BEFORE, _COPY = 0.15, 0.75


@runtime_checkable
class GivesBack(Protocol):
    """A model that can give a scan back as it has understood it."""

    units: str | None

    def reconstruct(self, cube: HyperCube) -> HyperCube:
        """Return the scan with less noise."""


@dataclass(frozen=True, eq=False)
class Denoised:
    """One scan, denoised.

    Parameters
    ----------
    scan
        What was denoised.
    cube
        The result, in bands and units of the model.
    layers
        Layers of the result as `layer_data` describes them.
    before, after
        (rows, columns) sum over all bands of the scan and of the result.
    limits
        Contrast limits of both sums.
    notes
        What the user should know, one sentence each.
    """

    scan: Scan
    cube: HyperCube
    layers: list[make.LayerTuple]
    before: NDArray[np.float32]
    after: NDArray[np.float32]
    limits: tuple[float, float]
    notes: tuple[str, ...]


def denoise(
    scan: Scan,
    cube: HyperCube,
    model: GivesBack,
    token: CancelToken,
    progress: Callable[[float], None],
) -> Denoised:
    """Compute all that is shown of a denoised scan.

    Parameters
    ----------
    scan, cube
        The scan, and its cube at the time of the click.
    model
        Gives it back.
    token
        Stops with an InterruptedError.
    progress
        Called with the share that is done, 0 to 1.

    Raises
    ------
    UserError
        The model does not fit the scan.
    """
    from napari_dgc.clustering.dsc.denoise import integrated

    notes = []
    if (other := other_units(model.units, [cube])) is not None:
        notes.append(other)
    result = replace(model.reconstruct(cube), name=f"{cube.name} denoised")
    before = integrated(cube, token=token, progress=lambda share: progress(_BEFORE * share))
    try:
        result = computed_once(
            result, token=token, progress=lambda share: progress(_BEFORE + _COPY * share)
        )
    except UserError as error:
        notes.append(f"{error} The denoised scan is computed while it is looked at, slowly.")
    rest = 1 - _BEFORE - _COPY
    after = integrated(
        result, token=token, progress=lambda share: progress(1 - rest + rest * share)
    )
    return Denoised(
        scan, result, make.layer_data(result), before, after, _limits(before), tuple(notes)
    )


def show(session: Session, found: Denoised) -> list[Any]:
    """Add a denoised scan and the sums before and after; returns the layers.

    The sum before lies over the scan, the sum after over the denoised scan beside it.
    """
    viewer, scan = session.viewer, found.scan
    if viewer is None or scan not in session.scans:
        return []
    image, added = scan.image, []
    for data, options, _ in found.layers:
        options = {**options, "scale": image.scale[-2:], "units": image.units[-2:]}
        if make.CUBE_KEY in options["metadata"]:
            options |= {"scale": image.scale, "units": image.units}
            # The same grey is the same value in both, unless the file's samples are scaled.
            if scan.cube.scale == 1 and scan.cube.gains is None and scan.cube.offsets is None:
                options["contrast_limits"] = image.contrast_limits
        added.append(viewer.add_image(data, **options))
    for values, cube, what in (
        (found.before, scan.cube, scan.name),
        (found.after, found.cube, str(added[0].name)),
    ):
        added.append(
            viewer.add_image(
                values,
                name=f"{what} sum",
                colormap="gray",
                contrast_limits=found.limits,
                axis_labels=("y", "x"),
                scale=image.scale[-2:],
                units=image.units[-2:],
                metadata={make.COMPANION_KEY: cube, make.ROLE_KEY: ROLE},
            )
        )
    return added


def _limits(image: NDArray[np.float32]) -> tuple[float, float]:
    known = image[np.isfinite(image)]
    if not known.size:
        return 0.0, 1.0
    low, high = (float(value) for value in np.percentile(known, (0.5, 99.5)))
    return (low, high) if high > low else (low, low + 1.0)
