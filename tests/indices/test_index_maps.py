"""Which bands an index takes, what has no value, and what is refused."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.reflectance import holds_reflectance
from napari_dgc.errors import UserError
from napari_dgc.indices import compute, find_index, index_blocks, index_map, why_not
from napari_dgc.indices.formula import Formula

NDVI, PRI, HI = find_index("NDVI"), find_index("PRI"), find_index("HI")
NM = np.arange(400.0, 1001.0, 2.0)


def leaf(rows=3, columns=4, nm=NM, name="leaf", **more):
    data = np.random.default_rng(1).uniform(0.1, 0.9, (len(nm), rows, columns))
    return HyperCube(data.astype(np.float32), name, np.asarray(nm, float), "nm", **more)


def band(cube, nm):
    return np.asarray(cube.data)[int(np.abs(cube.wavelengths_nm - nm).argmin())]


def ratio(first, second):
    return (first - second) / (first + second)


def test_the_nearest_band_is_taken():
    cube = leaf(nm=np.arange(403.0, 1000.0, 9.0))
    wanted = ratio(band(cube, 800), band(cube, 670))
    np.testing.assert_allclose(index_map(cube, NDVI), wanted, rtol=1e-6)


def test_neighbours_are_averaged_on_request():
    cube = leaf()
    data = np.asarray(cube.data)
    near = {nm: data[np.abs(NM - nm) <= 5].mean(axis=0) for nm in (531, 570)}
    wanted = ratio(near[531], near[570])
    np.testing.assert_allclose(index_map(cube, PRI, bandwidth_nm=10), wanted, rtol=1e-5)


def test_bad_bands_are_passed_over():
    cube = leaf()
    bad = int(np.flatnonzero(NM == 800)[0])
    without = HyperCube(cube.data, "leaf", NM, "nm", bad_bands=(bad,))
    assert not np.allclose(index_map(without, NDVI), index_map(cube, NDVI))
    wanted = ratio(np.asarray(cube.data)[bad - 1], band(cube, 670))
    np.testing.assert_allclose(index_map(without, NDVI), wanted, rtol=1e-6)


@pytest.mark.parametrize("unit, factor", [("um", 1e-3), ("cm-1", None)])
def test_wavelengths_in_other_units_are_understood(unit, factor):
    cube = leaf()
    values = 1e7 / NM if factor is None else NM * factor
    other = HyperCube(cube.data, "leaf", values, unit)
    np.testing.assert_allclose(index_map(other, PRI), index_map(cube, PRI), rtol=1e-6)


def test_there_is_no_value_without_data_or_with_a_divisor_of_zero():
    data = np.array(leaf().data)
    data[:, 0, 0] = np.nan
    data[:, 0, 1] = 0
    data[:, 1, 0] = -9999
    cube = HyperCube(data, "holes", NM, "nm", no_data=-9999)
    values = index_map(cube, NDVI)
    assert np.isnan(values[[0, 0, 1], [0, 1, 0]]).all()
    assert np.isfinite(values).sum() == values.size - 3
    # 1 / 0 must not pass as 0 in a later division
    assert np.isnan(index_map(cube, find_index("ARI2"))[0, 1])


def test_scale_and_gains_are_applied():
    cube = leaf()
    stored = HyperCube((np.asarray(cube.data) * 1e4).astype(np.uint16), "i", NM, "nm", scale=1e4)
    np.testing.assert_allclose(index_map(stored, HI), index_map(cube, HI), atol=1e-3)


def test_several_indices_in_blocks_are_the_same_as_one_by_one(monkeypatch):
    cube = leaf(rows=11)
    whole = [index_map(cube, index) for index in (NDVI, PRI, HI)]
    monkeypatch.setattr(compute, "_BLOCK_SAMPLES", 4 * 200 * 3)
    seen = []
    for rows, blocks in index_blocks(cube, [NDVI, PRI, HI]):
        seen.append(rows)
        for block, wanted in zip(blocks, whole, strict=True):
            np.testing.assert_array_equal(block, wanted[rows])
    assert len(seen) > 2
    assert [seen[0].start, seen[-1].stop] == [0, 11]


def test_only_the_bands_that_are_needed_and_their_neighbours_are_read():
    class Recorder:
        def __init__(self, data):
            self.data, self.shape, self.dtype = data, data.shape, data.dtype
            self.bands = set()

        def __getitem__(self, key):
            self.bands |= set(np.arange(self.shape[0])[key[0]].tolist())
            return self.data[key]

    recorder = Recorder(np.asarray(leaf().data))
    index_map(HyperCube(recorder, "leaf", NM, "nm"), NDVI)
    # The neighbours tell the noise.
    assert {NM[i] for i in recorder.bands} == {668, 670, 672, 798, 800, 802}


def test_a_missing_wavelength_is_named():
    short = leaf(nm=np.arange(400.0, 700.0, 2.0))
    with pytest.raises(UserError) as caught:
        index_map(short, NDVI)
    assert str(caught.value) == (
        "NDVI needs 670 and 800 nm; leaf (400 to 698 nm) has no band within 10 nm of 800 nm."
    )
    with pytest.raises(UserError, match=r"leaf \(400 to 698 nm\) does not cover 695–740 nm"):
        index_map(short, find_index("CIre"))


def test_a_gap_between_bands_is_no_band():
    cube = leaf(nm=np.concatenate([np.arange(400.0, 500.0, 5), np.arange(560.0, 1000.0, 5)]))
    assert "no band within 6 nm of 531 nm" in why_not(PRI, cube, reflectance=True)
    assert why_not(NDVI, cube, reflectance=True) is None


def test_unknown_wavelengths_are_asked_for():
    plain = HyperCube(leaf().data, "plain")
    with pytest.raises(UserError, match="PRI needs 531 and 570 nm, and the wavelengths of plain"):
        index_map(plain, PRI)


def test_counts_have_ratios_but_no_index_that_adds_reflectance():
    counts = HyperCube((np.asarray(leaf().data) * 4000).astype(np.uint16), "raw", NM, "nm")
    assert np.isfinite(index_map(counts, NDVI)).all()
    with pytest.raises(UserError, match=r"HI adds ratios and reflectance.*raw does not hold"):
        index_map(counts, HI)
    assert why_not(HI, counts, reflectance=True) is None


def test_work_stops_when_asked():
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        index_map(leaf(), NDVI, source.token)


def test_an_unknown_name_is_answered_with_those_there_are():
    with pytest.raises(UserError, match="There is no index 'NVDI'; choose from NDVI, GNDVI"):
        find_index("NVDI")
    with pytest.raises(UserError, match=r"no index 'ari' \(is it ARI1 or ARI2\?\); choose from"):
        find_index("ari")


@pytest.mark.parametrize(
    "make, expected",
    [
        (lambda data: HyperCube(data, "fraction"), True),
        (lambda data: HyperCube((data * 1e4).astype(np.int16), "scaled", scale=1e4), True),
        (lambda data: HyperCube((data * 1e4).astype(np.int16), "unscaled"), False),
        (lambda data: HyperCube(data * 100, "per cent"), False),
        (lambda data: HyperCube((data * 4000).astype(np.float32), "float counts"), False),
        (lambda data: HyperCube(data - data.mean(axis=0), "standardised"), False),
        (lambda data: HyperCube(np.full_like(data, np.nan), "nothing"), False),
    ],
)
def test_reflectance_is_told_from_counts(make, expected):
    assert holds_reflectance(make(np.asarray(leaf(20, 30).data))) is expected


def test_noise_in_the_dark_and_glints_are_still_reflectance():
    data = np.array(leaf(40, 40).data)
    data[:, 0, 0] = 7.0
    data[:20] = np.random.default_rng(0).normal(0.01, 0.002, data[:20].shape)
    assert holds_reflectance(HyperCube(data, "noisy"))


@pytest.mark.parametrize(
    "text", ["3 + 4", "R500 ** 2", "abs(R500)", "R500 + x", "R700_600 / R500", "R500[0]"]
)
def test_a_formula_is_arithmetic_with_wavelengths(text):
    with pytest.raises(ValueError, match=r"names no wavelength|is no|is not|ends before"):
        formula = Formula(text)
        formula.evaluate({term: np.ones(1) for term in formula.terms})


def dark_and_bright(name):
    """Return a scan of a dark left half and a bright right half, with the same noise, and both."""
    rng = np.random.default_rng(8)
    nm = np.arange(400.0, 1001.0, 5.0)
    scene = np.full((len(nm), 40, 40), 0.002)
    scene[:, :, 20:] = np.linspace(0.2, 0.6, len(nm))[:, None, None]
    scene += 0.01 * rng.normal(size=scene.shape)
    return HyperCube(scene.astype(np.float32), name, nm, "nm")


@pytest.mark.parametrize("name", ["PSRI", "NDVI", "ARI1", "PSSRa", "PRI"])
def test_ratios_have_no_value_where_noise_hides_the_divisor(name):
    found = index_map(dark_and_bright("leaf on cloth"), find_index(name))
    assert np.isnan(found[:, :20]).mean() > 0.9
    assert np.isfinite(found[:, 20:]).all()


def test_differences_have_a_value_in_the_dark():
    assert np.isfinite(index_map(dark_and_bright("leaf on cloth"), find_index("TVI"))).all()


def test_averaged_bands_lift_the_divisor_out_of_the_noise():
    cube = dark_and_bright("leaf on cloth")
    cube.data[:, :, :20] += 0.025
    one, many = (index_map(cube, find_index("PSSRa"), bandwidth_nm=nm) for nm in (0, 20))
    assert np.isnan(one[:, :20]).mean() > 2 * np.isnan(many[:, :20]).mean()


def test_noise_of_a_divisor_counts_by_its_factors():
    formula = Formula("R800 / (0.5 * R670 - 2 * R550)")
    values = {term: np.array([1.0, 1.0]) for term in formula.terms}
    noise = dict.fromkeys(formula.terms, 0.1)
    values[formula.terms[0]] = np.array([0.0, 0.4])  # divisors 0.5 and -0.3
    np.testing.assert_array_equal(np.isnan(formula.evaluate(values, noise)), [True, True])
    noise[formula.terms[0]] = 0.01
    np.testing.assert_array_equal(np.isnan(formula.evaluate(values, noise)), [False, False])
