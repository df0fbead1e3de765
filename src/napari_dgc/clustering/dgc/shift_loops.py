"""The learned mean shift row by row, compiled (see `clustering.compiled`)."""

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_dgc.clustering.compiled import compiled, exponential, padded, share_rows, whole

#: Log weight of a neighbour without data: below that of any with data, however unlike.
_NEVER = np.float32(-1e30)
_ZERO, _HALF = np.float32(0), np.float32(0.5)

Image = NDArray[np.float32]


@compiled
def _distances(here: Image, images: Image, row: int, shift: int, out: Image) -> None:
    """Half the squared distance, negative, of a row from a row shifted by so many columns."""
    size, columns = here.shape
    out[:] = _ZERO
    c = 0
    while c + 2 <= size:
        z0, z1 = here[c], here[c + 1]
        x0 = images[c, row, shift : shift + columns]
        x1 = images[c + 1, row, shift : shift + columns]
        for k in range(columns):
            one = z0[k] - x0[k]
            other = z1[k] - x1[k]
            total = out[k] + one * one
            out[k] = total + other * other
        c += 2
    while c < size:
        z0, x0 = here[c], images[c, row, shift : shift + columns]
        for k in range(columns):
            one = z0[k] - x0[k]
            out[k] = out[k] + one * one
        c += 1
    for k in range(columns):
        out[k] = -_HALF * out[k]


@compiled
def _forward(
    images: Image,
    has_data: Image,
    places: Image,
    iterations: int,
    own: Any,
    result: Image,
    first: int,
    last: int,
) -> None:
    """Shift rows of `images` (windows, dimensions, rows, columns), which have a rim."""
    _, size, rows, columns = result.shape
    side = len(places)
    radius = side // 2
    bits = np.empty(columns, np.int32)
    factor = np.empty(columns, np.float32)
    for place in range(first, last):
        window, row = place // rows, place % rows
        image = images[window]
        here = np.empty((size, columns), np.float32)
        for c in range(size):
            for k in range(columns):
                here[c, k] = image[c, row + radius, k + radius]
        total = np.empty((size, columns), np.float32)
        for _ in range(iterations):
            total[:] = _ZERO
            weight = np.zeros(columns, np.float32)
            most = np.full(columns, own, np.float32)
            for i in range(side):
                for j in range(side):
                    if i == radius and j == radius:
                        continue
                    _distances(here, image, row + i, j, factor)
                    log_place = places[i, j]
                    for k in range(columns):
                        factor[k] = factor[k] + log_place
                    exponential(factor, bits)
                    known = has_data[window, row + i, j : j + columns]
                    for k in range(columns):
                        factor[k] = factor[k] * known[k]
                        weight[k] = weight[k] + factor[k]
                        most[k] = max(most[k], factor[k])
                    for c in range(size):
                        target = total[c]
                        x = image[c, row + i, j : j + columns]
                        for k in range(columns):
                            target[k] = target[k] + factor[k] * x[k]
            for k in range(columns):
                weight[k] = weight[k] + most[k]
            for c in range(size):
                target, out = total[c], here[c]
                x = image[c, row + radius, radius : radius + columns]
                for k in range(columns):
                    out[k] = (target[k] + most[k] * x[k]) / weight[k]
        for c in range(size):
            for k in range(columns):
                result[window, c, row, k] = here[c, k]


def shift(
    features: Tensor, valid: Tensor, width: Tensor, places: Tensor, iterations: int, own: float
) -> Tensor:
    """Shift (windows, dimensions, rows, columns); see `LearnedMeanShift.forward`.

    Parameters
    ----------
    features, valid
        As for `LearnedMeanShift.forward`.
    width
        (dimensions,) of the kernel.
    places
        (side, side) log weights, at most 0.
    iterations, own
        Steps, and the least weight of a pixel itself.
    """
    windows, size, rows, columns = features.shape
    scale = width.numpy()[:, None, None]
    radius = len(places) // 2
    images = padded(features.numpy() / scale, radius)
    has_data = padded(valid.numpy()[:, 0], radius)
    log_places, least = places.numpy(), np.float32(own)
    result = np.empty((windows, size, rows, whole(columns)), np.float32)

    def work(first: int, last: int) -> None:
        _forward(images, has_data, log_places, iterations, least, result, first, last)

    share_rows(work, windows * rows)
    return torch.from_numpy(result[..., :columns] * scale)


@compiled
def _surprise(
    images: Image,
    has_data: Image,
    spread: Image,
    places: Image,
    outlier: Any,
    unlike: Any,
    sums: NDArray[np.float64],
    columns: int,
    first: int,
    last: int,
) -> None:
    """Add the log-likelihood of rows, and its gradients, to `sums` (rows, ...).

    Sums: log-likelihood, gradient of `outlier` as a weight alone, of `unlike`, then of `places`
    and of the log widths as far as they are in distances.
    """
    _, size, wide_rows, wide = images.shape
    side = len(places)
    radius = side // 2
    rows, full = wide_rows - 2 * radius, wide - 2 * radius
    bits = np.empty(full, np.int32)
    terms = np.empty((side * side + 1, full), np.float32)
    weights = np.empty((side * side + 1, full), np.float32)
    top = outlier
    for i in range(side):
        for j in range(side):
            top = max(top, places[i, j])
    scaled = np.empty((side, side), np.float32)
    for i in range(side):
        for j in range(side):
            scaled[i, j] = math.exp(places[i, j] - top)
    rest = np.float32(math.exp(outlier - top))
    for place in range(first, last):
        window, row = place // rows, place % rows
        image = images[window]
        here = image[:, row + radius, radius : radius + full]
        inside = has_data[window, row + radius, radius : radius + full]
        last_term = terms[side * side]
        last_term[:] = _ZERO
        for c in range(size):
            ratio = spread[c]
            x = here[c]
            for k in range(full):
                last_term[k] = last_term[k] + x[k] * ratio * x[k]
        largest = np.empty(full, np.float32)
        for k in range(full):
            last_term[k] = unlike - _HALF * last_term[k]
            largest[k] = last_term[k]
            weights[side * side, k] = rest
        for i in range(side):
            for j in range(side):
                n = i * side + j
                if j == radius:
                    continue
                term, weight = terms[n], weights[n]
                _distances(here, image, row + i, j, term)
                known = has_data[window, row + i, j : j + full]
                log_place, share = places[i, j], scaled[i, j]
                for k in range(full):
                    term[k] = term[k] + log_place if known[k] > _ZERO else _NEVER
                    largest[k] = max(largest[k], term[k])
                    weight[k] = share * known[k]
        total = np.zeros(full, np.float32)
        whole_weight = np.zeros(full, np.float32)
        for n in range(side * side + 1):
            if n < side * side and n % side == radius:
                continue
            term, weight = terms[n], weights[n]
            for k in range(full):
                term[k] = term[k] - largest[k]
            exponential(term, bits)
            if n < side * side:
                known = has_data[window, row + n // side, n % side : n % side + full]
                for k in range(full):
                    term[k] = term[k] * known[k]
            for k in range(full):
                total[k] = total[k] + term[k]
                whole_weight[k] = whole_weight[k] + weight[k]
        likelihood = 0.0
        for k in range(columns):
            if inside[k] > _ZERO:
                likelihood += math.log(total[k]) + largest[k] - math.log(whole_weight[k]) - top
        sums[place, 0] = likelihood
        for k in range(full):
            # Zero from here on for pixels that do not count.
            counts = inside[k] if k < columns else _ZERO
            total[k] = counts / total[k]
            whole_weight[k] = counts / whole_weight[k]
        for n in range(side * side + 1):
            if n < side * side and n % side == radius:
                continue
            term, weight = terms[n], weights[n]
            of_term = _ZERO
            of_weight = _ZERO
            for k in range(full):
                term[k] = term[k] * total[k]
                weight[k] = weight[k] * whole_weight[k]
            for k in range(full):
                of_term += term[k]
                of_weight += weight[k]
            if n == side * side:
                sums[place, 1] = of_weight
                sums[place, 2] = of_term
            else:
                sums[place, 3 + n] = of_term - of_weight
        for c in range(size):
            moved = total  # of no more use
            moved[:] = _ZERO
            z = here[c]
            for n in range(side * side):
                if n % side == radius:
                    continue
                shift = n % side
                x = image[c, row + n // side, shift : shift + full]
                term = terms[n]
                for k in range(full):
                    apart = z[k] - x[k]
                    moved[k] = moved[k] + term[k] * apart * apart
            of_width = _ZERO
            for k in range(full):
                of_width += moved[k]
            sums[place, 3 + side * side + c] = of_width


class SurpriseSum(torch.autograd.Function):
    """Sum over pixels of the negative log-likelihood (`LearnedMeanShift.surprise_sum`)."""

    @staticmethod
    def forward(  # noqa: D102
        ctx: Any,
        features: Tensor,
        valid: Tensor,
        log_width: Tensor,
        places: Tensor,
        outlier: Tensor,
        variances: Tensor,
    ) -> Tensor:
        width = log_width.detach().exp().numpy()
        windows, size, rows, columns = features.shape
        side = len(places)
        images = padded(features.numpy() / width[:, None, None], side // 2)
        has_data = padded(valid.numpy()[:, 0], side // 2)
        # "Unlike all neighbours" has the variances of the scans, here in units of the widths.
        spread = (width**2 / variances.numpy()).astype(np.float32)
        scale = variances.log().sum() / 2 - log_width.detach().sum()
        rest = outlier.detach()
        log_places = np.ascontiguousarray(places.detach().numpy())
        sums = np.zeros((windows * rows, 3 + side * side + size))
        unlike, alone = np.float32((rest - scale).item()), np.float32(rest.item())

        def work(first: int, last: int) -> None:
            _surprise(
                images, has_data, spread, log_places, alone, unlike, sums, columns, first, last
            )

        share_rows(work, windows * rows)
        found = sums.sum(axis=0)
        count = float(valid.sum())
        of_places = found[3 : 3 + side * side].reshape(side, side)
        # Each width is also in the scale of "unlike all" and in the normalisation.
        of_width = found[3 + side * side :] + found[2] - count
        ctx.gradients = [
            torch.as_tensor(-values, dtype=torch.float32)
            for values in (of_width, of_places, np.asarray(found[2] - found[1]))
        ]
        value = found[0] - count * float(log_width.detach().double().sum())
        return torch.tensor(-value, dtype=torch.float32)

    @staticmethod
    def backward(  # noqa: D102
        ctx: Any, gradient: Tensor
    ) -> tuple[Tensor | None, ...]:
        of_width, of_places, of_outlier = (gradient * part for part in ctx.gradients)
        return None, None, of_width, of_places, of_outlier, None
