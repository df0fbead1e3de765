"""How much each loss counts: as told, or found anew in every step."""

from collections.abc import Mapping
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from napari_dgc.clustering.dgc_paper.config import WEIGHTINGS
from napari_dgc.clustering.dgc_paper.losses import AddUp, only_here

#: Added to every loss: one that reaches 0 would otherwise get an endless weight.
_FLOOR = 1e-2

Terms: TypeAlias = Mapping[str, Tensor]


class LossBalance:
    """Weighted sum of the losses; the weights are those given.

    Parameters
    ----------
    weights
        Weight of each loss, by name; 0 leaves a loss out.
    """

    def __init__(self, weights: Mapping[str, float]) -> None:
        self.weights = dict(weights)
        self.used = [name for name, weight in weights.items() if weight > 0]
        #: Adds up over the processes that share the pixels.
        self.add_up: AddUp = only_here

    def total(self, terms: Terms, embeddings: Tensor) -> Tensor:
        """Return what the optimiser follows.

        Parameters
        ----------
        terms
            The losses, by name, as functions of the embeddings.
        embeddings
            (pixels, dimensions), what the losses were computed from.
        """
        coefficients = self._coefficients(terms, embeddings)
        return torch.stack([coefficients[name] * terms[name] for name in self.used]).sum()

    def _coefficients(self, terms: Terms, embeddings: Tensor) -> dict[str, float]:
        return self.weights

    def _products(self, terms: Terms, embeddings: Tensor) -> NDArray[np.float64]:
        """Scalar products of the gradients of the losses in use on the embeddings of all."""
        rows = []
        for name in self.used:
            (gradient,) = torch.autograd.grad(
                terms[name], embeddings, retain_graph=True, materialize_grads=True
            )
            rows.append(gradient.detach().flatten().double())
        gradients = torch.stack(rows)
        result: NDArray[np.float64] = self.add_up(gradients @ gradients.T).cpu().numpy()
        return result


class UncertaintyBalance(LossBalance):
    """Sum of logarithms: every loss is divided by its own uncertainty.

    Kendall, Gal & Cipolla (CVPR 2018) minimise sum_i exp(-s_i) L_i + s_i over the
    log-variances s as well. The smallest value over s, 1 + log L_i at
    s_i = log L_i, is known in closed form (Kirchdorfer et al., GCPR 2024), so that
    nothing has to be learned beside: an optimiser takes hundreds of steps to
    follow losses as large as orthogonality at its start. Scales of the losses do not matter.
    Given weights only leave losses out.
    """

    def total(self, terms: Terms, embeddings: Tensor) -> Tensor:
        """Return the sum of the logarithms of the losses in use."""
        return torch.stack([torch.log(terms[name] + _FLOOR) for name in self.used]).sum()


class GradientBalance(LossBalance):
    """Gradients of all losses on the embeddings have the same length.

    That is the state GradNorm (Chen et al., ICML 2018) steers to when no loss
    is to learn faster than another, reached in every step instead of learned.
    Given weights only leave losses out.
    """

    def _coefficients(self, terms: Terms, embeddings: Tensor) -> dict[str, float]:
        lengths = np.sqrt(np.diag(self._products(terms, embeddings)))
        longest = np.max(lengths, initial=0.0)
        # A loss that is at rest must not be blown up to the size of the others.
        scaled = 1 / np.maximum(lengths, 1e-3 * longest) if longest > 0 else np.ones_like(lengths)
        return dict(zip(self.used, scaled.tolist(), strict=True))


class MinNormBalance(LossBalance):
    """Shortest convex combination of the gradients: a direction in which no loss rises.

    Multiple-gradient descent (Désidéri, C. R. Acad. Sci. Paris 350, 2012) in
    the form of Sener & Koltun (NeurIPS 2018, MGDA-UB): gradients are those on the
    embeddings, the same for all of the encoder, so that one pass through it is
    enough. Losses that pull in opposite directions end at a length of 0, where
    training stands still. Given weights only leave losses out.
    """

    def _coefficients(self, terms: Terms, embeddings: Tensor) -> dict[str, float]:
        shares = min_norm_shares(self._products(terms, embeddings))
        return dict(zip(self.used, shares.tolist(), strict=True))


_CLASSES: dict[str, type[LossBalance]] = dict(
    zip(WEIGHTINGS, (LossBalance, UncertaintyBalance, GradientBalance, MinNormBalance), strict=True)
)


def make_balance(name: str, weights: Mapping[str, float]) -> LossBalance:
    """Return the balance with this name (see `config.WEIGHTINGS`) for these weights."""
    return _CLASSES[name](weights)


def min_norm_shares(products: NDArray[np.float64], *, iterations: int = 500) -> NDArray[np.float64]:
    """Return the shares a >= 0, sum 1, for which |sum_i a_i g_i| is smallest.

    Pairwise Frank-Wolfe steps (Lacoste-Julien & Jaggi, NeurIPS 2015) with the
    exact step length; for two vectors the first step is the solution.

    Parameters
    ----------
    products
        (n, n) scalar products g_i . g_j.
    iterations
        Largest number of steps.

    Returns
    -------
    ndarray
        (n,) shares; equal ones where the products are not finite.
    """
    count = len(products)
    shares = np.full(count, 1 / count)
    if not np.isfinite(products).all():
        return shares
    tolerance = 1e-12 * np.diag(products).max(initial=0.0)
    for _ in range(iterations):
        slope = products @ shares
        better = int(slope.argmin())
        worse = int(np.where(shares > 0, slope, -np.inf).argmax())
        if slope[worse] - slope[better] <= tolerance:
            break
        bend = products[better, better] + products[worse, worse] - 2 * products[better, worse]
        step = shares[worse]
        if bend > 0:
            step = min(step, (slope[worse] - slope[better]) / bend)
        shares[better] += step
        shares[worse] -= step
    return shares
