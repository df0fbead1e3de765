"""Overlapping patches: correspondence, repeatability, coverage."""

import numpy as np
import pytest

from napari_dgc.clustering.patches import PairSampler, PatchPair, spread_windows
from napari_dgc.errors import UserError


def coordinates(rows, columns):
    """A scan whose value is its own coordinate."""
    return np.stack(np.mgrid[:rows, :columns]).astype(np.float32)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("mirrored", [False, True])
def test_shared_pixels_are_the_same_ground_under_every_turn(turns, mirrored):
    scan = coordinates(40, 50)
    pair = PatchPair(0, (3, 20), (10, 14), 16, turns, mirrored)
    a = scan[:, *pair.window_a].reshape(2, -1)
    b = pair.turn(scan[:, *pair.window_b]).reshape(2, -1)
    in_a, in_b = pair.shared()
    assert len(in_a) == (16 - 7) * (16 - 6)
    np.testing.assert_array_equal(a[:, in_a], b[:, in_b])
    # Nothing is missed: no other pixel of A occurs in B.
    common = {tuple(pixel) for pixel in a.T} & {tuple(pixel) for pixel in b.T}
    assert len(common) == len(in_a)


def test_shared_windows_agree_with_shared_pixels():
    pair = PatchPair(0, (0, 5), (4, 0), 12)
    ids = np.arange(144).reshape(12, 12)
    part_a, part_b = pair.shared_windows()
    in_a, in_b = pair.shared()
    np.testing.assert_array_equal(ids[part_a].ravel(), in_a)
    np.testing.assert_array_equal(ids[part_b].ravel(), in_b)


@pytest.mark.parametrize("extents", [[(200, 300)], [(64, 64), (100, 70)], [(16, 16)], [(7, 400)]])
def test_every_pair_lies_inside_its_scan_and_overlaps_as_asked(extents):
    sampler = PairSampler(extents, seed=3)
    for number in range(200):
        pair = sampler.pair(number)
        in_a, _ = pair.shared()
        assert len(in_a) > 0
        for axis, extent in enumerate(extents[pair.scan]):
            for origin in (pair.origin_a, pair.origin_b):
                assert 0 <= origin[axis] <= extent - sampler.edge
            overlap = 1 - abs(pair.origin_a[axis] - pair.origin_b[axis]) / sampler.edge
            assert 0.19 < overlap < 0.81


def test_pairs_depend_on_seed_and_number_only():
    first = PairSampler([(90, 80), (70, 95)], seed=5)
    again = PairSampler([(90, 80), (70, 95)], seed=5)
    assert first.batch(7, 4) == [again.pair(28 + i) for i in range(4)]
    assert first.batch(7, 4) != PairSampler([(90, 80), (70, 95)], seed=6).batch(7, 4)


def test_every_round_visits_each_scan_once():
    sampler = PairSampler([(64, 64)] * 5, seed=1)
    rounds = [[sampler.pair(5 * turn + i).scan for i in range(5)] for turn in range(6)]
    assert all(sorted(order) == list(range(5)) for order in rounds)
    assert len({tuple(order) for order in rounds}) > 1


def test_positions_cover_the_scan_including_its_rim():
    sampler = PairSampler([(160, 160)], patch=32, seed=0)
    seen = np.zeros((160, 160), bool)
    for number in range(100):
        pair = sampler.pair(number)
        seen[pair.window_a] = True
        seen[pair.window_b] = True
    assert seen.mean() > 0.97
    assert seen[0].mean() > 0.8


def test_pairs_leave_less_unseen_than_independent_draws_on_every_scan():
    def unseen(positions):
        seen = np.zeros((3, 256, 256), bool)
        for scan, windows in positions:
            for window in windows:
                seen[scan][window] = True
        return 1 - seen.mean(axis=(1, 2))

    random = np.random.default_rng(0)
    sampler = PairSampler([(256, 256)] * 3, patch=32, seed=1)
    pairs = [sampler.pair(number) for number in range(3 * 64)]
    even = unseen((pair.scan, (pair.window_a, pair.window_b)) for pair in pairs)
    independent = unseen(
        (int(random.integers(3)), [(slice(r, r + 32), slice(c, c + 32)) for r, c in corners])
        for corners in random.integers(0, 225, (3 * 64, 2, 2))
    )
    assert even.max() < 0.12
    assert even.max() < 0.6 * independent.mean()


def test_patches_shrink_for_small_scans_and_tiny_scans_are_refused():
    assert PairSampler([(300, 300)]).edge == 64
    assert PairSampler([(300, 300), (16, 40)]).edge == 12
    with pytest.raises(UserError, match="6 x 40"):
        PairSampler([(300, 300), (6, 40)])
    with pytest.raises(UserError, match="no scan"):
        PairSampler([])


def test_statistics_windows_stay_inside_and_spread():
    windows = list(spread_windows(50, 90, count=30, edge=20, seed=2))
    seen = np.zeros((50, 90), bool)
    for window in windows:
        assert seen[window].shape == (20, 20)
        seen[window] = True
    assert len(windows) == 30
    assert seen.mean() > 0.9
    assert list(spread_windows(8, 9, count=30, edge=20)) == [(slice(0, 8), slice(0, 9))]


def test_neighbouring_seeds_look_at_other_windows_of_neighbouring_scans():
    def places(seed, scan):
        windows = spread_windows(500, 500, count=20, edge=20, seed=seed, scan=scan)
        return {(rows.start, columns.start) for rows, columns in windows}

    assert places(2, 1) == places(2, 1)
    assert not places(2, 1) & places(3, 0)
    assert not places(2, 1) & places(2, 0)
