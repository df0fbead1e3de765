"""Options of the classical methods."""

from dataclasses import asdict, dataclass, fields
from typing import Any, Self

from napari_dgc.errors import UserError


@dataclass(frozen=True)
class ClassicalConfig:
    """Everything that can be set.

    Parameters
    ----------
    clusters
        Number of fine clusters, 2 to 256.
    epochs
        Draws of pixels that are gone through, 1 to 10,000.
    seed
        Decides every random draw, 0 to 2**32 - 1.
    device
        Accepted as for other methods; these compute on the CPU.
    sample
        Pixels of all scans drawn for an epoch, 1,000 to 1,000,000; fewer where so many spectra
        would take more than 64 MB.
    """

    clusters: int = 16
    epochs: int = 10
    seed: int = 0
    device: str = "auto"
    sample: int = 60_000

    def __post_init__(self) -> None:
        for name, low, high in (
            ("clusters", 2, 256),
            ("epochs", 1, 10_000),
            ("seed", 0, 2**32 - 1),
            ("sample", 1000, 1_000_000),
        ):
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(f"{name} is {value}; choose a value from {low} to {high}.")

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
