"""``napari-dgc convert`` writes any cube as an ENVI file."""

from pathlib import Path

import numpy as np
import pytest

from napari_dgc.cli import main
from napari_dgc.cubes.read import open_cube


def test_a_matlab_cube_becomes_an_envi_cube(
    scans: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "envi" / "leaf.hdr"
    assert main(["convert", str(scans[1]), "--out", str(out), "--interleave", "bip"]) == 0
    assert capsys.readouterr().out.split() == [str(out), str(out.with_suffix(".dat"))]
    before, after = open_cube(scans[1]), open_cube(out)
    assert after.layout == "bip"
    np.testing.assert_array_equal(after.data, before.data)
    assert after.wavelengths is not None
    assert before.wavelengths is not None
    assert after.wavelengths.tolist() == before.wavelengths.tolist()
    assert after.wavelength_unit == "nm"


def test_line_by_line_is_the_default_and_the_type_can_be_chosen(
    scans: list[Path], tmp_path: Path
) -> None:
    out = tmp_path / "leaf.hdr"
    assert main(["convert", str(scans[0]), "--out", str(out), "--dtype", "float64"]) == 0
    cube = open_cube(out)
    assert (cube.layout, cube.data.dtype.name) == ("bil", "float64")


def test_what_cannot_be_written_is_said_in_one_line(
    scans: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "leaf.hdr"
    for options, reason in (
        (["--out", str(out), "--dtype", "uint16"], "uint16 cannot hold"),
        (["--out", str(tmp_path / "leaf.tif")], "does not end in .hdr"),
        (["--out", str(out), "--interleave", "zip"], "invalid choice"),
        ([], "required"),
    ):
        assert main(["convert", str(scans[0]), *options]) == 2
        err = capsys.readouterr().err.strip().splitlines()
        assert reason in err[-1]
        assert err[-1].startswith("napari-dgc convert: ")
    assert not out.exists()


def test_an_earlier_result_is_replaced_and_that_is_said(
    scans: list[Path], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "leaf.hdr"
    for said in (False, True):
        assert main(["convert", str(scans[0]), "--out", str(out)]) == 0
        assert (f"the earlier {out} is replaced" in capsys.readouterr().err) == said
