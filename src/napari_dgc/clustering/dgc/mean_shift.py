"""Mean shift towards similar neighbours, with a bandwidth learned without labels.

The paper unrolls mean shift over a small window to compact clusters. Here the
window's kernel is a density: where would a pixel lie, judged by its
neighbours? Its widths are learned by maximum likelihood, each pixel predicted
by neighbours in *other sensor columns* only. A push-broom sensor adds the same
offset to a whole image column, so predicting a pixel from its own column would
reward encoding the stripes; between columns that noise is independent, and what
can be predicted is the scene (the blind-spot argument of Batson & Royer 2019,
arXiv 1901.11365, with a column for the spot). The likelihood has no solution in
which clusters merge or vanish: a pixel that no neighbour resembles stays where
it is.
"""

from collections.abc import Iterator

import torch
from torch import Tensor, nn
from torch.nn import functional

from napari_dgc.clustering.compiled import usable
from napari_dgc.clustering.dgc.shift_loops import SurpriseSum, shift

#: Weight of a pixel that no neighbour resembles, so that it stays where it is.
_LEAST_OWN_WEIGHT = 0.02
#: Width of the kernel that shifts over the learned width of the kernel that predicts: a pixel
#: that is shifted is noisy itself.
_WIDER = 1.5


class LearnedMeanShift(nn.Module):
    """Non-blurring mean shift over a window of noise-whitened features.

    Parameters
    ----------
    variances
        (dimensions,) variance of each feature over the scans, in noise units.
    radius
        Half width of the window in pixels.
    iterations
        Unrolled steps.
    """

    def __init__(self, variances: Tensor, radius: int = 2, iterations: int = 3) -> None:
        super().__init__()
        self.radius = radius
        self.iterations = iterations
        side = 2 * radius + 1
        self.register_buffer("variances", variances)
        #: Log width of the kernel per feature; differences of two noisy pixels start at 2 sigma.
        self.log_bandwidth = nn.Parameter(torch.full((len(variances),), 0.7))
        #: Log weight of each place in the window.
        self.place = nn.Parameter(torch.zeros(side, side))
        #: Log weight of "unlike all neighbours".
        self.outlier = nn.Parameter(torch.tensor(-3.0))

    def _places(self) -> Tensor:
        """Log weights, the same left and right, above and below."""
        place = self.place
        return (place + place.flip(0) + place.flip(1) + place.flip(0, 1)) / 4

    def _neighbours(self, features: Tensor, valid: Tensor) -> Iterator[tuple[int, int, Tensor]]:
        """Yield (row, column) of the window and the penalised squared distance's inputs.

        The tensor holds features and validity of that neighbour of every pixel;
        beyond the rim nothing is valid.
        """
        radius = self.radius
        rows, columns = features.shape[-2:]
        joint = functional.pad(torch.cat([features, valid], dim=1), (radius,) * 4)
        for i in range(2 * radius + 1):
            for j in range(2 * radius + 1):
                yield i, j, joint[..., i : i + rows, j : j + columns]

    def surprise(self, features: Tensor, valid: Tensor) -> Tensor:
        """Mean negative log-likelihood of pixels given neighbours in other columns.

        Parameters
        ----------
        features, valid
            As for `surprise_sum`.

        Returns
        -------
        Tensor
            Scalar, nats per feature.
        """
        total, count = self.surprise_sum(features, valid)
        return total / count.clamp(min=1) / features.shape[1]

    def surprise_sum(self, features: Tensor, valid: Tensor) -> tuple[Tensor, Tensor]:
        """Negative log-likelihood of pixels given neighbours in other columns.

        Parameters
        ----------
        features
            (n, dimensions, rows, columns) in noise units, 0 where not valid.
        valid
            (n, 1, rows, columns), 1 where there are data.

        Returns
        -------
        tuple of Tensor
            Scalars: the sum in nats, and the number of pixels it is over.
        """
        places = self._places()
        variances: Tensor = self.variances  # type: ignore[assignment]
        if usable(features, valid, places):
            sum_of = SurpriseSum.apply(  # type: ignore[no-untyped-call]
                features, valid, self.log_bandwidth, places, self.outlier, variances
            )
            return sum_of, valid.sum()
        width = self.log_bandwidth.exp()[:, None, None]
        terms, weights = [], []
        for i, j, neighbour in self._neighbours(features, valid):
            if j == self.radius:
                continue
            known = neighbour[:, -1:].log().clamp(min=-1e4)
            distance = (((features - neighbour[:, :-1]) / width) ** 2).sum(1, keepdim=True)
            terms.append(places[i, j] + known - distance / 2)
            weights.append(places[i, j] + known)
        # "Unlike all neighbours" is as broad as everything in the scans.
        broad = ((features**2) / variances[:, None, None]).sum(1, keepdim=True)
        scale = variances.log().sum() / 2 - self.log_bandwidth.sum()
        terms.append(self.outlier - scale - broad / 2)
        weights.append(self.outlier.expand_as(broad))
        likelihood = torch.logsumexp(torch.cat(terms, 1), 1) - torch.logsumexp(
            torch.cat(weights, 1), 1
        )
        likelihood = likelihood - self.log_bandwidth.sum()
        inside = valid[:, 0]
        return -(likelihood * inside).sum(), inside.sum()

    @torch.no_grad()
    def forward(self, features: Tensor, valid: Tensor) -> Tensor:
        """Shift every pixel towards its like among the neighbours.

        Each pixel moves alone over the unchanged features of its window, so that
        a map depends on `radius` pixels around, however many iterations are made.
        """
        width = _WIDER * self.log_bandwidth.exp()[:, None, None]
        places = self._places()
        places = places - places.max()
        if usable(features, valid, places):
            return shift(
                features, valid, width[:, 0, 0], places, self.iterations, _LEAST_OWN_WEIGHT
            )
        shifted = features
        for _ in range(self.iterations):
            total = torch.zeros_like(features)
            weight = torch.zeros_like(valid)
            most = torch.full_like(valid, _LEAST_OWN_WEIGHT)
            for i, j, neighbour in self._neighbours(features, valid):
                if i == j == self.radius:
                    continue
                distance = (((shifted - neighbour[:, :-1]) / width) ** 2).sum(1, keepdim=True)
                factor = torch.exp(places[i, j] - distance / 2) * neighbour[:, -1:]
                total += factor * neighbour[:, :-1]
                weight += factor
                most = torch.maximum(most, factor)
            # The pixel itself counts like its most similar neighbour: its distance to itself,
            # zero, says nothing about how alike two noisy pixels of one material are.
            total += most * features
            weight += most
            shifted = total / weight
        return shifted
