"""What of a batch is done, kept on disk so that it is not done again."""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from napari_dgc.batch.task import Item, Result, Task
from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes
from napari_dgc.hashes import FileHash, sha256_of

#: Ends the name of a manifest.
SUFFIX = ".batch.jsonl"
_FORMAT, _VERSION = "napari-dgc batch", 1
#: Longest line that is read, in bytes: figures and spectra of one scan take a hundredth.
_LONGEST_LINE = 1 << 26


@dataclass(frozen=True)
class Entry:
    """One scan that is done.

    Parameters
    ----------
    name
        Of the scan.
    files
        What was written.
    inputs
        Hashes of what was read.
    content
        As of `Result`.
    """

    name: str
    files: tuple[Path, ...]
    inputs: tuple[FileHash, ...] = ()
    content: Mapping[str, Any] = field(default_factory=dict)


def key_of(task: Task, item: Item) -> str:
    """Return what tells a scan, in its present state, with these settings, from all others.

    Files count by name, size and time of the last change, and not by their folder, so that
    data and results may be moved together.
    """
    stamps = [stamp for path in task.inputs(item) for stamp in _stamps(path)]
    told = [task.name, item.name, task.settings(item), stamps]
    return sha256_of(json.dumps(told, sort_keys=True).encode("utf-8", "surrogateescape"))[:32]


def _stamps(path: Path) -> Iterator[tuple[str, int, int]]:
    """Yield name, size and time of a file, or of all files of a folder; nothing without one."""
    from napari_dgc.hashes import files_in

    try:
        for file in files_in(path) if path.is_dir() else [path]:
            status = file.stat()
            yield file.name, status.st_size, status.st_mtime_ns
    except (OSError, UserError):
        return


class Manifest:
    """One line of JSON for each scan that is done; only ever appended to.

    In memory are keys and places of the lines alone.

    Parameters
    ----------
    path
        The file; made with the first scan that is done. Results lie in or below its folder,
        or their names are kept as they are.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._places: dict[str, int] | None = None

    def find(self, key: str) -> Entry | None:
        """Return a scan that is done and whose files are all there as large as they were."""
        place = self._known().get(key)
        if place is None:
            return None
        with self.path.open("rb") as file:
            file.seek(place)
            line = _parsed(file.readline(_LONGEST_LINE))
        try:
            if line is None or line["key"] != key:
                return None
            files = []
            for one in line["files"]:
                path = self._placed(str(one["path"]))
                if not path.is_file() or path.stat().st_size != one["size"]:
                    return None
                files.append(path)
            inputs = tuple(
                FileHash(str(one["name"]), int(one["size"]), str(one["sha256"]))
                for one in line["inputs"]
            )
            content = line["content"]
            if not isinstance(content, dict):
                return None
            return Entry(str(line["scan"]), tuple(files), inputs, content)
        except (KeyError, TypeError, ValueError, OSError):
            return None

    def entries(self, task: Task, items: Iterable[Item]) -> Iterator[Entry]:
        """Yield those of some scans that are done, one line in memory at a time."""
        for item in items:
            entry = self.find(key_of(task, item))
            if entry is not None:
                yield entry

    def add(self, task: Task, item: Item, key: str, result: Result, seconds: float) -> None:
        """Note that a scan is done; on disk when this returns.

        Raises
        ------
        UserError
            It cannot be written.
        """
        known = self._known()
        line = {
            "key": key,
            "task": task.name,
            "scan": item.name,
            "path": str(item.path),
            "finished": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
            "seconds": round(seconds, 3),
            "files": [
                {"path": self._told(path), "size": path.stat().st_size} for path in result.files
            ],
            "inputs": [
                {"name": one.name, "size": one.size, "sha256": one.sha256} for one in result.inputs
            ],
            "content": dict(result.content),
        }
        known[key] = self._append(line)

    def _append(self, line: Mapping[str, Any]) -> int:
        try:
            if not self.path.exists() or self.path.stat().st_size == 0:
                head = {"format": _FORMAT, "format_version": _VERSION}
                write_bytes(self.path, _line(head))
            with self.path.open("ab+") as file:
                place = file.seek(0, os.SEEK_END)
                file.seek(place - 1)
                # The line before may have been cut off by a crash.
                start = b"" if file.read(1) == b"\n" else b"\n"
                file.write(start + _line(line))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise UserError(
                f"{self.path} cannot be written ({error.strerror or error}), so that nobody would "
                "know what is done; make room or choose another folder, and start again."
            ) from None
        return place + len(start)

    def _known(self) -> dict[str, int]:
        if self._places is None:
            self._places = dict(self._read())
        return self._places

    def _read(self) -> Iterator[tuple[str, int]]:
        try:
            file = self.path.open("rb")
        except FileNotFoundError:
            return
        except OSError as error:
            raise UserError(
                f"{self.path} cannot be read: {error.strerror or error}; move it away to do all "
                "scans again."
            ) from None
        with file:
            first = file.readline(_LONGEST_LINE)
            if not first:
                return
            head = _parsed(first)
            if head is None or head.get("format") != _FORMAT:
                raise UserError(
                    f"{self.path} is not a list of scans that are done; move it away, as it has "
                    "the name of one."
                )
            if head.get("format_version") != _VERSION:
                raise UserError(
                    f"{self.path} was written by a newer version of napari-dgc; update it, or "
                    "choose another folder."
                )
            place = file.tell()
            while raw := file.readline(_LONGEST_LINE):
                line = _parsed(raw)
                if line is not None and isinstance(line.get("key"), str):
                    yield line["key"], place
                place = file.tell()

    def _told(self, path: Path) -> str:
        folder = self.path.parent
        return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else str(path)

    def _placed(self, told: str) -> Path:
        return self.path.parent / PurePosixPath(told)


def _line(content: Mapping[str, Any]) -> bytes:
    return (json.dumps(content, ensure_ascii=True) + "\n").encode("ascii")


def _parsed(raw: bytes) -> dict[str, Any] | None:
    try:
        line = json.loads(raw)
    except (ValueError, RecursionError):
        return None
    return line if isinstance(line, dict) else None
