"""Small sound files of every kind that is opened, to be damaged."""

import base64
import io
import json
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import scipy.io
import tifffile
import torch
import zarr
from PIL import Image
from zarr.codecs import GzipCodec

from napari_dgc.annotations import LabelClass, LabelImage, export
from napari_dgc.cubes.tiled import write_tiles

CUBE = np.random.default_rng(0).integers(1, 4000, (6, 9, 11), np.uint16)
PIXELS = np.ascontiguousarray(CUBE.transpose(1, 2, 0))
CENTRES = np.linspace(400, 900, 6)


@dataclass(frozen=True)
class Seed:
    """A file, or several that belong together.

    Parameters
    ----------
    files
        Content of each file by its path; parts parted by ``/``.
    opened
        Path of the file or folder that is opened.
    """

    files: dict[str, bytes]
    opened: str

    def write(self, folder: Path) -> Path:
        """Write the files; return the path to open."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        return folder / self.opened


def _written(opened: str, write: Callable[[Path], object]) -> Seed:
    """Return what `write` writes to the path it is given."""
    with tempfile.TemporaryDirectory() as folder:
        write(Path(folder) / opened)
        files = {
            path.relative_to(folder).as_posix(): path.read_bytes()
            for path in sorted(Path(folder).rglob("*"))
            if path.is_file()
        }
    return Seed(files, opened)


def _header(**changes: str) -> bytes:
    fields = {
        "description": "{\n  Frameperiod = 4\n  Integration time = 8}",
        "samples": "11",
        "lines": "9",
        "bands": "6",
        "header offset": "0",
        "file type": "ENVI Standard",
        "data type": "12",
        "interleave": "bsq",
        "byte order": "0",
        "wavelength units": "nm",
        "wavelength": "{" + ", ".join(f"{centre:.1f}" for centre in CENTRES) + "}",
    } | {key.replace("_", " "): value for key, value in changes.items()}
    return ("ENVI\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())).encode()


_ENVI = {
    "bsq": Seed(
        {
            "scan.hdr": _header(
                fwhm="{5, 5, 5, 5, 5, 5}",
                bbl="{1, 1, 0, 1, 1, 1}",
                default_bands="{5, 3, 1}",
                reflectance_scale_factor="4000",
                data_ignore_value="0",
            ),
            "scan.raw": CUBE.tobytes(),
        },
        "scan.hdr",
    ),
    "bil": Seed(
        {
            "scan.bil.hdr": _header(
                interleave="bil",
                byte_order="1",
                header_offset="16",
                wavelength="{}",
                band_names="{a (450 nm), b (500 nm), c (550 nm), d (600 nm),\n e (650 nm), f}",
            ),
            "scan.bil": bytes(16) + CUBE.transpose(1, 0, 2).astype(">u2").tobytes(),
        },
        "scan.bil",
    ),
    "bip": Seed(
        {
            "scan.hdr": _header(
                interleave="bip",
                data_type="4",
                wavelength_units="Micrometers",
                wavelength="{0.4, 0.5, 0.6, 0.7, 0.8, 0.9}",
                data_gain_values="{1, 2, 3, 4, 5, 6}",
                data_offset_values="{0, 0, 0, 1, 1, 1}",
                z_plot_titles="{Wavelength, Reflectance}",
                tint="12.5",
            ),
            "scan": PIXELS.astype("<f4").tobytes(),
        },
        "scan",
    ),
}

_CLASSIFICATION = {
    "classes": Seed(
        {
            "classes.hdr": _header(
                bands="1",
                data_type="1",
                file_type="ENVI Classification",
                wavelength="{}",
                classes="3",
                class_names="{Unclassified, leaf, lesion}",
                class_lookup="{0, 0, 0, 0, 255, 0, 255, 0, 0}",
            ),
            "classes.img": (CUBE[0] % 3).astype(np.uint8).tobytes(),
        },
        "classes.hdr",
    )
}

_CAMERAS = {
    "specim": Seed(
        {
            "day/capture/leaf.hdr": _header(interleave="bil", tint="8", autodarkstartline="8"),
            "day/capture/leaf.raw": CUBE.tobytes(),
            "day/capture/WHITEREF_leaf.hdr": _header(interleave="bil", lines="2"),
            "day/capture/WHITEREF_leaf.raw": CUBE[:, :2].tobytes(),
            "day/capture/DARKREF_leaf.hdr": _header(interleave="bil", lines="2"),
            "day/capture/DARKREF_leaf.raw": CUBE[:, :2].tobytes(),
            "day/results/REFLECTANCE_leaf.hdr": _header(data_type="4"),
            "day/results/REFLECTANCE_leaf.dat": CUBE.astype("<f4").tobytes(),
        },
        "day",
    ),
    "headwall": Seed(
        {
            "scans/one/raw_0.hdr": _header(),
            "scans/one/raw_0": CUBE.tobytes(),
            "scans/one/raw_9.hdr": _header(),
            "scans/one/raw_9": CUBE.tobytes(),
            "scans/white_1/raw_0.hdr": _header(),
            "scans/white_1/raw_0": CUBE.tobytes(),
        },
        "scans/one",
    ),
}


def _matlab(**options: object) -> Seed:
    cells = np.empty((1, 2), object)
    cells[0] = ["leaf", np.arange(6.0)]
    variables = {
        "scan": {"data": PIXELS, "wl": CENTRES, "unit": "nm"},
        "cells": cells,
        "flags": np.array([True, False]),
    }
    return _written("scan.mat", lambda path: scipy.io.savemat(path, variables, **options))


def _matlab_hdf5(path: Path) -> None:
    with h5py.File(path, "w", userblock_size=512) as file:
        group = file.create_group("scan")
        group.attrs["MATLAB_class"] = np.bytes_("struct")
        group.create_dataset("data", data=CUBE, chunks=(3, 9, 4), compression="gzip")
        group["wl"] = CENTRES[:, None]
        cells = file.create_dataset("cells", (1, 2), h5py.ref_dtype)
        cells[0] = [group["wl"].ref, group["data"].ref]
        cells.attrs["MATLAB_class"] = np.bytes_("cell")
    with path.open("r+b") as raw:
        raw.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")


def _tiff(samples: np.ndarray = CUBE, **options: object) -> Seed:
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return Seed({"scan.tif": file.getvalue()}, "scan.tif")


_ITEMS = "".join(f'<Item name="wavelength" sample="{n}">{c}</Item>' for n, c in enumerate(CENTRES))
_PLAIN = {"photometric": "minisblack", "metadata": None}


def _hdf5(libver: str, attributes: int = 0, **options: object) -> Seed:
    def write(path: Path) -> None:
        with h5py.File(path, "w", libver=libver) as file:
            data = file.create_dataset("a/cube", data=CUBE, **options)
            file["a/wavelength"] = CENTRES
            file["a/wavelength"].make_scale("band")
            data.dims[0].attach_scale(file["a/wavelength"])
            data.attrs["Scale_Factor"] = [10.0]
            data.attrs["unit"] = "nm"
            for number in range(attributes):
                data.attrs[f"remark {number}"] = f"text {number}"

    return _written("scan.h5", write)


def _numpy(opened: str, save: Callable[..., None], *arrays: np.ndarray, **named: object) -> Seed:
    file = io.BytesIO()
    save(file, *arrays, **named)
    return Seed({opened: file.getvalue()}, opened)


def _zarr(version: int, **options: object) -> Seed:
    def write(path: Path) -> None:
        group = zarr.open_group(path, mode="w", zarr_format=version)
        data = group.create_array("0", shape=CUBE.shape, dtype="uint16", **options)
        data[...] = CUBE
        data.attrs["wavelengths"] = list(CENTRES)
        group.attrs["multiscales"] = [
            {"axes": [{"name": name} for name in "cyx"], "datasets": [{"path": "0"}]}
        ]

    return _written("scan.zarr", write)


_ROWS = "".join(f"{band},{centre},5.0\n" for band, centre in enumerate(CENTRES))
_WAVELENGTHS = {
    "list": Seed({"wl.txt": "\n".join(map(str, CENTRES)).encode()}, "wl.txt"),
    "line": Seed({"wl.txt": b"wavelengths (nm), 400, 402.5, 405, 407.5\n"}, "wl.txt"),
    "table": Seed({"wl.csv": ("band,wavelength (nm),fwhm\n" + _ROWS).encode()}, "wl.csv"),
    "semicolons": Seed(
        {"wl.csv": b"# from the camera\nBand;Wellenl\xc3\xa4nge\n1;400,5\n2;410,5\n3;420,5\n"},
        "wl.csv",
    ),
    "header": Seed({"wl.hdr": _header(fwhm="{5, 5, 5, 5, 5, 5}")}, "wl.hdr"),
}

_LABELS = LabelImage.build(
    "leaf",
    np.repeat(np.repeat(np.array([[1, 1, 1, 2], [1, 0, 1, 3], [1, 1, 1, 3]]), 3, 0), 3, 1),
    [LabelClass(1, "healthy tissue"), LabelClass(2, "lesion"), LabelClass(3)],
    pixel_size_mm=0.1,
)


def _labels(kind: str) -> dict[str, Seed]:
    with tempfile.TemporaryDirectory() as folder:
        path, *_ = export([_LABELS], Path(folder), [kind])
        return {kind: Seed({path.name: path.read_bytes()}, path.name)}


def _tensor(content: Any) -> Seed:
    """Return a file of torch; arrays in it become tensors."""
    named = content if isinstance(content, dict) else {"": content}
    made = {k: torch.from_numpy(v) if hasattr(v, "shape") else v for k, v in named.items()}
    saved = made if isinstance(content, dict) else made[""]
    return _written("scan.pth", lambda path: torch.save(saved, path))


def _other_shapes() -> Seed:
    """A file of labelme with every kind of shape, and no picture."""
    picture = io.BytesIO()
    Image.fromarray(np.eye(4, dtype=bool)).save(picture, "PNG")
    points: dict[str, list[list[float]]] = {
        "polygon": [[1.5, 1.5], [8.2, 2], [6, 7.9], [1, 5]],
        "rectangle": [[2, 2], [6.5, 5.5]],
        "circle": [[6, 4], [8, 4]],
        "line": [[0, 0], [5, 5]],
        "mask": [[3, 4], [6, 7]],
    }
    shapes = [
        {"label": f"a {kind}", "points": at, "shape_type": kind, "group_id": 1, "flags": {}}
        for kind, at in points.items()
    ]
    shapes[-1]["mask"] = base64.b64encode(picture.getvalue()).decode()
    content = {"shapes": shapes, "imageHeight": 9, "imageWidth": 11, "imageData": None}
    return Seed({"leaf.json": json.dumps(content).encode()}, "leaf.json")


#: Seeds by kind of file and by name.
SEEDS: dict[str, dict[str, Seed]] = {
    "ENVI": _ENVI,
    "ENVI classification": _CLASSIFICATION,
    "camera folder": _CAMERAS,
    "MATLAB v4": {
        "pixels": _written(
            "scan.mat",
            lambda path: scipy.io.savemat(
                path,
                {"Y": PIXELS.reshape(99, 6) / 4000, "rows": 9.0, "cols": 11.0, "wl": CENTRES},
                format="4",
            ),
        )
    },
    "MATLAB v5": {"struct": _matlab()},
    "MATLAB v7": {"struct": _matlab(do_compression=True)},
    "MATLAB v7.3": {"struct": _written("scan.mat", _matlab_hdf5)},
    "TIFF": {
        "gdal": _tiff(
            planarconfig="separate",
            extratags=[(42112, "s", 0, f"<GDALMetadata>{_ITEMS}</GDALMetadata>", True)],
            **_PLAIN,
        ),
        "pixels": _tiff(PIXELS, planarconfig="contig", compression="lzw", **_PLAIN),
        "tiles": _tiff(planarconfig="separate", tile=(16, 16), compression="zlib", **_PLAIN),
        "imagej": _tiff(imagej=True, metadata={"axes": "CYX"}),
        "ome": _tiff(ome=True, metadata={"axes": "CYX"}),
        "shaped": _tiff(metadata={"axes": "QYX", "wavelengths": list(CENTRES)}),
        "big": _tiff(bigtiff=True, byteorder=">", compression="zstd", **_PLAIN),
    },
    "HDF5": {
        "chunks": _hdf5("earliest", chunks=(2, 4, 4), compression="gzip", shuffle=True),
        "plain": _hdf5("earliest"),
        "latest": _hdf5("latest", chunks=(3, 9, 11)),
        "attributes": _hdf5("latest", 40, chunks=(3, 9, 11), compression="gzip"),
    },
    "npy": {
        "plain": _numpy("scan.npy", np.save, CUBE),
        "fortran": _numpy("scan.npy", np.save, np.asfortranarray(CUBE.astype(np.float32))),
    },
    "npz": {
        "plain": _numpy("scan.npz", np.savez, cube=CUBE, wl=CENTRES),
        "packed": _numpy("scan.npz", np.savez_compressed, cube=CUBE, wl=CENTRES),
    },
    "Zarr": {
        "v2": _zarr(2, chunks=(3, 9, 11)),
        "v3": _zarr(3, chunks=(3, 9, 11)),
        "shards": _zarr(3, chunks=(3, 9, 11), shards=(6, 9, 11)),
        "gzip": _zarr(3, chunks=(3, 9, 11), compressors=GzipCodec()),
    },
    "wavelength list": _WAVELENGTHS,
    "labelme": {**_labels("labelme"), "shapes": _other_shapes()},
    "COCO": {**_labels("coco"), "runs": _labels("coco-rle")["coco-rle"]},
    "label TIFF": _labels("tif"),
    "label PNG": _labels("png"),
    "label tensor": {
        "map": _tensor(_LABELS.labels),
        "dict": _tensor({"mask": _LABELS.labels.astype(np.int64), "epoch": 3}),
    },
    "tiles": {
        "tiles": _written(
            "scan.tiles", lambda path: write_tiles(CUBE[:2, :, :].astype(np.uint8), path)
        )
    },
}
