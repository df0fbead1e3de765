"""The arrays of a Zarr folder, of which nothing outside the folder is read."""

import json
import os
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import zarr
from zarr.abc.store import ByteRequest
from zarr.core.buffer import Buffer, BufferPrototype
from zarr.storage import LocalStore

from napari_dgc.cubes.array_tree import MOST_VALUES, StoredInfo
from napari_dgc.cubes.attributes import number
from napari_dgc.cubes.lazy import LazyCube
from napari_dgc.cubes.pixel_sizes import spacing_in
from napari_dgc.cubes.plausible import GREATEST_COMPRESSION, refuse_implausible
from napari_dgc.cubes.readings import Reading
from napari_dgc.cubes.views import lazy_view
from napari_dgc.cubes.zarr_unpacking import most_unpacked, with_limits
from napari_dgc.errors import UserError

_MOST_METADATA = 16 << 20
#: Folders that are looked into, and how deep.
_MOST_FOLDERS, _DEEPEST = 1000, 32
#: How chunks may be packed. Others can run code of whoever wrote the file ("pickle").
_CODECS = frozenset(
    {"bytes", "endian", "transpose", "sharding_indexed", "crc32", "crc32c", "adler32"}
    | {"fletcher32", "jenkins_lookup3", "blosc", "gzip", "zlib", "zstd", "lz4", "lzma", "bz2"}
    | {"shuffle", "delta", "fixedscaleoffset", "quantize", "bitround", "astype", "packbits"}
)
#: Axes of OME-Zarr before version 0.3, which does not name them.
_OLD_AXES = ("t", "c", "z", "y", "x")


class _Folder(LocalStore):
    """A folder of which nothing is read that lies elsewhere, nor files of absurd size."""

    def __init__(self, root: Path | str, *, read_only: bool = False) -> None:
        super().__init__(root, read_only=read_only)
        #: For each array how many bytes the largest file of it, a chunk or a shard, has unpacked.
        self.chunks: dict[str, int] = {}

    def check(self, key: str, byte_range: ByteRequest | None = None) -> None:
        """Raise an OSError for what lies elsewhere or is too large to be what it is."""
        root = os.path.realpath(self.root)
        path = os.path.realpath(self.root / key)
        if os.path.commonpath([root, path]) != root:
            raise OSError(f"“{key}” lies outside the folder, which is not opened")
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            raise OSError(f"“{key}” is not a file")  # reading a pipe would wait for ever
        if byte_range is None and os.path.isfile(path):
            unpacked = self._chunk(key)
            if os.path.getsize(path) > (most_unpacked(unpacked) if unpacked else _MOST_METADATA):
                raise OSError(f"“{key}” is larger than what it can hold")

    def _chunk(self, key: str) -> int:
        """Return the bytes of the file of a chunk when unpacked; 0 for other files."""
        folder, _, file = key.rpartition("/")
        if file.startswith(".z") or file == "zarr.json":
            return 0
        while folder and folder not in self.chunks:
            folder = folder.rpartition("/")[0]
        return self.chunks.get(folder, 0)

    def get_sync(
        self,
        key: str,
        *,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        self.check(key, byte_range)
        return super().get_sync(key, prototype=prototype, byte_range=byte_range)

    async def get(
        self,
        key: str,
        prototype: BufferPrototype | None = None,
        byte_range: ByteRequest | None = None,
    ) -> Buffer | None:
        self.check(key, byte_range)
        return await super().get(key, prototype, byte_range)

    async def get_partial_values(
        self,
        prototype: BufferPrototype,
        key_ranges: Iterable[tuple[str, ByteRequest | None]],
    ) -> list[Buffer | None]:
        return [await self.get(key, prototype, byte_range) for key, byte_range in key_ranges]


class ZarrTree:
    """The arrays of a Zarr folder of version 2 or 3.

    Of the copies at several sizes that OME-Zarr keeps, only the full one
    counts; its label images do not.

    Parameters
    ----------
    path
        The folder.

    Raises
    ------
    UserError
        Damaged, or packed in a way that is not opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.format = "Zarr"
        self._store = _Folder(path, read_only=True)
        self._opened: dict[str, zarr.Array[Any]] = {}
        self._attributes: dict[str, dict[str, Any]] = {}
        self._copies: set[str] = set()
        self._axes: dict[str, tuple[str, ...]] = {}
        self._spacing: dict[str, tuple[tuple[float, str], ...]] = {}
        refused: list[str] = []
        try:
            for name, metadata in self._walk():
                self._read(name, metadata, refused)
        except UserError:
            raise
        except Exception as error:  # zarr lets JSON, key, type and other errors through
            raise self._damaged(error) from error
        if refused and not self._opened:
            raise UserError(refused[0])
        self.arrays = [
            StoredInfo(
                name,
                tuple(map(int, array.shape)),
                array.dtype,
                self._axis_names(name),
                self._spacing.get(name, ()),
            )
            for name, array in self._opened.items()
            if name not in self._copies
        ]

    def attributes(self, name: str) -> Mapping[str, Any]:
        """Return the attributes of an array or a group."""
        found = dict(self._attributes.get(name, {}))
        if name in self._opened:
            fill = number(self._opened[name].fill_value)
            if fill:  # 0 is what zarr fills with where nobody says anything
                found.setdefault("_FillValue", fill)
        return found

    def values(self, name: str) -> Any:
        """Return a small array, or None where it cannot be read."""
        array = self._opened[name]
        try:
            self._check(name, array)
            return None if array.size > MOST_VALUES else np.asarray(array[...])
        except Exception:  # noqa: BLE001 - what cannot be read tells nothing
            return None

    def load(self, reading: Reading, layout: str) -> LazyCube:
        """Return three axes of an array, left in the folder; `layout` orders unfolded pixels."""
        name = reading.variable.name
        array = self._opened[name]
        self._check(name, array)
        cube = lazy_view(array, reading, layout, self._where(reading.name))
        cube[:1, :1, :1]  # damaged chunks show here, not during training
        cube[-1:, -1:, -1:]
        return cube

    def _check(self, name: str, array: "zarr.Array[Any]") -> None:
        block = int(np.prod(array.chunks, dtype=object)) * array.dtype.itemsize
        whole = int(np.prod(array.shape, dtype=object)) * array.dtype.itemsize
        enough = max(whole // GREATEST_COMPRESSION, block) + 1
        refuse_implausible(self._where(name), whole, self._stored(name, enough), block)

    def _where(self, name: str) -> str:
        return f"“{name}” of {self.path}" if name else str(self.path)

    def _stored(self, name: str, enough: int) -> int:
        """Return the bytes of an array's files; no more are counted once there are enough."""
        total = 0
        for folder, _, files in os.walk(self.path / name):
            for file in files:
                total += os.stat(os.path.join(folder, file)).st_size
                if total >= enough:
                    return total
        return total

    def _walk(self) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the metadata of every array and group, outer ones first."""
        waiting = [""]
        for _ in range(_MOST_FOLDERS):
            if not waiting:
                return
            name = waiting.pop(0)
            metadata = self._metadata(name)
            if metadata is None:
                continue
            yield name, metadata
            if metadata["node_type"] == "group" and name.count("/") < _DEEPEST:
                passed_over = "labels" if _multiscales(metadata) else ""
                inner = sorted(
                    entry.name
                    for entry in os.scandir(self.path / name)
                    if entry.is_dir() and not entry.is_symlink() and entry.name != passed_over
                )
                waiting += [f"{name}/{child}" if name else child for child in inner]

    def _metadata(self, name: str) -> dict[str, Any] | None:
        """Return the metadata of a folder in the words of version 3, or None."""
        found = self._json(name, "zarr.json")
        if found is not None:
            return found if found.get("node_type") in ("array", "group") else None
        array = self._json(name, ".zarray")
        if array is None and self._json(name, ".zgroup") is None:
            return None
        attributes = self._json(name, ".zattrs") or {}
        if array is None:
            return {"node_type": "group", "attributes": attributes}
        codecs = [*(array.get("filters") or []), array.get("compressor")]
        return {
            "node_type": "array",
            "attributes": attributes,
            "codecs": [{"name": codec["id"]} for codec in codecs if codec],
            "dimension_names": attributes.get("_ARRAY_DIMENSIONS"),
            "has_objects": "O" in str(array.get("dtype")),
        }

    def _json(self, name: str, file: str) -> dict[str, Any] | None:
        path = self.path / name / file
        if not path.is_file():
            return None
        self._store.check(f"{name}/{file}".lstrip("/"))
        found = json.loads(path.read_bytes())
        if not isinstance(found, dict):
            raise TypeError(f"{file} is not a JSON object")
        return found

    def _read(self, name: str, metadata: dict[str, Any], refused: list[str]) -> None:
        attributes = metadata.get("attributes") or {}
        self._attributes[name] = attributes
        if metadata["node_type"] == "group":
            self._read_multiscales(name, attributes)
            return
        unknown = sorted(_codec_names(metadata.get("codecs") or []) - _CODECS)
        if unknown:
            refused.append(
                f"{self._where(name)} is packed with “{unknown[0]}”, which is not opened."
            )
        elif metadata.get("has_objects"):
            refused.append(f"{self._where(name)} holds Python objects, which are not opened.")
        else:
            array = zarr.open_array(self._store, path=name, mode="r")
            whole = array.shards or array.chunks
            if min(whole, default=1) < 1:
                raise UserError(f"{self._where(name)} is damaged: its chunks are empty.")
            size = int(np.prod(whole, dtype=object)) * array.dtype.itemsize
            self._store.chunks[name] = size
            self._opened[name] = with_limits(array)
            names = metadata.get("dimension_names")
            if isinstance(names, list):
                self._axes.setdefault(name, tuple(str(one or "") for one in names))

    def _read_multiscales(self, group: str, attributes: dict[str, Any]) -> None:
        """Note the copies of an OME-Zarr image, the names of its axes and channels."""
        told = _ome(attributes)
        images = told.get("multiscales")
        if not isinstance(images, list) or not images:
            return
        self.format = "OME-Zarr"
        prefix = f"{group}/" if group else ""
        levels = [f"{prefix}{level['path']}" for level in images[0]["datasets"]]
        self._copies |= set(levels[1:])
        axes = images[0].get("axes") or _OLD_AXES
        self._axes[levels[0]] = tuple(
            "c" if _of_axis(axis, "type") == "channel" else _of_axis(axis, "name") for axis in axes
        )
        self._spacing[levels[0]] = tuple(spacing_in(images[0]))
        shown = told.get("omero")
        channels = shown.get("channels") if isinstance(shown, dict) else None
        if isinstance(channels, list):
            labels = [str(channel.get("label", "")) for channel in channels]
            attributes["channel_names"] = labels

    def _axis_names(self, name: str) -> tuple[str, ...]:
        names = self._axes.get(name, ())
        return names if len(names) == len(self._opened[name].shape) else ()

    def _damaged(self, error: Exception) -> UserError:
        reason = " ".join(str(error).split())[:160].rstrip(".") or type(error).__name__
        return UserError(f"{self.path} is damaged or cannot be read ({reason}).")


def _ome(attributes: dict[str, Any]) -> dict[str, Any]:
    """Return what OME-Zarr says in the attributes of a group (since version 0.5 in one of them)."""
    inner = attributes.get("ome")
    return inner if isinstance(inner, dict) else attributes


def _multiscales(metadata: dict[str, Any]) -> bool:
    return bool(_ome(metadata.get("attributes") or {}).get("multiscales"))


def _of_axis(axis: Any, key: str) -> str:
    if isinstance(axis, dict):
        return str(axis.get(key, ""))
    return str(axis) if key == "name" else ""


def _codec_names(codecs: Any) -> set[str]:
    """Return the names of codecs, also of those within others."""
    found: set[str] = set()
    for codec in codecs:
        name = codec if isinstance(codec, str) else str(codec["name"])
        found.add(name.removeprefix("numcodecs."))
        inside = codec.get("configuration") if isinstance(codec, dict) else None
        for key in ("codecs", "index_codecs"):
            if isinstance(inside, dict) and key in inside:
                found |= _codec_names(inside[key])
    return found
