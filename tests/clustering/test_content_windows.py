"""Windows that rare materials do not escape, in constant memory."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.content import content_windows
from napari_dgc.clustering.noise import sample_windows
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

SPECTRA = np.random.default_rng(3).uniform(0.1, 0.9, (4, 6))


def scan(seed: int, *, size: int = 384, speck: tuple[int, int] | None = None) -> HyperCube:
    """Two materials in halves, stripes and noise; a third one on 5 x 5 pixels."""
    random = np.random.default_rng(seed)
    place = np.zeros((size, size), int)
    place[:, size // 2 :] = 1
    if speck:
        place[speck[0] : speck[0] + 5, speck[1] : speck[1] + 5] = 2
    data = SPECTRA[place].transpose(2, 0, 1)
    data = data + random.normal(0, 0.02, (6, 1, size)) + random.normal(0, 0.01, data.shape)
    return HyperCube(data=data.astype(np.float32), name=f"scan{seed}")


def rare_pixels(windows) -> int:
    found = 0
    for window in windows:
        distance = ((window[None] - SPECTRA[:, :, None, None]) ** 2).sum(axis=1)
        found += int((distance.argmin(axis=0) == 2).sum())
    return found


@pytest.mark.parametrize("seed", range(3))
def test_a_speck_of_25_pixels_among_300_000_is_seen(seed):
    cubes = [scan(1), scan(2, speck=(201, 77))]
    grid = BandGrid.from_cubes(cubes)
    assert rare_pixels(content_windows(cubes, grid, seed=seed)) >= 20


def test_windows_depend_on_scans_and_seed_only():
    cubes = [scan(1), scan(2)]
    grid = BandGrid.from_cubes(cubes)
    first = list(content_windows(cubes, grid, seed=4))
    again = list(content_windows(cubes, grid, seed=4))
    other = list(content_windows(cubes, grid, seed=5))
    assert [w.tobytes() for w in first] == [w.tobytes() for w in again]
    assert [w.tobytes() for w in first] != [w.tobytes() for w in other]


def test_what_is_read_does_not_grow_with_the_scans():
    small, large = (
        [HyperCube(data=scan(1, size=side).data, name=f"{side}.{n}") for n in range(count)]
        for side, count in ((384, 1), (640, 3))
    )
    samples = []
    for cubes in (small, large):
        grid = BandGrid.from_cubes(cubes)
        windows = list(content_windows(cubes, grid, seed=0))
        samples.append(sum(window[0].size for window in windows))
        assert {window.shape for window in windows} == {(6, 32, 32), (6, 24, 24)}
    assert samples[1] <= 1.5 * samples[0]


def test_small_scans_are_sampled_as_before():
    cubes = [scan(1, size=60), scan(2, size=60)]
    grid = BandGrid.from_cubes(cubes)
    even = [w.tobytes() for w in sample_windows(cubes, grid, seed=2)]
    assert [w.tobytes() for w in content_windows(cubes, grid, seed=2)] == even


def test_narrow_scans_and_scans_without_data_among_others():
    empty = HyperCube(data=np.full((6, 200, 200), -1, np.float32), name="empty", no_data=-1)
    narrow = HyperCube(data=scan(3).data[:, :, :9], name="narrow")
    cubes = [scan(1), empty, narrow]
    windows = list(content_windows(cubes, BandGrid.from_cubes(cubes), seed=0))
    assert {window.shape[0] for window in windows} == {6}
    # The second half follows the look, which sees nothing on the empty scan.
    assert all(np.isfinite(window).all() for window in windows[-120:])


def test_scans_without_any_data_are_refused_in_a_sentence():
    empty = HyperCube(data=np.full((6, 400, 400), -1, np.float32), name="empty", no_data=-1)
    with pytest.raises(UserError, match="too few neighbouring pixels"):
        list(content_windows([empty], BandGrid.from_cubes([empty]), seed=0))


def test_can_be_stopped_while_it_looks():
    source = CancelSource()
    cubes = [scan(1)]
    windows = content_windows(cubes, BandGrid.from_cubes(cubes), seed=0, token=source.token)
    for _ in range(24):
        next(windows)
    source.cancel()
    with pytest.raises(InterruptedError):
        next(windows)
