"""In which order the pixels of an unfolded image come."""

import numpy as np

from napari_dgc.cubes.layout import BY_COLUMNS, BY_ROWS, Turnable

# Neighbours must differ that much less in the other order before the usual one is given up.
_CLEARLY_SMOOTHER = 0.9
_BANDS, _PIXELS = 5, 1 << 16


def pixel_order(image: Turnable, usual: str = BY_COLUMNS) -> str:
    """Tell whether pixels come column by column, as MATLAB has them, or row by row.

    Parameters
    ----------
    image
        (row, column, band), read as if its pixels came column by column.
    usual
        Order that holds where nothing tells.

    Returns
    -------
    str
        The order for which the samples clearly speak, else `usual`.

    Notes
    -----
    Pixels that touch are alike. In the list of pixels the next column is as
    many pixels on as there are rows, or the next row as many pixels on as
    there are columns: what is alike at which distance tells the order. Where
    there are as many rows as columns nothing tells.
    """
    rows, columns, bands = (int(length) for length in image.shape)
    if rows == columns:
        return usual
    wanted = max(4 * max(rows, columns), min(_PIXELS, rows * columns))
    count = min(columns, -(-wanted // rows))
    first = (columns - count) // 2
    step = max(1, bands // _BANDS)
    block = np.asarray(image[:, first : first + count, step // 2 :: step]).astype(np.float64)
    pixels = block.transpose(1, 0, 2).reshape(rows * count, -1)
    farthest = max(rows, columns)
    if len(pixels) <= farthest or not np.isfinite(pixels).any():
        return usual
    here = pixels[:-farthest]
    down, along = (
        float(np.nanmedian(np.abs(pixels[lag : lag + len(here)] - here).mean(axis=1)))
        for lag in (rows, columns)
    )
    if usual == BY_ROWS:
        return BY_COLUMNS if down < _CLEARLY_SMOOTHER * along else BY_ROWS
    return BY_ROWS if along < _CLEARLY_SMOOTHER * down else BY_COLUMNS
