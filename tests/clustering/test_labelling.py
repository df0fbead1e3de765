"""Tiles cover a scan exactly; summaries count what is there."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.labelling import check_stop, iter_tiles, mean_spectra, summarise
from napari_dgc.cubes import HyperCube


class AllBands:
    n_bands = 2
    good_bands = np.arange(2)

    def read(self, cube: HyperCube, rows: slice, columns: slice):
        return cube.read(rows, columns)


class Doubled:
    def project(self, spectra):
        return 2 * spectra


@pytest.mark.parametrize(("rows", "columns", "tile", "halo"), [(10, 7, 4, 2), (3, 3, 8, 1)])
def test_every_pixel_is_in_one_core(rows: int, columns: int, tile: int, halo: int) -> None:
    count = np.zeros((rows, columns), int)
    for core_rows, core_columns, outer_rows, outer_columns in iter_tiles(rows, columns, tile, halo):
        count[core_rows, core_columns] += 1
        assert outer_rows.start == max(core_rows.start - halo, 0)
        assert outer_rows.stop == min(core_rows.stop + halo, rows)
        assert outer_columns.start == max(core_columns.start - halo, 0)
        assert outer_columns.stop == min(core_columns.stop + halo, columns)
    assert (count == 1).all()


def test_mean_spectra_by_hand() -> None:
    data = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    labels = np.array([[1, 1, 2, 0], [1, 2, 2, 0], [0, 0, 0, 0]], np.uint16)
    spectra = mean_spectra(HyperCube(data=data, name="x"), labels, 3, AllBands())
    np.testing.assert_allclose(spectra[0], [5 / 3, 5 / 3 + 12])
    np.testing.assert_allclose(spectra[1], [13 / 3, 13 / 3 + 12])
    assert np.isnan(spectra[2]).all()


def test_summary_of_two_scans_adds_up() -> None:
    data = np.ones((2, 2, 2), np.float32)
    cubes = [HyperCube(data=data, name="a"), HyperCube(data=3 * data, name="b")]
    maps = [np.array([[1, 1], [2, 2]], np.uint16), np.array([[1, 0], [1, 1]], np.uint16)]
    summary = summarise(cubes, maps, 3, AllBands(), Doubled())
    np.testing.assert_array_equal(summary.pixels, [[2, 2, 0], [3, 0, 0]])
    np.testing.assert_allclose(summary.spectra[0], (2 * 1 + 3 * 3) / 5)
    np.testing.assert_allclose(summary.features[0], 2 * (2 * 1 + 3 * 3) / 5)
    np.testing.assert_allclose(summary.spectra[1], 1)
    # Pairs: scan a has one 1-1, one 2-2 and two 1-2; scan b has 1-1 left and 1-1 below.
    np.testing.assert_array_equal(summary.adjacency[:2, :2], [[3, 2], [2, 1]])
    np.testing.assert_array_equal(summary.active, [True, True, False])


def test_bad_bands_are_gaps_in_the_spectra() -> None:
    cube = HyperCube(data=np.ones((3, 2, 2), np.float32), name="a", bad_bands=(1,))
    labels = np.ones((2, 2), np.uint16)
    summary = summarise([cube], [labels], 1, BandGrid.from_cubes([cube]), Doubled())
    np.testing.assert_array_equal(summary.spectra, [[1, np.nan, 1]])
    np.testing.assert_array_equal(summary.features, [[2, 2]])


def test_stop_is_noticed() -> None:
    source = CancelSource()
    check_stop(source.token)
    source.cancel()
    with pytest.raises(InterruptedError):
        check_stop(source.token)
