"""Unrolled mean shift in small windows."""

from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_dgc.clustering.compiled import usable
from napari_dgc.clustering.dgc_paper.shift_loops import CompiledShift, shift

#: How far a pixel looks around itself (5x5 window).
WINDOW_RADIUS = 2
#: Smallest bandwidth; below it weights are all on the pixel itself.
_SMALLEST_BANDWIDTH = 0.02


class WindowedMeanShift(nn.Module):
    """Move every embedding towards the mode of its neighbourhood.

    Each of `iterations` steps replaces z_i by the mean of the embeddings x_j in
    the 5x5 window around pixel i, weighted with exp(-|z_i - x_j|^2 / (2 h^2)).
    The neighbours x_j stay what the encoder made of them, so the result depends
    on two pixels around only, whatever the number of steps. Windows are cut off
    at the rim; pixels without data have no weight.

    Parameters
    ----------
    bandwidth
        First value of the learned bandwidth h, in embedding units (unit
        vectors are at most 2 apart).
    iterations
        Number of steps.
    """

    def __init__(self, bandwidth: float = 0.5, iterations: int = 5) -> None:
        super().__init__()
        self.iterations = iterations
        start = torch.tensor(bandwidth - _SMALLEST_BANDWIDTH, dtype=torch.float64)
        self.raw_bandwidth = nn.Parameter(torch.log(torch.expm1(start)).float())

    @property
    def bandwidth(self) -> Tensor:
        """The learned bandwidth h, always positive."""
        return _SMALLEST_BANDWIDTH + functional.softplus(self.raw_bandwidth)

    def forward(self, embedding: Tensor, valid: Tensor) -> Tensor:
        """Shift (windows, dimensions, rows, columns); `valid` is (windows, rows, columns)."""
        precision = self.bandwidth.to(embedding.dtype) ** -2
        if usable(embedding, precision):
            if not torch.is_grad_enabled():
                return shift(embedding, valid, float(precision), self.iterations)
            result: Tensor = CompiledShift.apply(  # type: ignore[no-untyped-call]
                embedding, valid, precision, self.iterations
            )
            return result
        padded_valid = functional.pad(valid, (WINDOW_RADIUS,) * 4)
        shifted = embedding
        for _ in range(self.iterations):
            shifted = _ShiftStep.apply(  # type: ignore[no-untyped-call]
                shifted, embedding, precision, padded_valid
            )
        return shifted


def _views(padded: Tensor) -> Iterator[Tensor]:
    """Yield the 25 shifted views of an image padded by the radius."""
    side = 2 * WINDOW_RADIUS
    rows, columns = padded.shape[-2] - side, padded.shape[-1] - side
    for top in range(side + 1):
        for left in range(side + 1):
            yield padded[..., top : top + rows, left : left + columns]


def _weights(shifted: Tensor, padded: Tensor, precision: Tensor, valid: Tensor) -> Tensor:
    """Return the weights of the 25 neighbours: (windows, 25, rows, columns), sum 1."""
    # |z - x|^2 = |z|^2 - 2 z.x + |x|^2, and |z|^2 cancels in the normalised weights.
    exponents = torch.stack(
        [((shifted - 0.5 * view) * view).sum(1) for view in _views(padded)], dim=1
    )
    allowed = torch.stack(list(_views(valid)), dim=1)
    # A pixel with no neighbour that has data keeps to itself.
    centre = allowed.shape[1] // 2
    allowed[:, centre] |= ~allowed.any(dim=1)
    return torch.softmax((exponents * precision).masked_fill(~allowed, -torch.inf), dim=1)


class _ShiftStep(torch.autograd.Function):
    """One step, with both passes as sums over shifted views.

    Automatic differentiation would keep and scatter a full image for each of
    the 25 views; written out, the backward pass needs two images in all.
    """

    @staticmethod
    def forward(
        ctx: Any, shifted: Tensor, embedding: Tensor, precision: Tensor, valid: Tensor
    ) -> Tensor:
        padded = functional.pad(embedding, (WINDOW_RADIUS,) * 4)
        weights = _weights(shifted, padded, precision, valid)
        result = torch.zeros_like(shifted)
        for index, view in enumerate(_views(padded)):
            result.addcmul_(weights[:, index : index + 1], view)
        ctx.save_for_backward(shifted, embedding, precision, weights)
        return result

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> tuple[Tensor, Tensor, Tensor, None]:
        # With e_j = p (z.x_j - |x_j|^2 / 2), w = softmax(e), result = sum w_j x_j:
        # dL/de_j = w_j (g.x_j - sum_k w_k g.x_k).
        shifted, embedding, precision, weights = ctx.saved_tensors
        padded = functional.pad(embedding, (WINDOW_RADIUS,) * 4)
        towards = torch.stack([(gradient * view).sum(1) for view in _views(padded)], dim=1)
        pull = weights * (towards - (weights * towards).sum(1, keepdim=True))
        of_shifted = torch.zeros_like(shifted)
        of_padded = torch.zeros_like(padded)
        of_precision = torch.zeros_like(precision)
        for index, (view, target) in enumerate(zip(_views(padded), _views(of_padded), strict=True)):
            weight = weights[:, index : index + 1]
            scaled = pull[:, index : index + 1] * precision
            of_shifted.addcmul_(scaled, view)
            target.addcmul_(weight, gradient).addcmul_(scaled, shifted - view)
            exponent = ((shifted - 0.5 * view) * view).sum(1)
            of_precision += (pull[:, index] * exponent).sum()
        radius = WINDOW_RADIUS
        inner = of_padded[..., radius:-radius, radius:-radius]
        return of_shifted, inner, of_precision, None
