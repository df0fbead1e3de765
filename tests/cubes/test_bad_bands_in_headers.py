"""Bad bands go into a cube's own ENVI header; everything else in it stays."""

from dataclasses import replace

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_bad_bands import write_bad_bands
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError

HEADER = """ENVI
description = {A leaf, bbl = {not this one}
samples = 4
lines = 3
bands = 5
header offset = 0
data type = 4
interleave = bsq
byte order = 0
; a remark of the camera
wavelength units = nm
wavelength = {400, 500, 600, 700, 800}
camera = Ö 1
"""


def scan(folder, header=HEADER, end="\n"):
    np.arange(60, dtype="<f4").tofile(folder / "leaf.dat")
    text = header.replace("\n", end)
    (folder / "leaf.hdr").write_bytes(text.encode("latin-1"))
    return open_cube(folder / "leaf.hdr")


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    "entry",
    ["", "bbl = {1, 1, 1, 1, 0}\n", "BBL={1,1,\n 1,1,\n 0}\n", "bbl =\n{1, 1, 1, 1, 0}\n"],
)
def test_list_is_replaced_and_read_back(tmp_path, entry, end):
    cube = scan(tmp_path, HEADER.replace("camera =", f"{entry}camera ="), end)
    assert cube.bad_bands == ((4,) if entry else ())
    path = write_bad_bands(replace(cube, bad_bands=(0, 2)))
    assert path == tmp_path / "leaf.hdr"
    again = open_cube(path)
    assert again.bad_bands == (0, 2)
    np.testing.assert_array_equal(np.asarray(again.data), np.asarray(cube.data))
    content = path.read_bytes()
    before = HEADER.replace("\n", end).encode("latin-1")
    assert content == before + b"bbl = {0, 1, 0, 1, 1}" + end.encode()
    assert [file.name for file in sorted(tmp_path.iterdir())] == ["leaf.dat", "leaf.hdr"]


def test_all_bands_can_be_good_again(tmp_path):
    cube = scan(tmp_path, HEADER + "bbl = {1, 1, 1, 1, 0}")
    write_bad_bands(replace(cube, bad_bands=()))
    assert open_cube(tmp_path / "leaf.hdr").bad_bands == ()


def test_opened_through_the_data_file(tmp_path):
    scan(tmp_path)
    cube = open_cube(tmp_path / "leaf.dat")
    assert write_bad_bands(replace(cube, bad_bands=(1,))) == tmp_path / "leaf.hdr"
    assert open_cube(tmp_path / "leaf.dat").bad_bands == (1,)


def test_header_that_would_change_otherwise_is_left_alone(tmp_path):
    strange = HEADER + "notes = {one\nbbl = 3\ntwo}\n"
    cube = scan(tmp_path, strange)
    with pytest.raises(UserError, match="by hand"):
        write_bad_bands(replace(cube, bad_bands=(1,)))
    assert (tmp_path / "leaf.hdr").read_text("latin-1") == strange


def test_scans_of_other_formats_have_no_header():
    with pytest.raises(UserError, match="export it as ENVI first"):
        write_bad_bands(HyperCube(np.zeros((2, 2, 2)), "leaf"))
