"""Where training looks: coverage, rare materials, and what reading ahead gains.

    python benchmarks/sampling.py coverage
    python benchmarks/sampling.py rare --scene speck --sets 1 2 3 --seeds 0 1 2
    python benchmarks/sampling.py ahead

``coverage`` compares positions of patch pairs: independent draws, a jittered grid, the R2
sequence. ``rare`` trains on scenes with few lesions and compares the windows that clusters
are fitted to by the lesion pixels in them and the lesion IoU (best merge). ``ahead`` compares
the time of training with patches read in time and read ahead, and the maps of every epoch.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from unittest import mock

import h5py
import numpy as np
from simulated import LESION, pooled_scores

from napari_dgc.cancel import never_cancelled
from napari_dgc.clustering import content
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.dgc import estimator
from napari_dgc.clustering.noise import WINDOW, sample_windows
from napari_dgc.clustering.patches import PairSampler
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.simulate import simulate_scan, simulate_set


class Independent(PairSampler):
    """Scan and position drawn anew for every pair."""

    def _visit(self, number):
        scan = np.random.default_rng((self.seed, 8, number)).integers(len(self.extents))
        return number, int(scan)

    def _position(self, scan, turn):
        return np.random.default_rng((self.seed, 9, turn)).random(2)


class Jittered(PairSampler):
    """Scans take turns; one position in each cell of a grid, cells in random order."""

    cells = 8

    def _position(self, scan, turn):
        block, place = divmod(turn, self.cells**2)
        order = np.random.default_rng((self.seed, 8, scan, block)).permutation(self.cells**2)
        cell = np.array(divmod(int(order[place]), self.cells))
        draw = np.random.default_rng((self.seed, 9, scan, turn)).random(2)
        return (cell + draw) / self.cells


def coverage(options) -> None:
    print(f"{options.scans} scans of {options.size} x {options.size}, patches of 64, pairs")
    print("pairs sampler      never seen  rim never seen  spread/mean  visits of a scan")
    for area in (0.5, 1.0, 2.0, 4.0):
        per_scan = round(area * options.size**2 / 64**2 / 2)
        for name, kind in (
            ("independent", Independent),
            ("jittered grid", Jittered),
            ("R2", PairSampler),
        ):
            figures = []
            for seed in options.seeds:
                sampler = kind([(options.size, options.size)] * options.scans, seed=seed)
                counts = np.zeros((options.scans, options.size, options.size), np.int32)
                visits = np.zeros(options.scans, int)
                for number in range(per_scan * options.scans):
                    pair = sampler.pair(number)
                    visits[pair.scan] += 1
                    counts[pair.scan][pair.window_a] += 1
                    counts[pair.scan][pair.window_b] += 1
                inner = counts[:, 64:-64, 64:-64]
                rim = np.concatenate(
                    [counts[:, 0], counts[:, -1], counts[:, :, 0], counts[:, :, -1]], axis=1
                )
                figures.append(
                    (
                        (counts == 0).mean(),
                        (rim == 0).mean(),
                        inner.std() / inner.mean(),
                        visits.min(),
                        visits.max(),
                    )
                )
            never, rim, spread, _, _ = np.mean(figures, axis=0)
            low, high = np.array(figures)[:, 3].min(), np.array(figures)[:, 4].max()
            print(
                f"{per_scan:5d} {name:13s} {never:9.1%} {rim:14.1%} {spread:12.2f}"
                f"     {low:.0f}-{high:.0f}",
                flush=True,
            )


class Watched:
    """Bands that remember which pixels were read."""

    def __init__(self, bands: BandGrid, cubes: Sequence[HyperCube], truths) -> None:
        self._bands = bands
        self._number = {id(cube): number for number, cube in enumerate(cubes)}
        self._truths = truths
        self.in_windows = self.read_pixels = 0
        self.distinct = [np.zeros(truth.shape, bool) for truth in truths]

    @property
    def n_bands(self):
        return self._bands.n_bands

    @property
    def good_bands(self):
        return self._bands.good_bands

    def read(self, cube, rows, columns):
        number = self._number[id(cube)]
        part = self._truths[number][rows, columns]
        self.read_pixels += part.size
        if part.shape[0] > 1:
            self.in_windows += int((part == LESION).sum())
            self.distinct[number][rows, columns] = True
        return self._bands.read(cube, rows, columns)


def independent_windows(cubes, bands, *, seed, token=None) -> Iterator[np.ndarray]:
    """As many windows as `sample_windows` reads, at independent places."""
    generator = np.random.default_rng(seed)
    for _ in range(int(np.clip(120 // len(cubes), 4, 24)) * len(cubes)):
        cube = cubes[generator.integers(len(cubes))]
        top = int(generator.integers(cube.rows - WINDOW + 1))
        left = int(generator.integers(cube.columns - WINDOW + 1))
        yield bands.read(cube, slice(top, top + WINDOW), slice(left, left + WINDOW))


def as_much(cubes, bands, *, seed, token=None) -> Iterator[np.ndarray]:
    """Evenly spread, with as many pixels as windows by content and their look together."""
    count = round((60 + 120 * 24**2 / WINDOW**2 + 59) / len(cubes))
    return sample_windows(
        cubes, bands, seed=seed, token=token, windows=10**6, per_scan=(count, count)
    )


def by_content(**constants):
    """Windows by content with other constants of that module."""

    def windows(cubes, bands, *, seed, token=None) -> Iterator[np.ndarray]:
        with mock.patch.multiple(content, **constants):
            yield from content.content_windows(cubes, bands, seed=seed, token=token)

    return windows


WAYS = {
    "independent": independent_windows,
    "even": sample_windows,
    "even, as much": as_much,
    "60 strata": by_content(_COARSE_CLUSTERS=60, _CONTENT_WINDOWS=60, _CONTENT_EDGE=32),
    "60 strata, root": by_content(
        _COARSE_CLUSTERS=60, _CONTENT_WINDOWS=60, _CONTENT_EDGE=32, _SIZE_EXPONENT=0.5
    ),
    "240 strata": by_content(_COARSE_CLUSTERS=240, _CONTENT_WINDOWS=240, _CONTENT_EDGE=16),
    "content": content.content_windows,
}


def scene(name: str, number: int) -> list:
    if name == "speck":  # one large scan with a few lesions of some pixels
        return [simulate_scan(1.2, size=(768, 768), bands=60, seed=number)]
    if name == "one-of-12":  # one diseased scan among healthy ones
        return simulate_set(days=[0] * 11 + [3], size=(192, 192), bands=60, seed=number)
    if name == "large":
        return simulate_set(days=[0, 0, 2], size=(512, 512), bands=60, seed=number)
    days = [0, 0, 3, 3, 5, 5]
    return simulate_set(days=days, size=(256, 256), bands=101, seed=number)


def rare(options) -> None:
    print(
        f"scene {options.scene}, {options.clusters} clusters, {options.epochs} epochs: lesion IoU "
        f"(best merge), background/tissue IoU"
    )
    rows = {name: [] for name in options.ways}
    for number in options.sets:
        scans = scene(options.scene, number)
        cubes, truths = [s.cube for s in scans], [s.truth for s in scans]
        lesion = sum(int((truth == LESION).sum()) for truth in truths)
        total = sum(truth.size for truth in truths)
        print(f"set {number}: {lesion} lesion pixels of {total}", flush=True)
        for name in options.ways:
            for seed in options.seeds:
                watched = Watched(BandGrid.from_cubes(cubes), cubes, truths)

                def sample(cubes, bands, *, seed, token=None, name=name, watched=watched):
                    return WAYS[name](cubes, watched, seed=seed, token=token)

                begin = time.perf_counter()
                model = estimator.DeepGlobalClustering(
                    clusters=options.clusters, epochs=options.epochs, seed=seed
                )
                with mock.patch.object(estimator, options.patch, sample):
                    model.fit(cubes)
                pooled = pooled_scores([model.predict(cube) for cube in cubes], scans)
                distinct = sum(
                    int((seen & (truth == LESION)).sum())
                    for seen, truth in zip(watched.distinct, truths, strict=True)
                )
                rows[name].append(
                    (
                        watched.read_pixels / total,
                        watched.in_windows,
                        distinct / max(lesion, 1),
                        pooled.lesion_iou,
                        pooled.background_tissue_iou,
                    )
                )
                print(
                    f"  {name:14s} seed {seed}: read {rows[name][-1][0]:.1%}, lesion pixels "
                    f"{watched.in_windows} ({distinct / max(lesion, 1):.0%} of all), lesion IoU "
                    f"{pooled.lesion_iou:.3f}, background/tissue "
                    f"{pooled.background_tissue_iou:.3f}, {time.perf_counter() - begin:.0f} s",
                    flush=True,
                )
    print(
        "\nwindows | read | lesion pixels | of all | lesion IoU | background/tissue; mean (worst)"
    )
    for name, found in rows.items():
        mean, worst = np.mean(found, axis=0), np.min(found, axis=0)
        print(
            f"| {name} | {mean[0]:.1%} | {mean[1]:.0f} ({worst[1]:.0f}) | {mean[2]:.0%} "
            f"({worst[2]:.0%}) | {mean[3]:.3f} ({worst[3]:.3f}) | {mean[4]:.3f} ({worst[4]:.3f}) |"
        )


class Slow:
    """An array behind a slow connection: every read waits."""

    def __init__(self, data, seconds: float) -> None:
        self.data, self.seconds, self.shape, self.dtype = data, seconds, data.shape, data.dtype

    def __getitem__(self, key):
        time.sleep(self.seconds)
        return self.data[key]


def stored(cubes: Sequence[HyperCube], kind: str, folder: Path) -> list[HyperCube]:
    """The same scans in memory, in files, or behind a slow connection."""
    found = []
    for number, cube in enumerate(cubes):
        if kind == "memory":
            found.append(cube)
        elif kind == "slow":
            found.append(replace(cube, data=Slow(cube.data, 0.02)))
        else:
            path = folder / f"{number}.h5"
            if not path.exists():
                with h5py.File(path, "w") as file:
                    file.create_dataset(
                        "cube", data=np.asarray(cube.data), chunks=(32, 32, 32), compression=4
                    )
            found.append(
                replace(cube, data=LazyCube(h5py.File(path)["cube"], (0, 1, 2), path.name))
            )
    return found


def ahead(options) -> None:
    scans = simulate_set(days=[0, 5], size=(options.size, options.size), seed=1)
    cubes = [scan.cube for scan in scans]
    steps = 12
    print(
        f"2 scans of {options.size} x {options.size} x {cubes[0].n_bands}, {steps} steps, seconds"
    )
    with tempfile.TemporaryDirectory() as folder:
        for kind in ("memory", "slow", "compressed"):
            there = stored(cubes, kind, Path(folder))
            models = {
                prefetch: estimator.DeepGlobalClustering(
                    epochs=1, steps=steps, prefetch=prefetch
                ).fit(there)
                for prefetch in (0, 1, 2, 4)
            }
            maps = {
                prefetch: [model.predict(cube).tobytes() for cube in cubes]
                for prefetch, model in models.items()
            }
            taken: dict[int, list[tuple[float, float]]] = {prefetch: [] for prefetch in models}
            for _ in range(options.repeat):
                for prefetch, model in models.items():
                    model.epochs = model.epoch + 1
                    begin = time.perf_counter(), time.process_time()
                    one = range(model.epoch, model.epochs)
                    training = model._kernel
                    with training.batches(
                        there, one, seed=model.seed, token=never_cancelled()
                    ) as batches:
                        for batch in batches:
                            training.step(batch)
                    taken[prefetch].append(
                        (time.perf_counter() - begin[0], time.process_time() - begin[1])
                    )
            for prefetch, seconds in taken.items():
                wall, cpu = np.median(seconds, axis=0)
                same = "the same maps" if maps[prefetch] == maps[0] else "OTHER MAPS"
                print(
                    f"{kind:10s} prefetch {prefetch}: median {wall:.2f} wall, {cpu:.2f} processor; "
                    f"{same}",
                    flush=True,
                )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    commands = parser.add_subparsers(required=True)
    part = commands.add_parser("coverage")
    part.add_argument("--scans", type=int, default=6)
    part.add_argument("--size", type=int, default=512)
    part.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2, 3])
    part.set_defaults(go=coverage)
    part = commands.add_parser("rare")
    part.add_argument("--scene", choices=("speck", "one-of-12", "large", "plain"), default="speck")
    part.add_argument("--sets", type=int, nargs="+", default=[1])
    part.add_argument("--seeds", type=int, nargs="+", default=[0])
    part.add_argument("--clusters", type=int, default=16)
    part.add_argument("--epochs", type=int, default=3)
    part.add_argument("--ways", nargs="+", choices=list(WAYS), default=list(WAYS))
    part.add_argument(
        "--patch", default="content_windows", help="name of the drawn windows in the estimator"
    )
    part.set_defaults(go=rare)
    part = commands.add_parser("ahead")
    part.add_argument("--size", type=int, default=128)
    part.add_argument("--repeat", type=int, default=5)
    part.set_defaults(go=ahead)
    options = parser.parse_args()
    options.go(options)


if __name__ == "__main__":
    main()
