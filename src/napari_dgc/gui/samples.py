"""Sample data for File > Open Sample."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from napari_dgc.gui.layers import LayerTuple
    from napari_dgc.simulate import SimulatedScan

#: Small enough to be there within seconds and to train within a minute on two cores.
SIZE = (192, 192)
BANDS = 151
DAYS = (0.0, 3.0, 5.0)


def simulated_leaves(seed: int = 0) -> list[LayerTuple]:
    """Simulate scans of healthy and diseased tea leaves, with their truth as hidden layers."""
    from napari.utils import progress

    from napari_dgc.gui import messages
    from napari_dgc.simulate import simulate_scan
    from napari_dgc.simulate.scan import plan_set

    _see_layers_come()
    found: list[LayerTuple] = []
    with messages.busy(), progress(plan_set(DAYS, seed), desc="Simulating leaves") as plan:
        for day, scan_seed, name in plan:
            scan = simulate_scan(
                day, size=SIZE, bands=BANDS, seed=scan_seed, camera_seed=seed, name=name
            )
            found += scan_layers(scan)
    return found


def scan_layers(scan: SimulatedScan) -> list[LayerTuple]:
    """Describe the layers of a simulated scan; the truth is hidden."""
    from napari_dgc.gui.layers import layer_data, reference_options
    from napari_dgc.simulate import CLASS_NAMES

    options: dict[str, Any] = {
        "name": f"{scan.cube.name} truth",
        "visible": False,
        **reference_options(CLASS_NAMES),
    }
    return layer_data(scan.cube, labels=[(scan.truth, options)])


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
