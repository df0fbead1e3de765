"""Statistics are those of all scans together, so that scans stay comparable."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.noise import NoiseModel
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.preprocessing import Pipeline, parse_steps, pipeline
from napari_dgc.preprocessing.destriping import Remedian


def fitted(steps, *cubes, **options):
    return Pipeline(parse_steps(steps)).fit(cubes, **options)


def test_bands_are_standardised_over_all_scans(scan, reflectance):
    healthy, infected = scan(reflectance), scan(reflectance[:, :6] * 0.7 + 0.05)
    done = fitted("standardise", healthy, infected)
    results = [np.asarray(done.apply(cube).data) for cube in (healthy, infected)]
    together = np.concatenate([result.reshape(60, -1) for result in results], axis=1)
    np.testing.assert_allclose(together.mean(axis=1), 0, atol=1e-5)
    np.testing.assert_allclose(together.std(axis=1), 1, atol=1e-5)


@settings(deadline=None, max_examples=40)
@given(
    shift=st.floats(-0.4, 0.4),
    spread=st.floats(0.01, 0.3),
    rows=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    block=st.integers(1, 400),
    seed=st.integers(0, 99),
)
@pytest.mark.parametrize("step", ["standardise", "mnf:components=3", "destripe:kind=offset"])
def test_two_scans_with_different_means_keep_their_difference(
    step, shift, spread, rows, block, seed
):
    """What the statistics subtract is the same for both, so the difference is scaled alone."""
    generator = np.random.default_rng(seed)
    values = [
        (0.5 + add + generator.normal(0, spread, (5, count + 2, 6))).astype(np.float32)
        for add, count in zip((0.0, shift), rows, strict=True)
    ]
    cubes = [HyperCube(value, f"scan {number}") for number, value in enumerate(values)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_BLOCK", block)
        done = fitted(step, *cubes)
    results = [np.asarray(done.apply(cube).data, float) for cube in cubes]
    means = [value.mean(axis=(1, 2), dtype=float) for value in values]
    learned = done.learned[0]
    if step == "standardise":
        both = np.concatenate([value.reshape(5, -1) for value in values], axis=1)
        expected = (means[1] - means[0]) / both.std(axis=1, dtype=float)
    elif step.startswith("mnf"):
        expected = NoiseModel.from_tensors(dict(learned)).components @ (means[1] - means[0])
    else:
        expected = means[1] - means[0]
    found = results[1].mean(axis=(1, 2)) - results[0].mean(axis=(1, 2))
    np.testing.assert_allclose(found, expected, rtol=2e-3, atol=2e-3)


def test_bands_without_variation_become_0(scan):
    cube = scan(np.full((4, 3, 3), 0.25))
    np.testing.assert_array_equal(fitted("standardise", cube).apply(cube).data, 0)


def test_pixels_without_data_are_left_out_of_the_statistics(scan, reflectance):
    whole = fitted("standardise", scan(reflectance[:, 1:])).learned[0]
    reflectance[0, 0] = np.nan
    reflectance[1:, 0] = 7.0
    part = fitted("standardise", scan(reflectance)).learned[0]
    np.testing.assert_allclose(part["mean"], whole["mean"], rtol=1e-6)
    np.testing.assert_allclose(part["spread"], whole["spread"], rtol=1e-6)


def test_scans_without_any_data_are_refused(scan):
    empty = scan(np.full((4, 3, 3), np.nan))
    with pytest.raises(UserError, match="no pixel with data"):
        fitted("standardise", empty)
    with pytest.raises(UserError, match="too few neighbouring pixels"):
        fitted("mnf", empty)


def test_noise_is_white_after_the_minimum_noise_fraction(scan):
    generator = np.random.default_rng(1)
    scene = np.repeat(np.repeat(generator.random((20, 6, 6)), 10, 1), 10, 2)
    level = np.linspace(0.001, 0.05, 20)[:, None, None]
    clean, noisy = scan(scene), scan(scene + level * generator.normal(size=scene.shape))
    done = fitted("mnf:components=5", noisy)
    result = np.asarray(done.apply(noisy).data)
    assert done.apply(noisy).wavelengths is None
    noise = (result - np.asarray(done.apply(clean).data)).reshape(5, -1)
    np.testing.assert_allclose(np.cov(noise), np.eye(5), atol=0.35)
    signal = result.reshape(5, -1).var(axis=1)
    assert (np.diff(signal) < 0).all()
    np.testing.assert_allclose(result.reshape(5, -1).mean(axis=1), 0, atol=1e-2)


@pytest.mark.parametrize("kind", ["gain", "offset"])
def test_stripes_are_taken_out_and_the_scene_stays(scan, kind):
    generator = np.random.default_rng(2)
    rows, columns = np.mgrid[:120, :80]
    leaf = ((rows - 60) / 50) ** 2 + ((columns - 40) / 30) ** 2 < 1
    scene = np.where(leaf, 0.5, 0.1)[None] * np.linspace(0.6, 1.2, 7)[:, None, None]
    stripes = generator.normal(0, 0.03, (7, 1, 80))
    striped = scene * np.exp(stripes) if kind == "gain" else scene + stripes * 0.3
    striped = striped + generator.normal(0, 0.002, scene.shape)
    first, second = scan(striped[:, :70]), scan(striped[:, 70:], name="second")
    done = fitted(f"destripe:kind={kind}", first, second)
    for cube, part in ((first, scene[:, :70]), (second, scene[:, 70:])):
        result = np.asarray(done.apply(cube).data)
        before = np.abs(np.asarray(cube.data) - part).mean()
        assert np.abs(result - part).mean() < 0.45 * before
    learned = done.learned[0]["stripes"]
    true = (stripes if kind == "gain" else stripes * 0.3)[:, 0]
    assert np.corrcoef(learned.ravel(), true.ravel())[0, 1] > 0.85


def test_stripes_of_a_simulated_camera_are_found():
    from napari_dgc.simulate import simulate_set
    from napari_dgc.simulate.sensor import make_camera

    scans = [scan.cube for scan in simulate_set(size=(128, 96), bands=30, seed=4)]
    found = fitted("destripe", *scans).learned[0]["stripes"]
    true = make_camera(4, 96, 30, 1.0).offset
    assert np.corrcoef(found.ravel(), true.ravel())[0, 1] > 0.4


def test_destriping_needs_one_camera(scan):
    cubes = [scan(np.ones((3, 4, width)), name=f"wide {width}") for width in (5, 6)]
    with pytest.raises(UserError, match="wide 5 has 5 columns and wide 6 has 6"):
        fitted("destripe", *cubes)
    done = fitted("destripe", cubes[0])
    with pytest.raises(UserError, match="5 columns and wide 6 has 6"):
        done.apply(cubes[1])


def test_a_running_median_is_near_the_median():
    values = np.random.default_rng(0).gamma(2.0, 1.0, (700, 4))
    values[::9] = 1e6
    values[:, 3] = np.nan
    running = Remedian()
    for value in values:
        running.add(value)
    found = running.result()
    np.testing.assert_allclose(found[:3], np.median(values[:, :3], axis=0), atol=0.25)
    assert np.isnan(found[3])


def test_progress_is_told_and_a_stop_is_heard(scan, reflectance):
    told = []
    cube = scan(reflectance)
    fitted("snv,standardise", cube, cube, progress=lambda *words: told.append(words))
    assert told[-1] == ("statistics for standardise", 1.0)
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        fitted("standardise", cube, token=source.token)
