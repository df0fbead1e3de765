"""Fixtures for readers: MATLAB files as MATLAB writes them, and as nobody should."""

import struct

import h5py
import numpy as np
import pytest

CLASSES = {"float32": "single", "float64": "double", "bool": "logical"}


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch):
    """What is unpacked to disk goes to a folder of this test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(folder))
    return folder


def _write_hdf5(file, group, variables):
    for name, values in variables.items():
        if isinstance(values, dict):
            made = group.create_group(name)
            made.attrs["MATLAB_class"] = np.bytes_("struct")
            _write_hdf5(file, made, values)
        elif isinstance(values, str):
            codes = np.array([[ord(letter) for letter in values]], np.uint16)
            stored = group.create_dataset(name, data=codes.T)
            stored.attrs["MATLAB_class"] = np.bytes_("char")
        elif isinstance(values, list):  # a cell array: one row
            held = file.require_group("#refs#")
            references = []
            for value in values:
                inner = f"v{len(held)}"
                _write_hdf5(file, held, {inner: value})
                references.append(held[inner].ref)
            stored = group.create_dataset(name, (len(values), 1), h5py.ref_dtype)
            stored[:, 0] = references
            stored.attrs["MATLAB_class"] = np.bytes_("cell")
        else:
            stored = group.create_dataset(name, data=np.atleast_2d(np.asarray(values)).T)
            kind = CLASSES.get(stored.dtype.name, stored.dtype.name)
            stored.attrs["MATLAB_class"] = np.bytes_(kind)


@pytest.fixture
def write_v73():
    """Write variables as MATLAB v7.3 does: axes reversed, structs as groups, cells as lists."""

    def write(path, variables):
        with h5py.File(path, "w", userblock_size=512) as file:
            _write_hdf5(file, file, variables)
        with path.open("r+b") as raw:
            raw.write(b"MATLAB 7.3 MAT-file".ljust(116) + bytes(8) + b"\x00\x02IM")

    return write


class Mat5:
    """Puts MATLAB v5 files together byte by byte, in either byte order."""

    CLASSES = {"f8": 6, "f4": 7, "i1": 8, "u1": 9, "i2": 10, "u2": 11, "i4": 12, "u4": 13}  # noqa: RUF012
    TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9}  # noqa: RUF012

    def __init__(self, order="<"):
        self.order = order

    def part(self, kind, content):
        padded = content + bytes(-len(content) % 8)
        return struct.pack(self.order + "II", kind, len(content)) + padded

    def numbers(self, code, *values):
        return struct.pack(f"{self.order}{len(values)}{code}", *values)

    def begin(self, what, shape, name, flags=0):
        return (
            self.part(6, self.numbers("I", what | flags, 0))
            + self.part(5, self.numbers("i", *shape))
            + self.part(1, name.encode())
        )

    def array(self, name, values, *, shape=None, kind=None, length=None, flags=0):
        """A numeric array; `shape`, `kind` and `length` may lie."""
        values = np.asarray(values)
        code = values.dtype.str[1:]
        content = values.astype(self.order + code).tobytes(order="F")
        samples = self.part(self.TYPES[code] if kind is None else kind, content)
        if length is not None:
            samples = samples[:4] + self.numbers("I", length) + samples[8:]
        begun = self.begin(self.CLASSES[code], shape or values.shape, name, flags)
        return self.part(14, begun + samples)

    def struct(self, name, fields, shape=(1, 1), class_name=None):
        """A struct, or an object of an old class; `fields` maps names to elements without name."""
        what = 2 if class_name is None else 3
        content = self.begin(what, shape, name)
        if class_name is not None:
            content += self.part(1, class_name.encode())
        names = b"".join(field.encode().ljust(32, b"\0") for field in fields)
        content += struct.pack(self.order + "HHi", *self._short(5, 4), 32)
        content += self.part(1, names) + b"".join(fields.values())
        return self.part(14, content)

    def cell(self, name, entries, shape=None):
        """A cell array of elements without name."""
        content = self.begin(1, shape or (1, len(entries)), name)
        return self.part(14, content + b"".join(entries))

    def _short(self, kind, length):
        return (kind, length) if self.order == "<" else (length, kind)

    def write(self, path, *elements):
        """A file of elements."""
        text = b"MATLAB 5.0 MAT-file, by hand".ljust(124)
        mark = b"\x00\x01IM" if self.order == "<" else b"\x01\x00MI"
        path.write_bytes(text + mark + b"".join(elements))

    def compressed(self, element, level=1):
        """An element as MATLAB v7 writes it."""
        import zlib

        packed = zlib.compress(element, level)
        return struct.pack(self.order + "II", 15, len(packed)) + packed


@pytest.fixture(params=["<", ">"], ids=["little endian", "big endian"])
def mat5(request):
    """Builder of v5 files in both byte orders."""
    return Mat5(request.param)


@pytest.fixture
def little():
    """Builder of v5 files, little endian."""
    return Mat5("<")


@pytest.fixture
def scene():
    """A scene without symmetry, three materials, (band, row, column) float32."""
    rng = np.random.default_rng(0)
    bands, rows, columns = 31, 17, 23
    centres = np.linspace(0, 1, bands)
    spectra = np.stack([0.2 + 0.5 * centres, np.exp(-(((centres - 0.4) / 0.2) ** 2)), centres**3])
    row, column = np.mgrid[:rows, :columns]
    abundance = rng.random((3, rows, columns)) * 0.4
    abundance[0] += row > rows // 3
    abundance[1] += (column < columns // 4) & (row < rows // 2)
    abundance[2] += (row - 4) ** 2 + (column - 15) ** 2 < 12
    noise = rng.normal(0, 0.01, (bands, rows, columns))
    return (np.einsum("mb,mrc->brc", spectra, abundance) + noise).astype(np.float32)
