"""How fast are training and labelling, next to the published code and to what the machine can do?

    git clone https://github.com/b05611038/HSI_global_clustering published
    python benchmarks/speed.py --code published              # everything, about five minutes
    python benchmarks/speed.py --code published --parts train start --threads 2

What is compared is timed alternately in one process (A B A B ...), so that other work on the
machine slows all of it; a ratio is the median over rounds. The published code is run as it is
(see ``published.py``), never copied; without ``--code`` it is left out.

- ``train``: one step on pairs of 64 x 64 pixels and 301 bands, batch 4, 16 clusters, 5 iterations
  of mean shift. ``published`` slides kernels of 9 pixels in its spectral layers; with kernels of
  1 pixel (``published-k1``, an option of its own) its arithmetic is that of ``dgc-paper``. Crops of
  the published code are cut from a batch that is in memory, ours are read from the scans. ``dgc``
  learns from 2 pairs per step: its time is per pixel. ``dgc-epoch`` is 6 such steps and clusters
  found anew on 40,000 pixels of all scans, per pixel of the steps.
- ``label``: seconds per megapixel of a scan in memory (uint16, bands interleaved by line), with
  ``minibatch``, k-means of scikit-learn on the same spectra. The published code needs 10 GB per
  megapixel: it gets ``--published-size``.
- ``gemm`` and ``read`` are the machine's own limits: a matrix product (torch, float32) with as
  many multiplications as the method needs, and one pass over the bytes of the scan.
- ``start``: a fresh ``import napari_dgc`` and ``napari-dgc --help``, beside ``python -c pass``.

Ratios are kept in ``speed.json`` beside this file, and what has changed since is printed.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from published import load_published

from napari_dgc.clustering.registry import get_method
from napari_dgc.cubes import HyperCube
from napari_dgc.files import write_text
from napari_dgc.simulate import simulate_set

PARTS = ("train", "label", "start")
CLUSTERS, BANDS, CROP, BATCH = 16, 301, 64, 4
KEPT = Path(__file__).with_suffix(".json")

#: What must be so many times as fast as what: (part, faster, slower, times).
BARS = (
    ("train", "dgc-paper", "published", 10.0),
    ("train", "dgc", "published", 30.0),
    ("label", "dgc-paper", "published", 15.0),
    ("label", "dgc", "published", 40.0),
    ("label", "dgc", "limit dgc", 1 / 3),
)
#: ... and the most that starting may take beyond an empty Python, in seconds.
START_BARS = {"import": 0.15, "help": 0.4}

Seconds = dict[str, list[float]]


def clock(run: Callable[[], object], units: float) -> float:
    """Seconds of a call per million of `units`."""
    begin = time.perf_counter()
    run()
    return (time.perf_counter() - begin) / units * 1e6


def scans_of(count: int, size: int) -> list[HyperCube]:
    """Simulated scans in memory as a camera writes them: uint16, rows of bands of pixels."""
    return [
        stored(scan.cube, (size, size))
        for scan in simulate_set(days=[0, 3, 5, 5][:count], size=(160, 160), bands=BANDS, seed=7)
    ]


def stored(cube: HyperCube, size: tuple[int, int]) -> HyperCube:
    """Repeat a scan to the wanted size, as counts of 1/10000."""
    window = cube.read(slice(None), slice(None))
    rows = (np.rint(np.clip(window, 0, 6) * 1e4)).astype(np.uint16).transpose(1, 0, 2)
    reach = [(0, max(0, want - have)) for want, have in zip(size, rows.shape[::2], strict=True)]
    rows = np.pad(rows, (reach[0], (0, 0), reach[1]), mode="symmetric")[: size[0], :, : size[1]]
    data = np.ascontiguousarray(rows).transpose(1, 0, 2)
    return HyperCube(
        data=data,
        name=cube.name,
        scale=1e4,
        wavelengths=cube.wavelengths,
        wavelength_unit=cube.wavelength_unit,
    )


# Training -----------------------------------------------------------------------------------


def our_steps(cubes: list[HyperCube]) -> dict[str, tuple[Callable[[], object], float]]:
    """One step of both methods, and how many pixels it learns from."""
    from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
    from napari_dgc.clustering.dgc_paper.config import PaperConfig
    from napari_dgc.clustering.dgc_paper.estimator import PaperDGC
    from napari_dgc.clustering.events import EpochFinished

    config = PaperConfig(patch=CROP, batch=BATCH, steps_per_epoch=1)
    paper = PaperDGC(clusters=CLUSTERS, epochs=1, device="cpu", config=config).fit(cubes)
    model, sampler = paper._trained, paper._sampler(cubes)
    numbers = iter(range(1, 10**6))

    def paper_step() -> None:
        number = next(numbers)
        model.step(cubes, sampler.batch(number, BATCH), number)

    default = DeepGlobalClustering(
        clusters=CLUSTERS, epochs=10_000, device="cpu", prefetch=0, patch=CROP
    )
    events = default.fit_iter(cubes, previews=False)

    def epoch() -> None:
        for event in events:
            if isinstance(event, EpochFinished):
                return

    epoch()
    from napari_dgc.cancel import never_cancelled

    batches = default._kernel.batches(cubes, range(5000, 9000), seed=1, token=never_cancelled())
    steps = batches.__enter__()
    per_step = 2 * default.config.batch * CROP**2
    return {
        "dgc-paper": (paper_step, 2 * BATCH * CROP**2),
        "dgc": (lambda: default._kernel.step(next(steps)), per_step),
        "dgc-epoch": (epoch, per_step * default.config.steps),
    }


def train(options: argparse.Namespace) -> Seconds:
    """Time steps of all, within the loop of the published trainer where there is one."""
    import torch

    cubes = scans_of(4, 200)
    found: Seconds = {}
    ours = our_steps(cubes)

    def once() -> None:
        for name, (step, pixels) in ours.items():
            found.setdefault(name, []).append(clock(step, pixels))

    once()
    found.clear()
    if options.code is None:
        for _ in range(options.rounds):
            once()
        return found
    package = load_published(options.code)
    from hsi_global_clustering.hsi_processing import normalize_cube

    wholes = [
        normalize_cube(torch.from_numpy(cube.read(slice(None), slice(None)))) for cube in cubes
    ]
    for kind, kernel, precision in (
        ("published", 9, "fp32"),
        ("published-k1", 1, "fp32"),
        ("published-bf16", 9, "bf16"),
    ):
        published_steps(package, wholes, kind, kernel, precision, options, found, once)
    return found


def published_steps(
    package: Any,
    wholes: list[Any],
    kind: str,
    kernel: int,
    precision: str,
    options: argparse.Namespace,
    found: Seconds,
    others: Callable[[], None],
) -> None:
    """Run the published trainer and time its steps, the others between them."""
    with tempfile.TemporaryDirectory() as folder:
        trainer = package.HSIClusteringTrainer(
            train_dataset=wholes,
            augmentor=package.AugmentationPipeline((CROP, CROP)),
            model_kwargs=arguments_of(package, kernel),
            optimizer_kwargs=dict(package.DEFAULT_OPTIMIZER_KWARGS),
            loss_weight_scheduling=dict(package.DEFAULT_LOSS_WEIGHT_SCHEDULING),
            num_workers=0,
            num_epochs=1,
            reuse_iter=options.rounds + 1,
            batch_size=BATCH,
            precision=precision,
            log_dir=folder,
            ckpt_dir=folder,
            save_interval=0,
            eval_interval=2,
        )
        update, begin = trainer._ema_update_centroids, 0.0

        def update_and_time(*values: Any, **named: Any) -> None:
            nonlocal begin
            update(*values, **named)
            # The first step has read the scans.
            if begin:
                seconds = time.perf_counter() - begin
                found.setdefault(kind, []).append(seconds / (2 * BATCH * CROP**2) * 1e6)
                if kind == "published":
                    others()
            begin = time.perf_counter()

        trainer._ema_update_centroids = update_and_time
        trainer.train()


def arguments_of(package: Any, kernel: int = 9) -> dict[str, Any]:
    """Options of the published model, but for the number of clusters and the spectral kernel."""
    import copy

    arguments: dict[str, Any] = copy.deepcopy(package.DEFAULT_MODEL_KWARGS)
    arguments["num_bands"] = BANDS
    arguments["mean_shift_kwargs"]["n_clusters"] = CLUSTERS
    arguments["encoder_kwargs"]["spectral_kernel_size"] = kernel
    return arguments


# Labelling ----------------------------------------------------------------------------------


def label(options: argparse.Namespace) -> Seconds:
    """Time one scan with all, small ones for the published code."""
    import torch
    from sklearn.cluster import MiniBatchKMeans

    from napari_dgc.clustering.dgc_paper.config import PaperConfig

    cubes = scans_of(4, 160)
    scan = stored(cubes[-1], (options.size, options.size)) if options.size != 160 else cubes[-1]
    pixels = scan.rows * scan.columns
    contenders: dict[str, tuple[Callable[[], object], float]] = {}
    # Untrained is as fast as trained.
    quick = {"dgc-paper": {"config": PaperConfig(steps_per_epoch=1)}, "dgc": {}}
    for name, extra in quick.items():
        model = get_method(name)(clusters=CLUSTERS, epochs=1, device="cpu", **extra).fit(cubes)
        contenders[name] = ((lambda model=model: model.predict(scan)), pixels)
        for kind, macs in multiplications(model).items():
            contenders[f"gemm {kind}"] = (lambda macs=macs: gemm(macs, pixels), pixels)
    contenders["read"] = (lambda: scan.data.max(), pixels)
    spectra = cubes[-1].read(slice(None), slice(None)).reshape(BANDS, -1).T
    kmeans = MiniBatchKMeans(CLUSTERS, n_init=1, random_state=0).fit(np.ascontiguousarray(spectra))

    def minibatch() -> None:
        for top in range(0, scan.rows, 64):
            window = scan.read(slice(top, top + 64), slice(None))
            kmeans.predict(np.ascontiguousarray(window.reshape(BANDS, -1).T))

    contenders["minibatch"] = (minibatch, pixels)
    if options.code is not None:
        package = load_published(options.code)
        from hsi_global_clustering.hsi_processing import normalize_cube

        part = stored(cubes[-1], (options.published_size,) * 2)

        def published(model: Any) -> None:
            whole = torch.from_numpy(part.read(slice(None), slice(None)))
            model.inference(normalize_cube(whole)[None])

        for name, kernel in (("published", 9), ("published-k1", 1)):
            model = package.HyperspectralClusteringModel(**arguments_of(package, kernel))
            contenders[name] = (
                (lambda model=model: published(model)),
                part.rows * part.columns,
            )
    found: Seconds = {name: [] for name in contenders}
    for number in range(options.rounds + 1):
        for name, (run, units) in contenders.items():
            seconds = clock(run, units)
            if number or options.rounds < 2:
                found[name].append(seconds)
    for name in ("dgc-paper", "dgc"):
        found[f"limit {name}"] = [
            a + b for a, b in zip(found[f"gemm {name}"], found["read"], strict=True)
        ]
    return found


def multiplications(model: Any) -> dict[str, int]:
    """Multiplications with addition that a method needs per pixel."""
    if model.method == "dgc-paper":
        width, steps = model.config.dimensions, model.config.shift_iterations
        encoder = BANDS * width + 2 * width**2 + 2 * 9 * width**2
        return {"dgc-paper": encoder + steps * 25 * 2 * width + CLUSTERS * width}
    width = model.model.space.noise.dimensions
    network, reach = model.model.network, model.model.reach
    window = (2 * network.radius + 1) ** 2
    # Of opposite neighbours: their difference, two squared lengths and a product.
    borders = 4 * reach * 3 * width
    shift = network.iterations * (window - 1) * 2 * width
    return {"dgc": BANDS * width + shift + borders + CLUSTERS * width}


def gemm(macs: int, pixels: int) -> None:
    """Multiply matrices with so many multiplications per pixel, block by block."""
    import torch

    rows = 4096
    one, other = torch.ones(rows, BANDS), torch.ones(BANDS, round(macs / BANDS))
    result = one @ other
    for _ in range(0, pixels, rows):
        torch.mm(one, other, out=result)


# Starting -----------------------------------------------------------------------------------


def start(options: argparse.Namespace) -> Seconds:
    """Time fresh processes; seconds, not per megapixel."""
    commands = {
        "python": [sys.executable, "-c", "pass"],
        "import": [sys.executable, "-c", "import napari_dgc"],
        "help": [sys.executable, "-c", "import sys; from napari_dgc.cli import main; main()"],
    }
    commands["help"].append("--help")
    found: Seconds = {name: [] for name in commands}
    for _ in range(4 * options.rounds):
        for name, command in commands.items():
            begin = time.perf_counter()
            subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
            found[name].append(time.perf_counter() - begin)
    return found


# Tables -------------------------------------------------------------------------------------


def ratio(found: Seconds, slower: str, faster: str) -> float:
    """How many times as fast: the median over rounds where both were timed in each."""
    pairs = list(zip(found[slower], found[faster], strict=False))
    if len(found[slower]) != len(found[faster]):
        return statistics.median(found[slower]) / statistics.median(found[faster])
    return statistics.median(a / b for a, b in pairs)


def report(part: str, found: Seconds, before: dict[str, float]) -> dict[str, float]:
    """Print a table and return the ratios to the baseline."""
    baseline = {"train": "published", "label": "published", "start": "python"}[part]
    unit = "s" if part == "start" else "s/Mpx"
    ratios = {}
    print(f"\n{part}: {'':<16}{unit:>8} {'times ' + baseline:>18} {'before':>8}")
    for name, times in sorted(found.items(), key=lambda item: -statistics.median(item[1])):
        line = f"  {name:<20} {statistics.median(times):>9.3f}"
        if baseline in found and name != baseline:
            value = ratio(found, baseline, name)
            ratios[f"{part}: {baseline} / {name}"] = round(value, 4)
            old = before.get(f"{part}: {baseline} / {name}")
            line += f" {value:>17.2f}x" + (f" {old:>7.2f}x" if old else "")
        print(line)
    for where, faster, slower, times in BARS:
        if where == part and {faster, slower} <= found.keys():
            value = ratio(found, slower, faster)
            key = f"{part}: {slower} / {faster}"
            ratios[key] = round(value, 4)
            verdict = "met" if value >= times else "missed"
            print(f"  {key}: {value:.2f}, bar {times:.2f}: {verdict}")
    if part == "start":
        for name, most in START_BARS.items():
            took = statistics.median(found[name])
            print(f"  {name}: {took:.3f} s, bar {most:.3f} s: {'met' if took < most else 'missed'}")
    return ratios


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--code", type=Path, help="clone of the published code")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--size", type=int, default=1000, help="rows and columns of the scan")
    parser.add_argument("--published-size", type=int, default=160)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--json", type=Path, help="all times, not only ratios")
    parser.add_argument("--forget", action="store_true", help=f"leave {KEPT.name} as it is")
    options = parser.parse_args(arguments)
    import torch
    from threadpoolctl import threadpool_limits

    torch.set_num_threads(options.threads)
    kept = json.loads(KEPT.read_text()) if KEPT.is_file() else {}
    before: dict[str, float] = kept.get("ratios", {})
    times, ratios = {}, {}
    with threadpool_limits(options.threads):
        for part in options.parts:
            times[part] = globals()[part](options)
            ratios |= report(part, times[part], before)
    if options.json:
        write_text(options.json, json.dumps(times, indent=1))
    if not options.forget:
        result = {"threads": options.threads, "ratios": dict(sorted((before | ratios).items()))}
        write_text(KEPT, json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
