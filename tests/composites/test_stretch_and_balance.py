"""Stretch, gamma and balance, against calculation by hand; nothing is read twice."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.composites import Look, Painter, Recipe, Span, render
from napari_dgc.composites.mixes import chosen_mix
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.cubes.references import References
from napari_dgc.errors import UserError

NM = np.array([450.0, 550.0, 650.0])
SPANS = (Span(650, 650), Span(550, 550), Span(450, 450))
CHOSEN = Recipe("chosen", SPANS)


def srgb(linear):
    linear = np.clip(np.asarray(linear, float), 0, 1)
    return np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055)


def ramps():
    """Each band a ramp over the columns: blue to 1, green to 2, red to 4."""
    ramp = np.linspace(0, 1, 101)
    data = np.array([1, 2, 4])[:, None, None] * np.tile(ramp, (2, 1))
    return HyperCube(data.astype(np.float32), "ramps", NM, "nm"), ramp


def picture(look, grey_world=False):
    cube, _ = ramps()
    return render(cube, chosen_mix(cube, SPANS), look, grey_world)[0]


def test_each_channel_is_stretched_between_its_percentiles():
    _, ramp = ramps()
    expected = np.round(255 * srgb((ramp - 0.1) / 0.7))
    for channel in picture(Look(10, 80)).T:
        np.testing.assert_allclose(channel, expected, atol=1)


def test_a_common_stretch_keeps_the_relation_of_the_channels():
    cube, ramp = ramps()
    values = np.asarray(cube.data)[:, 0]
    low = np.percentile(values.mean(axis=0), 10)
    high = np.percentile(values, 80)
    shown = picture(Look(10, 80, common=True))
    for channel, factor in enumerate((4, 2, 1)):
        expected = np.round(255 * srgb((factor * ramp - low) / (high - low)))
        np.testing.assert_allclose(shown[:, channel], expected, atol=1)
    assert shown[50, 0] > shown[50, 1] > shown[50, 2]


def test_gamma_lightens_the_middle_and_leaves_the_ends():
    _, ramp = ramps()
    shown = picture(Look(0, 100, gamma=2.0))
    np.testing.assert_allclose(shown[:, 0], np.round(255 * srgb(ramp) ** 0.5), atol=1)
    assert (shown[0].max(), shown[-1].min()) == (0, 255)


def test_grey_world_takes_the_colour_of_the_light_off():
    plain = picture(Look(0, 100, common=True)).astype(int)
    balanced = picture(Look(0, 100, common=True), grey_world=True).astype(int)
    assert np.ptp(plain[50]) > 50
    assert np.ptp(balanced, axis=1).max() <= 1


def test_pixels_without_data_are_black_and_leave_the_balance_alone():
    cube, _ = ramps()
    data = np.array(cube.data)
    data[:, 1] = np.nan
    holes = HyperCube(data, "holes", NM, "nm")
    shown = render(holes, chosen_mix(holes, SPANS), Look(0, 100), True)
    assert shown[1].max() == 0
    np.testing.assert_array_equal(shown[0], picture(Look(0, 100), grey_world=True))


@pytest.mark.parametrize("wrong", [{"low": 60, "high": 40}, {"gamma": 0}, {"high": 101}])
def test_a_stretch_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="no stretch"):
        Look(**wrong)


class Counting:
    """Samples that count how often they are read."""

    ndim = 3

    def __init__(self, data):
        self.data, self.reads = data, 0
        self.shape, self.dtype, self.size = data.shape, data.dtype, data.size

    def __getitem__(self, key):
        self.reads += 1
        return self.data[key]


def test_another_stretch_of_the_same_bands_reads_nothing():
    cube, _ = ramps()
    counting = Counting(np.asarray(cube.data))
    painter = Painter(HyperCube(counting, "ramps", NM, "nm"))
    painter.paint(CHOSEN)
    before = counting.reads
    again = painter.paint(Recipe("chosen", SPANS, Look(10, 80, gamma=1.5), "grey-world"))
    assert counting.reads == before
    expected = render(cube, chosen_mix(cube, SPANS), Look(10, 80, gamma=1.5), True)
    np.testing.assert_array_equal(again, expected)
    other = painter.paint(Recipe("chosen", (SPANS[2], SPANS[1], SPANS[0])))
    assert counting.reads > before
    np.testing.assert_array_equal(other, painter.paint(CHOSEN)[..., ::-1])


def test_painting_stops_when_asked():
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        Painter(ramps()[0]).paint(CHOSEN, source.token)


def test_the_title_says_colours_and_balance():
    cube, _ = ramps()
    assert CHOSEN.title(cube) == "650, 550, 450 nm"
    balanced = Recipe("chosen", SPANS, balance="grey-world")
    assert balanced.title(cube) == "650, 550, 450 nm, grey-world balance"


def test_the_white_reference_beside_a_scan_balances_it(tmp_path):
    light = np.array([200, 1000, 3000], np.uint16)  # an orange lamp
    np.tile(light[:, None, None], (1, 4, 5)).tofile(tmp_path / "white.bsq")
    (tmp_path / "white.hdr").write_text(
        "ENVI\nsamples = 5\nlines = 4\nbands = 3\ndata type = 12\ninterleave = bsq\n"
        "byte order = 0\nheader offset = 0\nwavelength units = nm\nwavelength = {450, 550, 650}\n"
    )
    grey = light[:, None, None] * np.linspace(0.1, 0.9, 5)[None, None] * np.ones((1, 4, 1))
    scan = HyperCube(
        grey.astype(np.uint16),
        "grey",
        NM,
        "nm",
        references=References(white=tmp_path / "white.hdr"),
    )
    look = Look(0, 100, common=True)
    orange = Painter(scan).paint(Recipe("chosen", SPANS, look))
    balanced = Painter(scan).paint(Recipe("chosen", SPANS, look, "white-reference"))
    assert np.ptp(orange[0, 2].astype(int)) > 50
    assert np.ptp(balanced[0].astype(int), axis=1).max() <= 2
    with pytest.raises(UserError, match="No white reference lies beside ramps"):
        Painter(ramps()[0]).paint(Recipe("chosen", SPANS, look, "white-reference"))


def far(values, name, **more):
    return Painter(HyperCube(np.asarray(values), name, NM, "nm", **more))


def test_scans_share_limits_and_balance():
    ramp = np.tile(np.linspace(0.01, 1, 100, dtype=np.float32), (3, 2, 1))
    one, other = far(ramp * [[[0.5]], [[0.3]], [[0.1]]], "one"), far(ramp, "other")
    recipe = Recipe("chosen", SPANS, Look(0, 100), "grey-world")
    levels = one.levels(recipe, [other])
    together = [painter.paint(recipe, levels=levels).astype(int) for painter in (one, other)]
    # 0.3 of the middle band: the last column of the one, and the 30th of the other.
    assert abs(together[0][0, -1, 1] - together[1][0, 29, 1]) <= 2
    apart = [painter.paint(recipe).astype(int) for painter in (one, other)]
    assert apart[0][0, -1, 1] > apart[1][0, 29, 1] + 60
    own = Recipe("chosen", SPANS, Look(0, 100), "grey-world", together=False)
    alone = one.paint(own, levels=one.levels(own, [other]))
    np.testing.assert_array_equal(alone, apart[0])


@pytest.mark.parametrize(
    "other",
    [
        far(np.tile(np.arange(100, dtype=np.uint16) * 40, (3, 2, 1)), "counts"),
        Painter(HyperCube(np.ones((3, 2, 100), np.float32), "wavelengths unknown")),
    ],
)
def test_what_cannot_be_compared_shares_nothing(other):
    painter = Painter(ramps()[0])
    mine, shared = painter.levels(CHOSEN), painter.levels(CHOSEN, [other])
    np.testing.assert_array_equal(shared.high, mine.high)
