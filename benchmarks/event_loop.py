"""How long does napari stand still while a model trains in its dock?

A timer ticks every 5 ms in the GUI thread; a gap between two ticks is time in
which no click is answered. Measured alternately without and with training.

Run in an environment with napari and a display, or through xvfb-run:

    python benchmarks/event_loop.py [--size 512 512] [--bands 301] [--epochs 3]
"""

import argparse
import json
import time

import numpy as np


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--size", type=int, nargs=2, default=(512, 512))
    parser.add_argument("--bands", type=int, default=301)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--clusters", type=int, default=16)
    options = parser.parse_args()

    import napari
    from qtpy.QtCore import Qt, QTimer
    from qtpy.QtTest import QTest
    from qtpy.QtWidgets import QApplication

    from napari_dgc.gui.session import get_session
    from napari_dgc.simulate import simulate_set

    scans = simulate_set(size=tuple(options.size), bands=options.bands, seed=5)
    viewer = napari.Viewer()
    viewer.window.resize(1366, 768)
    session = get_session(viewer)
    for scan in scans:
        session.add_cube_layers(scan.cube)
    _, dock = viewer.window.add_plugin_dock_widget("napari-dgc", "DGC: train")
    _, _ = viewer.window.add_plugin_dock_widget("napari-dgc", "Merge clusters", tabify=True)

    ticks: list[float] = []
    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(lambda: ticks.append(time.perf_counter()))
    timer.start(5)

    def watch(going) -> np.ndarray:
        ticks.clear()
        while going():
            QApplication.processEvents()
            time.sleep(0.0005)
        return 1e3 * np.diff(ticks)

    def seconds(duration: float):
        end = time.perf_counter() + duration
        return lambda: time.perf_counter() < end

    watch(seconds(3))  # first paint
    idle = watch(seconds(5))
    dock.options.epochs.setValue(options.epochs)
    dock.options.clusters.setValue(options.clusters)
    QTest.mouseClick(dock.train, Qt.MouseButton.LeftButton)
    training = watch(lambda: session.state.running)
    viewer.close()

    def figures(gaps: np.ndarray) -> dict[str, float]:
        return {
            "seconds": round(float(gaps.sum()) / 1e3, 1),
            "median_ms": round(float(np.median(gaps)), 1),
            "p99_ms": round(float(np.quantile(gaps, 0.99)), 1),
            "longest_ms": round(float(gaps.max()), 1),
            "gaps_over_100_ms": int((gaps > 100).sum()),
        }

    print(
        json.dumps(
            {
                "scans": len(scans),
                "size": list(options.size),
                "bands": options.bands,
                "idle": figures(idle),
                "training": figures(training),
            },
            indent=1,
        )
    )


if __name__ == "__main__":
    main()
