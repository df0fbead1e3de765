"""Options of deep spectral clustering."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Literal, Self

from napari_dgc.errors import UserError

#: Most clusters that are tried where their number is found.
MOST = 12


@dataclass(frozen=True)
class DSCConfig:
    """Everything that can be set; the defaults suit counts and reflectance alike.

    Parameters
    ----------
    clusters
        Number of clusters, 2 to 256, or "auto": of 2 to `MOST`, by the silhouette (see
        `silhouette_curve`).
    epochs
        Passes of `steps` steps; 1 to 10,000.
    seed
        Decides every random draw.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"mps"``.
    variant
        "ae", an autoencoder, or "vae", a variational one. The codes of both are drawn to a
        standard normal distribution by their maximum mean discrepancy (InfoVAE).
    samples
        "auto", "counts" or "values": whether samples are taken for counts of photons, with a
        Poisson likelihood, or for values with Gaussian noise.
    latent
        Most dimensions of the codes, 2 to 64; fewer where the noise leaves fewer.
    width
        Units of the first hidden layer, 8 to 1024; the second has half of them.
    sample
        Pixels of all scans that are learned from, 1,000 to 200,000.
    steps, batch
        Steps per epoch, 1 to 1,000, and pixels per step, 64 to 8,192.
    learning_rate
        Of Adam, 1e-5 to 0.1.
    discrepancy, silhouette
        Weights of the two terms beside the reconstruction, 0 to 100.
    warm_up
        Epochs without the silhouette term, after which the number of clusters stays; 0 to 100.
    """

    clusters: int | Literal["auto"] = "auto"
    epochs: int = 10
    seed: int = 0
    device: str = "auto"
    variant: Literal["ae", "vae"] = "ae"
    samples: Literal["auto", "counts", "values"] = "auto"
    latent: int = 10
    width: int = 128
    sample: int = 20_000
    steps: int = 50
    batch: int = 512
    learning_rate: float = 1e-3
    discrepancy: float = 0.02
    silhouette: float = 0.8
    warm_up: int = 2

    def __post_init__(self) -> None:
        for name, low, high in (
            ("epochs", 1, 10_000),
            ("seed", 0, 2**32 - 1),
            ("latent", 2, 64),
            ("width", 8, 1024),
            ("sample", 1000, 200_000),
            ("steps", 1, 1000),
            ("batch", 64, 8192),
            ("learning_rate", 1e-5, 0.1),
            ("discrepancy", 0, 100),
            ("silhouette", 0, 100),
            ("warm_up", 0, 100),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(
                    f"{name.replace('_', ' ')} is {value}; choose a value from {low} to {high}."
                )
        if self.clusters != "auto" and not (
            isinstance(self.clusters, int) and 2 <= self.clusters <= 256
        ):
            raise UserError(
                f"{self.clusters} clusters cannot be learned; choose from 2 to 256, or 'auto'."
            )
        for name, known in (("variant", ("ae", "vae")), ("samples", ("auto", "counts", "values"))):
            if getattr(self, name) not in known:
                raise UserError(
                    f"{name} is {getattr(self, name)!r}; choose one of: {', '.join(known)}."
                )

    @property
    def most(self) -> int:
        """Number of clusters, or the most there can be."""
        return MOST if self.clusters == "auto" else self.clusters

    def to_json(self) -> dict[str, Any]:
        """Return plain values (see `from_json`)."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Rebuild from `to_json`; names that this version does not know are refused."""
        unknown = set(values) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"unknown options {sorted(unknown)}")
        return cls(**values)
