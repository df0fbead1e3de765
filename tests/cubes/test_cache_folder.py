"""The folder for what can be computed again: complete entries only, within a limit."""

import os
import time

import pytest

from napari_dgc.cubes import cache_folder
from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.errors import UserError


def fill(size, letter=b"x"):
    return lambda path: path.write_bytes(letter * size)


def test_an_entry_is_made_once(tmp_path):
    folder = CacheFolder(tmp_path / "deep" / "cache", 1000)
    path = folder.entry("one", 100, fill(100))
    assert path.read_bytes() == b"x" * 100

    def fail(path):
        raise AssertionError("made again")

    assert folder.entry("one", 100, fail) == path
    assert folder.used() == 100


def test_an_entry_of_the_wrong_size_is_made_again(tmp_path):
    folder = CacheFolder(tmp_path, 1000)
    (tmp_path / "one").write_bytes(b"cut off")
    assert folder.entry("one", 100, fill(100)).read_bytes() == b"x" * 100


def test_what_goes_wrong_leaves_nothing(tmp_path):
    folder = CacheFolder(tmp_path, 1000)

    def break_off(path):
        path.write_bytes(b"half")
        raise InterruptedError

    with pytest.raises(InterruptedError):
        folder.entry("one", 100, break_off)
    assert list(tmp_path.iterdir()) == []


def test_the_entries_used_longest_ago_make_room(tmp_path):
    folder = CacheFolder(tmp_path, 250)
    for age, key in ((30, "old"), (20, "older use"), (10, "new")):
        path = folder.entry(key, 80, fill(80))
        os.utime(path, (time.time() - age, time.time() - age))
    folder.entry("old", 80, fill(80))  # used again
    folder.entry("more", 80, fill(80))
    assert {path.name for path in tmp_path.iterdir()} == {"old", "new", "more"}
    assert folder.used() <= 250


def test_what_is_larger_than_the_limit_or_the_disk_is_refused(tmp_path, monkeypatch):
    folder = CacheFolder(tmp_path, 250)
    folder.entry("one", 100, fill(100))
    with pytest.raises(UserError, match=r"NAPARI_DGC_CACHE_GB"):
        folder.entry("two", 300, fill(300))
    assert folder.used() == 100
    monkeypatch.setattr(cache_folder, "RESERVE", 10**18)
    with pytest.raises(UserError, match=r"are free"):
        folder.entry("two", 100, fill(100))


def test_what_a_crash_left_is_removed_but_not_what_is_being_written(tmp_path):
    (tmp_path / ".one-abc").write_bytes(b"left by a crash")
    os.utime(tmp_path / ".one-abc", (0, 0))
    (tmp_path / ".two-abc").write_bytes(b"being written")
    CacheFolder(tmp_path, 1000).entry("one", 10, fill(10))
    assert {path.name for path in tmp_path.iterdir()} == {"one", ".two-abc"}


def test_folder_and_limit_come_from_the_environment(tmp_path, monkeypatch):
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(tmp_path))
    monkeypatch.setenv("NAPARI_DGC_CACHE_GB", "1.5")
    folder = CacheFolder()
    assert (folder.path, folder.limit) == (tmp_path, 1_500_000_000)
    monkeypatch.setenv("NAPARI_DGC_CACHE_GB", "much")
    with pytest.raises(UserError, match="“much”"):
        CacheFolder()


def test_a_folder_that_cannot_be_is_said(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(UserError, match="NAPARI_DGC_CACHE"):
        CacheFolder(tmp_path / "file" / "cache", 1000).entry("one", 10, fill(10))


def test_clear_removes_all(tmp_path):
    folder = CacheFolder(tmp_path / "cache", 1000)
    folder.clear()
    folder.entry("one", 10, fill(10))
    folder.clear()
    assert folder.used() == 0
