"""Which opposite neighbours explain a pixel, row by row, compiled (see `clustering.compiled`)."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.clustering.compiled import compiled, padded, share_rows

_ZERO, _ONE, _TWO = np.float32(0), np.float32(1), np.float32(2)
_TINY = np.float32(1e-12)

Image = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Explained:
    """What `explain` found in a stack (windows, rows, columns).

    Parameters
    ----------
    share
        How far from the first end to the second, 0 for a pixel that is not mixed.
    step
        From a pixel to its first end in the flattened stack; to the second it is the opposite.
    last_lag
        Whether the pair of ends that differ most is among `explains`.
    explains
        (pairs, windows, rows, columns) for the pairs that are farthest apart.
    steps
        (pairs,) `step` of each.
    """

    share: Image
    step: NDArray[np.int64]
    last_lag: NDArray[np.bool_]
    explains: NDArray[np.bool_]
    steps: NDArray[np.int64]


@compiled
def _explain(
    seen: Image,
    has_data: Image,
    pairs: NDArray[np.int64],
    limits: Image,
    kept_from: int,
    share: Image,
    best: NDArray[np.int64],
    explains: NDArray[np.bool_],
    first: int,
    last: int,
) -> None:
    """Look at every pair (row, column) of the window for rows of `seen`, which has a rim."""
    _, size, _, wide = seen.shape
    _, rows, columns = share.shape
    reach = (seen.shape[2] - rows) // 2
    full = wide - 2 * reach
    contrast, least, noise, bend = limits
    length = np.empty(full, np.float32)
    near = np.empty(full, np.float32)
    along = np.empty(full, np.float32)
    for place in range(first, last):
        window, row = place // rows, place % rows
        here_valid = has_data[window, row + reach, reach : reach + full]
        widest = np.zeros(full, np.float32)
        for number in range(len(pairs)):
            down, right = pairs[number]
            to_one, to_other = reach + right, reach - right
            length[:] = _ZERO
            near[:] = _ZERO
            along[:] = _ZERO
            for c in range(size):
                here = seen[window, c, row + reach, reach : reach + full]
                one = seen[window, c, row + reach + down, to_one : to_one + full]
                other = seen[window, c, row + reach - down, to_other : to_other + full]
                for k in range(full):
                    line = other[k] - one[k]
                    away = here[k] - one[k]
                    length[k] = length[k] + line * line
                    near[k] = near[k] + away * away
                    along[k] = along[k] + away * line
            one = has_data[window, row + reach + down, to_one : to_one + full]
            other = has_data[window, row + reach - down, to_other : to_other + full]
            for k in range(columns):
                if length[k] <= contrast or one[k] * other[k] * here_valid[k] <= _ZERO:
                    continue
                # Squared distance to the other end, by the law of cosines.
                far = near[k] - _TWO * along[k] + length[k]
                part = along[k] / max(length[k], _TINY)
                off = near[k] - part * along[k]
                found = part > _ZERO and part < _ONE and min(near[k], far) > least
                if not (found and off < noise + bend * length[k]):
                    continue
                if number >= kept_from:
                    explains[number - kept_from, window, row, k] = True
                if length[k] > widest[k]:
                    widest[k] = length[k]
                    share[window, row, k] = part
                    best[window, row, k] = number


def explain(
    seen: Image, valid: Image, lags: NDArray[np.int64], kept_from: int, limits: tuple[Any, ...]
) -> Explained:
    """Compare opposite neighbours of every pixel.

    Parameters
    ----------
    seen
        (windows, dimensions, rows, columns).
    valid
        (windows, rows, columns), 1 where there are data.
    lags
        (pairs, 2) rows and columns to the first end of each pair, the nearest first.
    kept_from
        Pairs from this one on are kept apart.
    limits
        Least squared length of the line, least squared distance from its ends, and most from
        the line: by itself, and as a part of the squared length.
    """
    windows, _, rows, columns = seen.shape
    reach = int(np.abs(lags).max())
    images, has_data = padded(seen, reach), padded(valid, reach)
    share = np.zeros((windows, rows, columns), np.float32)
    best = np.zeros(share.shape, np.int64)
    explains = np.zeros((len(lags) - kept_from, *share.shape), np.bool_)
    numbers = np.array(limits, np.float32)

    def work(first: int, last: int) -> None:
        _explain(images, has_data, lags, numbers, kept_from, share, best, explains, first, last)

    share_rows(work, windows * rows)
    steps = lags[:, 0] * columns + lags[:, 1]
    return Explained(share, steps[best], best >= kept_from, explains, steps[kept_from:])
