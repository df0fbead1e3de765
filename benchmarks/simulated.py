"""Scans with known truth: what the benchmarks on them have in common."""

import argparse
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.evaluation import Scan, evaluate, speckle, stripes
from napari_dgc.evaluation.report import Scores
from napari_dgc.simulate import CLASS_NAMES, SimulatedScan, simulate_set

BACKGROUND, LESION = 1, 4


def set_options(
    description: str | None, *, sets: Sequence[int] = (1,), clusters: Sequence[int] = (16,)
) -> argparse.ArgumentParser:
    """Return a parser that knows the sets of scans, the seeds and the numbers of clusters.

    Parameters
    ----------
    description
        Of the benchmark.
    sets, clusters
        Taken where the command line names none.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sets", type=int, nargs="+", default=list(sets))
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--clusters", type=int, nargs="+", default=list(clusters))
    parser.add_argument("--days", type=float, nargs="+", default=[0, 0, 3, 3, 5, 5])
    parser.add_argument("--difficulty", type=float, default=1.0)
    parser.add_argument("--size", type=int, default=256)
    return parser


def halves(
    number: int, days: Sequence[float], size: int, difficulty: float = 1.0
) -> dict[str, list[SimulatedScan]]:
    """Simulate a set of one camera and cultivar: training scans, and as many unseen ones."""
    both = simulate_set(days=[*days, *days], size=(size, size), seed=number, difficulty=difficulty)
    return {"training": both[: len(days)], "unseen": both[len(days) :]}


def pooled_scores(maps: Sequence[NDArray[np.integer]], scans: Sequence[SimulatedScan]) -> Scores:
    """Compare label maps with the truth, all scans together."""
    return evaluate(
        [
            Scan(scan.cube.name, scan.truth, labels)
            for labels, scan in zip(maps, scans, strict=True)
        ],
        CLASS_NAMES,
    ).pooled


def score(maps: Sequence[NDArray[np.integer]], scans: Sequence[SimulatedScan]) -> dict[str, float]:
    """Return the figures of the tables: overlaps with the truth, stripes and speckle."""
    pooled = pooled_scores(maps, scans)
    return {
        "background_tissue_iou": pooled.background_tissue_iou,
        "lesion_iou": pooled.lesion_iou,
        "lesion_iou_single_class": pooled.lesion_iou_best_single,
        "stripes": stripes(maps, [scan.truth == BACKGROUND for scan in scans]),
        "speckle": speckle(maps),
    }
