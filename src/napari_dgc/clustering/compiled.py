"""Loops compiled to machine code, and shared out over threads.

Sums over the neighbours of each pixel pass the same image through memory dozens of times when
they are written as operations on whole arrays. Compiled by numba a row of pixels stays in the
processor's cache until it is done with. Such a function is compiled when it is first called
(a second or two) and kept on disk from then on; it does not hold Python's global lock.

Every pixel is summed in an order that does not depend on where in the array it lies, so that
results are the same, bit for bit, for every tile and number of threads. Multiplication and
addition are allowed to be rounded as one, nothing else that would not be exact.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import numba
import numpy as np
import torch
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])

#: Rows that a thread works on at a time.
_ROWS = 8
_LARGEST_POOL = 16
_LOG2_E = np.float32(1.44269504)
_LN2_HIGH, _LN2_LOW = np.float32(0.693359375), np.float32(-2.12194440e-4)
#: Adding this leaves the rounded whole number in the last bits.
_ROUNDER, _ROUNDER_BITS = np.float32(12582912.0), 0x4B400000
_LOWEST = np.float32(-87.0)
_C2, _C3, _C4, _C5, _C6 = (
    np.float32(c) for c in (0.49999999, 0.16666667, 0.041665795, 0.0083334519, 0.0013981999)
)
_LEAST_SQUARE = np.float32(1e-12)
_ZERO, _ONE = np.float32(0), np.float32(1)


def compiled(function: Function) -> Function:
    """Compile a function; kept on disk where there is a place for it."""
    options: dict[str, Any] = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy"}
    try:
        result: Function = numba.njit(cache=True, **options)(function)
    except RuntimeError:  # neither the package's folder nor the user's can be written
        result = numba.njit(**options)(function)
    return result


@compiled
def exponential(values: NDArray[np.float32], bits: NDArray[np.int32]) -> None:
    """Replace values (n,) <= 0 by their exponential, within 2e-7 of it; 0 below -87.

    Parameters
    ----------
    values
        Changed in place.
    bits
        Room for (n,).

    Notes
    -----
    2^k by its bits, the rest by a polynomial (Cody & Waite 1980). The one of the C library is
    called number by number.
    """
    powers = bits.view(np.float32)
    for i in range(len(values)):
        powers[i] = max(values[i], _LOWEST) * _LOG2_E + _ROUNDER
    for i in range(len(values)):
        whole = powers[i] - _ROUNDER
        rest = max(values[i], _LOWEST) - whole * _LN2_HIGH
        rest = rest - whole * _LN2_LOW
        poly = _C5 + rest * _C6
        poly = _C4 + rest * poly
        poly = _C3 + rest * poly
        poly = _C2 + rest * poly
        poly = _ONE + rest * poly
        poly = _ONE + rest * poly
        values[i] = poly if values[i] > _LOWEST else _ZERO
    for i in range(len(values)):
        bits[i] = (bits[i] - _ROUNDER_BITS + 127) << 23
    for i in range(len(values)):
        values[i] *= powers[i]


@compiled
def standardise(
    window: NDArray[np.float32],
    centre: NDArray[np.float32],
    factor: NDArray[np.float32],
    largest: Any,
    out: NDArray[np.float32],
    valid: NDArray[np.bool_],
) -> None:
    """Write (window - centre) * factor, band by band, cut off at +-largest, in one pass.

    Parameters
    ----------
    window, out
        (bands, rows, columns).
    centre, factor
        (bands,).
    largest
        Largest size of a value.
    valid
        (rows, columns), set to whether all bands are finite.
    """
    bands, rows, columns = window.shape
    probe = np.empty(columns, np.float32)
    for row in range(rows):
        probe[:] = _ZERO
        for band in range(bands):
            values, target = window[band, row], out[band, row]
            middle, scale = centre[band], factor[band]
            for k in range(columns):
                # 0, but not for infinity and what is no number.
                probe[k] = probe[k] + (values[k] - values[k])
                target[k] = min(max((values[k] - middle) * scale, -largest), largest)
        for k in range(columns):
            valid[row, k] = probe[k] == _ZERO


@compiled
def scale_rows(
    images: NDArray[np.float32], out: NDArray[np.float32], first: int, last: int
) -> None:
    """Scale rows of (windows, dimensions, rows, columns) to unit length along dimensions."""
    _, size, rows, columns = images.shape
    length = np.empty(columns, np.float32)
    for place in range(first, last):
        window, row = place // rows, place % rows
        length[:] = _ZERO
        for c in range(size):
            values = images[window, c, row]
            for k in range(columns):
                length[k] = length[k] + values[k] * values[k]
        for k in range(columns):
            length[k] = _ONE / np.sqrt(max(length[k], _LEAST_SQUARE))
        for c in range(size):
            values, target = images[window, c, row], out[window, c, row]
            for k in range(columns):
                target[k] = values[k] * length[k]


def padded(image: NDArray[np.float32], radius: int) -> NDArray[np.float32]:
    """Return (..., rows, columns) with zeros around it, and columns up to a multiple of 16.

    Full vectors only: what is left over would be computed by other instructions.
    """
    *front, rows, columns = image.shape
    result = np.zeros((*front, rows + 2 * radius, whole(columns) + 2 * radius), np.float32)
    result[..., radius : radius + rows, radius : radius + columns] = image
    return result


def whole(columns: int) -> int:
    """Return how many columns are computed for so many that are wanted."""
    return -(-columns // 16) * 16


def share_rows(work: Callable[[int, int], object], rows: int) -> None:
    """Call `work(first, last)` for blocks of rows, on as many threads as torch may use."""
    threads = min(torch.get_num_threads(), -(-rows // _ROWS), _LARGEST_POOL)
    edges = [*range(0, rows, _ROWS), rows]
    if threads < 2:
        work(0, rows)
        return
    with ThreadPoolExecutor(threads, thread_name_prefix="napari-dgc-rows") as pool:
        for _ in pool.map(work, edges, edges[1:]):
            pass


def usable(*tensors: torch.Tensor) -> bool:
    """Whether tensors are what compiled loops take: single precision, on the CPU."""
    return all(t.device.type == "cpu" and t.dtype == torch.float32 for t in tensors)
