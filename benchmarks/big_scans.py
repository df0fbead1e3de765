"""Time and memory of opening scans, looking at them and reading patches, by layout and size.

    python benchmarks/big_scans.py                      # 0.1 and 1.2 GB, about 5 GB of disk
    python benchmarks/big_scans.py --gigabytes 12 --layouts bil tiles
    xvfb-run -a python benchmarks/big_scans.py --viewer # opened in napari instead

Every scan has 301 bands of float32 and is measured in a process of its own. "open" is the time
to the opened cube (with --viewer: to the first picture in napari), "band", "spectrum" and
"patch" (64 x 64 pixels, all bands) are medians and, in brackets, the longest of 20. "memory"
is the most that was resident beyond what was there after the imports. The baseline, measured
before each scan, is one pass over the bytes of the same file in blocks of 16 MB; "patch/pass"
is what a patch costs per byte as a multiple of that. With --cold the file is dropped from the
system's cache before each step.

"open" is followed by the time of the processor that it took in all threads, which other programs
disturb less. With --viewer "napari alone" shows what napari itself takes for three bands and a
colour picture of that size that lie in memory, and open and band have their ratio to that.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np

from napari_dgc.files import write_text

BANDS = 301
LAYOUTS = ("bsq", "bil", "bip", "hdf5-tiles", "hdf5-planes-gzip", "tiles")
_REPEATS = 20
_ALONE = "napari alone"


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--layouts", nargs="+", choices=LAYOUTS, default=list(LAYOUTS))
    parser.add_argument("--gigabytes", type=float, nargs="+", default=[0.1, 1.2])
    parser.add_argument("--viewer", action="store_true")
    parser.add_argument("--cold", action="store_true")
    parser.add_argument("--folder", type=Path, help="for the scans (default: a temporary one)")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--measure", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(measure(options.measure, viewer=options.viewer, cold=options.cold)))
        return
    rows: list[dict[str, Any]] = []
    print(
        f"{'layout':<17} {'GB':>5} {'open ms':>8} {'cpu':>6} {'band ms':>13} {'spectrum ms':>13} "
        f"{'patch ms':>13} {'patch/pass':>10} {'memory MB':>9}"
    )
    with tempfile.TemporaryDirectory(dir=options.folder) as folder:
        for gigabytes in options.gigabytes:
            alone = None
            for layout in [_ALONE] * options.viewer + options.layouts:
                if layout == _ALONE:
                    path = Path(_ALONE) / str(_edge(gigabytes))
                else:
                    path = write_scan(Path(folder), layout, gigabytes)
                command = [sys.executable, "-W", "ignore", __file__, "--measure", str(path)]
                command += ["--viewer"] * options.viewer + ["--cold"] * options.cold
                run = subprocess.run(command, capture_output=True, text=True, check=True)
                row = {"layout": layout, "gigabytes": gigabytes}
                row |= json.loads(run.stdout.splitlines()[-1])
                rows.append(row)
                print(
                    f"{layout:<17} {gigabytes:>5} {row['open']:>8.0f} {row['open_cpu']:>6.0f} "
                    f"{_both(row['band'])} {_both(row['spectrum'])} {_both(row['patch'])} "
                    f"{row['patch_per_pass']:>10.1f} {row['memory']:>9.0f}"
                    + ("" if alone is None else _ratios(row, alone)),
                    flush=True,
                )
                alone = row if layout == _ALONE else alone
                for file in Path(folder).iterdir():
                    file.unlink()
    if options.json:
        write_text(options.json, json.dumps(rows, indent=1))


def write_scan(folder: Path, layout: str, gigabytes: float) -> Path:
    """Write a scan, a few rows or bands at a time, and return what to open."""
    edge = _edge(gigabytes)
    rng = np.random.default_rng(0)
    block = rng.random((BANDS, 8, edge), np.float32)
    if layout in ("bsq", "bil", "bip"):
        axes = {"bil": (1, 0, 2), "bip": (1, 2, 0), "bsq": (0, 1, 2)}[layout]
        path = folder / f"scan.{layout}"
        with path.open("wb") as file:
            if layout == "bsq":
                plane = np.resize(block[0], (edge, edge))
                for band in range(BANDS):
                    (plane + np.float32(band)).tofile(file)
            else:
                piece = np.ascontiguousarray(block.transpose(axes))
                for first in range(0, edge, 8):
                    piece[: edge - first].tofile(file)
        header = folder / "scan.hdr"
        header.write_text(
            f"ENVI\nsamples = {edge}\nlines = {edge}\nbands = {BANDS}\ndata type = 4\n"
            f"interleave = {layout}\nbyte order = 0\nheader offset = 0\n"
        )
        return header
    if layout == "tiles":
        from napari_dgc.cubes.read import open_cube
        from napari_dgc.cubes.tiled import write_tiles

        source = open_cube(write_scan(folder, "bil", gigabytes))
        write_tiles(source.data, folder / "scan.tiles")
        return folder / "scan.tiles"
    path = folder / "scan.mat"
    with h5py.File(path, "w") as file:
        tiles = layout == "hdf5-tiles"
        data = file.create_dataset(
            "cube",
            (BANDS, edge, edge),
            "f4",
            chunks=(43, 64, 64) if tiles else (1, edge, edge),
            compression=None if tiles else "gzip",
            compression_opts=None if tiles else 1,
        )
        data.attrs["MATLAB_class"] = np.bytes_("single")
        step = 43 if tiles else 1
        plane = np.resize(np.round(block[0], 2), (edge, edge))
        for first in range(0, BANDS, step):
            data[first : first + step] = plane
    return path


def measure(path: Path, *, viewer: bool, cold: bool) -> dict[str, Any]:
    """Open one scan and use it; times in milliseconds, memory in megabytes."""
    from napari_dgc.cubes.read import open_cube
    from napari_dgc.cubes.tiled import TiledCube

    if path.parent.name == _ALONE:
        return _measure_alone(int(path.name))
    samples = max(path.parent.iterdir(), key=lambda file: file.stat().st_size)
    begin = time.perf_counter()
    with samples.open("rb", buffering=0) as file:
        buffer = bytearray(16 << 20)
        while file.readinto(buffer):
            pass
    seconds_per_byte = (time.perf_counter() - begin) / samples.stat().st_size
    del buffer

    def forget() -> None:
        if cold:
            with samples.open("rb") as file:
                os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)

    if viewer:
        import napari
        from qtpy.QtWidgets import QApplication

        window = napari.Viewer()
        QApplication.processEvents()
    else:
        window = None
    before = resident("VmRSS")
    forget_peak()
    forget()
    begin, begin_cpu = time.perf_counter(), time.process_time()
    if window is not None:
        window.open(path, plugin="napari-dgc")
        QApplication.processEvents()
        data = window.layers[0].data
    else:
        data = TiledCube(path) if path.suffix == ".tiles" else open_cube(path).data
    opened, opened_cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    rng = np.random.default_rng(1)
    bands, rows, columns = data.shape

    def times(action: Callable[[], object]) -> list[float]:
        found = []
        for _ in range(_REPEATS):
            forget()
            start = time.perf_counter()
            action()
            found.append(1e3 * (time.perf_counter() - start))
        return [float(np.median(found)), max(found)]

    def band() -> None:
        chosen = int(rng.integers(bands))
        if window is not None:
            window.dims.set_point(0, chosen)
            QApplication.processEvents()
        else:
            np.asarray(data[chosen])

    def spectrum() -> None:
        np.asarray(data[:, int(rng.integers(rows)), int(rng.integers(columns))])

    def patch() -> None:
        row, column = int(rng.integers(rows - 63)), int(rng.integers(columns - 63))
        np.asarray(data[:, row : row + 64, column : column + 64])

    result: dict[str, Any] = {
        "open": 1e3 * opened,
        "open_cpu": 1e3 * opened_cpu,
        "band": times(band),
        "spectrum": times(spectrum),
        "patch": times(patch),
        "memory": (resident("VmHWM") - before) / 1e6,
    }
    needed = bands * 64 * 64 * data.dtype.itemsize * seconds_per_byte
    result["patch_per_pass"] = result["patch"][0] / 1e3 / needed
    return result


def _measure_alone(edge: int) -> dict[str, Any]:
    """Measure napari with samples that are in memory already."""
    import napari
    from qtpy.QtWidgets import QApplication

    window = napari.Viewer()
    QApplication.processEvents()
    bands = np.random.default_rng(0).random((3, edge, edge), np.float32)
    picture = np.zeros((edge, edge, 3), np.uint8)
    before = resident("VmRSS")
    forget_peak()
    begin, begin_cpu = time.perf_counter(), time.process_time()
    window.add_image(bands, contrast_limits=(0, 1))
    window.add_image(picture, rgb=True)
    QApplication.processEvents()
    opened, opened_cpu = time.perf_counter() - begin, time.process_time() - begin_cpu
    steps = []
    for step in range(_REPEATS):
        begin = time.perf_counter()
        window.dims.set_point(0, (step + 1) % 3)
        QApplication.processEvents()
        steps.append(1e3 * (time.perf_counter() - begin))
    return {
        "open": 1e3 * opened,
        "open_cpu": 1e3 * opened_cpu,
        "band": [float(np.median(steps)), max(steps)],
        "spectrum": [0.0, 0.0],
        "patch": [0.0, 0.0],
        "patch_per_pass": 0.0,
        "memory": (resident("VmHWM") - before) / 1e6,
    }


def _edge(gigabytes: float) -> int:
    return max(64, int(np.sqrt(gigabytes * 1e9 / 4 / BANDS)))


def _ratios(row: dict[str, Any], alone: dict[str, Any]) -> str:
    opening = row["open_cpu"] / alone["open_cpu"]
    return f"  x{opening:.1f} (open, cpu) x{row['band'][0] / alone['band'][0]:.1f} (band)"


def _both(pair: list[float]) -> str:
    return f"{pair[0]:>6.1f} ({pair[1]:>4.0f})"


def resident(name: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(name):
            return int(line.split()[1]) * 1024
    raise SystemExit("This measurement needs Linux.")


def forget_peak() -> None:
    Path("/proc/self/clear_refs").write_text("5")


if __name__ == "__main__":
    main()
