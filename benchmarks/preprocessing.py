"""What do preprocessing steps do to clusters and lesions, with the default method?

Every pipeline is trained on the same scans with the same seeds; figures are those of the
training scans and of as many that the model never saw.

    python benchmarks/preprocessing.py --sets 1 2 --seeds 0 1 [--pipelines snv savgol,snv]
"""

import time
from collections import defaultdict

import numpy as np
from simulated import halves, score, set_options

from napari_dgc.clustering import get_method
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.partition import Partition, build_tree
from napari_dgc.preprocessing import Pipeline, parse_steps

NONE = "none"
PIPELINES = (
    NONE,
    "snv",
    "savgol:window=11",
    "savgol:window=15:derivative=1",
    "continuum",
    "absorbance:floor=0.01",
    "bin-bands:factor=4",
    "bin-pixels:factor=2",
    "destripe",
    "standardise",
    "mnf",
)


def main() -> None:
    parser = set_options(__doc__)
    parser.add_argument("--epochs", type=int, default=4)
    parser.add_argument("--pipelines", nargs="+", default=list(PIPELINES))
    options = parser.parse_args()
    figures: dict[tuple[str, str], list[float]] = defaultdict(list)
    for number in options.sets:
        parts = halves(number, options.days, options.size, options.difficulty)
        for steps in options.pipelines:
            for seed in options.seeds:
                estimator = get_method("dgc")(
                    clusters=options.clusters[0], epochs=options.epochs, seed=seed
                )
                model = (
                    estimator
                    if steps == NONE
                    else Preprocessed(estimator, Pipeline(parse_steps(steps)))
                )
                begin = time.perf_counter()
                model.fit([scan.cube for scan in parts["training"]])
                figures[steps, "seconds"].append(time.perf_counter() - begin)
                fine = Partition.fine(model.n_clusters, build_tree(model.summary))
                for part, scans in parts.items():
                    maps = [model.predict(scan.cube) for scan in scans]
                    found = score(maps, scans)
                    cut = score([fine.cut(4).apply(labels) for labels in maps], scans)
                    figures[steps, f"{part} lesion"].append(found["lesion_iou"])
                    figures[steps, f"{part} cut 4"].append(cut["lesion_iou"])
                    figures[steps, f"{part} stripes"].append(found["stripes"])
    columns = list(dict.fromkeys(column for _, column in figures))
    print("| steps | " + " | ".join(columns) + " |")
    print("|---" * (len(columns) + 1) + "|")
    for steps in options.pipelines:
        cells = [f"{np.mean(figures[steps, column]):.3f}" for column in columns]
        print(f"| {steps} | " + " | ".join(cells) + " |")


if __name__ == "__main__":
    main()
