"""Sample data for File > Open Sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from napari_dgc.gui.layers import LayerTuple
    from napari_dgc.simulate import SimulatedScan

    ReferenceMap = tuple[NDArray[np.uint8], dict[str, Any]]

#: Small enough to be there within seconds and to train within a minute on two cores.
SIZE = (192, 192)
BANDS = 301
DAYS = (0.0, 3.0, 5.0)


def simulated_scans(
    seed: int = 0,
    *,
    days: Sequence[float] = DAYS,
    size: tuple[int, int] = SIZE,
    bands: int = BANDS,
) -> Iterator[tuple[SimulatedScan, list[ReferenceMap]]]:
    """Simulate healthy and diseased leaves one by one, with the options of their truth's layer."""
    from napari_dgc.gui.layers import reference_options
    from napari_dgc.simulate import CLASS_NAMES, simulate_scan
    from napari_dgc.simulate.scan import plan_set

    for day, scan_seed, name in plan_set(days, seed):
        scan = simulate_scan(
            day, size=size, bands=bands, seed=scan_seed, camera_seed=seed, name=name
        )
        options = {"name": f"{name} truth", "visible": False, **reference_options(CLASS_NAMES)}
        yield scan, [(scan.truth, options)]


def simulated_leaves(seed: int = 0) -> list[LayerTuple]:
    """Describe simulated tea-leaf scans, with their truth as hidden label layers."""
    from napari.utils import progress

    from napari_dgc.gui import messages
    from napari_dgc.gui.layers import layer_data

    _see_layers_come()
    found: list[LayerTuple] = []
    with messages.busy(), progress(total=len(DAYS), desc="Simulating leaves") as bar:
        for scan, truth in simulated_scans(seed):
            found += layer_data(scan.cube, labels=truth)
            bar.update(1)
    return found


def maize_kernels() -> list[LayerTuple]:
    """Open the real scan of maize kernels that comes with the package."""
    from napari_dgc.cubes.read import open_cube
    from napari_dgc.gui import messages
    from napari_dgc.gui.layers import layer_data
    from napari_dgc.samples import ATTRIBUTION, maize_kernels

    _see_layers_come()
    with messages.busy():
        found = layer_data(open_cube(maize_kernels()))
    messages.show_info(ATTRIBUTION)
    return found


def _see_layers_come() -> None:
    from napari import current_viewer

    from napari_dgc.gui.session import get_session

    viewer = current_viewer()
    if viewer is not None:
        get_session(viewer)
