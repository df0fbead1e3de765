"""The autoencoder, and the three terms that it is trained by."""

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn
from torch.nn import functional


class SpectralAutoencoder(nn.Module):
    """Codes of spectra, and spectra of codes; linear at first, bent as it learns.

    Both halves are a linear map, which starts with the principal directions of the spectra,
    plus a network of scaled exponential units (SELU) whose last layer starts at zero: training
    begins at the best linear solution instead of at random.

    Parameters
    ----------
    bands, latent, width
        Sizes of spectra, codes and first hidden layer.
    variational
        Whether codes are drawn from a normal distribution around their mean while training.
    """

    def __init__(self, bands: int, latent: int, width: int, *, variational: bool) -> None:
        super().__init__()
        half = max(width // 2, 4)
        self.linear_in = nn.Linear(bands, latent)
        self.bend_in = nn.Sequential(
            nn.Linear(bands, width), nn.SELU(), nn.Linear(width, half), nn.SELU()
        )
        self.code = nn.Linear(half, latent)
        self.log_variance = nn.Linear(half, latent) if variational else None
        self.linear_out = nn.Linear(latent, bands)
        self.bend_out = nn.Sequential(
            nn.Linear(latent, half), nn.SELU(), nn.Linear(half, width), nn.SELU()
        )
        self.spectrum = nn.Linear(width, bands)

    def start(
        self,
        directions: NDArray[np.float32],
        means: NDArray[np.float32],
        scales: NDArray[np.float32],
    ) -> None:
        """Begin as a projection on directions (latent, bands) about means (bands,)."""
        into = directions / scales[:, None]
        with torch.no_grad():
            self.linear_in.weight.copy_(torch.from_numpy(into))
            self.linear_in.bias.copy_(torch.from_numpy(-into @ means))
            self.linear_out.weight.copy_(torch.from_numpy((directions * scales[:, None]).T.copy()))
            self.linear_out.bias.copy_(torch.from_numpy(means))
            for layer in (self.code, self.spectrum, self.log_variance):
                if layer is not None:
                    layer.weight.zero_()
                    layer.bias.zero_()
            if self.log_variance is not None:
                self.log_variance.bias.fill_(-4.0)

    def encode(self, inputs: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor | None]:
        """Return means of the codes (pixels, latent), and log variances of a variational one."""
        bent = self.bend_in(inputs)
        mean = self.linear_in(inputs) + self.code(bent)
        spread = None if self.log_variance is None else self.log_variance(bent).clamp(-12, 4)
        return mean, spread

    def decode(self, codes: torch.Tensor) -> torch.Tensor:
        """Return spectra (pixels, bands), scaled as the inputs."""
        found: torch.Tensor = self.linear_out(codes) + self.spectrum(self.bend_out(codes))
        return found


def poisson_deviance(counts: torch.Tensor, roots: torch.Tensor, size: torch.Tensor) -> torch.Tensor:
    """Poisson deviance of counts from squared `roots`, per pixel, in units of what stands out.

    For small errors it equals four times the squared error of the roots; divided by that and by
    the squared `size` that spectra were scaled by, bright pixels do not decide alone.

    Parameters
    ----------
    counts, roots
        (pixels, bands).
    size
        (pixels, 1).
    """
    # Below a tenth of a count the likelihood hardly changes, but its gradient grows without end.
    rate = roots.clamp(min=0.3) ** 2
    best = torch.special.xlogy(counts, counts) - counts
    deviance = best - counts * rate.log() + rate
    found: torch.Tensor = (deviance.sum(1) / (2 * size[:, 0] ** 2)).mean()
    return found


def discrepancy(codes: torch.Tensor, normal: torch.Tensor) -> torch.Tensor:
    """Maximum mean discrepancy (Gretton et al. 2012) of codes and standard normal draws.

    Gaussian kernel with bandwidth² = dimensions, as in InfoVAE (Zhao et al. 2019).
    """
    width = 2.0 * codes.shape[1]

    def kernel(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        squared = (a**2).sum(1)[:, None] + (b**2).sum(1)[None] - 2 * a @ b.T
        return torch.exp(-squared.clamp(min=0) / width).mean()

    return kernel(codes, codes) + kernel(normal, normal) - 2 * kernel(codes, normal)


def silhouette(codes: torch.Tensor, labels: torch.Tensor, clusters: int) -> torch.Tensor:
    """Mean silhouette (Rousseeuw 1987) of a batch, with a gradient for the codes.

    Every cluster counts the same, however many pixels it has; clusters of one pixel of the
    batch do not count. 0 where fewer than two clusters are in the batch.

    Parameters
    ----------
    codes
        (pixels, latent).
    labels
        (pixels,) from 0; they carry no gradient.
    clusters
        Number of clusters.
    """
    squared = (codes**2).sum(1)
    distances = (squared[:, None] + squared[None] - 2 * codes @ codes.T).clamp(min=1e-12).sqrt()
    members = functional.one_hot(labels, clusters).to(codes.dtype)
    counts = members.sum(0)
    sums = distances @ members
    own = (sums * members).sum(1) / (counts[labels] - 1).clamp(min=1)
    means = sums / counts.clamp(min=1)
    far = torch.finfo(codes.dtype).max
    other = means.masked_fill((members > 0) | (counts == 0)[None], far).min(1).values
    known = (counts[labels] > 1) & (other < far)
    if not bool(known.any()):
        return codes.sum() * 0.0
    value = (other - own)[known] / torch.maximum(other, own)[known].clamp(min=1e-9)
    weights = 1 / counts[labels][known]
    found: torch.Tensor = (value * weights).sum() / weights.sum()
    return found
