"""Sums over all processes that gradients pass through."""

from typing import Any

from torch import Tensor, autograd, distributed


class AllSum(autograd.Function):
    """The sum of a tensor over all processes.

    What is computed from the sum is the same in every process, and so is its gradient: it
    need not be summed again.
    """

    @staticmethod
    def forward(_ctx: Any, values: Tensor) -> Tensor:
        """Return the sum; the same bits in every process."""
        total = values.detach().clone().contiguous()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(_ctx: Any, gradient: Tensor) -> Tensor:
        """Pass the gradient on."""
        return gradient
