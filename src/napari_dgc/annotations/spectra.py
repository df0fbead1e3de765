"""Mean spectra of the classes as CSV."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from napari_dgc.annotations.label_image import LabelImage
from napari_dgc.cancel import CancelToken
from napari_dgc.errors import UserError


def write_class_spectra(
    image: LabelImage, folder: Path, *, token: CancelToken | None = None
) -> list[Path]:
    """Write ``NAME_spectra.csv``: mean and standard deviation of each class, and its sources.

    Raises
    ------
    UserError
        When the scan is not there.
    InterruptedError
        When `token` was cancelled.
    """
    from napari_dgc.measure.region_spectra import region_spectrum
    from napari_dgc.measure.spectra_table import NamedSpectrum, write_spectra

    cube = image.scan
    if cube is None:
        raise UserError(
            f"The scan of {image.name} is needed for spectra; give it, or leave spectra out."
        )
    spectra = []
    for info in image.present:
        mask = image.labels == info.number
        found = region_spectrum(cube, mask, token=token)
        rows, columns = np.nonzero(mask)
        spectra.append(
            NamedSpectrum(
                info.title,
                "label",
                image.name,
                cube,
                found.mean,
                found.sd,
                float(rows.mean()),
                float(columns.mean()),
                found.pixels,
            )
        )
    if not spectra:
        raise UserError(f"The label map {image.name} is empty: there is no class to measure.")
    return write_spectra(folder / f"{image.name}_spectra.csv", spectra)
