"""Lists of bands as people write them become band indices, or one clear sentence."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.bad_bands import band_spans, format_bands, leave_out, parse_bands
from napari_dgc.errors import UserError

CUBE = HyperCube(np.zeros((61, 2, 2), np.float32), "leaf", np.linspace(400, 1000, 61), "nm")


@pytest.mark.parametrize(
    ("text", "bands"),
    [
        ("", ()),
        ("1-5, 7", (0, 1, 2, 3, 4, 6)),
        ("7; 1 - 3\n61", (0, 1, 2, 6, 60)),
        ("3–1", (0, 1, 2)),
        ("400-420 nm, 61", (0, 1, 2, 60)),
        ("985.5nm-1000 NM", (59, 60)),
        ("610 nm", (21,)),
        ("5, 5, 4-6,", (3, 4, 5)),
    ],
)
def test_lists_are_understood(text, bands):
    assert parse_bands(text, CUBE) == bands


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("0", "numbered 1 to 61"),
        ("1-62", "numbered 1 to 61"),
        ("1-999999999999999999", "numbered 1 to 61"),
        ("760-800", "write nm"),
        ("2500-2600 nm", "covers 400 to 1000 nm"),
        ("all", "“all” is no band"),
        ("1-2-3", "no range"),
        ("1.5", "no band number"),
        ("-3", "no band"),
        ("١", "no band"),
        ("9" * 30000, "too long"),
    ],
)
def test_nonsense_is_refused_in_one_sentence(text, said):
    with pytest.raises(UserError) as refusal:
        parse_bands(text, CUBE)
    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value) and len(str(refusal.value)) < 250


def test_nanometres_need_known_wavelengths():
    plain = HyperCube(CUBE.data, "plain")
    assert parse_bands("1-2", plain) == (0, 1)
    with pytest.raises(UserError, match="wavelengths of plain are unknown"):
        parse_bands("400-420 nm", plain)


@given(st.sets(st.integers(0, 60)))
def test_what_is_written_is_read_back(bands):
    assert parse_bands(format_bands(bands), CUBE) == tuple(sorted(bands))


@given(st.text(max_size=40))
def test_any_text_gives_bands_or_a_sentence(text):
    try:
        bands = parse_bands(text, CUBE)
    except UserError as error:
        assert str(error).endswith(".")
    else:
        assert all(0 <= band < 61 for band in bands)


def test_neighbours_join_to_spans():
    assert band_spans([8, 3, 4, 5, 0]) == [(0, 0), (3, 5), (8, 8)]
    assert format_bands([8, 3, 4, 5, 0]) == "1, 4-6, 9"


def test_bands_marked_in_the_file_stay_bad():
    marked = HyperCube(CUBE.data, "leaf", CUBE.wavelengths, "nm", bad_bands=(2, 60))
    assert leave_out(marked, "1-2").bad_bands == (0, 1, 2, 60)


def test_one_good_band_has_to_be_left():
    with pytest.raises(UserError, match="leaves no band of leaf"):
        leave_out(CUBE, "1-61")
