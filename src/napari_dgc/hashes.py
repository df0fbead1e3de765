"""SHA-256 of files, remembered for as long as a file does not change."""

from __future__ import annotations

import hashlib
import os
import stat
import time
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.errors import UserError

_Value = TypeVar("_Value")
_STEP = 4 << 20
#: A file that changed less than this before it was read may change again within the same time
#: stamp, in nanoseconds: its hash is not remembered (FAT counts by two seconds).
_YOUNG = 3_000_000_000
#: Most files of a folder that stands for one scan.
_MOST_FILES = 200_000


@dataclass(frozen=True)
class FileHash:
    """What a file, or all of a folder, held.

    Parameters
    ----------
    name
        Of the file or folder, without the folders above it.
    size
        In bytes.
    sha256
        As 64 hexadecimal digits. Of a folder: of the lines that ``sha256sum`` gives for its
        files, by their names within it in order.
    """

    name: str
    size: int
    sha256: str


def sha256_of(content: bytes) -> str:
    """Return the SHA-256 of bytes as 64 hexadecimal digits."""
    return hashlib.sha256(content).hexdigest()


def hash_file(path: Path, token: CancelToken | None = None) -> FileHash:
    """Hash a file to the end (see `hashing_file`)."""
    return _last(hashing_file(path, token))


def hash_scan(path: Path, token: CancelToken | None = None) -> tuple[FileHash, ...]:
    """Hash all files of a scan to the end (see `hashing_scan`)."""
    return _last(hashing_scan(path, token))


def hashing_file(path: Path, token: CancelToken | None = None) -> Generator[int, None, FileHash]:
    """Hash a file, or return the hash that is remembered for it.

    A hash is remembered in the cache folder under path, number on the disk, size and the times
    of the last changes, never for a file that has just changed.

    Parameters
    ----------
    path
        A regular file, or a link to one.
    token
        Asks for a stop.

    Yields
    ------
    int
        Bytes that were read since the last time.

    Returns
    -------
    FileHash
        Name, size and hash.

    Raises
    ------
    UserError
        It cannot be read, is no file, or changes meanwhile.
    InterruptedError
        When asked to stop.
    """
    token = token or never_cancelled()
    try:
        before = path.stat()
        if not stat.S_ISREG(before.st_mode):
            raise UserError(f"{path} is not a file; give the file of a scan.")
        key = _key(path, before)
        known = _remembered(key)
        if known is not None:
            yield before.st_size
            return FileHash(path.name, before.st_size, known)
        digest = hashlib.sha256()
        with path.open("rb", buffering=0) as file:
            while block := file.read(_STEP):
                if token.cancelled:
                    raise InterruptedError("stopped by the user")
                digest.update(block)
                yield len(block)
        after = path.stat()
    except InterruptedError:
        raise
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    if _key(path, after) != key:
        raise UserError(f"{path} was changed while it was read; try again once it is complete.")
    found = digest.hexdigest()
    if time.time_ns() - max(after.st_mtime_ns, after.st_ctime_ns) > _YOUNG:
        _remember(key, found)
    return FileHash(path.name, after.st_size, found)


def hashing_scan(
    path: Path, token: CancelToken | None = None
) -> Generator[int, None, tuple[FileHash, ...]]:
    """Hash all files of a scan (see `files_of_scan`), a folder as one; as `hashing_file`."""
    found = []
    for file in files_of_scan(path):
        hashing = _hashing_folder if file.is_dir() else hashing_file
        found.append((yield from hashing(file, token)))
    return tuple(found)


def known_hashes(path: Path) -> tuple[FileHash, ...]:
    """Return the hashes of a scan's files without reading them; empty where one is not known.

    Those of a folder are never known.
    """
    found = []
    try:
        for file in files_of_scan(path):
            status = file.stat()
            known = _remembered(_key(file, status)) if stat.S_ISREG(status.st_mode) else None
            if known is None:
                return ()
            found.append(FileHash(file.name, status.st_size, known))
    except (OSError, UserError):
        return ()
    return tuple(found)


def _hashing_folder(path: Path, token: CancelToken | None) -> Generator[int, None, FileHash]:
    lines, size = [], 0
    for file in files_in(path):
        found = yield from hashing_file(file, token)
        size += found.size
        lines.append(f"{found.sha256}  {file.relative_to(path).as_posix()}\n")
    return FileHash(path.name, size, sha256_of("".join(lines).encode("utf-8", "surrogateescape")))


def _last(steps: Generator[int, None, _Value]) -> _Value:
    while True:
        try:
            next(steps)
        except StopIteration as stop:
            value: _Value = stop.value
            return value


def files_in(path: Path) -> list[Path]:
    """Return all files of a folder and of those within it, by name.

    Raises
    ------
    UserError
        There are more than a scan has.
    """
    found: list[Path] = []
    for folder, _, names in os.walk(path):
        found += [file for name in names if (file := Path(folder) / name).is_file()]
        if len(found) > _MOST_FILES:
            raise UserError(f"{path} holds too many files for one scan; give the folder of a scan.")
    return sorted(found, key=lambda file: file.relative_to(path).as_posix())


def files_of_scan(path: Path) -> list[Path]:
    """Return the files that a scan is made of: itself, or an ENVI header and its data.

    Parameters
    ----------
    path
        What was opened; a folder stands for itself.

    Raises
    ------
    UserError
        One is missing.
    """
    from napari_dgc.cubes.envi_files import find_data, find_header
    from napari_dgc.cubes.envi_header import is_envi_header, read_header
    from napari_dgc.cubes.envi_layout import sample_layout

    if path.is_dir():
        return [path]
    header = find_header(path)
    if header is None or not is_envi_header(header):
        return [path]
    return [header, find_data(header, sample_layout(read_header(header), header, []))]


def bytes_of(path: Path) -> int:
    """Return the bytes of a file, or of all files of a folder; 0 where there is nothing."""
    try:
        if path.is_dir():
            return sum(file.stat().st_size for file in files_in(path))
        return path.stat().st_size
    except OSError:
        return 0


def _key(path: Path, status: os.stat_result) -> str:
    told: tuple[Any, ...] = (
        str(path.absolute()),
        status.st_dev,
        status.st_ino,
        status.st_size,
        status.st_mtime_ns,
        status.st_ctime_ns,
    )
    return "sha256-" + sha256_of(repr(told).encode("utf-8", "surrogateescape"))[:40]


def _remembered(key: str) -> str | None:
    from napari_dgc.cubes.cache_folder import CacheFolder

    try:
        text = (CacheFolder().path / key).read_text(encoding="ascii")
    except (OSError, ValueError, UserError):
        return None
    return text if len(text) == 64 and set(text) <= set("0123456789abcdef") else None


def _remember(key: str, found: str) -> None:
    from napari_dgc.cubes.cache_folder import CacheFolder

    try:
        CacheFolder().entry(key, len(found), lambda path: path.write_text(found, encoding="ascii"))
    except (OSError, UserError):
        return  # without a memory it is computed again next time
