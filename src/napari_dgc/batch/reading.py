"""How scans are opened, as a value that goes to other processes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.events import Notice, Progress
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError


@dataclass(frozen=True)
class Reading:
    """What is said about the files of scans (see `cubes.read.open_cube`).

    Parameters
    ----------
    variable, layout, wavelengths, wavelength_unit, image
        As of `open_cube`.
    bad_bands
        Bands to leave out, as of `cubes.bad_bands.leave_out`.
    """

    variable: str | None = None
    layout: str = "auto"
    wavelengths: tuple[float, ...] | None = None
    wavelength_unit: str | None = None
    image: tuple[int, int] | None = None
    bad_bands: str = ""

    def open(
        self,
        path: Path | str,
        *,
        token: CancelToken | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> HyperCube:
        """Open a scan.

        Raises
        ------
        UserError
            It cannot be opened; the sentence names it.
        InterruptedError
            When asked to stop.
        """
        from napari_dgc.cubes.bad_bands import leave_out
        from napari_dgc.cubes.read import open_cube

        cube = open_cube(
            path,
            variable=self.variable,
            layout=self.layout,
            wavelengths=None if self.wavelengths is None else np.asarray(self.wavelengths),
            wavelength_unit=self.wavelength_unit,
            image=self.image,
            token=token,
            progress=progress,
        )
        return leave_out(cube, self.bad_bands)

    def to_json(self) -> dict[str, Any]:
        """Describe it with plain values."""
        return asdict(self)


def opening(
    cube: HyperCube, token: CancelToken | None = None
) -> Iterator[Progress | Notice | HyperCube]:
    """Tell what was decided about a scan, and give it so that it is read quickly by patches.

    Parameters
    ----------
    cube
        As it was opened.
    token
        Asks for a stop.

    Raises
    ------
    InterruptedError
        When asked to stop.
    """
    from napari_dgc.cubes.scan_cache import quick_to_read, slow_to_read

    for note in cube.notes:
        yield Notice(note)
    if cube.path is None or not slow_to_read(cube.data):
        yield cube
        return
    yield Progress(f"unpacking {cube.name}", 0.0)
    try:
        yield quick_to_read(cube, token=token)
    except UserError as error:
        yield Notice(f"{error} {cube.name} is read from its file, slowly.")
        yield cube
