"""Centroids that remember the embeddings of past patches."""

from typing import Self

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from napari_dgc.clustering.dgc_paper.losses import AddUp, only_here

_STREAM_SEEDS, _STREAM_KICKS = range(2)
#: A centroid with less than this part of a step's pixels is dead.
DEAD_SHARE = 1e-3


class CentroidMemory:
    """K centroids on the unit sphere, moved by averages and never by gradients.

    Parameters
    ----------
    centroids
        (clusters, dimensions); copied, scaled to unit length.
    keep
        Part a of the old centroid kept per update, 0 to 1.
    kick
        Size of the random step given to dead centroids, in embedding units.
    seed
        Decides the random steps, together with the number of the update.
    """

    def __init__(
        self, centroids: Tensor, *, keep: float = 0.99, kick: float = 0.05, seed: int = 0
    ) -> None:
        self.centroids = functional.normalize(centroids.detach().float().clone(), dim=1)
        self._keep = keep
        self._kick = kick
        self._seed = seed

    @classmethod
    def from_embeddings(
        cls,
        embeddings: Tensor,
        clusters: int,
        *,
        keep: float = 0.99,
        kick: float = 0.05,
        seed: int = 0,
    ) -> Self:
        """Start from pixels far apart (k-means++: Arthur & Vassilvitskii, 2007).

        Random directions would leave most centroids far from every pixel, and
        the first to be nearest would win everything.

        Parameters
        ----------
        embeddings
            (pixels, dimensions), at least one pixel.
        """
        points = embeddings.detach().double().cpu().numpy()
        draws = np.random.default_rng((seed, _STREAM_SEEDS))
        chosen = [int(draws.integers(len(points)))]
        distance = np.full(len(points), np.inf)
        for _ in range(clusters - 1):
            distance = np.minimum(distance, ((points - points[chosen[-1]]) ** 2).sum(1))
            total = distance.sum()
            weights = distance / total if total > 0 else None
            chosen.append(int(draws.choice(len(points), p=weights)))
        start = torch.from_numpy(points[chosen]).to(embeddings.device)
        return cls(start, keep=keep, kick=kick, seed=seed)

    @torch.no_grad()
    def update(
        self, embeddings: Tensor, probabilities: Tensor, step: int, add_up: AddUp = only_here
    ) -> None:
        """Move the centroids: c_k <- a c_k + (1 - a) sum_i p_ik z_i / sum_i p_ik.

        The result is scaled back to unit length. A centroid that hardly any
        pixel answers to is dead: it is not averaged but gets a random step, as
        in the paper.

        Parameters
        ----------
        embeddings, probabilities
            (pixels, dimensions) and (pixels, clusters), pixels with data only.
        step
            Number of the update; the random steps depend on it and the seed.
        add_up
            Adds up over the processes that share the pixels.
        """
        pixels = int(add_up(torch.tensor(len(embeddings))))
        if not pixels:
            return
        weights = probabilities.detach().float()
        mass = add_up(weights.sum(0))
        pull = add_up(weights.T @ embeddings.detach().float())
        means = pull / mass[:, None].clamp_min(1e-12)
        moved = self._keep * self.centroids + (1 - self._keep) * means
        draws = np.random.default_rng((self._seed, _STREAM_KICKS, step))
        noise = torch.from_numpy(draws.standard_normal(moved.shape, np.float32))
        kicked = self.centroids + self._kick * noise.to(moved.device)
        dead = mass < DEAD_SHARE * pixels
        self.centroids = functional.normalize(torch.where(dead[:, None], kicked, moved), dim=1)
