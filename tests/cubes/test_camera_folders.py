"""The folder that a camera wrote opens: its scan, with white and dark references."""

import os

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.camera_folders import is_camera_folder
from napari_dgc.cubes.camera_references import role
from napari_dgc.cubes.choices import AmbiguousVariable
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

BANDS, ROWS, COLUMNS = 4, 6, 5


def write(folder, stem, *, data=".raw", value=100, rows=ROWS, columns=COLUMNS, dtype="uint16"):
    """Write a capture as cameras do: STEM.hdr with STEM and a suffix of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    cube = HyperCube(np.full((BANDS, rows, columns), value), stem)
    header, samples = write_envi(cube, folder / f"{stem}.hdr", dtype=dtype)
    samples.rename(folder / f"{stem}{data}")
    return header


def specim(folder, name, **sizes):
    write(folder / "capture", name, **sizes)
    write(folder / "capture", f"WHITEREF_{name}", value=1000, rows=2)
    write(folder / "capture", f"DARKREF_{name}", value=10, rows=2)
    write(folder / "results", f"REFLECTANCE_{name}", data=".dat", dtype="float32")
    (folder / "metadata").mkdir()
    (folder / "metadata" / f"{name}.xml").write_text("<properties/>")
    (folder / "manifest.xml").write_text("<manifest/>")
    return folder


def test_a_specim_folder(tmp_path):
    folder = specim(tmp_path / "leaf_7", "leaf_7")
    for path in (folder, folder / "capture", folder / "capture" / "leaf_7.raw"):
        assert can_open(path)
        cube = open_cube(path)
        assert cube.name == "leaf_7"
        assert (np.asarray(cube.data) == 100).all()
        assert cube.references.white == folder / "capture" / "WHITEREF_leaf_7.hdr"
        assert cube.references.dark == folder / "capture" / "DARKREF_leaf_7.hdr"
    assert "results/REFLECTANCE_leaf_7" in " ".join(open_cube(folder).notes)
    computed = open_cube(folder, variable="results/REFLECTANCE_leaf_7")
    assert (computed.data.dtype, computed.references) == (np.dtype("float32"), None)
    with pytest.raises(UserError, match=r"no scan “\.\./leaf_7”; there are"):
        open_cube(folder, variable="../leaf_7")


def test_several_scans_are_asked_about(tmp_path):
    for number in (1, 2):
        specim(tmp_path / f"leaf_{number}", f"leaf_{number}", rows=ROWS + number)
    with pytest.raises(AmbiguousVariable, match="2 scans") as question:
        open_cube(tmp_path)
    offered = question.value.candidates
    assert [one.name for one in offered] == ["leaf_1/capture/leaf_1", "leaf_2/capture/leaf_2"]
    assert [one.shape for one in offered] == [(7, 5, 4), (8, 5, 4)]
    assert offered[0].dtype == "uint16"
    cube = open_cube(tmp_path, variable=offered[1].name)
    assert (cube.name, cube.rows) == ("leaf_2", 8)
    assert cube.references.white.name == "WHITEREF_leaf_2.hdr"


def test_a_headwall_folder(tmp_path):
    folder = tmp_path / "100027_leaf_2023_10_10_23_33_17"
    write(folder, "raw_0", data="")
    write(folder, "darkReference", data="", rows=1)
    write(folder, "sceneWhiteReference", data="", rows=1)
    write(folder, "raw_0_rd", data="", dtype="float32")
    (folder / "frameIndex_0.txt").write_text("Frame#\tTimestamp\n")
    cube = open_cube(folder)
    assert cube.name == f"{folder.name}_raw_0"
    assert cube.references.white == folder / "sceneWhiteReference.hdr"
    assert cube.references.dark == folder / "darkReference.hdr"
    assert "raw_0_rd" in " ".join(cube.notes)


def test_a_headwall_scan_in_pieces_is_one(tmp_path):
    folder = tmp_path / "100027_leaf"
    for start in (0, 6, 12):
        write(folder, f"raw_{start}", data="", value=100 + start, rows=6 if start < 12 else 3)
        (folder / f"frameIndex_{start}.txt").write_text("Frame#\tTimestamp\n")
    write(folder, "darkReference", data="", rows=1)
    cube = open_cube(folder)
    assert (cube.name, cube.rows, cube.variable) == ("100027_leaf_raw", 15, "raw")
    assert cube.references.dark == folder / "darkReference.hdr"
    assert "3 pieces (raw_0, raw_6, raw_12) are read as one scan" in " ".join(cube.notes)
    assert "missing" not in " ".join(cube.notes)
    whole = np.repeat(np.array([100, 106, 112]), [6, 6, 3])
    np.testing.assert_array_equal(cube.data[2, :, 1], whole)
    for rows in (slice(4, 13), slice(1, 15, 4), slice(None, None, -1), slice(7, 8), slice(9, 9)):
        np.testing.assert_array_equal(cube.data[1:3, rows, 2], [whole[rows]] * 2)
    np.testing.assert_array_equal(cube.data[0][[14, 0, 6], 3], whole[[14, 0, 6]])
    again = open_cube(cube.path, variable=cube.variable)
    assert again.rows == 15
    assert open_cube(folder, variable="raw_12").rows == 3


def test_missing_pieces_are_told(tmp_path):
    for start in (0, 12):
        write(tmp_path / "leaf", f"raw_{start}", data="")
    notes = " ".join(open_cube(tmp_path / "leaf").notes)
    assert "raw_12.hdr begins with frame 12, but 6 rows lie before it" in notes


def test_scans_in_pieces_are_asked_about_as_wholes(tmp_path):
    for leaf in ("a", "b"):
        for start in (0, 6):
            write(tmp_path / leaf, f"raw_{start}", data="")
    with pytest.raises(AmbiguousVariable, match="2 scans") as question:
        open_cube(tmp_path)
    offered = question.value.candidates
    assert [(one.name, one.shape) for one in offered] == [
        ("a/raw", (12, 5, 4)),
        ("b/raw", (12, 5, 4)),
    ]
    assert open_cube(tmp_path, variable="b/raw").rows == 12


@pytest.mark.parametrize(
    ("change", "said"),
    [({"columns": 7}, "4×7 and 4×5"), ({"dtype": "float32"}, "float32 and uint16")],
)
def test_pieces_that_differ_are_refused(tmp_path, change, said):
    write(tmp_path / "leaf", "raw_0", data="")
    write(tmp_path / "leaf", "raw_6", data="", **change)
    with pytest.raises(UserError, match=said) as refused:
        open_cube(tmp_path / "leaf")
    assert "raw_6.hdr" in str(refused.value)
    assert "open each by itself" in str(refused.value)


def test_pieces_of_other_wavelengths_are_refused(tmp_path):
    write(tmp_path / "leaf", "raw_0", data="")
    header = write(tmp_path / "leaf", "raw_6", data="")
    header.write_text(header.read_text() + "wavelength = {400, 500, 600, 700}\n")
    with pytest.raises(UserError, match="wavelengths differ"):
        open_cube(tmp_path / "leaf")


def test_headwall_references_in_folders_of_their_own(tmp_path):
    write(tmp_path / "leaf_2020_11_11_15_40_00", "raw_0", data="")
    write(tmp_path / "white 1_2020_11_11_15_33_25", "raw_0", data="")
    write(tmp_path / "dark_2020_11_11_09_36_42", "raw_0", data="")
    cube = open_cube(tmp_path / "leaf_2020_11_11_15_40_00")
    assert cube.references.white == tmp_path / "white 1_2020_11_11_15_33_25" / "raw_0.hdr"
    assert cube.references.dark == tmp_path / "dark_2020_11_11_09_36_42" / "raw_0.hdr"
    assert open_cube(tmp_path).name == "leaf_2020_11_11_15_40_00_raw_0"
    dark = open_cube(tmp_path / "dark_2020_11_11_09_36_42")
    assert dark.name == "dark_2020_11_11_09_36_42_raw_0"
    assert dark.references is None


def test_a_resonon_folder(tmp_path):
    for stem in ("leaf", "white_reference", "dark_current"):
        header = write(tmp_path, stem, data=".bil")
        header.rename(tmp_path / f"{stem}.bil.hdr")
    (tmp_path / "100143.icp").write_bytes(b"PK")
    cube = open_cube(tmp_path)
    assert cube.name == "leaf"
    assert cube.references.white == tmp_path / "white_reference.bil.hdr"
    assert cube.references.dark == tmp_path / "dark_current.bil.hdr"
    assert "100143.icp is not applied" in " ".join(cube.notes)


def test_a_hyspex_folder(tmp_path):
    stem = "leaf_001_VNIR_1800_SN00841_24998us_2025-04-15T111238"
    write(tmp_path, f"{stem}_raw", data=".hyspex")
    write(tmp_path, f"{stem}_rad", data=".hyspex", dtype="float32")
    for path in (tmp_path, tmp_path / f"{stem}_raw.hyspex"):
        cube = open_cube(path)
        assert cube.name == f"{stem}_raw"
        assert cube.references is None


def test_references_must_fit_the_scan(tmp_path):
    write(tmp_path, "leaf")
    write(tmp_path, "white_reference", columns=COLUMNS + 1)
    write(tmp_path, "dark_reference")
    assert open_cube(tmp_path).references.white is None
    assert open_cube(tmp_path).references.dark == tmp_path / "dark_reference.hdr"
    write(tmp_path, "dark_reference_2")
    cube = open_cube(tmp_path / "leaf.hdr")
    assert cube.references is None
    assert any("2 dark references; choose one" in note for note in cube.notes)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("white_mold_3", "scan"),
        ("dark_spot", "scan"),
        ("blackleg", "scan"),
        ("darkling", "scan"),
        ("leaf on white panels background", "scan"),
        ("WHITEREF_leaf", "white"),
        ("DARKREF_leaf", "dark"),
        ("whiteReference", "white"),
        ("sceneWhiteReference", "white"),
        ("100155_WhiteStandard_2018_07_31", "white"),
        ("white_reference_crop", "white"),
        ("dark_2020_11_11_09_36_42", "dark"),
        ("Dark Current", "dark"),
        ("black_ref", "dark"),
        ("REFLECTANCE_leaf", "processed"),
        ("raw_0_rd_rf_or", "processed"),
    ],
)
def test_names_tell_references_from_scans(name, kind):
    assert role(name) == kind


def test_folders_without_scans_are_left_to_others(tmp_path):
    (tmp_path / "notes.txt").write_text("leaf 3 is the one with rust")
    (tmp_path / "esri.hdr").write_text("BYTEORDER I\n")
    assert not is_camera_folder(tmp_path)
    assert not can_open(tmp_path)
    with pytest.raises(UserError, match="folder"):
        open_cube(tmp_path)


def test_links_to_folders_are_not_followed(tmp_path):
    write(tmp_path / "elsewhere", "secret")
    write(tmp_path / "scan", "leaf")
    os.symlink(tmp_path / "elsewhere", tmp_path / "scan" / "away")
    os.symlink(tmp_path / "scan", tmp_path / "scan" / "round")
    assert open_cube(tmp_path / "scan").name == "leaf"


def test_a_damaged_scan_is_named_in_the_refusal(tmp_path):
    header = write(tmp_path, "leaf")
    (tmp_path / "leaf.raw").write_bytes(b"\0")
    with pytest.raises(UserError, match=r"leaf\.raw is too short"):
        open_cube(tmp_path)
    header.with_suffix(".raw").unlink()
    with pytest.raises(UserError, match=r"data file of .*leaf\.hdr is missing"):
        open_cube(tmp_path)
