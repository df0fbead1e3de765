"""Hashes of scans: those of sha256sum, remembered only for as long as a file is the same."""

import hashlib
import os
from pathlib import Path

import numpy as np
import pytest

from napari_dgc import hashes
from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.errors import UserError
from napari_dgc.hashes import hash_file, hash_scan, hashing_file


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


@pytest.fixture
def scan(tmp_path: Path) -> Path:
    path = tmp_path / "scan.mat"
    path.write_bytes(np.random.default_rng(0).bytes(10_000_000))
    return path


def read_bytes(path: Path) -> int:
    """Return how many bytes of a file are read in order to hash it."""
    opened: list[Path] = []
    really = Path.open

    def counting(self: Path, *arguments: object, **options: object) -> object:
        opened.append(self)
        return really(self, *arguments, **options)  # type: ignore[call-overload]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "open", counting)
        hash_file(path)
    return path.stat().st_size * opened.count(path)


def test_a_hash_is_that_of_sha256sum(scan: Path) -> None:
    found = hash_file(scan)
    assert (found.name, found.size) == ("scan.mat", 10_000_000)
    assert found.sha256 == hashlib.sha256(scan.read_bytes()).hexdigest()


def test_an_unchanged_file_is_read_once(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "_YOUNG", -1)
    assert read_bytes(scan) == 10_000_000
    assert read_bytes(scan) == 0


def test_a_file_that_has_just_changed_is_not_remembered(scan: Path) -> None:
    assert read_bytes(scan) == 10_000_000
    assert read_bytes(scan) == 10_000_000


def test_changes_that_hide_their_time_are_seen(scan: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashes, "_YOUNG", -1)
    before, status = hash_file(scan), scan.stat()
    with scan.open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"other")
    os.utime(scan, ns=(status.st_atime_ns, status.st_mtime_ns))
    assert scan.stat().st_mtime_ns == status.st_mtime_ns
    assert hash_file(scan).sha256 != before.sha256


def test_what_is_remembered_wrongly_is_not_believed(
    scan: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hashes, "_YOUNG", -1)
    right = hash_file(scan)
    (entry,) = cache.iterdir()
    entry.write_text("no hash")
    assert hash_file(scan) == right


def test_files_that_change_meanwhile_are_refused(scan: Path) -> None:
    steps = hashing_file(scan)
    next(steps)
    with scan.open("ab") as file:
        file.write(b"more")
    with pytest.raises(UserError, match=r"scan\.mat was changed while it was read"):
        list(steps)


def test_hashing_tells_how_far_it_is_and_stops(scan: Path) -> None:
    assert sum(hashing_file(scan)) == 10_000_000
    source = CancelSource()
    steps = hashing_file(scan, source.token)
    next(steps)
    source.cancel()
    with pytest.raises(InterruptedError):
        next(steps)


def test_an_envi_scan_is_header_and_data(tmp_path: Path) -> None:
    cube = HyperCube(np.ones((3, 4, 5), np.float32), "leaf")
    header, data = write_envi(cube, tmp_path / "leaf.hdr")
    assert [one.name for one in hash_scan(header)] == ["leaf.hdr", "leaf.dat"]
    assert hash_scan(data) == hash_scan(header)


def test_a_folder_is_all_of_its_files(tmp_path: Path) -> None:
    folder = tmp_path / "scan.zarr"
    (folder / "0").mkdir(parents=True)
    (folder / "zarr.json").write_text("{}")
    (folder / "0" / "c").write_bytes(b"samples")
    (found,) = hash_scan(folder)
    lines = "".join(f"{hash_file(folder / name).sha256}  {name}\n" for name in ("0/c", "zarr.json"))
    assert found.sha256 == hashlib.sha256(lines.encode()).hexdigest()
    assert (found.name, found.size) == ("scan.zarr", 9)
    (folder / "0" / "c").rename(folder / "0" / "d")
    assert hash_scan(folder)[0].sha256 != found.sha256


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_pipes_are_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "scan.mat")
    with pytest.raises(UserError, match="not a file"):
        hash_file(tmp_path / "scan.mat")
