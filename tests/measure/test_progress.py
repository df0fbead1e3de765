"""Disease progress: the area under the curve by hand, gaps, order."""

import datetime
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from napari_dgc.errors import UserError
from napari_dgc.measure.progress import ProgressPoint, progress_curves, treatment_progress


def day(number):
    return datetime.date(2026, 5, 1) + datetime.timedelta(days=number)


def point(plant, number, severity, treatment="", scan=""):
    return ProgressPoint(plant, None if number is None else day(number), severity, treatment, scan)


def test_the_area_is_that_of_the_trapezoids():
    points = [point("a", 0, 0.0), point("a", 7, 10.0), point("a", 10, 40.0)]
    (curve,) = progress_curves(points)
    assert curve.days == (0, 7, 10)
    assert curve.audpc == 7 * 5 + 3 * 25
    assert curve.standardised_audpc == 11.0
    assert curve.notes == ()


def test_scans_of_one_day_are_averaged_and_said():
    points = [point("a", 0, 10.0), point("a", 0, 20.0), point("a", 2, 30.0)]
    (curve,) = progress_curves(points)
    assert curve.severities == (15.0, 30.0)
    assert curve.audpc == 45.0
    assert curve.notes == ("2 scans of 2026-05-01 are averaged",)


def test_points_without_date_or_leaf_are_left_out_and_said():
    points = [
        *(point("a", 0, 10.0), point("a", 4, 20.0)),
        *(point("a", None, 90.0, scan="x"), point("a", 2, None, scan="y")),
    ]
    (curve,) = progress_curves(points)
    assert curve.audpc == 60.0
    assert curve.notes == (
        "x is left out, as it has no date",
        "y is left out, as no leaf is in sight",
    )


def test_one_date_has_no_area():
    (curve,) = progress_curves([point("a", 3, 10.0)])
    assert curve.audpc is None
    assert curve.standardised_audpc is None
    assert "two dates" in curve.notes[0]
    (found,) = treatment_progress([curve])
    assert (found.plants, found.mean, found.sd) == (0, None, None)


def test_plants_are_grouped_by_treatment():
    points = [
        *(point("1", 0, 0.0, "mock"), point("1", 10, 2.0, "mock")),
        *(point("2", 0, 0.0, "mock"), point("2", 10, 4.0, "mock")),
        *(point("1", 0, 0.0, "+N"), point("1", 5, 40.0, "+N")),
    ]
    curves = progress_curves(points)
    assert [(curve.treatment, curve.plant, curve.audpc) for curve in curves] == [
        ("+N", "1", 100.0),
        ("mock", "1", 10.0),
        ("mock", "2", 20.0),
    ]
    nitrogen, mock = treatment_progress(curves)
    assert (nitrogen.plants, nitrogen.mean, nitrogen.sd) == (1, 100.0, None)
    assert (mock.plants, mock.mean, mock.standardised_mean) == (2, 15.0, 1.5)
    assert mock.sd == pytest.approx(50**0.5)
    assert mock.standardised_sd == pytest.approx(0.5**0.5)


points = st.lists(
    st.builds(
        point,
        st.sampled_from("ab"),
        st.none() | st.integers(0, 6),
        st.none() | st.floats(0, 100),
        st.sampled_from(["", "mock"]),
        st.sampled_from("xyz"),
    ),
    max_size=12,
)


@given(points, st.randoms(use_true_random=False))
def test_the_order_of_the_scans_does_not_matter(some, chance: random.Random):
    mixed = list(some)
    chance.shuffle(mixed)
    here, there = progress_curves(some), progress_curves(mixed)
    assert here == there
    assert treatment_progress(here) == treatment_progress(there)


@given(points)
def test_the_standardised_area_lies_among_the_severities(some):
    for curve in progress_curves(some):
        if curve.standardised_audpc is not None:
            low, high = min(curve.severities), max(curve.severities)
            assert low - 1e-9 <= curve.standardised_audpc <= high + 1e-9


@given(points)
def test_points_come_back_from_plain_values(some):
    for one in some:
        assert ProgressPoint.from_json(one.to_json()) == one


@pytest.mark.parametrize(
    "change",
    [{"date": "1 May"}, {"date": 3}, {"severity": 101}, {"severity": "5"}, {"plant": None}],
)
def test_damaged_points_are_refused(change):
    with pytest.raises(UserError, match=next(iter(change))):
        ProgressPoint.from_json({**point("a", 1, 5.0).to_json(), **change})
