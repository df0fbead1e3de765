"""What can be set in the paper's method, and within which limits."""

from dataclasses import asdict, dataclass
from typing import Any, Self

from napari_dgc.errors import UserError

#: How the losses can be weighed against each other, the default first (see `balance`).
WEIGHTINGS = ("fixed", "uncertainty", "gradients", "mgda")

#: Safe range of every numeric option, both ends included; whole numbers for what is counted.
SAFE_RANGES: dict[str, tuple[float, float]] = {
    "learning_rate": (1e-6, 1e-1),
    "weight_decay": (0.0, 1.0),
    "clip": (1e-3, 1e3),
    "compactness": (0.0, 100.0),
    "orthogonality": (0.0, 100.0),
    "balance": (0.0, 100.0),
    "uniform_assignment": (0.0, 100.0),
    "consistency": (0.0, 100.0),
    "keep": (0.0, 1.0),
    "kick": (0.0, 1.0),
    "temperature": (1e-3, 10.0),
    "bandwidth": (0.05, 10.0),
    "shift_iterations": (0, 50),
    "dimensions": (2, 512),
    "patch": (5, 1024),
    "batch": (1, 256),
    "steps_per_epoch": (1, 100_000),
    "tile": (8, 4096),
}


@dataclass(frozen=True)
class PaperConfig:
    """Options of `PaperDGC`.

    The weights of the losses are the published ones. With them all embeddings
    ran into one point on simulated scans within an epoch (balance and
    consistency are satisfied there too); a stronger orthogonality and no
    uniform assignment keep the clusters apart (see `held_apart`), though
    lesions are not found either way. Ranges are those of `SAFE_RANGES`, both
    ends included; a value in them cannot break a run, though it can spoil it.

    Parameters
    ----------
    learning_rate
        Step size of AdamW, relative to the scale of the weights; 1e-6 to 0.1,
        useful from 1e-5 to 1e-2. Published: 1e-4, in the quick start 1e-3.
    weight_decay
        Part of the encoder's weights taken off per step and unit of learning
        rate; 0 to 1. Published: 0.01.
    clip
        Largest length of the gradient, in losses per weight; 0.001 to 1000.
        Published: 1.
    compactness, orthogonality, balance, uniform_assignment, consistency
        Weights of the five losses (see `losses`), without unit; 0 to 100, not
        all 0; 0 leaves a loss out. `uniform_assignment` works against
        `compactness`. `orthogonality` must be large enough to hold the
        clusters apart: on simulated scans 0.1 did and 0.001 did not.
        Published: 1, 0.001, 2, 2, 1.
    weighting
        How the losses are weighed against each other (see `balance`): "fixed",
        by the weights above, as published; "uncertainty" (relative progress),
        "gradients" (equal lengths) or "mgda" (no loss rises), where the
        weights only say which losses are left out.
    keep
        Part of a centroid kept per step; 0 to 1, near 1 means a long memory.
        Published: 0.99.
    kick
        Standard deviation of the random step of dead centroids, in embedding
        units (centroids are unit vectors); 0 to 1. Published: 0.05.
    temperature
        Softness T of the assignment, in squared embedding units; 0.001 to 10,
        useful from 0.02 (nearly hard) to 0.5. Published: 0.05.
    bandwidth
        First bandwidth of the mean shift, in embedding units; it is learned.
        0.05 to 10. At 1, the published value, pixels that have nothing in
        common still pull at each other with a third of full weight.
    shift_iterations
        Steps of the mean shift; 0 to 50. Published: 5.
    dimensions
        Length of the embedding; 2 to 512. Published: 32.
    patch
        Edge of the patches in pixels, 5 to 1024; smaller by itself for small
        scans. Published: 64.
    batch
        Pairs of patches per step; 1 to 256. Published: 4.
    steps_per_epoch
        Steps between two label maps; 1 to 100 000.
    tile
        Edge in pixels of the tiles in which scans are labelled, 8 to 4096;
        bounds memory, does not change the result.

    Raises
    ------
    UserError
        When a value is outside its safe range, not whole where it counts
        something, or all losses are left out.
    """

    learning_rate: float = 1e-3
    weight_decay: float = 0.01
    clip: float = 1.0
    compactness: float = 1.0
    orthogonality: float = 0.001
    balance: float = 2.0
    uniform_assignment: float = 2.0
    consistency: float = 1.0
    weighting: str = "fixed"
    keep: float = 0.99
    kick: float = 0.05
    temperature: float = 0.05
    bandwidth: float = 0.5
    shift_iterations: int = 5
    dimensions: int = 32
    patch: int = 64
    batch: int = 4
    steps_per_epoch: int = 20
    tile: int = 256

    def __post_init__(self) -> None:
        for name, (low, high) in SAFE_RANGES.items():
            value = getattr(self, name)
            if not low <= value <= high:
                raise UserError(
                    f"The option {name} is {value:g}; choose a value from {low:g} to {high:g}."
                )
            if isinstance(low, int) and value != int(value):
                raise UserError(f"The option {name} is {value:g}; choose a whole number.")
        if not any(self.weights.values()):
            raise UserError("All five losses have the weight 0; give at least one of them more.")
        if self.weighting not in WEIGHTINGS:
            raise UserError(
                f'The option weighting is "{self.weighting}"; '
                f"choose one of {', '.join(WEIGHTINGS)}."
            )

    @property
    def weights(self) -> dict[str, float]:
        """Weight of each loss, by the name of its function."""
        return {
            "compactness": self.compactness,
            "orthogonality": self.orthogonality,
            "balance": self.balance,
            "uniform_assignment": self.uniform_assignment,
            "consistency": self.consistency,
        }

    @classmethod
    def held_apart(cls) -> Self:
        """Return weights with which clusters stay apart (for comparison)."""
        return cls(orthogonality=0.1, uniform_assignment=0.0)

    def metadata(self) -> dict[str, float | str]:
        """Return plain JSON values for `from_metadata`."""
        return asdict(self)

    @classmethod
    def from_metadata(cls, values: dict[str, Any]) -> Self:
        """Rebuild from `metadata`; options that are not there keep their defaults."""
        chosen: dict[str, Any] = {}
        for name, default in asdict(cls()).items():
            chosen[name] = type(default)(values.get(name, default))
        return cls(**chosen)
