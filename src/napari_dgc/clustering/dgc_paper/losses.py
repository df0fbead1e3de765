"""The five terms of the objective, each a pure function.

Symbols: z_i embedding of pixel i, p_ik its probability of cluster k, c_k
centroid, p̄_k mean probability of cluster k, K number of clusters, N number of
pixels with data, over all processes. Every function computes in at least single precision.
"""

import math
from collections.abc import Callable
from typing import TypeAlias

import torch
from torch import Tensor

#: Probabilities are not taken below this in logarithms.
_TINY = 1e-8

#: Adds a tensor up over the processes that share the pixels (`Processes.add_up`).
AddUp: TypeAlias = Callable[[Tensor], Tensor]


def only_here(values: Tensor) -> Tensor:
    """Return the sum over processes where there is only one."""
    return values


def squared_distances(embeddings: Tensor, centroids: Tensor) -> Tensor:
    """Return |z_i - c_k|^2.

    Parameters
    ----------
    embeddings
        (pixels, dimensions).
    centroids
        (clusters, dimensions).

    Returns
    -------
    Tensor
        (pixels, clusters), never negative.
    """
    z, c = _precise(embeddings), _precise(centroids)
    mixed = z @ c.T
    squares = z.square().sum(1, keepdim=True) - 2 * mixed + c.square().sum(1)
    return squares.clamp_min(0)


def assign(embeddings: Tensor, centroids: Tensor, temperature: float) -> Tensor:
    """Turn L2 distances into soft assignments.

    p_ik = softmax_k(-|z_i - c_k|^2 / (2 T)). For unit vectors this equals a
    softmax over cosines divided by T.

    Returns
    -------
    Tensor
        (pixels, clusters), rows sum to 1.
    """
    return torch.softmax(-squared_distances(embeddings, centroids) / (2 * temperature), dim=1)


def compactness(
    embeddings: Tensor,
    probabilities: Tensor,
    centroids: Tensor,
    valid: Tensor | None = None,
    add_up: AddUp = only_here,
) -> Tensor:
    """Pixels lie close to their centroids: 1/N sum_ik p_ik |z_i - c_k|^2."""
    spread = (_precise(probabilities) * squared_distances(embeddings, centroids)).sum(1)
    return _mean(spread, valid, add_up)


def orthogonality(centroids: Tensor) -> Tensor:
    """Centroids point in different directions: sum_{k != l} (c_k . c_l)^2."""
    c = _precise(centroids)
    gram = c @ c.T
    return (gram - torch.diag(torch.diagonal(gram))).square().sum()


def balance(
    probabilities: Tensor, valid: Tensor | None = None, add_up: AddUp = only_here
) -> Tensor:
    """All clusters are used: log K - H(p̄), H(p̄) = -sum_k p̄_k log p̄_k.

    0 when all clusters are used alike, log K when one takes everything. The
    paper writes -sum p̄ log p̄ and says that the term encourages uniform usage;
    that is so when the entropy is *maximised*, as here. The published code
    minimises it, which drives everything into one cluster.
    """
    usage = _mean(_precise(probabilities), valid, add_up)
    entropy = -(usage * usage.clamp_min(_TINY).log()).sum()
    return math.log(probabilities.shape[1]) - entropy


def uniform_assignment(
    probabilities: Tensor, valid: Tensor | None = None, add_up: AddUp = only_here
) -> Tensor:
    """Cross-entropy with labels spread uniformly: -1/N sum_i 1/K sum_k log p_ik.

    This is the expectation of the cross-entropy against random labels that
    name every cluster N/K times, without its noise. Note what it asks for: it
    is smallest, log K, when every *single pixel* is undecided between all
    clusters, and so works against `compactness`.
    """
    return _mean(-_precise(probabilities).clamp_min(_TINY).log().mean(1), valid, add_up)


def consistency(
    first: Tensor, second: Tensor, valid: Tensor | None = None, add_up: AddUp = only_here
) -> Tensor:
    """Both views agree: 1/N sum_i ½ (KL(p_i | q_i) + KL(q_i | p_i)).

    Parameters
    ----------
    first, second
        (pixels, clusters) probabilities of the *same ground pixels* in the two
        views, row by row.
    valid
        (pixels,) True where there is data.
    add_up
        Adds up over processes.
    """
    p, q = _precise(first), _precise(second)
    difference = p.clamp_min(_TINY).log() - q.clamp_min(_TINY).log()
    return _mean(0.5 * ((p - q) * difference).sum(1), valid, add_up)


def _precise(values: Tensor) -> Tensor:
    """Return half-precision values in single precision, others as they are."""
    return values.float() if values.dtype in (torch.bfloat16, torch.float16) else values


def _mean(values: Tensor, valid: Tensor | None, add_up: AddUp) -> Tensor:
    """Mean over pixels (first axis) that have data; 0 when none has."""
    if valid is None:
        valid = torch.ones(len(values), dtype=torch.bool, device=values.device)
    mask = valid.to(values.dtype).reshape(-1, *[1] * (values.ndim - 1))
    return add_up((values * mask).sum(0)) / add_up(mask.sum()).clamp_min(1)
