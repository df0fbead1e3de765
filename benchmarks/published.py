"""What does the published code of Deep Global Clustering do on simulated scans?

    git clone https://github.com/b05611038/HSI_global_clustering published
    python benchmarks/published.py --code published --clusters 2 4 16

runs the authors' model, augmentation and trainer with the settings of their
``run_clustering.py``, and scores the label maps of the training scans while it trains: after
the steps that ``--score`` names and at the end. 128 x 128 pixels are the default because
their inference is slow and takes about 10 GB per megapixel; ``--size 256`` makes the
scans of ``quality.py``.

The code in ``--code`` is executed, and nothing of it is kept here. To start, it needs this,
done at run time:

- Scans come from memory instead of .mat files, normalised by its own ``normalize_cube``.
- ``SummaryWriter`` does nothing, so that tensorboard need not be installed.
- No processes that load data; no evaluation and no files in between. The random numbers, the
  losses and the updates are untouched.
- After ``_ema_update_centroids``, the last thing in a step, steps are counted and scored.
"""

import argparse
import json
import sys
import tempfile
import time
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from simulated import score

from napari_dgc.files import write_text
from napari_dgc.simulate import SimulatedScan, simulate_set


def load_published(code: Path) -> Any:
    """Import the package of the authors from a folder."""

    class Silent:
        def __init__(self, *_: object) -> None: ...
        def add_scalar(self, *_: object) -> None: ...
        def close(self) -> None: ...

    board = types.ModuleType("torch.utils.tensorboard")
    board.SummaryWriter = Silent  # type: ignore[attr-defined]
    sys.modules.setdefault("torch.utils.tensorboard", board)
    if not (code / "hsi_global_clustering" / "__init__.py").is_file():
        raise SystemExit(f"{code} does not hold the published code: no hsi_global_clustering.")
    sys.path.insert(0, str(code.resolve()))
    import hsi_global_clustering

    return hsi_global_clustering


def run(
    package: Any,
    scans: list[SimulatedScan],
    clusters: int,
    options: argparse.Namespace,
    report: Callable[[dict[str, Any]], None],
) -> None:
    """Train with the published trainer and report scores."""
    import copy

    import torch
    from hsi_global_clustering.hsi_processing import normalize_cube

    cubes = [
        normalize_cube(torch.from_numpy(scan.cube.read(slice(None), slice(None)))) for scan in scans
    ]
    arguments = copy.deepcopy(package.DEFAULT_MODEL_KWARGS)
    arguments["num_bands"] = cubes[0].shape[0]
    arguments["mean_shift_kwargs"]["n_clusters"] = clusters
    begin = time.perf_counter()
    steps = 0
    last_scored = -1

    with tempfile.TemporaryDirectory() as folder:
        trainer = package.HSIClusteringTrainer(
            train_dataset=cubes,
            augmentor=package.AugmentationPipeline((options.crop, options.crop)),
            model_kwargs=arguments,
            optimizer_kwargs=dict(package.DEFAULT_OPTIMIZER_KWARGS),
            loss_weight_scheduling=dict(package.DEFAULT_LOSS_WEIGHT_SCHEDULING),
            ema_decay=package.DEFAULT_EMA_DECAY,
            ema_kick=package.DEFAULT_EMA_KICK,
            ema_kick_scheduling=True,
            num_workers=0,
            num_epochs=options.epochs,
            reuse_iter=5,
            batch_size=4,
            precision=options.precision,
            seed=options.seed,
            log_dir=folder,
            ckpt_dir=folder,
            save_interval=0,
            eval_interval=options.epochs + 1,
        )

        def look() -> None:
            nonlocal last_scored
            last_scored = steps
            maps = [trainer.model.inference(cube[None])[0].numpy() + 1 for cube in cubes]
            seconds = time.perf_counter() - begin
            active = len(np.unique(np.concatenate([labels.ravel() for labels in maps])))
            found = {**score(maps, scans), "active_clusters": active}
            report({"clusters": clusters, "step": steps, **found, "seconds": seconds})

        update = trainer._ema_update_centroids

        def update_and_count(*values: Any, **named: Any) -> None:
            nonlocal steps
            update(*values, **named)
            steps += 1
            if steps in options.score:
                look()

        trainer._ema_update_centroids = update_and_count
        look()
        trainer.train()
        if last_scored != steps:
            look()


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--code", type=Path, required=True, help="clone of the published code")
    parser.add_argument("--clusters", type=int, nargs="+", default=[2, 4, 16])
    parser.add_argument("--set", type=int, default=1)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--days", type=float, nargs="+", default=[0, 0, 3, 3, 5, 5])
    parser.add_argument("--difficulty", type=float, default=1.0)
    parser.add_argument("--epochs", type=int, default=10, help="of 10 steps with six scans")
    parser.add_argument("--crop", type=int, default=64)
    parser.add_argument("--seed", type=int, default=42)
    parser.add_argument("--precision", choices=("bf16", "fp32"), default="bf16")
    parser.add_argument(
        "--score", type=int, nargs="+", default=[2, 4, 6, 10, 15, 20, 30, 50, 75, 100, 200]
    )
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()

    package = load_published(options.code)
    scans = simulate_set(
        days=options.days,
        size=(options.size, options.size),
        seed=options.set,
        difficulty=options.difficulty,
    )
    rows: list[dict[str, Any]] = []
    print(
        f"{'clusters':>8} {'active':>6} {'step':>5} {'bg/tissue':>9} {'lesion':>6} {'stripes':>7}"
    )

    def report(row: dict[str, Any]) -> None:
        rows.append(row)
        print(
            f"{row['clusters']:>8} {row['active_clusters']:>6} {row['step']:>5} "
            f"{row['background_tissue_iou']:>9.3f} {row['lesion_iou']:>6.3f} "
            f"{row['stripes']:>7.3f}",
            flush=True,
        )

    for clusters in options.clusters:
        run(package, scans, clusters, options, report)
    if options.json:
        write_text(options.json, json.dumps(rows, indent=1))


if __name__ == "__main__":
    main()
