"""How far label maps can be trusted, told without any truth, and the epoch to trust most.

Scores computed in features that a method has learned reward it for losing rare materials:
once a lesion is gone, all that is left is tighter. Here the features are fixed before
training (noise-whitened), and a label is judged by what it says about *another* pixel,
two sensor columns away. A push-broom sensor's noise and stripes differ between columns
(compare `mean_shift`), so that only knowledge of the scene counts; means are taken from
one half of the columns and judged on the other. More labels always explain more; what they
explain counts as far as labels can be told again from half of the columns.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.dgc.features import Stacks
from napari_dgc.clustering.dgc.kmeans import nearest
from napari_dgc.clustering.labelling import Bands
from napari_dgc.clustering.noise import sample_windows
from napari_dgc.cubes import HyperCube
from napari_dgc.evaluation.metrics import adjusted_rand_index

#: Columns from a pixel to the one that its label must explain: the lens blurs over one.
_APART = 2
#: Columns in a row that belong to one half.
_BLOCK = 4
_PIXELS = 20_000
#: Pixels that pull the mean of a label towards that of everything, so
#: that a label of one pixel explains nothing.
_PULL = 2.0
#: Windows judged over all scans, their bounds per scan, and how far their seeds lie from
#: those of the windows that clusters are fitted to.
_WINDOWS = 48
_WINDOWS_PER_SCAN = (2, 16)
_OTHER_SEED = 1_000_003
_PREFIX = "trusted."


def held_back_windows(
    cubes: Sequence[HyperCube], bands: Bands, *, seed: int, token: CancelToken | None = None
) -> Iterator[NDArray[np.float32]]:
    """Yield windows (bands, rows, columns) of all scans other than those clusters are fitted to.

    On small scans they overlap with those.
    """
    return sample_windows(
        cubes,
        bands,
        seed=seed + _OTHER_SEED,
        token=token,
        windows=_WINDOWS,
        per_scan=_WINDOWS_PER_SCAN,
    )


@dataclass(frozen=True, eq=False)
class HeldBackPixels:
    """Fixed pixels by which all label maps of some scans are compared.

    Parameters
    ----------
    places
        (pixels,) places in the flattened stacks whose labels are looked at.
    own
        (pixels, dimensions) features of these pixels, in which the nearest mean is looked for.
    others
        (pixels, dimensions) features of the pixel, two columns away, to be explained, with
        the same variance each.
    halves
        (pixels,) which half of the columns each belongs to.
    """

    places: NDArray[np.intp]
    own: NDArray[np.float32]
    others: NDArray[np.float32]
    halves: NDArray[np.bool_]

    @classmethod
    def choose(
        cls, stacks: Stacks, ratios: NDArray[np.float32], *, seed: int, exponent: float = 1.0
    ) -> Self:
        """Draw pixels from windows of all scans.

        Parameters
        ----------
        stacks
            Windows that clusters are not fitted to, or whole scans, in noise units.
        ratios
            (dimensions,) signal over noise variance of the features, see `NoiseModel`.
        seed
            Decides which pixels are drawn.
        exponent
            Of what is to be explained: 1 gives every feature the same variance, 0 leaves
            noise units.
        """
        generator = np.random.default_rng(seed)
        scale = ratios ** np.float32(-exponent / 2)
        places, own, others, halves = [], [], [], []
        begin = 0
        whole = sum(valid.size for _, valid in stacks)
        for features, valid in stacks:
            known = np.flatnonzero(valid)
            count = min(len(known), int(np.ceil(_PIXELS * valid.size / whole)))
            chosen = generator.choice(known, count, replace=False)
            window, row, column = np.unravel_index(chosen, valid.shape)
            other = column + _APART * generator.choice((-1, 1), count)
            inside = (other >= 0) & (other < valid.shape[-1])
            inside &= valid[window, row, np.where(inside, other, 0)]
            window, row, column, other = (v[inside] for v in (window, row, column, other))
            places.append(begin + chosen[inside])
            own.append(features[window, :, row, column] * ratios ** np.float32(-0.25))
            others.append(features[window, :, row, other] * scale)
            halves.append(column // _BLOCK % 2 == 0)
            begin += valid.size
        return cls(*(np.concatenate(parts) for parts in (places, own, others, halves)))

    def doubt(self, maps: Sequence[NDArray[np.integer[Any]]]) -> float:
        """Return how little labels can be trusted: 1 - (1 - `unexplained`) `agreement`.

        Comparable between epochs, options and numbers of clusters on the same scans, not
        between scans. The lower the better; NaN where it cannot be computed.
        """
        return 1 - (1 - self.unexplained(maps)) * self.agreement(maps)

    def unexplained(self, maps: Sequence[NDArray[np.integer[Any]]]) -> float:
        """Return the share of the variance that labels do not explain; the lower the better.

        Parameters
        ----------
        maps
            Label maps of all stacks, labels from 1; 0 is no data.

        Returns
        -------
        float
            0 is perfect, about 1 where labels say nothing. NaN where there are no two columns
            apart to compare, or all pixels are the same.
        """
        labels = self._labels(maps)
        rest = total = 0.0
        for half in (self.halves, ~self.halves):
            if not half.any() or half.all():
                return float("nan")
            mass, sums = _sums(self.others[half], labels[half], int(labels.max()) + 1)
            mean = sums.sum(axis=0) / mass.sum()
            means = (sums + _PULL * mean) / (mass + _PULL)[:, None]
            judged = self.others[~half]
            rest += float(((judged - means[labels[~half]]) ** 2).sum())
            total += float(((judged - mean) ** 2).sum())
        return rest / total if total > 0 else float("nan")

    def agreement(self, maps: Sequence[NDArray[np.integer[Any]]]) -> float:
        """Return how alike two halves of the columns would label all pixels.

        Each half knows the means of the labels in its own columns and gives every pixel
        the label of the nearest; the two answers are compared by the adjusted Rand index.

        Returns
        -------
        float
            1 is perfect, about 0 is chance. NaN where there is only one half.
        """
        labels = self._labels(maps)
        answers = []
        for half in (self.halves, ~self.halves):
            if not half.any():
                return float("nan")
            mass, sums = _sums(self.own[half], labels[half], int(labels.max()) + 1)
            present = np.flatnonzero(mass)
            means = (sums[present] / mass[present, None]).astype(np.float32)
            answers.append(present[nearest(self.own, means)[0]])
        size = int(labels.max()) + 1
        pairs = np.bincount(answers[0] * size + answers[1], minlength=size**2)
        return adjusted_rand_index(pairs.reshape(size, size).astype(np.int64))

    def _labels(self, maps: Sequence[NDArray[np.integer[Any]]]) -> NDArray[np.intp]:
        labels = np.concatenate([part.ravel() for part in maps])[self.places]
        # Numbers without gaps, so that large ones cost nothing.
        return np.unique(labels, return_inverse=True)[1].astype(np.intp)


def _sums(
    values: NDArray[np.float32], labels: NDArray[np.intp], size: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Count the pixels of each label (size,) and add their values (size, dimensions)."""
    mass = np.bincount(labels, minlength=size).astype(np.float64)
    sums = np.stack([np.bincount(labels, v, minlength=size) for v in values.T], axis=1)
    return mass, sums.astype(np.float64)


@dataclass(frozen=True, eq=False)
class TrustedEpoch:
    """The state of the epoch whose labels can be doubted least.

    Parameters
    ----------
    epoch
        Its number, from 1.
    doubt
        See `HeldBackPixels.doubt`.
    arrays
        What labels pixels in that state, as named arrays.
    """

    epoch: int
    doubt: float
    arrays: dict[str, NDArray[Any]]

    @classmethod
    def better(
        cls, held: Self | None, epoch: int, doubt: float, arrays: Mapping[str, NDArray[Any]]
    ) -> Self:
        """Return the epoch to trust: the one held, or the new one where that is no worse."""
        if held is not None and doubt > held.doubt:
            return held
        # Copies: training changes its tensors in place. Not every epoch is calibrated.
        kept = {name: np.array(value) for name, value in arrays.items() if name != "confidence"}
        return cls(epoch, doubt, kept)

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays to store (see `from_tensors`)."""
        state = np.array([self.epoch, self.doubt], np.float64)
        return {f"{_PREFIX}state": state} | {
            f"{_PREFIX}model.{name}": value for name, value in self.arrays.items()
        }

    @classmethod
    def from_tensors(cls, tensors: Mapping[str, NDArray[Any]]) -> Self | None:
        """Rebuild from `tensors`; None where none is stored."""
        if f"{_PREFIX}state" not in tensors:
            return None
        epoch, doubt = tensors[f"{_PREFIX}state"]
        start = f"{_PREFIX}model."
        arrays = {
            name.removeprefix(start): value
            for name, value in tensors.items()
            if name.startswith(start)
        }
        return cls(int(epoch), float(doubt), arrays)
