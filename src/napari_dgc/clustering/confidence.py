"""How probable it is that a pixel's class is right, and how that is calibrated without labels.

A pixel of one material belongs to cluster k with a probability that falls with its squared
distance from the centroid, ``softmax(-d**2 / (2 T))``. A pixel that mixes two materials is of
the second one with probability ``1 / (1 + exp(-s (t - 1/2)))``, where t is how far it lies from
the first end to the second: half and half is a coin's toss.

Temperature T and slope s are those under which *the same scene, seen again* is most likely
(Guo et al. 2017, arXiv 1706.04599, with a second look in the place of labels). The second look
is the scene at half the resolution: four pixels become one, fresh noise takes the place of the
noise that averaging removed, and what covers most of the four at full resolution is what the
one should be (the protocol of Wald et al. 1997, Photogramm. Eng. Remote Sens. 63, 691-699).
Fresh noise alone would leave out the optics, and ends that are not clean.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError

#: Where the search begins, and what is kept when a sample says nothing.
_TEMPERATURE = 1.0
_SLOPE = 20.0
#: Farthest that either may go from there, in natural logarithms, and standard deviation of the
#: prior that keeps a sample without a single error from claiming certainty.
_RANGE = 4.0
_PRIOR = 1.0


@dataclass(frozen=True)
class Calibration:
    """What turns distances and shares into probabilities.

    Parameters
    ----------
    temperature
        Of the softmax over squared distances in the features that are clustered.
    slope
        Of the logistic function of a mixed pixel's share.
    """

    temperature: float = _TEMPERATURE
    slope: float = _SLOPE


def memberships(squared: NDArray[np.float32], temperature: float) -> NDArray[np.float32]:
    """Turn squared distances (pixels, clusters) into probabilities, rows of sum 1."""
    weights: NDArray[np.float32] = np.exp(
        (squared.min(axis=1, keepdims=True) - squared) / np.float32(2 * temperature)
    )
    weights /= weights.sum(axis=1, keepdims=True)
    return weights


def second_side(position: NDArray[np.float32], slope: float) -> NDArray[np.float32]:
    """Probability that most of a mixed pixel belongs to its second end.

    Parameters
    ----------
    position
        (pixels,) 0 at the first end, 1 at the second.
    slope
        See `Calibration`.
    """
    from scipy.special import expit

    # Beyond the ends it is no more certain than at them.
    result: NDArray[np.float32] = expit(
        np.float32(slope) * (np.clip(position, 0, 1) - np.float32(0.5))
    )
    return result


def of_classes(
    probabilities: NDArray[np.float32],
    labels: NDArray[np.uint16],
    groups: NDArray[np.integer[Any]] | None,
) -> NDArray[np.float32]:
    """Probability of each pixel's class: the sum over the fine clusters of that class.

    Parameters
    ----------
    probabilities
        (pixels, clusters).
    labels
        (pixels,) fine clusters from 1.
    groups
        (clusters + 1,) class of each fine cluster (see `check_groups`); None for the fine
        clusters themselves.
    """
    chosen = labels.astype(np.intp) - 1
    if groups is None:
        found: NDArray[np.float32] = probabilities[np.arange(len(chosen)), chosen]
        return found
    classes = np.asarray(groups)[1:]
    together = (classes[:, None] == classes).astype(np.float32)
    total: NDArray[np.float32] = np.einsum("nk,nk->n", probabilities, together[chosen])
    return np.minimum(total, np.float32(1))


def of_another_class(probabilities: NDArray[np.float32]) -> NDArray[np.float32]:
    """Most that a class can claim which a map shows instead of the most probable one.

    No more than that one had, and no more than it left: 0.5 at most.

    Parameters
    ----------
    probabilities
        (pixels,) of the class that is not shown.
    """
    return np.minimum(probabilities, 1 - probabilities)


def check_groups(groups: NDArray[np.integer[Any]] | None, clusters: int) -> None:
    """Raise UserError unless `groups` names the class of every fine cluster and of "no data"."""
    if groups is not None and np.shape(groups) != (clusters + 1,):
        raise UserError(
            f"The table of classes has {np.size(groups)} entries; the model has {clusters} "
            f"clusters and needs {clusters + 1}, the first one for no data."
        )


def halve(
    features: NDArray[np.float32], valid: NDArray[np.bool_], generator: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """See windows again at half the resolution, with as much noise in each pixel.

    Parameters
    ----------
    features
        (n, dimensions, rows, columns) in units of the noise; an odd last row or column is left
        out.
    valid
        (n, rows, columns); a pixel is valid when all four are.
    generator
        Source of the fresh noise.
    """
    seen = np.mean(quarters(features), axis=0, dtype=np.float32)
    # Four pixels averaged keep a quarter of the noise's variance.
    seen += np.sqrt(np.float32(0.75)) * generator.standard_normal(seen.shape, np.float32)
    known = np.all(quarters(valid), axis=0)
    seen *= known[:, None]
    return seen, known


def quarters(values: NDArray[Any]) -> list[NDArray[Any]]:
    """Return the four pixels of every 2 x 2 block along the last two axes."""
    rows, columns = (length // 2 * 2 for length in values.shape[-2:])
    return [values[..., i:rows:2, j:columns:2] for i in (0, 1) for j in (0, 1)]


def fit_temperature(squared: NDArray[np.float32], clusters: NDArray[np.intp]) -> float:
    """Fit the temperature by maximum likelihood.

    Parameters
    ----------
    squared
        (pixels, clusters) squared distances of unmixed pixels.
    clusters
        (pixels,) cluster, from 0, that the second look finds in most of each.
    """
    excess = squared - squared[np.arange(len(squared)), clusters][:, None]

    def loss(logarithm: float) -> float:
        exponents = np.float32(-0.5 * np.exp(-logarithm)) * excess
        highest = exponents.max(axis=1)
        rest = np.exp(exponents - highest[:, None]).sum(axis=1)
        return float((highest + np.log(rest)).sum(dtype=np.float64))

    return _most_likely(loss, _TEMPERATURE, len(squared))


def fit_slope(position: NDArray[np.float32], second: NDArray[np.bool_]) -> float:
    """Fit the slope by maximum likelihood.

    Parameters
    ----------
    position
        (pixels,) see `second_side`.
    second
        (pixels,) whether the second look finds mostly the material of the second end.
    """
    away = np.where(second, 1, -1) * (np.clip(position, 0, 1) - 0.5)

    def loss(logarithm: float) -> float:
        return float(np.logaddexp(0, -np.exp(logarithm) * away).sum())

    return _most_likely(loss, _SLOPE, len(position))


def _most_likely(loss: Callable[[float], float], usual: float, count: int) -> float:
    """Minimise a loss over a logarithm around that of the usual value."""
    from scipy.optimize import minimize_scalar

    if not count:
        return usual
    middle = float(np.log(usual))
    found = minimize_scalar(
        lambda value: loss(value) + 0.5 * ((value - middle) / _PRIOR) ** 2,
        bounds=(middle - _RANGE, middle + _RANGE),
        method="bounded",
    )
    return float(np.exp(found.x))
