"""Pixels that mix two materials: found between their ends, and divided half-way.

A lesion of a few pixels is mostly rim, and a rim pixel mixes lesion and halo by the
share of its area. Clustered like any other pixel, mixtures become clusters of their
own, whose borders lie anywhere, differently for every seed. Here a pixel is *mixed*
when it lies between two opposite neighbours, its ends, in the image and on the
straight line between them in the noise-whitened features (the linear mixing model,
Keshava & Mustard 2002, doi:10.1109/79.974727). Clusters are found on unmixed pixels,
a mixed one standing for its nearer end; labels of mixed pixels go to the material that
covers more than half of them.
"""

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from napari_dgc.clustering.compiled import usable
from napari_dgc.clustering.dgc.border_loops import explain

#: Directions in which opposite neighbours are compared, (row, column).
_DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
#: Squared distance to either end, in noise variances per feature, of a pixel that is mixed
#: and not just a noisy twin of one end.
_LEAST_SHARE = 3.0
#: A mixed pixel lies off the line between its ends by noise (squared, per feature) ...
_LINE_NOISE = 4.0
#: ... and by light and third materials, up to this part of the distance of its ends.
_LINE_BEND = 0.5
#: How far an end is taken for its material's mean (1) and how far for itself (0). A single
#: pixel next to the border is mixed itself a little, the mean does not know the local light.
_TOWARDS_MEAN = 0.7


@dataclass(frozen=True, eq=False)
class Borders:
    """Mixed pixels of a stack of windows.

    Parameters
    ----------
    first, second
        (pixels,) places, in the flattened stack, of the two ends of each pixel that differ
        most; the pixel's own place where it is not mixed.
    share
        (pixels,) how far from the first end to the second, between 0 and 1; 0 where it
        is not mixed.
    explanations
        (n, 3) places of a mixed pixel and of two ends that explain it, for all pairs of ends
        about as far apart as the blur is wide, then, in the order of the pixels, for the two
        that differ most.
    voices
        (n,) 1, or 0 for a pair that is there a second time.
    """

    first: NDArray[np.int64]
    second: NDArray[np.int64]
    share: NDArray[np.float32]
    explanations: NDArray[np.int64]
    voices: NDArray[np.float32]

    @property
    def mixed(self) -> NDArray[np.intp]:
        """Places of the mixed pixels, ascending."""
        return np.flatnonzero(self.share)

    @property
    def nearer(self) -> NDArray[np.int64]:
        """(pixels,) place of the nearer end, or the pixel's own."""
        return np.where(self.share > 0.5, self.second, self.first)

    def divide(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.uint16],
        means: NDArray[np.float32],
    ) -> NDArray[np.uint16]:
        """Label each mixed pixel like that of its ends to which more of it belongs.

        Every pair of ends has one vote.

        Parameters
        ----------
        points
            (pixels, dimensions) features in the units in which materials are compared.
        labels
            (pixels,) clusters from 1 of the unmixed pixels; those of mixed pixels say what
            their nearer end is.
        means
            (clusters, dimensions) mean of each cluster.
        """
        result = labels.copy()
        mixed, _, sides, _ = self.between(points, labels, means)
        result[mixed] = sides[0]
        return result

    def between(
        self,
        points: NDArray[np.float32],
        labels: NDArray[np.uint16],
        means: NDArray[np.float32],
    ) -> tuple[
        NDArray[np.intp], list[NDArray[np.int64]], list[NDArray[np.uint16]], NDArray[np.float32]
    ]:
        """Say how far mixed pixels are from the cluster they belong to to the next.

        Parameters
        ----------
        points, labels, means
            As for `divide`.

        Returns
        -------
        mixed : ndarray
            (n,) places of the mixed pixels whose ends are of different clusters.
        ends : list of ndarray
            (n,) place of the end of the larger part, and of the other.
        sides : list of ndarray
            (n,) their clusters.
        position : ndarray
            (n,) 0 at the first side, 0.5 half-way.
        """
        mixed = self.mixed
        count = len(means)
        pixel = np.searchsorted(mixed, self.explanations[:, 0])
        here = points[self.explanations[:, 0]]
        owner = [labels[end].astype(np.intp) - 1 for end in self.explanations[:, 1:].T]
        squared, corners = [], []
        for end, cluster in zip(self.explanations[:, 1:].T, owner, strict=True):
            corner = points[end]
            corner += np.float32(_TOWARDS_MEAN) * (means[cluster] - corner)
            corners.append(corner)
            squared.append(((here - corner) ** 2).sum(axis=1))
        length = ((corners[0] - corners[1]) ** 2).sum(axis=1)
        # By the law of cosines; two ends in one place are neither nearer nor farther.
        along = np.float32(0.5) + (squared[0] - squared[1]) / (
            2 * np.maximum(length, np.float32(1e-6))
        )
        along = np.clip(along, 0, 1)
        votes = np.zeros((len(mixed), count), np.float32)
        np.add.at(votes, (pixel, np.where(along > 0.5, owner[1], owner[0])), self.voices)
        winner = votes.argmax(axis=1)
        # An end that stands for the winner.
        near = mixed.copy()
        for end, cluster in zip(self.explanations[:, 1:].T, owner, strict=True):
            won = cluster == winner[pixel]
            near[pixel[won]] = end[won]
        # How sure that is, the two ends that differ most tell, the last explanations, unless
        # they are outvoted.
        one, two = (cluster[len(pixel) - len(mixed) :] for cluster in owner)
        position = along[len(pixel) - len(mixed) :]
        position = np.where(winner == one, position, np.where(winner == two, 1 - position, 1))
        against = 1 - votes.max(axis=1) / np.maximum(votes.sum(axis=1), 1)
        position = np.minimum(np.where(position > 0.5, against, position), 0.5)
        other = np.where(winner == one, two, one)
        far = np.where(winner == one, self.second[mixed], self.first[mixed])
        differ = other != winner
        sides = [(side[differ] + 1).astype(np.uint16) for side in (winner, other)]
        ends = [near[differ], far[differ]]
        return mixed[differ], ends, sides, position[differ].astype(np.float32)


@torch.no_grad()
def find_borders(
    features: Tensor, valid: Tensor, weights: Tensor, *, reach: int, contrast: float
) -> Borders:
    """Find the mixed pixels of a stack of windows and their ends.

    Of all opposite neighbours that explain a pixel the two that differ most are its ends.

    Parameters
    ----------
    features
        (n, dimensions, rows, columns) in noise units, 0 where not valid.
    valid
        (n, 1, rows, columns), 1 where there are data; what is not valid is no end.
    weights
        (dimensions,) share of signal in each feature's variance.
    reach
        Largest distance of an end in pixels; 0 finds no mixed pixels.
    contrast
        Least distance of two ends, in standard deviations of the noise.
    """
    count, _, rows, columns = features.shape
    seen = features * weights.sqrt()[:, None, None]
    size = float(weights.sum())
    if reach and usable(seen, valid):
        return _find_compiled(seen, valid, size, reach=reach, contrast=contrast)
    joint = functional.pad(torch.cat([seen, valid], dim=1), (reach,) * 4)
    place = torch.arange(count * rows * columns, device=features.device)
    place = place.view(count, 1, rows, columns)
    first, second = place.clone(), place.clone()
    share = torch.zeros_like(valid)
    widest = torch.zeros_like(valid)
    unheard = torch.zeros_like(valid)
    explanations = []

    def at(row: int, column: int) -> Tensor:
        return joint[
            ..., reach + row : reach + row + rows, reach + column : reach + column + columns
        ]

    for lag in range(1, reach + 1):
        for down, right in _DIRECTIONS:
            row, column = lag * down, lag * right
            one, other = at(row, column), at(-row, -column)
            line = other[:, :-1] - one[:, :-1]
            away = seen - one[:, :-1]
            length = (line**2).sum(1, keepdim=True)
            near = (away**2).sum(1, keepdim=True)
            along = (away * line).sum(1, keepdim=True)
            # Squared distance to the other end, by the law of cosines.
            far = near - 2 * along + length
            part = along / length.clamp(min=1e-12)
            off = near - part * along
            explains = (
                (length > contrast**2)
                & (part > 0)
                & (part < 1)
                & (torch.minimum(near, far) > _LEAST_SHARE * size)
                & (off < _LINE_NOISE * size + _LINE_BEND**2 * length)
                & (one[:, -1:] * other[:, -1:] * valid > 0)
            )
            step = row * columns + column
            if lag >= reach - 1:
                # On a wide ramp nearer ends are mixed themselves.
                pixels = place[explains]
                explanations.append(torch.stack([pixels, pixels + step, pixels - step], dim=1))
            found = explains & (length > widest)
            widest = torch.where(found, length, widest)
            share = torch.where(found, part, share)
            unheard = torch.where(found, float(lag < reach - 1), unheard)
            first = torch.where(found, place + step, first)
            second = torch.where(found, place - step, second)
    flat = [values.reshape(-1) for values in (place, first, second, share)]
    mixed = flat[3] > 0
    # The two that differ most have a vote in any case, and only one.
    explanations.append(torch.stack([values[mixed] for values in flat[:3]], dim=1))
    voices = torch.ones(sum(map(len, explanations)), device=features.device)
    voices[len(voices) - int(mixed.sum()) :] = unheard.reshape(-1)[mixed]
    return Borders(
        first=flat[1].cpu().numpy(),
        second=flat[2].cpu().numpy(),
        share=flat[3].cpu().numpy(),
        explanations=torch.cat(explanations).cpu().numpy(),
        voices=voices.cpu().numpy(),
    )


def _find_compiled(
    seen: Tensor, valid: Tensor, size: float, *, reach: int, contrast: float
) -> Borders:
    """Do the same with loops over rows instead of whole images."""
    lags = [(lag * down, lag * right) for lag in range(1, reach + 1) for down, right in _DIRECTIONS]
    found = explain(
        seen.numpy(),
        valid.numpy()[:, 0],
        np.array(lags, np.int64),
        (max(reach - 1, 1) - 1) * len(_DIRECTIONS),
        (contrast**2, _LEAST_SHARE * size, _LINE_NOISE * size, _LINE_BEND**2),
    )
    share, step, heard = found.share.ravel(), found.step.ravel(), found.last_lag.ravel()
    mixed = np.flatnonzero(share)
    first = np.arange(len(share))
    second = first.copy()
    first[mixed] += step[mixed]
    second[mixed] -= step[mixed]
    explanations = [
        np.stack([pixels, pixels + away, pixels - away], axis=1)
        for pixels, away in zip(map(np.flatnonzero, found.explains), found.steps, strict=True)
    ]
    others = sum(map(len, explanations))
    explanations.append(np.stack([mixed, first[mixed], second[mixed]], axis=1))
    voices = np.ones(others + len(mixed), np.float32)
    voices[others:] = ~heard[mixed]
    return Borders(first, second, share, np.concatenate(explanations), voices)
