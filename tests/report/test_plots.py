"""Plots say what their values are."""

import datetime

import numpy as np
import pytest

from napari_dgc.measure.class_values import ClassValues
from napari_dgc.measure.progress import ProgressCurve
from napari_dgc.report.axes import round_up, ticks
from napari_dgc.report.drawing import Area, Dot, Label, Line
from napari_dgc.report.plots import class_spectra, lesion_sizes, progress, size_classes


def texts(drawing):
    return [shape.text for shape in drawing.shapes if isinstance(shape, Label)]


def test_bars_are_as_high_as_there_are_lesions():
    drawing = lesion_sizes([1, 2, 3, 4, 5, 9, 10, 10], None)
    bars = [shape for shape in drawing.shapes if isinstance(shape, Area)]
    # 1 of [1, 2), 3 of [2, 5), 2 of [5, 10), 2 of [10, 20).
    heights = [bar.points[2][1] - bar.points[0][1] for bar in bars]
    assert [height / heights[0] for height in heights] == pytest.approx([1, 3, 2, 2])
    assert "area of a lesion (pixels)" in texts(drawing)


def test_sizes_in_square_millimetres_keep_their_class():
    # 0.1 mm pixels: 10 pixels are 0.1 mm², the lower edge of a class.
    drawing = lesion_sizes([10, 10, 20], 0.1)
    bars = [shape for shape in drawing.shapes if isinstance(shape, Area)]
    heights = [bar.points[2][1] - bar.points[0][1] for bar in bars]
    assert heights[0] == pytest.approx(2 * heights[1])
    assert {"0.1", "0.2", "0.5"} <= set(texts(drawing))


@pytest.mark.parametrize(
    ("least", "largest", "edges"),
    [(1, 1, [1, 2]), (3, 60, [2, 5, 10, 20, 50, 100]), (0.04, 0.05, [0.02, 0.05, 0.1])],
)
def test_classes_of_sizes_hold_all(least, largest, edges):
    assert size_classes(least, largest) == pytest.approx(edges)


def test_bad_bands_are_gaps_in_spectra():
    mean = np.array([0.1, 0.2, np.nan, 0.4, 0.5, np.nan, 0.3])
    values = ClassValues("leaf", 5, mean, np.full(7, 0.05) + 0 * mean, ())
    drawing = class_spectra([values], ["#009e73"], np.linspace(400, 700, 7), "reflectance")
    lines = [s for s in drawing.shapes if isinstance(s, Line) and s.colour == "#009e73"]
    # Two pieces, and the line of the key; the last band stands alone.
    assert [len(line.points) for line in lines] == [2, 2, 2]
    assert len([s for s in drawing.shapes if isinstance(s, Dot)]) == 1
    assert len([s for s in drawing.shapes if isinstance(s, Area)]) == 3
    assert {"wavelength (nm)", "reflectance", "leaf"} <= set(texts(drawing))


def test_no_values_no_spectra():
    nothing = ClassValues("leaf", 0, np.full(3, np.nan), np.full(3, np.nan), ())
    assert class_spectra([nothing], ["#009e73"], None, "values") is None
    assert class_spectra([], [], None, "values") is None


def test_one_day_is_a_point_and_no_day_no_plot():
    day = datetime.date(2026, 5, 1)
    drawing = progress([ProgressCurve("p", "", (day,), (0.0,))])
    assert len([s for s in drawing.shapes if isinstance(s, Dot)]) == 1
    assert progress([ProgressCurve("p", "", (), ())]) is None


def test_all_that_is_drawn_lies_on_the_paper():
    start = datetime.date(2026, 5, 1)
    days = tuple(start + datetime.timedelta(n) for n in (0, 3, 400))
    drawing = progress([ProgressCurve("p", "t" * 99, days, (0.0, 99.9, 100.0))])
    for shape in drawing.shapes:
        for x, y in getattr(shape, "points", ()):
            assert -0.01 <= x <= drawing.width
            assert -0.01 <= y <= drawing.height


@pytest.mark.parametrize("top", [1e-9, 0.3, 7, 1234.5, 1e12])
def test_ticks_are_round_and_few(top):
    found = ticks(0, top)
    assert 2 <= len(found) <= 8
    assert len({text for _, text in found}) == len(found)


def test_rounding_up():
    assert [round_up(value) for value in (0.011, 1, 1.5, 2, 4.9, 70)] == pytest.approx(
        [0.02, 1, 2, 2, 5, 100]
    )
