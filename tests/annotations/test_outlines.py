"""Outlines along the edges of pixels hold exactly the pixels, whoever paints them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from PIL import Image, ImageDraw
from skimage.measure import points_in_poly

from napari_dgc.annotations.outlines import keyhole, parts

MAPS = arrays(
    np.uint8, array_shapes(min_dims=2, max_dims=2, max_side=12), elements=st.integers(0, 2)
)


def by_pillow(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    picture = Image.new("L", shape[::-1])
    ImageDraw.Draw(picture).polygon([tuple(point) for point in points], outline=1, fill=1)
    return np.asarray(picture) > 0


def by_centres(points: np.ndarray, shape: tuple[int, int]) -> np.ndarray:
    y, x = np.mgrid[: shape[0], : shape[1]] + 0.5
    return points_in_poly(np.stack([x.ravel(), y.ravel()], axis=1), points).reshape(shape)


@settings(deadline=None)
@given(MAPS)
@pytest.mark.parametrize("paint", [by_pillow, by_centres])
def test_polygons_with_cuts_to_their_holes_give_the_map_back(paint, objects: np.ndarray) -> None:
    back = np.zeros_like(objects)
    for part in parts(objects):
        mask = paint(keyhole(part).tolist(), objects.shape)
        assert not back[mask].any()
        back[mask] = part.object
    assert np.array_equal(back, objects)


@settings(deadline=None)
@given(MAPS)
def test_areas_are_those_of_the_pixels(objects: np.ndarray) -> None:
    total = 0.0
    for part in parts(objects):
        x, y = keyhole(part).T
        total += abs(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2
    assert total == pytest.approx(np.count_nonzero(objects), rel=0.005)


def test_parts_that_touch_at_a_corner_have_outlines_of_their_own() -> None:
    found = list(parts(np.eye(3, dtype=np.uint8)))
    assert [part.outer.corners.tolist() for part in found] == [
        [[n, n], [n + 1, n], [n + 1, n + 1], [n, n + 1]] for n in range(3)
    ]


def test_an_empty_map_has_no_outlines() -> None:
    assert list(parts(np.zeros((4, 5), np.uint8))) == []
