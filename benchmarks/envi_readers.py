"""Which reader of ENVI files is right on which real file and on which damaged header.

    python benchmarks/envi_readers.py [FOLDER WITH EXPECTED.json]

Real files are compared with independently checked values. Damaged headers must be refused,
odd ones read. Readers that are not installed are left out: ``pip install spectral rasterio
rosettasciio``.
"""

import importlib
import json
import os
import sys
import tempfile
import warnings
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

UNITS = {"nanometers": "nm", "micrometers": "um", "wavenumber": "cm-1", "nm": "nm", "um": "um"}
#: Files without a stated unit whose numbers leave no doubt to a person.
WAVENUMBERS = ("CA small UF.hdr", "5_Mosaic_agg1024.hdr")


class Cube(NamedTuple):
    """What a reader found: samples (row, column, band), band centres and their unit."""

    samples: Any
    centres: list[float] | None
    unit: str | None


def read_spectral(header: Path) -> Cube:
    from spectral.io import envi

    image = envi.open(str(header))
    bands = image.bands
    mapped = image.open_memmap()  # None where it cannot be mapped
    samples = image.load() if mapped is None else mapped
    return Cube(samples, bands.centers, bands.band_unit or None)


def read_rasterio(header: Path) -> Cube:
    import rasterio

    beside = [path for path in header.parent.iterdir() if path.suffix not in (".hdr", ".xml")]
    names = {header.stem, *(header.stem + path.suffix for path in beside)}
    data = next((path for path in beside if path.name in names), header)
    with rasterio.open(data, driver="ENVI") as image:
        samples = image.read().transpose(1, 2, 0)
        tags = [image.tags(band) for band in image.indexes]
    centres = [float(tag["wavelength"]) for tag in tags if "wavelength" in tag]
    unit = tags[0].get("wavelength_units")
    return Cube(samples, centres or None, unit)


def read_rosettasciio(header: Path) -> Cube:
    import rsciio

    known = [plugin for plugin in rsciio.IO_PLUGINS if "hdr" in plugin["file_extensions"]]
    if not known:
        raise NotImplementedError("no reader for ENVI files")
    found = importlib.import_module(known[0]["api"]).file_reader(str(header))[0]
    return Cube(found["data"], None, None)


def read_here(header: Path) -> Cube:
    from napari_dgc.cubes.read import open_cube

    cube = open_cube(header)
    centres = None if cube.wavelengths is None else cube.wavelengths.tolist()
    return Cube(np.asarray(cube.data).transpose(1, 2, 0), centres, cube.wavelength_unit)


READERS: dict[str, tuple[str, Callable[[Path], Cube]]] = {
    "napari-dgc": ("napari-dgc", read_here),
    "Spectral Python": ("spectral", read_spectral),
    "GDAL (rasterio)": ("rasterio", read_rasterio),
    "RosettaSciIO": ("rosettasciio", read_rosettasciio),
}


def judge(read: Callable[[Path], Cube], header: Path, entry: dict[str, Any]) -> str:
    """Say in a few words whether a reader is right on a file; empty when it is."""
    refuse = entry["expect"] != "load"
    try:
        cube = read(header)
    except (Exception, SystemExit) as error:  # noqa: BLE001 - readers raise anything
        if refuse:
            return ""
        return f"fails: {' '.join(str(error).split())[:70] or type(error).__name__}"
    if refuse:
        return "opens what is no cube"
    wrong = []
    load = entry["load"]
    if list(cube.samples.shape) != load["shape_hwc"]:
        return f"shape {tuple(cube.samples.shape)}"
    if cube.samples.dtype.name != load["dtype"]:
        wrong.append(f"type {cube.samples.dtype.name}")
    probes = load["probes_r_c_b_value"]
    if any(v is not None and float(cube.samples[r, c, b]) != v for r, c, b, v in probes):
        wrong.append("samples")
    known = entry.get("wavelengths", {"count": 0})
    if known["count"] != len(cube.centres or ()):
        wrong.append(f"{len(cube.centres or ())} of {known['count']} wavelengths")
    elif known["count"]:
        unit = "cm-1" if header.name in WAVENUMBERS else UNITS.get(str(known["unit"]).lower(), "nm")
        if UNITS.get(str(cube.unit).lower(), cube.unit) != unit:
            wrong.append(f"unit “{cube.unit}”, not {unit}")
        ends = cube.centres[0], cube.centres[-1]
        if not np.allclose(ends, (known["first"], known["last"]), rtol=1e-9):
            wrong.append("wavelengths")
    return ", ".join(wrong)


SCENE = np.arange(5 * 3 * 4, dtype="<i2").reshape(3, 4, 5)
PLAIN = {
    "samples": "4",
    "lines": "3",
    "bands": "5",
    "header offset": "0",
    "file type": "ENVI Standard",
    "data type": "2",
    "interleave": "bip",
    "byte order": "0",
}
#: What is done to a plain header (or its data), and whether the file is still a cube.
CHANGES: dict[str, tuple[dict[str, str], bool]] = {
    "a plain file": ({}, True),
    "no byte order": ({"byte order": ""}, True),
    "no header offset": ({"header offset": ""}, True),
    "upper case": ({"interleave": "BIP"}, True),
    "a comment within braces": ({"wavelength": "{1,\n; half way\n2, 3, 4, 5}"}, True),
    "braces on the next line": ({"wavelength": "\n{500, 510, 520, 530, 540}"}, True),
    "carriage returns only": ({"eol": "\r"}, True),
    "a byte order mark": ({"first": "\ufeffENVI"}, True),
    "Latin-1 text": ({"description": "{Bl\xe4tter}"}, True),
    "truncated data": ({"cut": "1"}, False),
    "more lines than data": ({"lines": "4000"}, False),
    "10^12 lines": ({"lines": str(10**12)}, False),
    "negative samples": ({"samples": "-4"}, False),
    "a negative header offset": ({"header offset": "-2"}, False),
    "two numbers of bands": ({"bands": "5\nbands = 4"}, False),
    "complex samples": ({"data type": "6", "times": "4"}, False),
    "unclosed braces": ({"wavelength": "{1, 2"}, False),
}


def write_changed(folder: Path, changes: dict[str, str]) -> Path:
    fields = {**PLAIN, **changes}
    first, cut, eol = fields.pop("first", "ENVI"), fields.pop("cut", ""), fields.pop("eol", "\n")
    times = int(fields.pop("times", "1"))
    lines = [first, *(f"{key} = {value}" for key, value in fields.items() if value)]
    text = eol.join(lines) + eol
    header = folder / "scan.hdr"
    header.write_bytes(text.encode("utf-8" if first != "ENVI" else "latin-1"))
    samples = SCENE.tobytes() * times
    (folder / "scan.img").write_bytes(samples[: len(samples) // 2] if cut else samples)
    return header


def judge_changed(read: Callable[[Path], Cube], changes: dict[str, str], sound: bool) -> str:
    with tempfile.TemporaryDirectory() as folder:
        header = write_changed(Path(folder), changes)
        try:
            samples = np.asarray(read(header).samples)
        except (Exception, SystemExit) as error:  # noqa: BLE001 - readers raise anything
            return f"fails: {' '.join(str(error).split())[:70]}" if sound else ""
        if not sound:
            return "opens"
        return "" if np.array_equal(samples, SCENE) else "samples"


def table(title: str, readers: list[str], rows: list[tuple[str, list[str]]]) -> None:
    print(f"\n| {title} ({len(rows)}) | {' | '.join(readers)} |")
    print("|---" * (len(readers) + 1) + "|")
    for name, found in rows:
        print(f"| {name} | {' | '.join(one or 'right' for one in found)} |")
    counts = [sum(not found[place] for _, found in rows) for place in range(len(readers))]
    print(f"| **right** | {' | '.join(f'**{count}**' for count in counts)} |")


def main() -> None:
    folder = Path(
        sys.argv[1]
        if len(sys.argv) > 1
        else os.environ.get("NAPARI_DGC_DATA", Path(__file__).parents[2] / "shared" / "data")
    )
    warnings.simplefilter("ignore")
    entries = json.loads((folder / "EXPECTED.json").read_text())
    headers = {name: entry for name, entry in entries.items() if name.endswith(".hdr")}
    installed = {}
    for title, (package, read) in READERS.items():
        try:
            installed[f"{title} {version(package)}"] = read
        except importlib.metadata.PackageNotFoundError:
            print(f"{title} is not installed", file=sys.stderr)
    rows = [
        (f"{Path(name).parent.name}/{Path(name).name}", folder / name, entry)
        for name, entry in headers.items()
    ]
    readers = list(installed)
    table(
        "real file",
        readers,
        [
            (title, [judge(read, path, entry) for read in installed.values()])
            for title, path, entry in rows
        ],
    )
    table(
        "header",
        readers,
        [
            (title, [judge_changed(read, *change) for read in installed.values()])
            for title, change in CHANGES.items()
        ],
    )


if __name__ == "__main__":
    main()
