"""Paths that are no files, cannot be read, or go away: told in one sentence, never waited for."""

import os
import shutil
import sys
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.cubes.envi_classification import is_classification, read_classification
from napari_dgc.cubes.formats import FORMATS
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.cubes.tiled import TiledCube
from napari_dgc.cubes.wavelengths import read_wavelengths
from napari_dgc.errors import UserError, readable

from .check import LABELS
from .seeds import SEEDS

NAMES = ["scan.hdr", "scan.raw", "scan.mat", "scan.tif", "scan.h5", "scan.nc", "scan.npy"]
NAMES += ["scan.npz", "scan.zarr", "scan.txt", "scan"]
ALL = [(kind, name) for kind, seeds in SEEDS.items() for name in seeds]
NO_CUBES = ("wavelength list", "tiles", "ENVI classification", *LABELS)
CUBES = [one for one in ALL if one[0] not in NO_CUBES]
pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")


def refusal(opener, path):
    with pytest.raises(UserError) as refused:
        opener(path)
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert readable(Path(path).name) in message
    return message


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("opener", [open_cube, read_classification, read_wavelengths, TiledCube])
def test_folders_that_are_called_like_files(tmp_path, name, opener):
    (tmp_path / name).mkdir()
    assert not can_open(tmp_path / name)
    assert not is_classification(tmp_path / name)
    refusal(opener, tmp_path / name)


@pipes
@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("opener", [open_cube, read_classification, read_wavelengths, TiledCube])
def test_pipes_are_not_waited_for(tmp_path, name, opener):
    os.mkfifo(tmp_path / name)
    assert not can_open(tmp_path / name)
    assert not is_classification(tmp_path / name)
    refusal(opener, tmp_path / name)


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this system has no devices as files")
@pytest.mark.parametrize("device", ["/dev/zero", "/dev/null", "/dev/full"])
@pytest.mark.parametrize("name", ["", *NAMES])
@pytest.mark.parametrize("opener", [open_cube, read_classification, read_wavelengths, TiledCube])
def test_devices_are_not_read(tmp_path, name, opener, device):
    path = Path(device)
    if name:
        path = tmp_path / name
        path.symlink_to(device)
    assert not can_open(path)
    refusal(opener, path)


@pipes
@pytest.mark.parametrize(("kind", "name"), ALL)
def test_pipes_in_place_of_any_file_are_not_waited_for(tmp_path, kind, name):
    seed = SEEDS[kind][name]
    if len(seed.files) == 1:
        pytest.skip("the only file of this kind is the one that is opened")
    opener = read_classification if kind == "ENVI classification" else open_cube
    for replaced in seed.files:
        shutil.rmtree(tmp_path / "scan", ignore_errors=True)
        path = seed.write(tmp_path / "scan")
        (tmp_path / "scan" / replaced).unlink()
        os.mkfifo(tmp_path / "scan" / replaced)
        can_open(path)
        try:
            cube = opener(path)
            if opener is open_cube:
                np.asarray(cube.data)
        except UserError as refused:
            assert len(str(refused).splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="rights are not numbers on Windows")
@pytest.mark.parametrize(("kind", "name"), CUBES)
def test_files_that_may_not_be_read(tmp_path, kind, name):
    seed = SEEDS[kind][name]
    path = seed.write(tmp_path)
    for file in seed.files:
        (tmp_path / file).chmod(0)
    if os.access(tmp_path / file, os.R_OK):
        pytest.skip("this user may read everything")
    assert not can_open(path)
    refusal(open_cube, path)


@pytest.mark.parametrize(("kind", "name"), CUBES)
def test_files_that_are_gone_after_they_were_recognised(tmp_path, kind, name, monkeypatch):
    """Between two looks at a path, another program may have moved it."""
    path = SEEDS[kind][name].write(tmp_path)
    assert can_open(path)
    shutil.move(tmp_path, tmp_path.with_name(tmp_path.name + " moved"))
    tmp_path.mkdir()
    assert "does not exist" in refusal(open_cube, path)
    shutil.rmtree(tmp_path)
    shutil.move(tmp_path.with_name(tmp_path.name + " moved"), tmp_path)
    found = next(known for known in FORMATS if known.recognises(path))

    def gone(before):
        shutil.rmtree(tmp_path)
        return found

    monkeypatch.setattr("napari_dgc.cubes.read.find_format", gone)
    refusal(open_cube, path)


def test_links_in_a_circle_and_names_that_are_too_long(tmp_path):
    for name in NAMES:
        (tmp_path / name).symlink_to(name)
        assert not can_open(tmp_path / name)
        refusal(open_cube, tmp_path / name)
        refusal(read_wavelengths, tmp_path / name)
    refusal(open_cube, tmp_path / ("x" * 5000 + ".hdr"))
    refusal(open_cube, tmp_path / "a\0b.hdr")
