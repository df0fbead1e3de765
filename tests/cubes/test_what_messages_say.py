"""What is left out is said, with both counts, and refusals say what to do."""

import h5py
import numpy as np
import pytest
import scipy.io
import tifffile

from napari_dgc.cli import main
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError
from napari_dgc.words import counted

CENTRES = np.linspace(400, 700, 30)


def notes_about_wavelengths(path):
    cube = open_cube(path)
    assert cube.wavelengths is None
    return [note for note in cube.notes if "--wavelengths" in note]


def test_wavelengths_that_do_not_fit_are_told_in_one_sentence(tmp_path, scene, write_v73):
    scipy.io.savemat(tmp_path / "v5.mat", {"cube": scene, "wl": CENTRES})
    scipy.io.savemat(tmp_path / "in.mat", {"scan": {"data": scene, "wavelength": CENTRES}})
    write_v73(tmp_path / "v73.mat", {"cube": scene, "wl": CENTRES[None]})
    np.savez(tmp_path / "scan.npz", cube=scene, wl=CENTRES)
    with h5py.File(tmp_path / "scan.h5", "w") as file:
        file["cube"], file["wl"] = scene, CENTRES
    with h5py.File(tmp_path / "attribute.h5", "w") as file:
        file["cube"] = scene
        file["cube"].attrs["wl"] = CENTRES
    for name in ("v5.mat", "in.mat", "v73.mat", "scan.npz", "scan.h5", "attribute.h5"):
        (note,) = notes_about_wavelengths(tmp_path / name)
        assert "30 wavelengths for 31 bands" in note, name
        assert "“Wavelengths…”" in note, name


def test_lists_of_other_cubes_and_fitting_ones_are_not_complained_about(tmp_path, scene):
    fitting = np.linspace(400, 700, 31)
    scipy.io.savemat(tmp_path / "both.mat", {"cube": scene, "wl": fitting, "wl_swir": CENTRES})
    cube = open_cube(tmp_path / "both.mat")
    np.testing.assert_array_equal(cube.wavelengths, fitting)
    assert not any("--wavelengths" in note for note in cube.notes)
    scipy.io.savemat(tmp_path / "few.mat", {"cube": scene, "bands": [30, 20, 10]})
    assert notes_about_wavelengths(tmp_path / "few.mat") == []
    given = open_cube(tmp_path / "both.mat", wavelengths=fitting)
    assert not any("--wavelengths" in note for note in given.notes)


@pytest.mark.parametrize(("count", "words"), [(5, "given are 5"), (1, "given are 1,")])
def test_a_list_of_the_wrong_length_is_refused_with_both_counts(
    tmp_path, scene, capsys, count, words
):
    scipy.io.savemat(tmp_path / "leaf.mat", {"cube": scene})
    (tmp_path / "wl.txt").write_text("\n".join(map(str, CENTRES[:count])))
    assert (
        main(["info", str(tmp_path / "leaf.mat"), "--wavelengths", str(tmp_path / "wl.txt")]) == 2
    )
    message = capsys.readouterr().err
    assert len(message.splitlines()) == 1
    assert words in message
    assert "31 bands" in message
    noise = np.random.default_rng(0).random((12, 13, 14))
    scipy.io.savemat(tmp_path / "noise.mat", {"cube": noise})
    with pytest.raises(UserError, match=r"wavelengths given are 5, .*12×13×14"):
        open_cube(tmp_path / "noise.mat", wavelengths=CENTRES[:5])


@pytest.mark.parametrize("wrong", ["nan", "inf", "-1"])
def test_an_envi_scan_opens_without_its_broken_wavelengths(tmp_path, wrong):
    np.zeros((4, 5, 6), np.uint8).tofile(tmp_path / "leaf.raw")
    header = "samples = 6\nlines = 5\nbands = 4\ndata type = 1\ninterleave = bsq\n"
    centres = f"wavelength = {{400, {wrong}, 500, {wrong}}}\n"
    (tmp_path / "leaf.hdr").write_text(f"ENVI\n{header}{centres}")
    (note,) = notes_about_wavelengths(tmp_path / "leaf.hdr")
    assert "Of the header's 4 wavelengths 2 are not positive numbers" in note
    assert "“Wavelengths…”" in note
    (tmp_path / "wl.csv").write_text("400\n450\n500\n550\n")
    assert (
        main(["info", str(tmp_path / "leaf.hdr"), "--wavelengths", str(tmp_path / "wl.csv")]) == 0
    )
    with pytest.raises(UserError, match="choose another file") as refused:
        from napari_dgc.cubes.wavelengths import read_wavelengths

        read_wavelengths(tmp_path / "leaf.hdr")
    assert "--wavelengths" not in str(refused.value)


def test_refusals_say_what_to_do(tmp_path, capsys):
    classes = "samples = 4\nlines = 4\nbands = 1\ndata type = 1\ninterleave = bsq\n"
    (tmp_path / "cls.hdr").write_text(f"ENVI\n{classes}file type = ENVI Classification\n")
    (tmp_path / "cls.dat").write_bytes(bytes(16))
    for name in ("empty.mat", "empty.hdr", "empty.npy", "empty.h5"):
        (tmp_path / name).write_bytes(b"")
    labels = np.zeros((83, 86), np.uint8)
    scipy.io.savemat(tmp_path / "label.mat", {"gt": labels})
    np.save(tmp_path / "label.npy", labels)
    tifffile.imwrite(tmp_path / "label.tif", labels)
    tifffile.imwrite(tmp_path / "rgb.tif", np.zeros((40, 41, 3), np.uint8))
    np.save(tmp_path / "list.npy", CENTRES)
    for name, what in {
        "cls.hdr": "give the header of the scan",
        "cls.dat": "give the header of the scan",
        "empty.mat": "copy or export the scan again",
        "empty.hdr": "copy or export the scan again",
        "empty.npy": "copy or export the scan again",
        "empty.h5": "copy or export the scan again",
        "label.mat": "give the file of the scan",
        "label.npy": "give the file of the scan",
        "label.tif": "give the file of the scan",
        "rgb.tif": "give the file of the scan",
        "list.npy": "give the file of the scan",
        "nothere.mat": "check its name and folder",
    }.items():
        assert main(["info", str(tmp_path / name)]) == 2
        message = capsys.readouterr().err
        assert len(message.splitlines()) == 1
        assert what in message, name


def test_one_band_is_no_bands(tmp_path, capsys):
    np.zeros((1, 5, 6), np.uint8).tofile(tmp_path / "grey.raw")
    header = "samples = 6\nlines = 5\nbands = 1\ndata type = 1\ninterleave = bsq\n"
    (tmp_path / "grey.hdr").write_text(f"ENVI\n{header}wavelength = {{400, 500}}\n")
    assert main(["info", str(tmp_path / "grey.hdr")]) == 0
    said = capsys.readouterr().out
    assert "1 band, 5 rows, 6 columns" in said
    assert "2 wavelengths for 1 band;" in said
    assert [counted(n, "band") for n in (0, 1, 2)] == ["0 bands", "1 band", "2 bands"]
