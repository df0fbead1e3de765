"""The mean shift of the paper row by row, compiled (see `clustering.compiled`)."""

from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_dgc.clustering.compiled import compiled, exponential, padded, share_rows, whole

_R = 2
_SIDE = 2 * _R + 1
_WINDOW = _SIDE * _SIDE
_ZERO, _HALF, _ONE = np.float32(0), np.float32(0.5), np.float32(1)
#: Half the squared length of what has no data, and what is surely smaller.
_NO_DATA, _FAR = np.float32(1e30), np.float32(1e20)

Image = NDArray[np.float32]


@compiled
def _dots(one: Image, images: Image, row: int, out: Image) -> None:
    """Scalar products of a row (dimensions, columns) with its 25 neighbours."""
    size, columns = one.shape
    for i in range(_SIDE):
        for j in range(_SIDE):
            target = out[i * _SIDE + j]
            target[:] = _ZERO
            c = 0
            while c + 4 <= size:
                z0, z1, z2, z3 = one[c], one[c + 1], one[c + 2], one[c + 3]
                x0 = images[c, row + i, j : j + columns]
                x1 = images[c + 1, row + i, j : j + columns]
                x2 = images[c + 2, row + i, j : j + columns]
                x3 = images[c + 3, row + i, j : j + columns]
                for k in range(columns):
                    total = target[k] + z0[k] * x0[k]
                    total = total + z1[k] * x1[k]
                    total = total + z2[k] * x2[k]
                    target[k] = total + z3[k] * x3[k]
                c += 4
            while c < size:
                z0, x0 = one[c], images[c, row + i, j : j + columns]
                for k in range(columns):
                    target[k] = target[k] + z0[k] * x0[k]
                c += 1


@compiled
def _gather(weights: Image, images: Image, row: int, out: Image) -> None:
    """Sum the 25 neighbours of a row with weights (25, columns) into (dimensions, columns)."""
    size, columns = out.shape
    for c in range(size):
        target = out[c]
        target[:] = _ZERO
        for i in range(_SIDE):
            x = images[c, row + i]
            w0, w1, w2 = weights[i * _SIDE], weights[i * _SIDE + 1], weights[i * _SIDE + 2]
            w3, w4 = weights[i * _SIDE + 3], weights[i * _SIDE + 4]
            for k in range(columns):
                total = target[k] + w0[k] * x[k]
                total = total + w1[k] * x[k + 1]
                total = total + w2[k] * x[k + 2]
                total = total + w3[k] * x[k + 3]
                target[k] = total + w4[k] * x[k + 4]


@compiled
def _soften(exponents: Image, precision: Any, bits: NDArray[np.int32]) -> None:
    """Turn (25, columns) into weights with the sum 1, in place."""
    columns = exponents.shape[1]
    largest = np.full(columns, -_NO_DATA * precision, np.float32)
    total = np.zeros(columns, np.float32)
    for n in range(_WINDOW):
        row = exponents[n]
        for k in range(columns):
            row[k] = row[k] * precision
        for k in range(columns):
            largest[k] = max(largest[k], row[k])
    for k in range(columns):
        # A pixel with no neighbour that has data keeps to itself.
        if largest[k] < -_FAR:
            largest[k] = _ZERO
            exponents[_WINDOW // 2, k] = _ZERO
    for n in range(_WINDOW):
        row = exponents[n]
        for k in range(columns):
            row[k] = row[k] - largest[k]
        exponential(row, bits)
        for k in range(columns):
            total[k] = total[k] + row[k]
    for k in range(columns):
        total[k] = _ONE / total[k]
    for n in range(_WINDOW):
        row = exponents[n]
        for k in range(columns):
            row[k] = row[k] * total[k]


@compiled
def _forward(
    images: Image,
    halves: Image,
    precision: Any,
    steps: Image,
    kept: Image,
    first: int,
    last: int,
) -> None:
    """Shift rows; `images` and `halves` (|x|^2 / 2, or 1e30 for no data) have a rim.

    Of `steps` (iterations + 1, windows, dimensions, rows, columns) and `kept` (iterations,
    windows, 25, rows, columns) only the last part is kept where they are shorter.
    """
    rounds, _, size, rows, columns = steps.shape
    bits = np.empty(columns, np.int32)
    weights = np.empty((_WINDOW, columns), np.float32)
    iterations = kept.shape[0]
    for place in range(first, last):
        window, row = place // rows, place % rows
        here = np.empty((size, columns), np.float32)
        for c in range(size):
            for k in range(columns):
                here[c, k] = images[window, c, row + _R, k + _R]
        if rounds > 1:
            steps[0, window, :, row] = here
        for step in range(iterations):
            _dots(here, images[window], row, weights)
            for n in range(_WINDOW):
                half = halves[window, row + n // _SIDE, n % _SIDE : n % _SIDE + columns]
                out = weights[n]
                for k in range(columns):
                    out[k] = out[k] - half[k]
            _soften(weights, precision, bits)
            _gather(weights, images[window], row, here)
            if rounds > 1:
                steps[step + 1, window, :, row] = here
                for n in range(_WINDOW):
                    for k in range(columns):
                        kept[step, window, n, row + _R, k + _R] = weights[n, k]
        if rounds == 1:
            steps[0, window, :, row] = here


@compiled
def _pulls(
    images: Image,
    halves: Image,
    precision: Any,
    shifted: Image,
    gradient: Image,
    weights: Image,
    pulls: Image,
    of_shifted: Image,
    of_precision: NDArray[np.float64],
    first: int,
    last: int,
) -> None:
    """First half of the backward pass: gradients of exponents and of shifted pixels."""
    _, size, rows, columns = shifted.shape
    towards = np.empty((_WINDOW, columns), np.float32)
    for place in range(first, last):
        window, row = place // rows, place % rows
        here = np.empty((size, columns), np.float32)
        for c in range(size):
            for k in range(columns):
                here[c, k] = gradient[window, c, row + _R, k + _R]
        _dots(here, images[window], row, towards)
        middle = np.zeros(columns, np.float32)
        for n in range(_WINDOW):
            w = weights[window, n, row + _R]
            for k in range(columns):
                middle[k] = middle[k] + w[k + _R] * towards[n, k]
        gain = np.zeros(columns, np.float32)
        for n in range(_WINDOW):
            w, half = weights[window, n, row + _R], halves[window, row + n // _SIDE]
            target = pulls[window, n, row + _R]
            shift = n % _SIDE
            for k in range(columns):
                pull = w[k + _R] * (towards[n, k] - middle[k])
                towards[n, k] = pull * precision
                target[k + _R] = pull * precision
                # Where there are no data the weight is 0, and so is the pull.
                gain[k] = gain[k] - pull * (half[k + shift] if half[k + shift] < _FAR else _ZERO)
        out = of_shifted[window, :, row]
        _gather(towards, images[window], row, here)
        for c in range(size):
            for k in range(columns):
                out[c, k] = here[c, k]
                gain[k] = gain[k] + shifted[window, c, row, k] * here[c, k] / precision
        total = 0.0
        for k in range(columns):
            total += gain[k]
        of_precision[place] += total


@compiled
def _spread(
    images: Image,
    shifted: Image,
    gradient: Image,
    weights: Image,
    pulls: Image,
    of_images: Image,
    first: int,
    last: int,
) -> None:
    """Second half: what every pixel did to the neighbours it was summed for, added up."""
    _, size, rows, columns = of_images.shape
    for place in range(first, last):
        window, row = place // rows, place % rows
        own = np.zeros(columns, np.float32)
        for n in range(_WINDOW):
            i, j = n // _SIDE, n % _SIDE
            pull = pulls[window, n, row + 2 * _R - i]
            for k in range(columns):
                own[k] = own[k] + pull[k + 2 * _R - j]
        for c in range(size):
            target = of_images[window, c, row]
            for i in range(_SIDE):
                g = gradient[window, c, row + 2 * _R - i]
                z = shifted[window, c, row + 2 * _R - i]
                for j in range(_SIDE):
                    w = weights[window, i * _SIDE + j, row + 2 * _R - i]
                    pull = pulls[window, i * _SIDE + j, row + 2 * _R - i]
                    shift = 2 * _R - j
                    for k in range(columns):
                        total = target[k] + w[k + shift] * g[k + shift]
                        target[k] = total + pull[k + shift] * z[k + shift]
            x = images[window, c, row + _R]
            for k in range(columns):
                target[k] = target[k] - own[k] * x[k + _R]


def _prepare(embedding: Tensor, valid: Tensor) -> tuple[Image, Image]:
    """Return the padded image and half its squared lengths, 1e30 for what has no data."""
    images = padded(embedding.detach().numpy(), _R)
    has_data = padded(valid.numpy().astype(np.float32), _R)
    halves = np.einsum("ncij,ncij->nij", images, images) * _HALF
    return images, np.where(has_data > 0, halves, _NO_DATA)


def shift(embedding: Tensor, valid: Tensor, precision: float, iterations: int) -> Tensor:
    """Shift (windows, dimensions, rows, columns) without keeping what gradients need."""
    windows, size, rows, columns = embedding.shape
    images, halves = _prepare(embedding, valid)
    result = np.empty((1, windows, size, rows, whole(columns)), np.float32)
    kept = np.empty((iterations, 0, 0, 0, 0), np.float32)
    factor = np.float32(precision)

    def work(first: int, last: int) -> None:
        _forward(images, halves, factor, result, kept, first, last)

    share_rows(work, windows * rows)
    return torch.from_numpy(np.ascontiguousarray(result[0, ..., :columns]))


class CompiledShift(torch.autograd.Function):
    """All steps of the mean shift; a pixel without data and neighbours keeps what it is."""

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any, embedding: Tensor, valid: Tensor, precision: Tensor, iterations: int
    ) -> Tensor:
        windows, size, rows, columns = embedding.shape
        images, halves = _prepare(embedding, valid)
        wide = whole(columns)
        steps = np.empty((iterations + 1, windows, size, rows, wide), np.float32)
        kept = np.zeros((iterations, windows, _WINDOW, rows + 2 * _R, wide + 2 * _R), np.float32)
        factor = np.float32(precision.item())

        def work(first: int, last: int) -> None:
            _forward(images, halves, factor, steps, kept, first, last)

        share_rows(work, windows * rows)
        ctx.saved = images, halves, factor, steps, kept
        return torch.from_numpy(np.ascontiguousarray(steps[-1, ..., :columns]))

    @staticmethod
    def backward(  # noqa: D102
        ctx: Any, gradient: Tensor
    ) -> tuple[Tensor, None, Tensor, None]:
        images, halves, factor, steps, kept = ctx.saved
        iterations = len(kept)
        windows, size, rows, wide = (int(extent) for extent in steps.shape[1:])
        columns = gradient.shape[-1]
        of_images = np.zeros((windows, size, rows, wide), np.float32)
        of_precision = np.zeros(windows * rows)
        pulls = np.zeros(kept.shape[1:], np.float32)
        current = padded(gradient.numpy(), _R)
        for step in reversed(range(iterations)):
            before, weights = steps[step], kept[step]
            back = np.empty_like(before)
            now = current

            def first_half(
                first: int,
                last: int,
                before: Image = before,
                now: Image = now,
                weights: Image = weights,
                back: Image = back,
            ) -> None:
                _pulls(
                    images,
                    halves,
                    factor,
                    before,
                    now,
                    weights,
                    pulls,
                    back,
                    of_precision,
                    first,
                    last,
                )

            share_rows(first_half, windows * rows)
            spread = padded(before, _R)

            def second_half(
                first: int,
                last: int,
                spread: Image = spread,
                now: Image = now,
                weights: Image = weights,
            ) -> None:
                _spread(images, spread, now, weights, pulls, of_images, first, last)

            share_rows(second_half, windows * rows)
            current = padded(back, _R)
        # The first step starts from the embedding itself.
        of_images += current[..., _R:-_R, _R:-_R]
        result = torch.from_numpy(np.ascontiguousarray(of_images[..., :columns]))
        return result, None, torch.tensor(of_precision.sum(), dtype=torch.float32), None
