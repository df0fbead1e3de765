"""Everything one training run holds, and its single step."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Self

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.compiled import standardise
from napari_dgc.clustering.confidence import of_classes
from napari_dgc.clustering.dgc_paper import losses
from napari_dgc.clustering.dgc_paper.balance import make_balance
from napari_dgc.clustering.dgc_paper.config import PaperConfig
from napari_dgc.clustering.dgc_paper.encoder import (
    ENCODER_REACH,
    SpectralSpatialEncoder,
    unit_length,
)
from napari_dgc.clustering.dgc_paper.mean_shift import WINDOW_RADIUS, WindowedMeanShift
from napari_dgc.clustering.dgc_paper.memory import CentroidMemory
from napari_dgc.clustering.labelling import iter_tiles
from napari_dgc.clustering.patches import PatchPair
from napari_dgc.cubes import HyperCube
from napari_dgc.distributed.processes import ALONE, Processes
from napari_dgc.errors import UserError

#: A label depends on this many pixels around, in rows and columns.
HALO = ENCODER_REACH + WINDOW_RADIUS
#: Standardised values are cut off here: a hot pixel must not rule a patch.
_LARGEST_VALUE = np.float32(20.0)
#: Rows of a tile whose spectra are looked at together.
_STRIP = 8


class PaperModel:
    """Encoder, mean shift, centroids and optimiser, on one device.

    Parameters
    ----------
    grid
        Bands that are read.
    centre, spread
        (good bands,) mean and standard deviation of reflectance over all scans.
    clusters
        Number of centroids.
    config, seed, device
        Options, random seed, torch device.
    """

    def __init__(
        self,
        grid: BandGrid,
        centre: NDArray[np.float32],
        spread: NDArray[np.float32],
        *,
        clusters: int,
        config: PaperConfig,
        seed: int,
        device: str,
    ) -> None:
        self.grid, self.centre, self.spread = grid, centre, spread
        self.clusters, self.config, self.seed, self.device = clusters, config, seed, device
        self.encoder = SpectralSpatialEncoder(grid.size, config.dimensions, seed=seed).to(device)
        self.shift = WindowedMeanShift(config.bandwidth, config.shift_iterations).to(device)
        self.balance = make_balance(config.weighting, config.weights)
        self.memory: CentroidMemory | None = None
        self.optimizer = torch.optim.AdamW(
            [
                {"params": list(self.encoder.parameters()), "weight_decay": config.weight_decay},
                # Decay would pull the bandwidth to an arbitrary value.
                {"params": list(self.shift.parameters()), "weight_decay": 0.0},
            ],
            lr=config.learning_rate,
        )
        self.join(ALONE)

    def join(self, together: Processes) -> None:
        """Train with these processes from now on; all start from the state of the first."""
        self._together = together
        self.balance.add_up = together.add_up
        if self.memory is not None:
            self.memory.centroids = together.from_first(self.memory.centroids.cpu()).to(self.device)
        self._embed_to_learn = together.wrap(
            _Embedding(self.encoder, self.shift), some_unused=not self.config.shift_iterations
        )

    # Data --------------------------------------------------------------------------------

    def _standardise(self, window: NDArray[np.float32]) -> tuple[Tensor, Tensor]:
        """Turn reflectance (bands, rows, columns) into input and validity, on the CPU."""
        values = np.empty(window.shape, np.float32)
        valid = np.empty(window.shape[1:], np.bool_)
        factor = (1 / self.spread).astype(np.float32)
        standardise(window, self.centre, factor, _LARGEST_VALUE, values, valid)
        if not valid.all():
            values[:, ~valid] = 0
        return torch.from_numpy(values), torch.from_numpy(valid)

    def _load(self, cubes: Sequence[HyperCube], pairs: Sequence[PatchPair]) -> list[Tensor]:
        """Read pairs: spectra and validity, all A then all B, and the shared pixels."""
        a, b, in_a, in_b = [], [], [], []
        for index, pair in enumerate(pairs):
            cube = cubes[pair.scan]
            a.append(self._standardise(self.grid.read(cube, *pair.window_a)))
            turned = pair.turn(self.grid.read(cube, *pair.window_b))
            b.append(self._standardise(turned))
            one, two = pair.shared()
            in_a.append(one + index * pair.edge**2)
            in_b.append(two + (len(pairs) + index) * pair.edge**2)
        both = a + b
        tensors = [
            torch.stack([spectra for spectra, _ in both]),
            torch.stack([valid for _, valid in both]),
            torch.from_numpy(np.concatenate(in_a)),
            torch.from_numpy(np.concatenate(in_b)),
        ]
        return [tensor.to(self.device) for tensor in tensors]

    def _embed(self, spectra: Tensor, valid: Tensor) -> Tensor:
        """Embed windows and flatten: (windows * rows * columns, dimensions)."""
        return _embed(self.encoder, self.shift, spectra, valid)

    # Training ----------------------------------------------------------------------------

    def prepare(self, cubes: Sequence[HyperCube], pairs: Sequence[PatchPair]) -> None:
        """Place the centroids on pixels of these patches, as the untrained encoder sees them."""
        found, size = [], self.config.batch
        for first in range(0, len(pairs), size):  # no more at a time than a step takes
            spectra, valid, *_ = self._load(cubes, pairs[first : first + size])
            with torch.no_grad():
                found.append(self._embed(spectra, valid)[valid.flatten()])
        embeddings = torch.cat(found)
        if not len(embeddings):
            raise UserError(
                "The scans hold too few pixels with data to learn from; "
                "check the no-data value and the bad bands."
            )
        self.memory = CentroidMemory.from_embeddings(
            embeddings, self.clusters, keep=self.config.keep, kick=self.config.kick, seed=self.seed
        )

    def step(
        self, cubes: Sequence[HyperCube], pairs: Sequence[PatchPair], number: int
    ) -> tuple[dict[str, float], NDArray[np.int64]] | None:
        """Take one step: gradient with fixed centroids, then centroids with fixed encoder.

        Parameters
        ----------
        cubes, pairs
            The scans, and the pairs of the step; processes share them out.
        number
            Of the step.

        Returns
        -------
        tuple or None
            The five losses and their weighted total (see `balance`) by name, and
            how many pixels each cluster got; None when the loss or its gradient was not
            finite and nothing was changed.
        """
        assert self.memory is not None
        together, add_up = self._together, self._together.add_up
        spectra, valid, in_a, in_b = self._load(cubes, together.share(pairs))
        flat_valid = valid.flatten()
        embeddings: Tensor = self._embed_to_learn(spectra, valid)
        centroids = self.memory.centroids
        probabilities = losses.assign(embeddings, centroids, self.config.temperature)
        terms = {
            "compactness": losses.compactness(
                embeddings, probabilities, centroids, flat_valid, add_up
            ),
            "orthogonality": losses.orthogonality(
                _batch_centroids(embeddings, probabilities, flat_valid, add_up)
            ),
            "balance": losses.balance(probabilities, flat_valid, add_up),
            "uniform_assignment": losses.uniform_assignment(probabilities, flat_valid, add_up),
            "consistency": losses.consistency(
                probabilities.index_select(0, in_a),
                probabilities.index_select(0, in_b),
                flat_valid.index_select(0, in_a),
                add_up,
            ),
        }
        total = self.balance.total(terms, embeddings)
        self.optimizer.zero_grad(set_to_none=True)
        together.scaled(total).backward()  # type: ignore[no-untyped-call]
        parameters = [p for group in self.optimizer.param_groups for p in group["params"]]
        norm = torch.nn.utils.clip_grad_norm_(parameters, self.config.clip)
        if not (torch.isfinite(total) and torch.isfinite(norm)):
            return None
        self.optimizer.step()
        self.memory.update(embeddings[flat_valid], probabilities[flat_valid], number, add_up)
        winners = probabilities.detach()[flat_valid].argmax(1)
        counts = add_up(torch.bincount(winners, minlength=self.clusters)).cpu().numpy()
        values = {name: float(term.detach()) for name, term in terms.items()}
        return values | {"total": float(total.detach())}, counts

    # Labelling ---------------------------------------------------------------------------

    def label(self, cube: HyperCube, out: NDArray[np.uint16]) -> Iterator[float]:
        """Fill `out` (rows, columns) tile by tile; yields the fraction done."""
        return self._fill(cube, out, lambda squares: squares.argmin(1).cpu().numpy() + 1, 0)

    def confidence(
        self, cube: HyperCube, out: NDArray[np.float32], groups: NDArray[np.integer[Any]] | None
    ) -> Iterator[float]:
        """Fill `out` (rows, columns) with the share of the soft assignment to the pixel's class.

        Not calibrated: the temperature is that of training. NaN for no data.
        """

        def compute(squares: Tensor) -> NDArray[np.float32]:
            soft = torch.softmax(-squares / (2 * self.config.temperature), dim=1).cpu().numpy()
            labels = (squares.argmin(1).cpu().numpy() + 1).astype(np.uint16)
            return of_classes(soft.astype(np.float32), labels, groups)

        return self._fill(cube, out, compute, np.nan)

    def _fill(
        self,
        cube: HyperCube,
        out: NDArray[Any],
        compute: Callable[[Tensor], NDArray[Any]],
        no_data: float,
    ) -> Iterator[float]:
        """Fill `out` with what is computed from (pixels, clusters) squared distances."""
        assert self.memory is not None
        done = 0
        for core_rows, core_columns, rows, columns in iter_tiles(
            cube.rows, cube.columns, self.config.tile, HALO
        ):
            with torch.no_grad():
                hidden, valid = self._look_at_spectra(cube, rows, columns)
                shifted = self.shift(self.encoder.look_around(hidden), valid[None].to(self.device))
                embeddings = _flat(unit_length(shifted))
                squares = losses.squared_distances(embeddings, self.memory.centroids)
            found = np.where(valid.numpy(), compute(squares).reshape(valid.shape), no_data)
            inner = (
                slice(core_rows.start - rows.start, core_rows.stop - rows.start),
                slice(core_columns.start - columns.start, core_columns.stop - columns.start),
            )
            out[core_rows, core_columns] = found[inner]
            done += found[inner].size
            yield done / out.size

    def _look_at_spectra(
        self, cube: HyperCube, rows: slice, columns: slice
    ) -> tuple[Tensor, Tensor]:
        """Read a window and embed its pixels one by one, some rows at a time.

        Whole tiles of all bands would pass through memory several times.
        """
        parts, valid = [], []
        for top in range(rows.start, rows.stop, _STRIP):
            window = self.grid.read(cube, slice(top, min(top + _STRIP, rows.stop)), columns)
            spectra, known = self._standardise(window)
            on_device = known[None].to(self.device)
            parts.append(self.encoder.of_spectra(spectra[None].to(self.device), on_device))
            valid.append(known)
        return torch.cat(parts, dim=2), torch.cat(valid)

    # State -------------------------------------------------------------------------------

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return all arrays, the optimiser's included (see `from_tensors`)."""
        assert self.memory is not None
        result: dict[str, NDArray[Any]] = {
            "centre": self.centre,
            "spread": self.spread,
            "centroids": self.memory.centroids.cpu().numpy(),
        }
        for name, parameter in self._parameters():
            result[f"parameter.{name}"] = parameter.detach().cpu().numpy()
            for key, value in self.optimizer.state.get(parameter, {}).items():
                result[f"optimizer.{name}.{key}"] = value.detach().cpu().numpy()
        return result

    @classmethod
    def from_tensors(
        cls,
        grid: BandGrid,
        tensors: dict[str, NDArray[Any]],
        *,
        config: PaperConfig,
        seed: int,
        device: str,
    ) -> Self:
        """Rebuild from `tensors`; raises KeyError or ValueError when they do not fit."""
        centroids = tensors["centroids"]
        if tensors["centre"].shape != (grid.size,) or tensors["spread"].shape != (grid.size,):
            raise ValueError("statistics do not fit the bands")
        if centroids.ndim != 2 or centroids.shape[1] != config.dimensions:
            raise ValueError("centroids do not fit the embedding")
        model = cls(
            grid,
            tensors["centre"],
            tensors["spread"],
            clusters=len(centroids),
            config=config,
            seed=seed,
            device=device,
        )
        model.memory = CentroidMemory(
            torch.tensor(centroids, device=device), keep=config.keep, kick=config.kick, seed=seed
        )
        # Scaling to unit length again would change last digits.
        model.memory.centroids = torch.tensor(centroids, device=device)
        with torch.no_grad():
            for name, parameter in model._parameters():
                stored = tensors[f"parameter.{name}"]
                if not parameter.ndim:
                    # Arrays of no axes come back from disk with one.
                    stored = stored.reshape(())
                if stored.shape != tuple(parameter.shape):
                    raise ValueError(f"weights {name} do not fit the bands")
                parameter.copy_(torch.tensor(stored))
                if f"optimizer.{name}.step" in tensors:
                    state = {
                        key: torch.tensor(tensors[f"optimizer.{name}.{key}"])
                        for key in ("step", "exp_avg", "exp_avg_sq")
                    }
                    state["step"] = state["step"].reshape(())
                    for key in ("exp_avg", "exp_avg_sq"):
                        state[key] = state[key].reshape(parameter.shape).to(device)
                    model.optimizer.state[parameter] = state
        return model

    def _parameters(self) -> Iterator[tuple[str, torch.nn.Parameter]]:
        for prefix, module in (("encoder", self.encoder), ("shift", self.shift)):
            for name, parameter in module.named_parameters():
                yield f"{prefix}.{name}", parameter


def _embed(encoder: nn.Module, shift: nn.Module, spectra: Tensor, valid: Tensor) -> Tensor:
    return _flat(unit_length(shift(encoder(spectra, valid), valid)))


def _flat(images: Tensor) -> Tensor:
    """(windows, dimensions, rows, columns) to (pixels, dimensions)."""
    return images.permute(0, 2, 3, 1).reshape(-1, images.shape[1])


class _Embedding(nn.Module):
    """Encoder and mean shift as one module: DDP takes one whose `forward` leads to the loss."""

    def __init__(self, encoder: nn.Module, shift: nn.Module) -> None:
        super().__init__()
        self.encoder, self.shift = encoder, shift

    def forward(self, spectra: Tensor, valid: Tensor) -> Tensor:
        return _embed(self.encoder, self.shift, spectra, valid)


def _batch_centroids(
    embeddings: Tensor, probabilities: Tensor, valid: Tensor, add_up: losses.AddUp
) -> Tensor:
    """Return what the memory will be moved towards, as a function of the encoder.

    The memory itself receives no gradient, so that the orthogonality of its
    centroids could not teach the encoder anything.
    """
    weights = probabilities * valid[:, None]
    return functional.normalize(add_up(weights.T @ embeddings), dim=1, eps=1e-6)
