"""Which bands become red, green and blue."""

import numpy as np
import pytest

from napari_dgc.composites import Span, usual_mix
from napari_dgc.composites.mixes import (
    chosen_mix,
    file_mix,
    infrared_mix,
    spread_mix,
    true_colour_mix,
)
from napari_dgc.cubes.cube import HyperCube
from napari_dgc.errors import UserError

NM = np.arange(400.0, 1001.0, 10.0)  # band i is 400 + 10 i nm


def scan(nm=NM, **more):
    data = np.random.default_rng(0).random((len(nm), 3, 4)).astype(np.float32)
    return HyperCube(data, "scan", np.asarray(nm, float), "nm", **more)


def shown(mix, cube):
    """What each channel shows of the first pixel."""
    return mix.weights @ np.asarray(cube.data)[mix.bands, 0, 0]


def test_single_wavelengths_are_shown_by_the_nearest_bands():
    cube = scan()
    mix = chosen_mix(cube, [Span(653, 653), Span(548, 548), Span(450, 450)])
    np.testing.assert_allclose(shown(mix, cube), cube.data[[25, 15, 5], 0, 0], rtol=1e-6)
    assert mix.title == "653, 548, 450 nm"
    assert not mix.common


def test_a_range_is_the_mean_of_its_bands():
    cube = scan()
    mix = chosen_mix(cube, [Span(800, 820), Span(640, 660), Span(550, 550)])
    red, green, _ = shown(mix, cube)
    assert red == pytest.approx(cube.data[40:43, 0, 0].mean(), rel=1e-6)
    assert green == pytest.approx(cube.data[24:27, 0, 0].mean(), rel=1e-6)
    assert mix.title == "800–820, 640–660, 550 nm"


def test_two_channels_may_show_the_same_band():
    cube = scan()
    mix = chosen_mix(cube, [Span(650, 650), Span(650, 650), Span(450, 450)])
    np.testing.assert_allclose(shown(mix, cube), cube.data[[25, 25, 5], 0, 0], rtol=1e-6)


def test_bands_are_chosen_by_number_where_wavelengths_are_unknown():
    cube = HyperCube(scan().data, "plain")
    mix = chosen_mix(cube, [Span(7, 7), Span(2, 4), Span(0, 0)])
    red, green, blue = shown(mix, cube)
    assert (red, blue) == (cube.data[7, 0, 0], cube.data[0, 0, 0])
    assert green == pytest.approx(cube.data[2:5, 0, 0].mean(), rel=1e-6)
    assert mix.title == "bands 8, 3–5, 1"
    with pytest.raises(UserError, match="plain has no band 100; it has 61 bands"):
        chosen_mix(cube, [Span(99, 99)] * 3)


def test_bad_bands_are_passed_over_in_ranges():
    cube = scan(bad_bands=(25,))
    mix = chosen_mix(cube, [Span(640, 660), Span(550, 550), Span(450, 450)])
    assert shown(mix, cube)[0] == pytest.approx(cube.data[[24, 26], 0, 0].mean(), rel=1e-6)


def test_a_wavelength_beyond_the_scan_is_refused():
    with pytest.raises(UserError, match="scan has no band near 1500 nm; its bands cover 400 to"):
        chosen_mix(scan(), [Span(1500, 1500)] * 3)


def test_infrared_shows_near_infrared_as_red():
    cube = scan()
    mix = infrared_mix(cube)
    data = np.asarray(cube.data)[:, 0, 0]
    wanted = [data[36:51].mean(), data[22:30].mean(), data[12:20].mean()]
    np.testing.assert_allclose(shown(mix, cube), wanted, rtol=1e-5)
    assert mix.title == "colour-infrared"
    with pytest.raises(UserError, match="Colour-infrared needs a band between 760 and 900 nm"):
        infrared_mix(scan(np.arange(400, 721, 10)))


def test_a_camera_of_five_bands_has_infrared_but_no_true_colour():
    cube = scan([475, 560, 668, 717, 840])
    np.testing.assert_allclose(
        shown(infrared_mix(cube), cube), cube.data[[4, 2, 1], 0, 0], rtol=1e-6
    )
    with pytest.raises(UserError, match="True colour needs bands all over the visible"):
        true_colour_mix(cube)


def test_bands_that_the_file_names_are_shown_before_a_guess():
    five = scan([475, 560, 668, 717, 840], default_bands=(4, 2, 1))
    mix = usual_mix(five)
    assert mix.title == "bands named in the file"
    np.testing.assert_allclose(shown(mix, five), five.data[[4, 2, 1], 0, 0], rtol=1e-6)
    assert usual_mix(scan(default_bands=(40, 25, 15))).title == "true colour"
    with pytest.raises(UserError, match="names no bands"):
        file_mix(scan())


def test_descending_wavelengths_give_the_same_colours():
    cube = scan()
    backwards = HyperCube(cube.data[::-1], "scan", NM[::-1], "nm")
    for make in (true_colour_mix, infrared_mix, spread_mix):
        np.testing.assert_allclose(
            shown(make(backwards), backwards), shown(make(cube), cube), rtol=1e-4
        )


def test_unknown_wavelengths_are_asked_for():
    cube = HyperCube(scan().data, "plain")
    for make in (true_colour_mix, infrared_mix):
        with pytest.raises(UserError, match="plain are unknown; give them first"):
            make(cube)
