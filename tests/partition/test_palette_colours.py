"""Colours of clusters."""

import itertools
import re

from napari_dgc.partition.palette import cluster_colour


def test_64_clusters_have_64_colours() -> None:
    colours = [cluster_colour(k) for k in range(1, 65)]
    assert len(set(colours)) == 64
    assert all(re.fullmatch("#[0-9a-f]{6}", colour) for colour in colours)


def test_no_two_of_64_colours_are_nearly_the_same() -> None:
    def channels(colour: str) -> tuple[int, ...]:
        return tuple(bytes.fromhex(colour[1:]))

    closest = min(
        sum(abs(a - b) for a, b in zip(channels(one), channels(other), strict=True))
        for one, other in itertools.combinations([cluster_colour(k) for k in range(1, 65)], 2)
    )
    assert closest >= 8
