"""The dock "Simulate scans": tea leaves of any size, with their truth."""

from typing import TYPE_CHECKING, Any

from magicgui import magic_factory

from napari_dgc.errors import UserError
from napari_dgc.gui import messages

if TYPE_CHECKING:
    import napari


def parse_days(text: str) -> tuple[float, ...]:
    """Read days after infection, ``"0 3 5"`` or ``"0, 3, 5"``; raises UserError."""
    try:
        days = tuple(float(part) for part in text.replace(",", " ").split())
    except ValueError:
        days = ()
    if not days:
        raise UserError(f"Days after infection are numbers like 0 3 5, not {text!r}.")
    return days


@magic_factory(
    call_button="Simulate",
    days={
        "label": "Days",
        "tooltip": "Days after infection, one scan for each number; 0 is healthy.",
    },
    rows={
        "label": "Rows",
        "min": 16,
        "max": 4096,
        "tooltip": "Pixels along the scan direction, 16 to 4096.",
    },
    columns={
        "label": "Columns",
        "min": 16,
        "max": 4096,
        "tooltip": "Pixels across the scan direction, 16 to 4096.",
    },
    bands={
        "label": "Bands",
        "min": 4,
        "max": 2000,
        "tooltip": "Bands from 400 to 1000 nm, 4 to 2000.",
    },
    seed={
        "label": "Seed",
        "min": 0,
        "max": 2**31 - 1,
        "tooltip": "The same seed gives the same scans.",
    },
)
def simulate_scans(
    viewer: "napari.viewer.Viewer",
    days: str = "0 3 5",
    rows: int = 256,
    columns: int = 256,
    bands: int = 301,
    seed: int = 0,
) -> None:
    """Simulate scans of tea leaves, with their truth as hidden label layers."""
    from napari.qt.threading import create_worker

    from napari_dgc.gui.samples import simulated_scans
    from napari_dgc.gui.session import get_session
    from napari_dgc.simulate.scan import check_arguments

    try:
        chosen = parse_days(days)
        check_arguments(chosen, (rows, columns), bands, seed, 1.0)
    except UserError as error:
        messages.show_error(str(error))
        return
    session = get_session(viewer)

    def show(found: tuple[Any, Any]) -> None:
        scan, truth = found
        session.add_cube_layers(scan.cube, labels=truth)
        viewer.reset_view()

    create_worker(
        simulated_scans,
        seed,
        days=chosen,
        size=(rows, columns),
        bands=bands,
        _progress={"total": len(chosen), "desc": "Simulating leaves"},
        _connect={"yielded": show},
    )
