"""Into how many classes a merge tree should be cut."""

import pytest

from napari_dgc.partition.recommended import recommended_cut
from napari_dgc.partition.tree import Merge, MergeTree


def chain(*heights: float) -> MergeTree:
    """Clusters merged one by one, cheapest first."""
    clusters = len(heights) + 1
    nodes = [1, *range(clusters + 1, 2 * clusters - 1)]
    return MergeTree(
        clusters,
        tuple(
            Merge(node, n + 2, h) for n, (node, h) in enumerate(zip(nodes, heights, strict=True))
        ),
    )


@pytest.mark.parametrize("units", [1.0, 1000.0])
def test_cut_lies_in_the_widest_gap(units: float) -> None:
    # Ten clusters; five classes are left where merging would cost three times as much.
    heights = [0.010, 0.011, 0.012, 0.013, 0.014, 0.042, 0.043, 0.044, 0.045]
    assert recommended_cut(chain(*(units * height for height in heights))) == 5
    six = [0.010, 0.011, 0.012, 0.013, 0.039, 0.042, 0.043, 0.044, 0.045]
    assert recommended_cut(chain(*(units * height for height in six))) == 6


def test_background_against_the_rest_is_no_answer() -> None:
    # The widest gap of all is at two classes; lesions would be lost there.
    tree = chain(0.010, 0.011, 0.012, 0.013, 0.014, 0.03, 0.031, 0.032, 9.0)
    assert recommended_cut(tree) == 5
    assert recommended_cut(tree, fewest=2) == 2


def test_of_equal_gaps_the_finer_one() -> None:
    assert recommended_cut(chain(*[1.0] * 11)) == 8
    assert recommended_cut(chain(*[0.0] * 11)) == 4


@pytest.mark.parametrize(("clusters", "expected"), [(2, 2), (3, 3), (4, 4), (5, 4)])
def test_small_trees(clusters: int, expected: int) -> None:
    assert recommended_cut(chain(*range(1, clusters))) == expected
