"""Exported spectra open in a spreadsheet, and tell where they came from."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.measure.spectra_table import NamedSpectrum, write_spectra


def cube(name, bands, low, high, **options):
    centres = None if low is None else np.linspace(low, high, bands)
    unit = None if low is None else "nm"
    return HyperCube(np.zeros((bands, 9, 9), np.float32), name, centres, unit, **options)


def spectrum(name, scan, *, sd=False, **options):
    mean = np.linspace(0.1, 0.5, scan.n_bands)
    values = {"kind": "pixel", "scan": scan.name, "row": 3, "column": 7, "pixels": 1, **options}
    return NamedSpectrum(name=name, cube=scan, mean=mean, sd=mean / 10 if sd else None, **values)


def test_spectra_and_their_places_are_written(tmp_path):
    leaf = cube("leaf", 5, 400, 800, path=Path("/scans/leaf.mat"), bad_bands=(4,))
    region = spectrum("Halo", leaf, sd=True, kind="shape", row=2.5, column=4.0, pixels=12)
    written = write_spectra(tmp_path / "spectra.csv", [spectrum("Pin 1", leaf), region])
    assert [path.name for path in written] == ["spectra.csv", "spectra_sources.csv"]
    table = pd.read_csv(written[0])
    assert list(table) == [
        "wavelength_nm", "band", "bad_band", "Pin 1 mean", "Pin 1 SD", "Halo mean", "Halo SD",
    ]  # fmt: skip
    assert table["wavelength_nm"].tolist() == [400, 500, 600, 700, 800]
    assert table["band"].tolist() == [1, 2, 3, 4, 5]
    assert table["bad_band"].tolist() == [0, 0, 0, 0, 1]
    np.testing.assert_allclose(table["Halo mean"], np.linspace(0.1, 0.5, 5))
    np.testing.assert_allclose(table["Halo SD"], np.linspace(0.01, 0.05, 5))
    assert table["Pin 1 SD"].isna().all()
    sources = pd.read_csv(written[1])
    assert sources["file"].tolist() == [str(Path("/scans/leaf.mat"))] * 2
    assert sources[["curve", "kind", "scan"]].values.tolist() == [
        ["Pin 1", "pixel", "leaf"],
        ["Halo", "shape", "leaf"],
    ]
    assert sources[["row", "column", "pixels"]].values.tolist() == [[3, 7, 1], [2.5, 4, 12]]


def test_scans_with_other_bands_have_rows_of_their_own(tmp_path):
    scans = [cube("fine", 5, 400, 800), cube("coarse", 3, 400, 800), cube("plain", 2, None, None)]
    path, _ = write_spectra(tmp_path / "s.csv", [spectrum(scan.name, scan) for scan in scans])
    table = pd.read_csv(path)
    assert table["wavelength_nm"].fillna(0).tolist() == [400, 500, 600, 600, 700, 800, 800, 0, 0]
    assert table["fine mean"].notna().sum() == 5
    assert table["coarse mean"].notna().sum() == 3
    assert table["plain mean"].iloc[-2:].notna().all()


def test_curves_of_the_same_name_keep_their_columns(tmp_path):
    leaf = cube("leaf", 4, 400, 700)
    path, _ = write_spectra(tmp_path / "s.csv", [spectrum("Lesion", leaf)] * 2)
    assert [title for title in pd.read_csv(path) if title.endswith("mean")] == [
        "Lesion mean",
        "Lesion (2) mean",
    ]


def test_missing_samples_are_empty_cells(tmp_path):
    leaf = cube("leaf", 4, 400, 700)
    with_gap = spectrum("Pin", leaf)
    with_gap.mean[2] = np.nan
    path, _ = write_spectra(tmp_path / "s.csv", [with_gap])
    assert ",,\n" in path.read_text()
    assert pd.read_csv(path)["Pin mean"].isna().tolist() == [False, False, True, False]


def test_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").touch()
    leaf = cube("leaf", 4, 400, 700)
    with pytest.raises(UserError, match="cannot be written"):
        write_spectra(tmp_path / "file" / "s.csv", [spectrum("Pin", leaf)])
