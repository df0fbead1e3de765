"""Real sample data that comes with the package."""

from pathlib import Path

#: To be shown wherever the maize cube is shown (CC BY 4.0 asks for it).
ATTRIBUTION = (
    "Maize kernel cube: PlantCV developers, Donald Danforth Plant Science Center "
    "(plantcv-tutorial-hyperspectral), CC BY 4.0, unchanged."
)


def maize_kernels() -> Path:
    """Return the ENVI header of a real maize-kernel cube (43 x 31 pixels, 580 bands).

    The white and dark references of the scan lie beside it. Show `ATTRIBUTION`
    with the data.
    """
    folder = Path(__file__).parent / "maize_kernels"
    return folder / "4-22-22_right_same_B73_top_00.hdr"
