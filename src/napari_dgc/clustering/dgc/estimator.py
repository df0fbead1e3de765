"""Deep Global Clustering, the default method.

Like the paper (arXiv 2512.24172) it learns one set of clusters for all scans
from small overlapping patches in constant memory, and compacts clusters by
unrolled mean shift with a learned bandwidth. Unlike the paper, no loss term
pulls on the clusters themselves:

1. Spectra are projected to features in which the sensor's noise is white
   (`NoiseModel`, one for all scans).
2. `LearnedMeanShift` moves each pixel towards its like among its neighbours; its
   kernel is learned by likelihood, which has no collapsed solution.
3. Prototypes are found by k-means on a sample of all scans, many more than wanted,
   and merged to the wanted number of fine clusters by a tempered Ward criterion
   that does not give rare materials up (`ward_tree`).
4. The same criterion builds the merge tree of the fine clusters.
"""

from collections.abc import Iterable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Self, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from scipy.optimize import linear_sum_assignment

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.devices import resolve_device
from napari_dgc.clustering.dgc.config import DGCConfig
from napari_dgc.clustering.dgc.mean_shift import LearnedMeanShift
from napari_dgc.clustering.dgc.prototypes import fit_centroids, nearest
from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.clustering.events import (
    EpochFinished,
    LabelsReady,
    Notice,
    Progress,
    TrainingEvent,
    TrainingFinished,
    TrainingStarted,
)
from napari_dgc.clustering.labelling import check_stop, iter_tiles, summarise
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.clustering.patches import PairSampler
from napari_dgc.clustering.storage import (
    summary_from_tensors,
    summary_tensors,
    write_model,
)
from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.errors import UserError
from napari_dgc.partition import ClusterSummary
from napari_dgc.partition.tree import ward_tree

_TILE = 128
#: Windows of the sample that are worked on together.
_STACK = 16
#: More steps than this without a finite loss end the training.
_MOST_SKIPPED = 10

#: Stacks of windows: features (n, dimensions, rows, columns), validity (n, rows, columns).
_Sample: TypeAlias = list[tuple[NDArray[np.float32], NDArray[np.bool_]]]


class DeepGlobalClustering(Clusterer):
    """One set of clusters for all scans that does not collapse.

    Parameters
    ----------
    clusters, epochs, seed, device, **options
        See `DGCConfig`.

    Attributes
    ----------
    config : DGCConfig
    noise : NoiseModel or None
        Projection to noise-whitened features, once training has begun.
    centroids : ndarray or None
        (prototypes, dimensions) centroids in those features.
    groups : ndarray or None
        (prototypes,) fine cluster, from 1, of each centroid.

    Examples
    --------
    >>> from napari_dgc.simulate import simulate_set
    >>> scans = [scan.cube for scan in simulate_set(size=(48, 48), bands=40)]
    >>> model = DeepGlobalClustering(clusters=8, epochs=1).fit(scans)
    >>> model.predict(scans[0]).shape
    (48, 48)
    """

    method = "dgc"
    title = "Deep Global Clustering, noise-aware (recommended)"

    def __init__(
        self,
        *,
        clusters: int = 16,
        epochs: int = 10,
        seed: int = 0,
        device: str = "auto",
        **options: Any,
    ) -> None:
        self.config = DGCConfig(
            clusters=clusters, epochs=epochs, seed=seed, device=device, **options
        )
        self.noise: NoiseModel | None = None
        self.centroids: NDArray[np.float32] | None = None
        self.groups: NDArray[np.uint16] | None = None
        self._grid: BandGrid | None = None
        self._shift: LearnedMeanShift | None = None
        self._optimiser: torch.optim.Adam | None = None
        self._summary: ClusterSummary | None = None
        self._epoch = 0
        self._device = "cpu"

    @property
    def n_clusters(self) -> int:
        """Number of fine clusters."""
        return self.config.clusters

    @property
    def epoch(self) -> int:
        """Number of epochs completed."""
        return self._epoch

    @property
    def summary(self) -> ClusterSummary | None:
        """Mass, spectra and neighbourhood of the fine clusters over the training scans."""
        return self._summary

    # Training

    def fit_iter(
        self,
        cubes: Sequence[HyperCube],
        *,
        token: CancelToken | None = None,
        resume: bool = False,
        previews: bool = True,
    ) -> Iterator[TrainingEvent]:
        """Train, yielding events (see `Clusterer.fit_iter`)."""
        token = token or never_cancelled()
        self._device = resolve_device(self.config.device)
        grid = BandGrid.from_cubes(cubes)
        go_on = resume and self.centroids is not None
        yield TrainingStarted(
            method=self.method,
            device=self._device,
            scans=len(cubes),
            epoch=self._epoch if go_on else 0,
            epochs=self.config.epochs,
            clusters=self.config.clusters,
        )
        try:
            if go_on:
                for cube in cubes:
                    self._bands.check(cube)
                windows = self._sample(self._windows(cubes, token))
                self._set_up_optimiser()
            else:
                self._forget()
                raw = []
                for window in sample_windows(cubes, grid, seed=self.config.seed, token=token):
                    raw.append(window)
                    yield Progress("reading samples", 0.5)
                yield Progress("measuring the sensor's noise", 0.5)
                noise = NoiseModel.fit(raw, exponent=self.config.exponent)
                self._begin(grid, noise, raw)
                windows = self._sample(raw)
                del raw
                yield Progress("finding prototypes", 0.5)
                self._fit_prototypes(windows)
                if previews:
                    yield from self._label_maps(cubes, token, show=True)
            yield from self._epochs(cubes, windows, token, previews)
        except InterruptedError:
            yield TrainingFinished(self._epoch, stopped=True)

    def _epochs(
        self,
        cubes: Sequence[HyperCube],
        windows: _Sample,
        token: CancelToken,
        previews: bool,
    ) -> Iterator[TrainingEvent]:
        """Yield the events of the epochs that are left."""
        config = self.config
        sampler = PairSampler(
            [(cube.rows, cube.columns) for cube in cubes], patch=config.patch, seed=config.seed
        )
        skipped = 0
        while self._epoch < config.epochs:
            before = self._snapshot()
            try:
                for step in range(config.steps):
                    check_stop(token)
                    number = self._epoch * config.steps + step
                    if not np.isfinite(self._train_step(cubes, sampler, number)):
                        skipped += 1
                        yield Notice(f"Step {number + 1} gave no finite loss and was skipped.")
                    if skipped > _MOST_SKIPPED:
                        raise UserError(
                            "Training gives no finite loss on these scans; "
                            "check them for extreme values and bad bands."
                        )
                    yield Progress(f"epoch {self._epoch + 1}", (step + 1) / (config.steps + 1))
                check_stop(token)
                self._epoch += 1
                self._fit_prototypes(windows)
                if previews or self._epoch == config.epochs:
                    yield from self._label_maps(cubes, token, show=previews)
            except InterruptedError:
                # Half an epoch is undone, so that going on equals never having stopped.
                self._roll_back(before)
                raise
            active = self.n_clusters if self._summary is None else int(self._summary.active.sum())
            yield EpochFinished(
                self._epoch,
                config.epochs,
                active,
                {"surprise": self._surprise(windows)},
            )
        yield TrainingFinished(self._epoch, stopped=False)

    def _snapshot(self) -> tuple[Any, ...]:
        """Return everything an epoch changes."""
        assert self._optimiser is not None
        return (
            self._epoch,
            self.centroids,
            self.groups,
            self._summary,
            deepcopy(self._network.state_dict()),
            deepcopy(self._optimiser.state_dict()),
        )

    def _roll_back(self, snapshot: tuple[Any, ...]) -> None:
        """Return to a `_snapshot`."""
        assert self._optimiser is not None
        self._epoch, self.centroids, self.groups, self._summary, network, optimiser = snapshot
        self._network.load_state_dict(network)
        self._optimiser.load_state_dict(optimiser)

    def _forget(self) -> None:
        """Return to the untrained state."""
        self._epoch = 0
        self.noise = self.centroids = self.groups = None
        self._shift = self._optimiser = self._summary = None

    def _begin(
        self, grid: BandGrid, noise: NoiseModel, windows: Sequence[NDArray[np.float32]]
    ) -> None:
        """Take over bands and noise, and set up the mean shift."""
        self._grid, self.noise = grid, noise
        total = np.zeros(noise.dimensions)
        count = 0
        for window in windows:
            features, valid = self._features(window)
            total += (features**2).sum(axis=(1, 2), dtype=np.float64)
            count += int(valid.sum())
        variances = np.maximum(total / max(count, 1), 1.0)
        self._shift = LearnedMeanShift(torch.tensor(variances, dtype=torch.float32))
        self._shift.to(self._device)
        self._set_up_optimiser()

    def _set_up_optimiser(self) -> None:
        """Make the optimiser, unless `restore` or an earlier run left one."""
        self._network.to(self._device)
        if self._optimiser is None:
            self._optimiser = torch.optim.Adam(
                self._network.parameters(), lr=self.config.learning_rate
            )

    def _train_step(self, cubes: Sequence[HyperCube], sampler: PairSampler, number: int) -> float:
        """Learn from one batch of patch pairs; returns the loss."""
        features, valid = [], []
        for pair in sampler.batch(number, self.config.batch):
            for rows, columns in (pair.window_a, pair.window_b):
                window = self._bands.read(cubes[pair.scan], rows, columns)
                values, known = self._features(window)
                features.append(values)
                valid.append(known)
        loss: torch.Tensor = self._network.surprise(
            *self._tensors(np.stack(features), np.stack(valid)[:, None])
        )
        value = float(loss.detach())
        assert self._optimiser is not None
        if np.isfinite(value):
            self._optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(self._network.parameters(), 1.0)
            self._optimiser.step()
        return value

    @torch.no_grad()
    def _surprise(self, windows: _Sample) -> float:
        """Return the loss on the fixed sample of all scans, comparable between epochs."""
        values = [
            float(self._network.surprise(*self._tensors(features, valid[:, None])))
            for features, valid in windows
        ]
        return float(np.mean(values))

    def _fit_prototypes(self, windows: _Sample) -> None:
        """Fit prototypes to the shifted sample and merge them to the fine clusters."""
        config = self.config
        points = np.concatenate(
            [
                np.moveaxis(self._shifted(features, valid), 1, -1)[valid]
                for features, valid in windows
            ]
        )
        # The same draws every epoch: what changes is the features, not the sample.
        generator = np.random.default_rng(config.seed)
        points = points[generator.permutation(len(points))[: config.sample]]
        points = np.ascontiguousarray(points * self._scale)
        count = min(config.prototypes, max(config.clusters, len(points) // 16))
        centroids = fit_centroids(points, count, generator, start=self._old_centroids(count))
        members, _ = nearest(points, centroids)
        mass = np.bincount(members, minlength=count).astype(np.float64)
        tree = ward_tree(centroids.astype(np.float64), mass)
        groups = np.zeros(count, np.uint16)
        for number, group in enumerate(tree.cut(config.clusters), start=1):
            groups[np.array(group) - 1] = number
        if self.groups is None or self.centroids is None:
            # Cluster 1 is the largest, usually the background.
            masses = np.bincount(groups, weights=mass, minlength=config.clusters + 1)[1:]
            order = np.argsort(-masses, kind="stable")
            rank = np.empty(config.clusters, np.uint16)
            rank[order] = np.arange(1, config.clusters + 1)
        else:
            # A number keeps its meaning from epoch to epoch: match by shared pixels.
            before = self.groups[nearest(points, self.centroids)[0]].astype(np.intp)
            shared = np.zeros((config.clusters + 1,) * 2)
            np.add.at(shared, (groups[members].astype(np.intp), before), 1.0)
            _, match = linear_sum_assignment(-shared[1:, 1:])
            rank = (match + 1).astype(np.uint16)
        self.centroids, self.groups = centroids, rank[groups - 1]

    def _old_centroids(self, count: int) -> NDArray[np.float32] | None:
        return (
            self.centroids if self.centroids is not None and len(self.centroids) == count else None
        )

    # Labelling

    def predict(self, cube: HyperCube, *, token: CancelToken | None = None) -> NDArray[np.uint16]:
        """Label one scan (see `Clusterer.predict`)."""
        self._bands.check(cube)
        labels = np.zeros((cube.rows, cube.columns), np.uint16)
        for _ in self._predict_into(labels, cube, token):
            pass
        return labels

    def _predict_into(
        self, labels: NDArray[np.uint16], cube: HyperCube, token: CancelToken | None
    ) -> Iterator[float]:
        """Fill a label map tile by tile, yielding the share that is done."""
        assert self.centroids is not None and self.groups is not None
        network = self._network
        done = 0
        for core_rows, core_columns, rows, columns in iter_tiles(
            cube.rows, cube.columns, _TILE, network.radius
        ):
            check_stop(token)
            window = self._bands.read(cube, rows, columns)
            features, valid = self._features(window)
            shifted = self._shifted(features[None], valid[None])[0] * self._scale[:, None, None]
            inner = (
                slice(core_rows.start - rows.start, core_rows.stop - rows.start),
                slice(core_columns.start - columns.start, core_columns.stop - columns.start),
            )
            core = np.ascontiguousarray(shifted[:, *inner]).reshape(len(shifted), -1).T
            found = self.groups[nearest(np.ascontiguousarray(core), self.centroids)[0]]
            known = valid[inner]
            labels[core_rows, core_columns] = np.where(known, found.reshape(known.shape), 0)
            done += known.size
            yield done / labels.size

    def _label_maps(
        self, cubes: Sequence[HyperCube], token: CancelToken, *, show: bool
    ) -> Iterator[TrainingEvent]:
        """Label all scans and summarise the clusters, yielding progress and, to show, the maps.

        The maps come together at the end, so that what is seen is always one state.
        """
        maps = []
        for cube in cubes:
            labels = np.zeros((cube.rows, cube.columns), np.uint16)
            for share in self._predict_into(labels, cube, token):
                yield Progress(f"labelling {cube.name}", share)
            maps.append(labels)
        self._summary = summarise(
            cubes, maps, self.n_clusters, self._bands, self._projection, token
        )
        if show:
            for scan, labels in enumerate(maps):
                yield LabelsReady(scan, self._epoch, labels)

    # Features

    @property
    def _bands(self) -> BandGrid:
        if self._grid is None:
            raise UserError("This model has not been trained yet; train it first.")
        return self._grid

    @property
    def _projection(self) -> NoiseModel:
        assert self.noise is not None
        return self.noise

    @property
    def _network(self) -> LearnedMeanShift:
        assert self._shift is not None
        return self._shift

    @property
    def _scale(self) -> NDArray[np.float32]:
        """(dimensions,) factor from noise units to the features that are clustered."""
        scale: NDArray[np.float32] = self._projection.ratios ** np.float32(
            -self._projection.exponent / 2
        )
        return scale

    def _windows(
        self, cubes: Sequence[HyperCube], token: CancelToken
    ) -> Iterator[NDArray[np.float32]]:
        return sample_windows(cubes, self._bands, seed=self.config.seed, token=token)

    def _sample(self, windows: Iterable[NDArray[np.float32]]) -> _Sample:
        """Turn windows into stacks of features, a few windows of one shape in each."""
        by_shape: dict[tuple[int, ...], list[tuple[NDArray[np.float32], NDArray[np.bool_]]]] = {}
        for window in windows:
            features, valid = self._features(window)
            by_shape.setdefault(valid.shape, []).append((features, valid))
        return [
            (np.stack([item[0] for item in part]), np.stack([item[1] for item in part]))
            for items in by_shape.values()
            for part in (items[i : i + _STACK] for i in range(0, len(items), _STACK))
        ]

    def _features(
        self, window: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
        """Turn a window (bands, rows, columns) into features in noise units and validity."""
        valid = valid_pixels(window)
        clean = window if valid.all() else np.where(valid, window, 0)
        features = self._projection.transform(clean) / self._scale[:, None, None]
        if not valid.all():
            features[:, ~valid] = 0
        return features, valid

    def _tensors(
        self, features: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> tuple[torch.Tensor, torch.Tensor]:
        return (
            torch.from_numpy(features).to(self._device),
            torch.from_numpy(valid.astype(np.float32)).to(self._device),
        )

    def _shifted(
        self, features: NDArray[np.float32], valid: NDArray[np.bool_]
    ) -> NDArray[np.float32]:
        """Mean-shift windows (n, dimensions, rows, columns) with validity (n, rows, columns)."""
        shifted = self._network(*self._tensors(features, valid[:, None]))
        result: NDArray[np.float32] = shifted.cpu().numpy()
        return result

    # Storage

    def save(self, folder: Path) -> None:
        """Write the model and its training state (see `Clusterer.save`)."""
        if self.noise is None or self.centroids is None or self.groups is None:
            raise UserError("There is nothing to save yet; train the model first.")
        tensors: dict[str, NDArray[Any]] = {
            "centroids": self.centroids,
            "groups": self.groups,
            **self.noise.tensors(),
        }
        for name, value in self._network.state_dict().items():
            tensors[f"mean_shift.{name}"] = value.cpu().numpy()
        if self._optimiser is not None:
            for index, state in self._optimiser.state_dict()["state"].items():
                for name, value in state.items():
                    tensors[f"optimiser.{index}.{name}"] = value.cpu().numpy()
        tensors |= summary_tensors(self._summary)
        metadata = {
            "config": self.config.to_json(),
            "epoch": self._epoch,
            "bands": self._bands.metadata(),
        }
        write_model(folder, self.method, metadata, tensors)

    @classmethod
    def restore(cls, metadata: dict[str, Any], tensors: dict[str, NDArray[Any]]) -> Self:
        """Rebuild an estimator from what `save` wrote."""
        config = DGCConfig.from_json(metadata["config"])
        model = cls(**config.to_json())
        model._grid = BandGrid.from_metadata(metadata["bands"])
        model.noise = NoiseModel.from_tensors(tensors)
        model.centroids = tensors["centroids"]
        model.groups = tensors["groups"]
        model._epoch = int(metadata["epoch"])
        model._shift = LearnedMeanShift(torch.ones(model.noise.dimensions))
        model._shift.load_state_dict(
            {
                name.removeprefix("mean_shift."): torch.from_numpy(np.array(value))
                for name, value in tensors.items()
                if name.startswith("mean_shift.")
            }
        )
        model._summary = summary_from_tensors(tensors)
        model._set_up_optimiser()
        assert model._optimiser is not None
        state: dict[int, dict[str, torch.Tensor]] = {}
        for name, value in tensors.items():
            if name.startswith("optimiser."):
                _, index, key = name.split(".")
                state.setdefault(int(index), {})[key] = torch.from_numpy(np.array(value))
        if state:
            groups = model._optimiser.state_dict()["param_groups"]
            model._optimiser.load_state_dict({"state": state, "param_groups": groups})
        return model
