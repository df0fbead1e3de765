"""Every real file is opened as independent readers found it, or refused in one sentence."""

import json
from pathlib import Path

import numpy as np
import pytest
import scipy.io

from napari_dgc.annotations.read import LABEL_SUFFIXES, read_labels
from napari_dgc.composites import true_colour
from napari_dgc.cubes.layout import layout_of_samples
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

#: What an entry can expect; an entry that expects anything else makes a test fail.
OPENED = ("load", "load_or_reject_unsupported")
LABELS = ("label_image",)
REFUSED = ("reject", "reject_no_3d_cube", "reject_or_other_format")
#: Annotations, which are no cubes: to open_cube they are files of another kind.
ANNOTATIONS = "LabelMe JSON"
UNITS = {"Nanometers": "nm", "Micrometers": "um", "nm": "nm", "um": "um"}
#: Two axes and the size of the image beside them, in an object of another program.
UNFOLDED_STRUCT = "licensed/io_mat_witec_struct/Map.mat"
FOURIER = ("CA small UF.hdr", "5_Mosaic_agg1024.hdr")


@pytest.fixture(scope="module")
def expected(shared_data):
    return json.loads((shared_data / "EXPECTED.json").read_text())


def entries_that(expected, kinds):
    """Return the entries that expect one of some kinds; annotations are refused as cubes."""
    return {
        name: entry
        for name, entry in expected.items()
        if (entry["expect"] if entry["format"] != ANNOTATIONS else "reject") in kinds
    }


def test_no_entry_is_forgotten(expected):
    covered = [entries_that(expected, kinds) for kinds in (OPENED, LABELS, REFUSED)]
    assert sorted(name for entries in covered for name in entries) == sorted(expected)
    assert len(expected) >= 75


def test_cubes_have_the_right_axes_type_and_samples(shared_data, expected):
    loads = entries_that(expected, OPENED)
    assert len(loads) >= 43
    for name, entry in loads.items():
        cube = open_cube(shared_data / name)
        rows, columns, bands = entry["load"]["shape_hwc"]
        assert (cube.n_bands, cube.rows, cube.columns) == (bands, rows, columns), name
        assert cube.data.dtype.name == entry["load"]["dtype"], name
        for row, column, band, value in entry["load"]["probes_r_c_b_value"]:
            assert value is None or float(cube.data[band, row, column]) == value, name
        values = np.asarray(cube.data)
        if values.dtype.kind == "f":
            assert np.count_nonzero(~np.isfinite(values)) == entry["load"]["n_nonfinite"], name
        assert np.nanmin(values) == entry["load"]["min"], name
        assert np.nanmax(values) == entry["load"]["max"], name
        assert cube.no_data == entry.get("nodata", cube.no_data), name
        assert can_open(shared_data / name), name
        assert true_colour(cube).shape == (rows, columns, 3), name


def test_an_unfolded_image_in_a_struct_is_folded_again(shared_data):
    cube = open_cube(shared_data / UNFOLDED_STRUCT)
    stored = scipy.io.loadmat(shared_data / UNFOLDED_STRUCT)["Map_000_SpecData_1_F"][0, 0]
    assert cube.variable == "Map_000_SpecData_1_F.data"
    assert (cube.rows, cube.columns, cube.n_bands) == (5, 5, 1024)
    in_matlab = stored["data"].reshape(5, 5, 1024, order="F")
    np.testing.assert_array_equal(np.asarray(cube.data).transpose(1, 2, 0), in_matlab)
    np.testing.assert_array_equal(cube.wavelengths, stored["axisscale"][1, 0].ravel())
    assert cube.wavelength_unit == "nm"


def test_wavelengths_come_with_their_unit(shared_data, expected):
    for name, entry in entries_that(expected, OPENED).items():
        stated = entry.get("wavelengths", {"count": 0})
        cube = open_cube(shared_data / name)
        if stated["count"] == 0:
            assert cube.wavelengths is None, name
            continue
        assert cube.wavelengths is not None, name
        assert len(cube.wavelengths) == stated["count"], name
        assert cube.wavelengths[0] == pytest.approx(stated["first"], rel=1e-9), name
        assert cube.wavelengths[-1] == pytest.approx(stated["last"], rel=1e-9), name
        unit = "cm-1" if name.endswith(FOURIER) else UNITS.get(str(stated["unit"]), "nm")
        assert cube.wavelength_unit == unit, name


def test_everything_else_is_refused_in_one_sentence(shared_data, expected):
    others = [name for name in entries_that(expected, REFUSED) if name != UNFOLDED_STRUCT]
    assert len(others) >= 21
    for name in others:
        with pytest.raises(UserError) as refused:
            open_cube(shared_data / name)
        message = str(refused.value)
        assert len(message.splitlines()) == 1, name
        assert Path(name).name in message, name


def test_label_images_are_labels_and_no_cubes(shared_data, expected):
    labels = entries_that(expected, LABELS)
    assert {Path(name).suffix for name in labels} == {".mat", ".npy", ".tif"} <= set(LABEL_SUFFIXES)
    for name, entry in labels.items():
        with pytest.raises(UserError) as refused:
            open_cube(shared_data / name)
        message = str(refused.value)
        assert len(message.splitlines()) == 1, name
        assert Path(name).name in message, name
        if not name.endswith(".mat"):  # which may hold a cube as well
            assert "label image" in message, name
            assert not can_open(shared_data / name), name
        stored = read_labels(shared_data / name)
        assert np.unique(stored).tolist() == entry["gt_unique"], name
        assert list(stored.shape) == entry.get("shape", list(stored.shape)), name


def test_refusals_say_what_is_wrong(shared_data):
    reasons = {
        "licensed/io_malformed_arcgis_nodata/arcgis.hdr": "not an ENVI header",
        "licensed/io_malformed_hypercloud/hypercloud.hdr": "Hypercloud",
        "licensed/io_malformed_spectral_library/library_berlin.hdr": "spectral library",
        "licensed/io_malformed_hyspex_nodata/HySpexNIR.hdr": "HySpexNIR.raw",
        "licensed/io_mat_glint_4d/glint.mat": "9×7×2×651",
        "licensed/io_mat73_public/testfile14.mat": "3×1×4×2",
        "licensed/io_labelme_public/coco_not_labelme.json": "supported are",
    }
    for name, reason in reasons.items():
        with pytest.raises(UserError, match=reason):
            open_cube(shared_data / name)


def test_a_data_file_opens_like_its_header(shared_data):
    folder = shared_data / "licensed"
    pairs = (
        ("io_envi_plantcv/corn-kernel-hyperspectral.hdr", ".raw"),
        ("io_envi_wiser_um/circuit_4_100_150_um.hdr", ""),
        ("io_envi_hippo_fenix/image.hdr", ".dat"),
    )
    for header, suffix in pairs:
        by_header = open_cube(folder / header)
        by_data = open_cube((folder / header).with_suffix(suffix))
        assert by_data.name == by_header.name
        np.testing.assert_array_equal(by_data.data, by_header.data)
    bil = open_cube(folder / "io_envi_jl_bilhdr" / "test.bil")
    bip = open_cube(folder / "io_envi_jl_bilhdr" / "test.bip.hdr")
    assert (bil.layout, bip.layout) == ("bil", "bip")
    np.testing.assert_array_equal(bil.data, bip.data)


def test_bands_without_data_are_left_out(shared_data):
    salton = open_cube(shared_data / "licensed/io_mat_salton_sea/salton_sea_roi.mat")
    window = salton.read(slice(None), slice(None))
    empty = np.flatnonzero(np.isnan(window).all(axis=(1, 2)))
    assert set(empty) <= set(salton.bad_bands)
    assert np.isfinite(window[salton.good_bands]).all()
    caltech = open_cube(shared_data / "licensed/io_envi_wiser_avirisng/caltech_425_7_7_nm.hdr")
    assert caltech.no_data == -9999
    assert np.isfinite(caltech.read(slice(None), slice(None), caltech.good_bands)).all()


def test_a_reflectance_scale_is_divided_out(shared_data):
    cube = open_cube(shared_data / "licensed/io_envi_hippo_fenix/image.hdr")
    assert cube.scale == 65535
    assert cube.read(slice(0, 1), slice(0, 1))[0, 0, 0] == pytest.approx(8612 / 65535)


@pytest.mark.parametrize(
    "name",
    [
        "classic/salinasA/SalinasA_corrected.mat",
        "classic/indian_pines_subset/Indian_subset.mat",
        "licensed/plant_aviris_vegetation/a_hsi_img_for_VI_demo.mat",
        "licensed/io_mat_multivar_gator/an_hsi_image_sub_for_demo.mat",
        "licensed/io_mat_salton_sea/salton_sea_roi.mat",
        "licensed/plant_corn_kernel/4-22-22_right_same_B73_top_00.hdr",
        "licensed/io_envi_hippo_fenix/image.hdr",
        "licensed/io_envi_gamsberg/cubus_gamsberg_subset.hdr",
        "licensed/io_envi_isofit_chunk_public/ang20170323t202244_rdn_7000-7010.hdr",
        "licensed/io_envi_openspecy_ftir/CA small UF.hdr",
    ],
)
def test_samples_alone_tell_the_band_axis(shared_data, name):
    cube = np.asarray(open_cube(shared_data / name).data)
    assert layout_of_samples(cube) == "band-row-column"
    assert layout_of_samples(cube.transpose(1, 2, 0)) == "row-column-band"
    assert layout_of_samples(cube.transpose(0, 2, 1)) == "band-row-column"
    assert layout_of_samples(cube.transpose(1, 0, 2)) == "row-band-column"
    # Fewer columns or rows than bands, and fewer bands than rows or columns.
    assert layout_of_samples(cube[:, :, :10].transpose(1, 2, 0)) in ("row-column-band", None)
    few = cube[np.linspace(0, len(cube) - 1, 12).astype(int)]
    assert layout_of_samples(few.transpose(1, 2, 0)) == "row-column-band"


def test_a_dark_frame_tells_no_band_axis(shared_data):
    dark = open_cube(shared_data / "licensed/plant_corn_kernel/dark_reference_crop.hdr")
    assert layout_of_samples(dark.data) is None
