"""Scans as the autoencoder gives them back, window by window."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.dsc.spectra import Array
from napari_dgc.clustering.dsc.training import DSCModel
from napari_dgc.clustering.labelling import check_stop
from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.cubes.derived import DerivedArray
from napari_dgc.cubes.windowed import Span

_ROWS = 32


def denoised(cube: HyperCube, grid: BandGrid, model: DSCModel) -> HyperCube:
    """Return a scan as a model gives it back (see `DeepSpectralClustering.reconstruct`)."""
    good = grid.good_bands

    def window(bands: Span, rows: slice, columns: slice) -> Array:
        read = grid.read(cube, rows, columns)
        valid = valid_pixels(read)
        result = np.full(read.shape, np.nan, np.float32)
        if valid.any():
            prepared = model.scale.prepare(np.ascontiguousarray(read[:, valid].T))
            result[:, valid] = model.scale.restore(model.outputs(prepared), prepared).T
        return result[bands]

    same = cube.n_bands == grid.n_bands
    names = tuple(cube.band_names[band] for band in good) if same and cube.band_names else None
    known = grid.wavelengths_nm is not None
    centres = grid.wavelengths_nm if known else (cube.wavelengths if same else None)
    return replace(
        cube,
        data=DerivedArray(window, (len(good), cube.rows, cube.columns), behind=len(good)),
        name=f"{cube.name}_denoised",
        wavelengths=None if centres is None else centres[good],
        wavelength_unit="nm" if known else cube.wavelength_unit,
        path=None,
        variable=None,
        format="denoised",
        no_data=None,
        bad_bands=(),
        scale=1.0,
        gains=None,
        offsets=None,
        fwhm=None,
        band_names=names,
        default_bands=None,
        references=None,
    )


def integrated(
    cube: HyperCube,
    *,
    progress: Callable[[float], object] = lambda fraction: None,
    token: CancelToken | None = None,
) -> NDArray[np.float32]:
    """Add up the good bands of a scan: one image of all light, before or after denoising.

    Parameters
    ----------
    cube
        The scan; read in blocks of rows.
    progress
        Called with the share that is done.
    token
        Stops with an InterruptedError.

    Returns
    -------
    ndarray
        (rows, columns), NaN where there are no data.
    """
    image = np.full((cube.rows, cube.columns), np.nan, np.float32)
    for top in range(0, cube.rows, _ROWS):
        check_stop(token)
        rows = slice(top, min(top + _ROWS, cube.rows))
        image[rows] = cube.read(rows, slice(None), cube.good_bands).sum(axis=0, dtype=np.float64)
        progress(rows.stop / cube.rows)
    return image
