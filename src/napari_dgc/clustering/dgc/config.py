"""Options of the default method."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from napari_dgc.errors import UserError


@dataclass(frozen=True)
class DGCConfig:
    """Everything that can be set; the defaults suit any cube of 4 to 1,000 bands.

    Parameters
    ----------
    clusters
        Most fine clusters, 2 to 64; those that are not needed stay off.
    epochs
        Passes; one epoch is `steps` steps and a new look at the prototypes. 1 to 10,000.
    seed
        Decides every random draw.
    device
        ``"auto"``, ``"cpu"``, ``"cuda"``, ``"mps"``.
    patch
        Edge of the training patches in pixels, 16 to 256.
    batch
        Pairs of overlapping patches per step, 1 to 64.
    steps
        Steps per epoch, 1 to 1,000.
    learning_rate
        Of Adam, for log bandwidths and log weights, 0.001 to 0.3.
    prototypes
        Centroids of the first, fine k-means, which are then merged to `clusters`;
        at least `clusters`, up to 512.
    sample
        Pixels of all scans that the prototypes are fitted to, 1,000 to 1,000,000.
    exponent
        0 compares spectra in units of the sensor's noise, 1 gives every feature the
        same weight; see `NoiseModel`. 0 to 1.
    prefetch
        Steps whose patches are read ahead in a background thread while earlier steps
        compute, 0 to 16; 0 reads each step's patches when it is their turn. The result is
        the same, byte for byte; memory grows by the features of so many steps.
    least_distance
        A fine cluster is needed when its mean differs from its sibling's by so many standard
        deviations of the sensor's noise, 0 to 100; 0 asks for no difference.
    least_pixels
        ... and when it owns so many pixels of the sample, 0 to 1,000; more where scans are so
        small that their pixels are drawn several times.
    least_patch
        A fine cluster is present in a scan when it forms a connected patch of so many pixels,
        0 to 1,000; 0 and 1 leave single pixels alone. Lesions smaller than this may be lost.
    """

    clusters: int = 16
    epochs: int = 10
    seed: int = 0
    device: str = "auto"
    patch: int = 64
    batch: int = 2
    steps: int = 6
    learning_rate: float = 0.05
    prototypes: int = 256
    sample: int = 40_000
    exponent: float = 0.5
    prefetch: int = 2
    least_distance: float = 3.0
    least_pixels: int = 6
    least_patch: int = 3
    reach: int = -1
    contrast: float = 6.0

    def __post_init__(self) -> None:
        for name, low, high in (
            ("clusters", 2, 64),
            ("epochs", 1, 10_000),
            ("seed", 0, 2**31 - 1),
            ("patch", 16, 256),
            ("batch", 1, 64),
            ("steps", 1, 1000),
            ("learning_rate", 0.001, 0.3),
            ("prototypes", self.clusters, 512),
            ("sample", 1000, 1_000_000),
            ("exponent", 0, 1),
            ("prefetch", 0, 16),
            ("least_distance", 0, 100),
            ("least_pixels", 0, 1000),
            ("least_patch", 0, 1000),
            ("reach", -1, 8),
            ("contrast", 1, 100),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(
                    f"{name.replace('_', ' ')} is {value}; choose a value from {low} to {high}."
                )

    def to_json(self) -> dict[str, Any]:
        """Return plain values (see `from_json`)."""
        return asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Self:
        """Rebuild from `to_json`; names that this version does not know are refused."""
        known = {item.name for item in fields(cls)}
        if set(values) - known:
            raise ValueError(f"unknown options {sorted(set(values) - known)}")
        return cls(**values)
