"""Every index gives the value that its formula has by hand."""

import numpy as np
import pytest

from napari_dgc.cubes.cube import HyperCube
from napari_dgc.indices import GROUPS, INDICES, find_index, index_map

NM = np.arange(400.0, 2401.0, 1.0)


def reflectance(nm):
    """A made-up spectrum: rising, never twice the same, between 0.05 and 0.85."""
    return 0.05 + 0.8 * ((np.asarray(nm, float) - 400) / 2000) ** 0.7


def at(nm):
    return float(reflectance(nm))


def mean(low, high):
    return float(reflectance(np.arange(low, high + 1)).mean())


def ratio(first, second):
    return (at(first) - at(second)) / (at(first) + at(second))


# Written out once more from the papers, not taken from the catalogue.
EXPECTED = {
    "NDVI": lambda: ratio(800, 670),
    "GNDVI": lambda: ratio(800, 550),
    "NDRE": lambda: ratio(790, 720),
    "RENDVI": lambda: ratio(750, 705),
    "mND705": lambda: (at(750) - at(705)) / (at(750) + at(705) - 2 * at(445)),
    "CIre": lambda: mean(750, 800) / mean(695, 740) - 1,
    "MTCI": lambda: (at(754) - at(709)) / (at(709) - at(681)),
    "MCARI": lambda: (at(700) - at(670) - 0.2 * (at(700) - at(550))) * at(700) / at(670),
    "TCARI": lambda: 3 * (at(700) - at(670) - 0.2 * (at(700) - at(550)) * at(700) / at(670)),
    "OSAVI": lambda: 1.16 * (at(800) - at(670)) / (at(800) + at(670) + 0.16),
    "TVI": lambda: 60 * (at(750) - at(550)) - 100 * (at(670) - at(550)),
    "VARI": lambda: (
        (mean(545, 565) - mean(620, 680)) / (mean(545, 565) + mean(620, 680) - mean(459, 490))
    ),
    "REP": lambda: 700 + 40 * ((at(670) + at(780)) / 2 - at(700)) / (at(740) - at(700)),
    "PSSRa": lambda: at(800) / at(680),
    "PSSRb": lambda: at(800) / at(635),
    "PSSRc": lambda: at(800) / at(470),
    "ARI1": lambda: 1 / at(550) - 1 / at(700),
    "ARI2": lambda: at(800) * (1 / at(550) - 1 / at(700)),
    "ACI": lambda: at(530) / at(940),
    "CRI1": lambda: 1 / at(510) - 1 / at(550),
    "CRI2": lambda: 1 / at(510) - 1 / at(700),
    "RGRI": lambda: mean(600, 699) / mean(500, 599),
    "SIPI": lambda: (at(800) - at(445)) / (at(800) - at(680)),
    "NPCI": lambda: ratio(680, 430),
    "PRI": lambda: ratio(531, 570),
    "PSRI": lambda: (at(678) - at(500)) / at(750),
    "NPQI": lambda: ratio(415, 435),
    "CTR1": lambda: at(695) / at(420),
    "CTR2": lambda: at(695) / at(760),
    "RVSI": lambda: (at(714) + at(752)) / 2 - at(733),
    "HI": lambda: ratio(534, 698) - at(704) / 2,
    "CLSI": lambda: ratio(698, 570) - at(734),
    "SBRI": lambda: ratio(570, 513) + at(704) / 2,
    "PMI": lambda: ratio(520, 584) + at(724),
    "DSWI5": lambda: (at(800) + at(550)) / (at(1660) + at(680)),
    "WI": lambda: at(900) / at(970),
    "NDWI": lambda: ratio(860, 1240),
    "MSI": lambda: at(1600) / at(820),
    "CAI": lambda: (at(2000) + at(2200)) / 2 - at(2100),
    "LCAI": lambda: 100 * (2 * at(2205) - at(2165) - at(2330)),
}


def test_every_index_has_a_value_by_hand():
    assert {index.name for index in INDICES} == set(EXPECTED)
    assert len(INDICES) >= 30


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.name)
def test_the_value_is_that_of_the_paper(index):
    data = np.tile(reflectance(NM)[:, None, None], (1, 2, 3))
    values = index_map(HyperCube(data, "made", NM, "nm"), index)
    assert values.shape == (2, 3)
    assert values.dtype == np.float32
    wanted = EXPECTED[index.name]()
    # float32 samples of about 0.5 bear differences of a few 1e-7
    assert values == pytest.approx(wanted, rel=2e-5, abs=2e-5), (values[0, 0], wanted)


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.name)
def test_reflectance_gives_values_within_the_limits(index):
    data = np.random.default_rng(3).random((len(NM), 4, 5)).astype(np.float32)
    values = index_map(HyperCube(data, "noise", NM, "nm"), index)
    low, high = index.limits
    assert np.isfinite(values).all()
    assert low is None or values.min() >= low
    assert high is None or values.max() <= high


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.name)
def test_what_a_factor_on_all_samples_does_is_known(index):
    spectrum = np.tile(reflectance(NM)[:, None, None], (1, 1, 1))
    dark = index.formula.evaluate({t: _term(t, spectrum) for t in index.formula.terms})
    bright = index.formula.evaluate({t: _term(t, 2 * spectrum) for t in index.formula.terms})
    degree = index.formula.degree
    assert index.needs_reflectance == (degree is None)
    if degree is None:
        assert not any(np.allclose(bright, dark * 2.0**power) for power in (-1, 0, 1))
    else:
        np.testing.assert_allclose(bright, dark * 2.0**degree, rtol=1e-6)


def _term(term, spectrum):
    return spectrum[np.searchsorted(NM, term.low) : np.searchsorted(NM, term.high) + 1].mean(0)


@pytest.mark.parametrize("index", INDICES, ids=lambda index: index.name)
def test_every_index_is_explained(index):
    assert index.group in GROUPS
    assert index.meaning.endswith(".")
    assert index.meaning.count(". ") == 0
    assert any(character.isdigit() for character in index.source)
    assert index.doi is None or index.doi.startswith("10.")
    assert find_index(index.name.lower()) is index
