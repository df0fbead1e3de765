"""``calibrate``: counts and references in, an ENVI cube of reflectance out."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import spectral

from napari_dgc.calibration import Calibration, measure_reference
from napari_dgc.cli import main
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.read import open_cube

Capture = pytest.CaptureFixture[str]
BANDS, COLUMNS = 5, 9


@pytest.fixture
def camera(tmp_path: Path) -> Path:
    """Folder with a scan, its white and its dark reference; returns the scan."""
    generator = np.random.default_rng(1)
    gain = generator.integers(900, 3000, (BANDS, 1, COLUMNS))
    dark = generator.integers(10, 90, (BANDS, 1, COLUMNS))
    scene = generator.uniform(0.05, 1.0, (BANDS, 7, COLUMNS))
    scene[:, :2] = 1.0
    for name, light in (
        ("scan", scene),
        ("white_reference", np.ones((BANDS, 4, COLUMNS))),
        ("dark_reference", np.zeros((BANDS, 4, COLUMNS))),
    ):
        counts = np.rint(gain * light + dark).astype(np.uint16)
        cube = HyperCube(
            counts,
            name,
            wavelengths=np.linspace(450, 850, BANDS),
            wavelength_unit="nm",
            exposure_ms=8.0,
        )
        write_envi(cube, tmp_path / f"{name}.hdr")
    np.save(tmp_path / "scene.npy", scene)
    return tmp_path / "scan.hdr"


def calibrate(scan: Path, out: Path, *options: str) -> int:
    return main(["calibrate", str(scan), "--out", str(out), *options])


def reflectance(path: Path) -> np.ndarray:
    return open_cube(path).read(slice(None), slice(None))


def test_references_beside_the_scan_are_found(
    camera: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "result" / "leaf.hdr"
    assert calibrate(camera, out) == 0
    printed, said = capsys.readouterr()
    assert printed.split() == [str(out), str(out.with_suffix(".dat"))]
    assert "white white_reference.hdr, dark dark_reference.hdr" in said
    assert "can be calibrated" not in said  # it is now
    scene = np.load(tmp_path / "scene.npy")
    np.testing.assert_allclose(reflectance(out), scene, atol=1e-3)
    independent = np.asarray(spectral.open_image(str(out)).load())
    np.testing.assert_array_equal(independent.transpose(2, 0, 1), reflectance(out))
    assert open_cube(out).data.dtype == np.float32


def test_references_can_be_named(camera: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    other.mkdir()
    for path in tmp_path.glob("*_reference.*"):
        path.rename(other / path.name.replace("_reference", ""))
    options = ("--white", str(other / "white.hdr"), "--dark", str(other / "dark.dat"))
    assert calibrate(camera, tmp_path / "leaf.hdr", *options) == 0
    scene = np.load(tmp_path / "scene.npy")
    np.testing.assert_allclose(reflectance(tmp_path / "leaf.hdr"), scene, atol=1e-3)


def test_a_panel_in_the_picture(camera: Path, tmp_path: Path) -> None:
    options = ("--white-rectangle", "0", "0", "2", str(COLUMNS))
    assert calibrate(camera, tmp_path / "leaf.hdr", *options, "--panel", "0.5") == 0
    scene = np.load(tmp_path / "scene.npy")
    np.testing.assert_allclose(reflectance(tmp_path / "leaf.hdr"), 0.5 * scene, atol=1e-3)


def test_integration_times_are_corrected(camera: Path, tmp_path: Path) -> None:
    options = ("--exposure", "8", "--white-exposure", "4")
    assert calibrate(camera, tmp_path / "leaf.hdr", *options) == 0
    scene = np.load(tmp_path / "scene.npy")
    np.testing.assert_allclose(reflectance(tmp_path / "leaf.hdr"), scene / 2, atol=1e-3)


def test_whole_numbers_come_back_as_reflectance(camera: Path, tmp_path: Path) -> None:
    options = ("--saturation", "2500", "--dead", "no-data")
    assert calibrate(camera, tmp_path / "leaf.hdr", *options, "--scale", "10000") == 0
    cube = open_cube(tmp_path / "leaf.hdr")
    assert (cube.data.dtype, cube.scale, cube.no_data) == (np.int16, 10000, -32768)
    counts = np.asarray(open_cube(camera).data)
    values = reflectance(tmp_path / "leaf.hdr")
    assert np.isnan(values[counts >= 2500]).all()
    assert calibrate(camera, tmp_path / "float.hdr", *options) == 0
    np.testing.assert_allclose(values, reflectance(tmp_path / "float.hdr"), atol=5.1e-5)


def test_reflectance_can_be_clipped(camera: Path, tmp_path: Path) -> None:
    calibrate(camera, tmp_path / "leaf.hdr", "--clip")
    values = reflectance(tmp_path / "leaf.hdr")
    assert values.min() >= 0
    assert values.max() <= 1


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (["--panel", "99"], "99 % is 0.99"),
        (["--panel", "nowhere.csv"], "nowhere.csv"),
        (["--white-rectangle", "3", "0", "3", "4"], "holds no pixel"),
        (["--white-rectangle", "0", "0", "100", "100"], "which has 7 rows and 9 columns"),
        (["--white-rectangle", "-1", "0", "2", "4"], "lies outside of the picture"),
        (["--exposure", "-1"], "not a time above 0"),
        (["--exposure", "soon"], "exposure"),
        (["--saturation", "0"], "not a count"),
        (["--scale", "0"], "above 0"),
        (["--white", "absent.hdr"], "absent.hdr"),
        (["--dark", "absent.hdr"], "absent.hdr"),
    ],
)
def test_wrong_options_are_refused_in_one_line(
    camera: Path, tmp_path: Path, capsys: Capture, options: list[str], reason: str
) -> None:
    assert calibrate(camera, tmp_path / "leaf.hdr", *options) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert reason in err.strip().splitlines()[-1]
    assert not (tmp_path / "leaf.hdr").exists()


def test_without_a_white_reference_it_says_what_to_give(
    camera: Path, tmp_path: Path, capsys: Capture
) -> None:
    (tmp_path / "white_reference.hdr").unlink()
    assert calibrate(camera, tmp_path / "leaf.hdr") == 2
    assert "give --white FILE, or --white-rectangle" in capsys.readouterr().err


def test_a_scan_that_is_reflectance_is_refused(
    camera: Path, tmp_path: Path, capsys: Capture
) -> None:
    first, second = tmp_path / "leaf.hdr", tmp_path / "twice.hdr"
    assert calibrate(camera, first) == 0
    for options in (
        ("--white", str(tmp_path / "white_reference.hdr")),
        ("--white-rectangle", "0", "0", "2", str(COLUMNS)),
    ):
        capsys.readouterr()
        assert calibrate(first, second, *options) == 2
        assert "leaf already is reflectance" in capsys.readouterr().err
        assert not second.exists()


def test_counts_as_a_fraction_of_the_range_are_calibrated(
    camera: Path, tmp_path: Path, capsys: Capture
) -> None:
    scan, white, dark = (
        tmp_path / "fraction" / f"{name}.hdr"
        for name in ("scan", "white_reference", "dark_reference")
    )
    for path in (scan, white, dark):
        cube = open_cube(tmp_path / path.name)
        values = cube.read(slice(None), slice(None)) / np.float32(4095)
        write_envi(HyperCube(values, path.stem, cube.wavelengths, "nm"), path)
    options = ("--white", str(white), "--dark", str(dark))
    assert calibrate(scan, tmp_path / "leaf.hdr", *options) == 0
    assert "scan seems to hold reflectance already, not counts" in capsys.readouterr().err
    scene = np.load(tmp_path / "scene.npy")
    np.testing.assert_allclose(reflectance(tmp_path / "leaf.hdr"), scene, atol=1e-3)


@pytest.mark.parametrize("name", ["scan", "white_reference", "dark_reference"])
def test_counts_are_never_written_over(
    camera: Path, tmp_path: Path, capsys: Capture, name: str
) -> None:
    before = (tmp_path / f"{name}.dat").read_bytes()
    assert calibrate(camera, tmp_path / f"{name}.hdr") == 2
    assert (tmp_path / f"{name}.dat").read_bytes() == before
    assert "choose another name" in capsys.readouterr().err


def test_real_references(shared_data: Path, tmp_path: Path, capsys: Capture) -> None:
    folder = tmp_path / "kernel"
    shutil.copytree(shared_data / "licensed" / "plant_corn_kernel", folder)
    scan, white, dark = (
        folder / f"{name}.hdr"
        for name in ("4-22-22_right_same_B73_top_00", "white_reference_crop", "dark_reference_crop")
    )
    out = tmp_path / "kernel_reflectance.hdr"
    options = ("--white", str(white), "--dark", str(dark))
    assert calibrate(scan, out, *options) == 0
    expected = Calibration(
        measure_reference(open_cube(white)), measure_reference(open_cube(dark))
    ).apply(open_cube(scan))
    np.testing.assert_array_equal(reflectance(out), np.asarray(expected.data))
    np.testing.assert_array_equal(open_cube(out).wavelengths, open_cube(scan).wavelengths)


def test_an_earlier_result_is_replaced_and_that_is_said(
    camera: Path, tmp_path: Path, capsys: Capture
) -> None:
    out = tmp_path / "leaf.hdr"
    assert calibrate(camera, out) == 0
    assert "replaced" not in capsys.readouterr().err
    assert calibrate(camera, out, "--panel", "0.5") == 0
    assert f"the earlier {out} is replaced" in capsys.readouterr().err
    scene = np.load(tmp_path / "scene.npy")
    np.testing.assert_allclose(reflectance(out), 0.5 * scene, atol=1e-3)


def test_how_much_is_saturated_is_said(camera: Path, tmp_path: Path, capsys: Capture) -> None:
    counts = np.asarray(open_cube(camera).data)
    white = tmp_path / "white_reference.hdr"
    limit = int(np.percentile(counts, 90))
    assert calibrate(camera, tmp_path / "leaf.hdr", "--saturation", str(counts.max() + 1)) == 0
    assert "samples are saturated" not in capsys.readouterr().err
    assert calibrate(camera, tmp_path / "leaf.hdr", "--saturation", str(limit)) == 0
    on_panel = (np.asarray(open_cube(white).data) >= limit).any(axis=1)
    used = on_panel.mean(axis=1) <= 0.5  # other bands are left out
    share = 100 * (counts[used] >= limit).mean()
    assert f"About {share:.2g} % of the samples are saturated" in capsys.readouterr().err


def test_unknown_integration_times_are_said(camera: Path, tmp_path: Path, capsys: Capture) -> None:
    assert calibrate(camera, tmp_path / "leaf.hdr") == 0
    assert "integration time" not in capsys.readouterr().err
    for header in tmp_path.glob("*.hdr"):
        header.write_text(header.read_text().replace("tint = 8\n", ""))
    assert calibrate(camera, tmp_path / "leaf.hdr") == 0
    assert "scan and white reference are unknown" in capsys.readouterr().err
    rectangle = ("--white-rectangle", "0", "0", "2", str(COLUMNS))
    assert calibrate(camera, tmp_path / "leaf.hdr", *rectangle) == 0
    assert "integration time" not in capsys.readouterr().err
