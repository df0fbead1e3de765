"""Which criterion builds the best merge tree?

For every set, K and seed a model is trained; the same fine clusters are merged by each
criterion of `napari_dgc.partition.tree.LINKAGES`, without and with the truth's help only
in scoring: background/tissue at two classes, the lesion as one class at 3, 4 and 6.

    python benchmarks/linkage.py --sets 1 2 3 --seeds 0 1 --clusters 8 16 32 64
"""

from collections import defaultdict

import numpy as np
from simulated import halves, score, set_options

from napari_dgc.clustering import get_method
from napari_dgc.partition import Partition, build_tree
from napari_dgc.partition.tree import LINKAGES


def main() -> None:
    parser = set_options(__doc__, clusters=(8, 16, 32, 64))
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()

    found: dict[str, list[list[float]]] = defaultdict(list)
    for number in options.sets:
        scans = halves(number, options.days, options.size, options.difficulty)["training"]
        cubes = [scan.cube for scan in scans]
        for clusters in options.clusters:
            for seed in options.seeds:
                method = get_method("dgc")
                model = method(clusters=clusters, epochs=options.epochs, seed=seed).fit(cubes)
                fine = [model.predict(cube) for cube in cubes]
                assert model.summary is not None
                for name in LINKAGES:
                    whole = Partition.fine(clusters, build_tree(model.summary, name))
                    row = []
                    for groups in (2, 3, 4, 6):
                        view = whole.cut(groups)
                        figures = score([view.apply(labels) for labels in fine], scans)
                        key = "background_tissue_iou" if groups == 2 else "lesion_iou_single_class"
                        row.append(figures[key])
                    found[name].append(row)
    print(f"mean (worst) of {len(found['angle'])} runs")
    heads = ("bg/tissue at 2", "lesion at 3", "at 4", "at 6")
    print(f"{'linkage':>14} " + " ".join(f"{head:>15}" for head in heads))
    for name, rows in found.items():
        cells = [
            f"{np.mean(column):.3f} ({np.min(column):.3f})" for column in zip(*rows, strict=True)
        ]
        print(f"{name:>14} " + " ".join(f"{cell:>15}" for cell in cells))


if __name__ == "__main__":
    main()
