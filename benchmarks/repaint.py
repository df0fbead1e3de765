"""How long from a slider tick, a merge or an undo until all label layers are repainted?

Six scans of 1000 x 1000 pixels with 64 fine clusters, all visible, the merge dock open. Each
time counts the call (history, labels, table, plots) and then the painting of the canvas,
and beside it a painting of the canvas with nothing changed, which is the least there can be,
with all layers, without the label layers, and without any layer. The slider is timed a second
time with the label layers alone, because painting the images takes longer without a GPU.

Run in an environment with napari and a display, or through xvfb-run:

    python benchmarks/repaint.py [--scans 6] [--size 1000] [--clusters 64] [--turns 60]
"""

import argparse
import json
import time

import numpy as np
from scipy.ndimage import zoom


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--scans", type=int, default=6)
    parser.add_argument("--size", type=int, default=1000)
    parser.add_argument("--clusters", type=int, default=64)
    parser.add_argument("--turns", type=int, default=60)
    parser.add_argument("--no-dock", action="store_true")
    options = parser.parse_args()

    import napari
    from qtpy.QtWidgets import QApplication

    from napari_dgc.cubes import HyperCube
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.session import get_session
    from napari_dgc.partition.tree import ward_tree

    random = np.random.default_rng(0)
    viewer = napari.Viewer()
    viewer.window.resize(1366, 768)
    session = get_session(viewer)
    size, clusters = options.size, options.clusters
    wavelengths = np.linspace(450, 900, 8)
    for number in range(options.scans):
        data = random.random((8, size, size), np.float32)
        session.add_cube_layers(HyperCube(data, wavelengths=wavelengths, name=f"scan {number}"))
    features = random.random((clusters, 5))
    session.start_partition(clusters, ward_tree(features, np.ones(clusters)))
    for scan in session.scans:
        # patches of some pixels, with single ones among them, as real maps have
        coarse = random.integers(1, clusters + 1, (size // 8, size // 8))
        fine = zoom(coarse, 8, order=0)
        fine = np.pad(fine, [(0, size - n) for n in fine.shape], mode="edge")
        odd = random.random(fine.shape) < 0.02
        fine[odd] = random.integers(1, clusters + 1, int(odd.sum()))
        session.set_fine_labels(scan, fine.astype(np.uint16))
    if not options.no_dock:
        viewer.window.add_plugin_dock_widget("napari-dgc", "Merge clusters")
    canvas = viewer.window._qt_viewer.canvas.native
    edits = ClassEdits(session)

    def settle(seconds: float) -> None:
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            QApplication.processEvents()
            time.sleep(0.001)

    def timed(act) -> tuple[float, float]:
        start = time.perf_counter()
        act()
        called = time.perf_counter()
        canvas.repaint()
        return 1e3 * (called - start), 1e3 * (time.perf_counter() - start)

    settle(3)
    found: dict[str, list[tuple[float, float]]] = {}
    levels = [int(n) for n in random.integers(2, clusters + 1, options.turns)]
    edits.begin_cut()
    for level in levels:
        found.setdefault("nothing", []).append(timed(lambda: None))
        settle(0.05)  # Qt leaves out a painting that follows another at once
        found.setdefault("slider", []).append(timed(lambda level=level: edits.cut(level)))
        settle(0.05)
    for _ in range(options.turns // 2):
        while len(session.partition.classes) < 4:
            session.undo()
        pair = session.partition.classes[:2]
        found.setdefault("merge", []).append(timed(lambda pair=pair: edits.merge(pair)))
        settle(0.05)
        found.setdefault("undo", []).append(timed(edits.undo))
        settle(0.05)

    def show(kinds: tuple[str, ...]) -> None:
        for layer in viewer.layers:
            layer.visible = type(layer).__name__ in kinds
        settle(2)

    for name, kinds in (
        ("nothing, images alone", ("Image",)),
        ("nothing, no layers", ()),
        ("nothing, labels alone", ("Labels",)),
    ):
        show(kinds)
        for _ in range(options.turns // 2):
            found.setdefault(name, []).append(timed(lambda: None))
            settle(0.05)
    edits.begin_cut()
    for level in levels:
        act = timed(lambda level=level: edits.cut(level))
        found.setdefault("slider, labels alone", []).append(act)
        settle(0.05)
    viewer.close()

    def figures(times: list[tuple[float, float]]) -> dict[str, float]:
        calls, whole = np.array(times).T
        return {
            "call_median_ms": round(float(np.median(calls)), 1),
            "painted_median_ms": round(float(np.median(whole)), 1),
            "painted_worst_ms": round(float(whole.max()), 1),
        }

    size_text = f"{options.scans} scans of {size} x {size}, {clusters} clusters"
    print(json.dumps({"of": size_text} | {k: figures(v) for k, v in found.items()}, indent=2))


if __name__ == "__main__":
    main()
