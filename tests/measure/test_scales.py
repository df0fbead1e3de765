"""Ordinal scales: grades, bounds, files."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dgc.errors import UserError
from napari_dgc.measure.scales import (
    HORSFALL_BARRATT,
    ZERO_TO_FIVE,
    OrdinalScale,
    find_scale,
    read_scale,
)


@pytest.mark.parametrize(
    ("percent", "grade"),
    [
        *((0, "1"), (0.001, "2"), (3, "2"), (3.01, "3"), (6, "3"), (12, "4"), (25, "5")),
        *((25.5, "6"), (50, "6"), (50.1, "7"), (75, "7"), (88, "8"), (94, "9"), (97, "10")),
        *((97.5, "11"), (99.999, "11"), (100, "12")),
    ],
)
def test_horsfall_and_barratt(percent, grade):
    assert HORSFALL_BARRATT.grade(percent) == grade


def test_midpoints_are_what_grades_stand_for():
    assert HORSFALL_BARRATT.midpoint(20) == 18.5
    assert HORSFALL_BARRATT.midpoint(0) == 0
    assert HORSFALL_BARRATT.midpoint(100) == 100


def test_a_scale_without_a_grade_for_zero_has_it_in_the_first():
    scale = OrdinalScale.between("half", (0.0, 50.0, 100.0), ("low", "high"))
    assert [scale.grade(value) for value in (0, 50, 50.1, 100)] == ["low", "low", "high", "high"]


@given(st.floats(0, 100), st.sampled_from([HORSFALL_BARRATT, ZERO_TO_FIVE]))
def test_every_severity_has_a_grade_within_its_bounds(percent, scale):
    place = scale.position(percent)
    assert scale.bounds[place] <= percent <= scale.bounds[place + 1]


@pytest.mark.parametrize("percent", [-0.1, 100.1, float("nan")])
def test_only_percentages_have_a_grade(percent):
    with pytest.raises(ValueError, match="severity"):
        HORSFALL_BARRATT.grade(percent)


@pytest.mark.parametrize("scale", [HORSFALL_BARRATT, ZERO_TO_FIVE])
def test_scales_come_back_from_plain_values(scale, tmp_path):
    assert OrdinalScale.from_json(scale.to_json()) == scale
    assert hash(OrdinalScale.from_json(scale.to_json())) == hash(scale)
    path = tmp_path / "scale.json"
    path.write_text(json.dumps(scale.to_json()), "utf-8")
    assert read_scale(path) == scale


def test_a_scale_of_ones_own(tmp_path):
    path = tmp_path / "rust.csv"
    path.write_text("Grade;From;To;Midpoint\nR;0;5;1\nMR;5;20;\nS;20 %;100 %;60\n", "utf-8")
    scale = find_scale(str(path))
    assert scale == OrdinalScale("rust", (0, 5, 20, 100), ("R", "MR", "S"), (1, 12.5, 60))
    assert scale.grade(5) == "R"
    path = tmp_path / "rust.json"
    lines = [{"grade": 1, "from": 0, "to": 40}, {"grade": 2, "from": 40, "to": 100}]
    path.write_text(json.dumps(lines), "utf-8")
    assert find_scale(str(path)).grade(41) == "2"
    assert find_scale("Horsfall-Barratt") is HORSFALL_BARRATT


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("grade,from\n1,0\n", "to"),
        ("grade,from,to\n", "needs grades"),
        ("grade,from,to\n1,0,10\n2,20,100\n", "begins at 20 %, and the one before ends at 10 %"),
        ("grade,from,to\n1,0,ten\n", "'ten'"),
        ("grade,from,to\n1,0,nan\n", "end at 100 %"),
        ("grade,from,to\n1,5,100\n", "begin at 0 %"),
        ("grade,from,to\n1,0,60\n2,60,40\n3,40,100\n", "ascend"),
        ("grade,from,to\n1,0,60\n1,60,100\n", "name of its own"),
        ("grade,from,to\n1,0,0\n2,0,0\n3,0,100\n", "same single value"),
        ("grade,from,to,midpoint\n1,0,100,101\n", "midpoint"),
    ],
)
def test_a_table_that_is_no_scale_says_why(tmp_path, text, said):
    path = tmp_path / "scale.csv"
    path.write_text(text, "utf-8")
    with pytest.raises(UserError) as refused:
        read_scale(path)
    assert said in str(refused.value)
    assert "scale" in str(refused.value)


def test_an_unknown_scale_names_those_there_are():
    with pytest.raises(UserError, match="horsfall-barratt or 0-5"):
        find_scale("elanco")
