"""What does one option of the default method give?

Trains with each value of an option, everything else at its default, and scores the fine
clusters after their best merge on the training scans: lesion IoU, background/tissue.

    python benchmarks/ablation.py reach 0 2 3 4 --sets 1 2 --clusters 8 16 32
"""

import numpy as np
from simulated import halves, score, set_options

from napari_dgc.clustering import get_method
from napari_dgc.clustering.dgc.config import DGCConfig


def main() -> None:
    parser = set_options(__doc__, sets=(1, 2), clusters=(8, 16, 32))
    parser.add_argument("option", help="a name of DGCConfig")
    parser.add_argument("values", type=float, nargs="+")
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()
    kind = type(getattr(DGCConfig(), options.option))

    found: dict[tuple[float, int], list[tuple[float, float]]] = {}
    for number in options.sets:
        scans = halves(number, options.days, options.size, options.difficulty)["training"]
        cubes = [scan.cube for scan in scans]
        for value in options.values:
            for clusters in options.clusters:
                for seed in options.seeds:
                    model = get_method("dgc")(
                        clusters=clusters,
                        epochs=options.epochs,
                        seed=seed,
                        **{options.option: kind(value)},
                    ).fit(cubes)
                    figures = score([model.predict(cube) for cube in cubes], scans)
                    found.setdefault((value, clusters), []).append(
                        (figures["lesion_iou"], figures["background_tissue_iou"])
                    )
    print(f"{options.option:>12} {'clusters':>8} {'lesion':>15} {'bg/tissue':>15}")
    for (value, clusters), rows in found.items():
        cells = [
            f"{np.mean(column):.3f} ({np.min(column):.3f})" for column in zip(*rows, strict=True)
        ]
        print(f"{value:>12g} {clusters:>8} " + " ".join(f"{cell:>15}" for cell in cells))


if __name__ == "__main__":
    main()
