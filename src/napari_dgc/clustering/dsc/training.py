"""The network together with its optimiser, clusters and what they were learned from."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.dsc.config import DSCConfig
from napari_dgc.clustering.dsc.network import (
    SpectralAutoencoder,
    discrepancy,
    poisson_deviance,
    silhouette,
)
from napari_dgc.clustering.dsc.number import (
    Array,
    SilhouetteCurve,
    assign,
    even_draw,
    fit_centroids,
    keep_numbers,
    silhouette_curve,
)
from napari_dgc.clustering.dsc.spectra import Prepared, SpectraScale
from napari_dgc.clustering.events import Progress
from napari_dgc.clustering.labelling import check_stop
from napari_dgc.clustering.torch_state import (
    load_module,
    load_optimiser,
    module_arrays,
    optimiser_arrays,
)

#: Streams of random numbers that must not share draws.
_WEIGHTS, _EPOCH, _MEANS = 51, 52, 53
#: Codes are scaled between units of the noise (0) and of their own spread (1).
_WHITENING = 0.5
#: A direction counts whose variance is so many times that of the noise.
_SIGNAL = 2.0
_NORMAL_DRAWS = 256
#: Learning rate of each epoch over that of the one before.
_DECAY = 0.85
_PIXELS_AT_ONCE = 8192


class DSCModel:
    """Everything that is learned.

    Parameters
    ----------
    config
        Options.
    scale
        How spectra are scaled.
    latent
        Dimensions of the codes.
    device
        Where to compute.
    """

    def __init__(
        self, config: DSCConfig, scale: SpectraScale, latent: int, device: str = "cpu"
    ) -> None:
        self.config, self.scale, self.latent = config, scale, latent
        # Weights depend on the seed alone, and nobody else's random numbers are taken.
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(int(np.random.default_rng((config.seed, _WEIGHTS)).integers(2**31)))
            self.network = SpectralAutoencoder(
                len(scale.centre), latent, config.width, variational=config.variant == "vae"
            )
        self.to(device)
        self.centroids: Array | None = None
        #: Number (0-based) of each centroid among all that there can be.
        self.numbers: NDArray[np.intp] = np.arange(0)
        self.curve: SilhouetteCurve | None = None
        self.temperature = 1.0

    def to(self, device: str) -> None:
        """Compute elsewhere; the optimiser's state goes along."""
        state = self.state() if hasattr(self, "_optimiser") else None
        self.device = device
        self.network.to(device)
        self._optimiser = torch.optim.Adam(self.network.parameters(), self.config.learning_rate)
        if state is not None:
            load_optimiser(self._optimiser, "adam", state)

    @classmethod
    def start(cls, config: DSCConfig, spectra: Array, *, counts: bool, device: str) -> "DSCModel":
        """Begin at the best linear codes of a sample (pixels, bands)."""
        scale = SpectraScale.fit(spectra, counts=counts)
        prepared = scale.prepare(spectra)
        mean = prepared.inputs.mean(axis=0)
        centred = prepared.inputs - mean
        covariance = (centred.T @ centred).astype(np.float64) / max(len(centred), 1)
        values, vectors = np.linalg.eigh(covariance)
        values, vectors = values[::-1], vectors[:, ::-1]
        noise = scale.noise(prepared)
        if not counts:
            # The many directions without signal tell the noise.
            noise = float(np.median(values[len(values) // 2 :]))
        noise = max(noise, 1e-6 * float(values[0]), 1e-9)
        bands = len(values)
        signal = int((values > _SIGNAL * noise).sum())
        latent = int(np.clip(signal, min(2, bands), min(config.latent, bands)))
        model = cls(config, scale, latent, device)
        scales = np.maximum(values[:latent], noise) ** (_WHITENING / 2)
        # Codes of unit spread on average, as the normal distribution they are compared to.
        scales *= np.sqrt((np.maximum(values[:latent], 0) / scales**2).mean()) or 1.0
        peak = np.abs(vectors[:, :latent]).argmax(axis=0)
        signs = np.where(vectors[peak, np.arange(latent)] < 0, -1.0, 1.0)
        model.network.start(
            np.ascontiguousarray((vectors[:, :latent] * signs).T, np.float32),
            mean.astype(np.float32),
            np.maximum(scales, 1e-4).astype(np.float32),
        )
        return model

    # Learning

    def epoch(
        self, number: int, spectra: Array, prepared: Prepared, token: CancelToken
    ) -> Iterator[Progress | dict[str, float]]:
        """Take the steps of an epoch (from 0), yielding progress and, last, the mean losses."""
        config = self.config
        generator = np.random.default_rng((config.seed, _EPOCH, number))
        noise = torch.Generator().manual_seed(int(generator.integers(2**31)))
        for group in self._optimiser.param_groups:
            group["lr"] = config.learning_rate * max(_DECAY**number, 0.05)
        sums: dict[str, float] = {}
        batch = min(config.batch, len(spectra))
        with_silhouette = config.silhouette > 0 and number >= config.warm_up
        for step in range(config.steps):
            check_stop(token)
            chosen = generator.choice(len(spectra), batch, replace=False)
            terms = self._terms(
                spectra[chosen], Prepared(*(part[chosen] for part in prepared)), noise
            )
            loss = terms["reconstruction"] + config.discrepancy * terms["discrepancy"]
            if with_silhouette:
                loss = loss + config.silhouette * (1 - terms["silhouette"]) / 2
            self._optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self._optimiser.step()
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + float(value.detach())
            yield Progress(f"epoch {number + 1}", (step + 1) / config.steps)
        yield {name: value / config.steps for name, value in sums.items()}

    def _terms(
        self, spectra: Array, prepared: Prepared, noise: torch.Generator
    ) -> dict[str, torch.Tensor]:
        inputs, common, size = (torch.from_numpy(part).to(self.device) for part in prepared)
        mean, log_variance = self.network.encode(inputs)
        codes = mean
        if log_variance is not None:
            drawn = torch.randn(mean.shape, generator=noise).to(self.device)
            codes = mean + torch.exp(0.5 * log_variance) * drawn
        outputs = self.network.decode(codes)
        if self.scale.counts:
            centre = torch.from_numpy(self.scale.centre).to(self.device)
            counts = torch.from_numpy(spectra).to(self.device)
            reconstruction = poisson_deviance(counts, common * centre + size * outputs, size)
        else:
            reconstruction = ((outputs - inputs) ** 2).mean()
        # Both are in units of the variance of the inputs, however many bands there are.
        normal = torch.randn((_NORMAL_DRAWS, self.latent), generator=noise).to(self.device)
        terms = {
            "reconstruction": reconstruction,
            "discrepancy": discrepancy(codes, normal),
        }
        if self.centroids is not None:
            labels = assign(mean.detach().cpu().numpy(), self.centroids)
            terms["silhouette"] = silhouette(
                mean, torch.from_numpy(labels).to(self.device), len(self.centroids)
            )
        return terms

    def cluster(self, number: int, prepared: Prepared) -> bool:
        """Run k-means on the codes after epoch `number` (0: before the first).

        Up to the end of the warm-up the number of clusters is found anew.

        Returns
        -------
        bool
            Whether there is a new silhouette curve.
        """
        codes = self.codes(prepared)
        generator = np.random.default_rng((self.config.seed, _MEANS, number))
        points = np.ascontiguousarray(even_draw(codes, generator))
        seed = int(generator.integers(2**31))
        before, wanted = self.centroids, self.config.clusters
        fresh = False
        if wanted == "auto" and (before is None or number <= self.config.warm_up):
            most = max(2, min(self.config.most, len(points) - 1))
            self.curve, found = silhouette_curve(points, range(2, most + 1), seed)
            fresh = True
        elif before is None or number <= self.config.warm_up:
            found = fit_centroids(points, self.config.most, seed)
        else:
            found = fit_centroids(points, len(before), seed, start=before)
        self.numbers = keep_numbers(points, found, self.numbers, before, self.config.most)
        self.centroids = found
        squared = ((points - found[assign(points, found)]) ** 2).sum(axis=1)
        self.temperature = max(float(squared.mean()) / self.latent, 1e-6)
        return fresh

    # Use

    def codes(self, prepared: Prepared) -> Array:
        """Return the codes (pixels, latent)."""
        return self._in_parts(prepared.inputs, lambda part: self.network.encode(part)[0])

    def outputs(self, prepared: Prepared) -> Array:
        """Return what the network makes of its inputs (pixels, bands)."""
        return self._in_parts(
            prepared.inputs, lambda part: self.network.decode(self.network.encode(part)[0])
        )

    def _in_parts(self, inputs: Array, compute: Any) -> Array:
        parts = []
        with torch.no_grad():
            for start in range(0, len(inputs), _PIXELS_AT_ONCE):
                part = torch.from_numpy(inputs[start : start + _PIXELS_AT_ONCE])
                parts.append(compute(part.to(self.device)).cpu().numpy())
        return np.ascontiguousarray(np.concatenate(parts))

    # Storage

    def state(self) -> dict[str, NDArray[Any]]:
        """Return network, optimiser and clusters as arrays that nothing changes any more."""
        arrays = module_arrays(self.network, "network")
        arrays |= optimiser_arrays(self._optimiser, "adam")
        held = {name: np.array(value) for name, value in arrays.items()}
        if getattr(self, "centroids", None) is not None:
            assert self.centroids is not None
            held |= {
                "clusters.centroids": self.centroids,
                "clusters.numbers": np.asarray(self.numbers, np.int64),
                "clusters.temperature": np.array([self.temperature]),
            }
        if getattr(self, "curve", None) is not None:
            assert self.curve is not None
            held |= self.curve.tensors()
        return held

    def load(self, tensors: dict[str, NDArray[Any]]) -> None:
        """Return to a `state`; raises ValueError or RuntimeError when it does not fit."""
        load_module(self.network, "network", tensors)
        self._optimiser = torch.optim.Adam(self.network.parameters(), self.config.learning_rate)
        load_optimiser(self._optimiser, "adam", tensors)
        centroids = np.ascontiguousarray(tensors["clusters.centroids"], np.float32)
        numbers = tensors["clusters.numbers"].astype(np.intp)
        if centroids.ndim != 2 or centroids.shape[1] != self.latent:
            raise ValueError("the centroids do not fit the codes")
        if len(numbers) != len(centroids) or not len(numbers):
            raise ValueError("the number of clusters is wrong")
        if numbers.min() < 0 or numbers.max() >= self.config.most:
            raise ValueError("cluster numbers out of range")
        self.centroids, self.numbers = centroids, numbers
        self.temperature = float(tensors["clusters.temperature"][0])
        self.curve = SilhouetteCurve.from_tensors(tensors)
