import numpy as np
import pytest

from napari_dgc.errors import UserError
from napari_dgc.simulate.nebula import KINDS, simulate_nebula
from napari_dgc.simulate.xrf import simulate_xrf

BOTH = pytest.mark.parametrize("simulate", [simulate_nebula, simulate_xrf])


@pytest.fixture(scope="module")
def field():
    return simulate_nebula(size=(96, 96), seed=3, difficulty=0)


@pytest.fixture(scope="module")
def page():
    return simulate_xrf(size=(96, 96), seed=3, difficulty=0)


def above(scene, label, centre, half):
    """Mean of a line of one class above the level beside it."""
    axis = scene.cube.wavelengths
    spectrum = np.asarray(scene.cube.data)[:, scene.truth == label].mean(axis=1)
    away = np.abs(axis - centre)
    level = np.median(spectrum[(away > 2 * half) & (away < 5 * half)])
    return float((spectrum[away <= half] - level).sum())


@BOTH
def test_same_arguments_same_bytes_and_another_seed_another_scene(simulate):
    first, again, other = (simulate(size=(40, 48), bands=64, seed=seed) for seed in (2, 2, 3))
    assert first.cube.data.tobytes() == again.cube.data.tobytes()
    assert first.truth.tobytes() == again.truth.tobytes()
    assert (first.truth != other.truth).any()
    assert first.cube.data.shape == (64, 40, 48)
    assert first.cube.data.dtype == np.uint16


@BOTH
@pytest.mark.parametrize("size", [(16, 16), (16, 90), (33, 47)])
@pytest.mark.parametrize("bands", [4, 31])
def test_odd_and_small_sizes_work(simulate, size, bands):
    scene = simulate(size=size, bands=bands, seed=1)
    assert scene.truth.shape == size
    assert set(np.unique(scene.truth)) <= set(scene.class_names)


@BOTH
@pytest.mark.parametrize("seed", [0, 7, 50])
def test_every_class_is_there(simulate, seed):
    scene = simulate(seed=seed)
    shares = np.bincount(scene.truth.ravel(), minlength=len(scene.class_names) + 1)[1:]
    assert shares.min() > 0.01 * scene.truth.size


@BOTH
def test_noise_is_that_of_counted_photons(simulate):
    clean = simulate(size=(48, 48), bands=128, seed=5, difficulty=0).cube
    counted = np.asarray(simulate(size=(48, 48), bands=128, seed=5).cube.data, float)
    expected = np.asarray(clean.data, float) / 10
    # Where the noise of the electronics hardly counts.
    some = expected > 60
    ratio = (((counted - expected) ** 2)[some] / expected[some]).mean()
    assert 0.9 < ratio < 1.4


def test_line_ratios_are_those_of_the_diagnostic_diagrams(field):
    for label, kind in KINDS.items():
        ha = above(field, label, 656.3, 1.2)
        sulphur = above(field, label, 672.4, 2.4) / ha
        oxygen = above(field, label, 500.7, 1.6) / above(field, label, 486.1, 1.6)
        assert 0.5 < sulphur / kind.s2 < 2.2, label
        assert 0.5 < oxygen / kind.o3 < 1.8, label
        # What is a shock, and what is not (Mathewson & Clarke 1973).
        assert (sulphur > 0.4) == (label == 3)


@pytest.mark.parametrize(
    ("label", "energy"), [(1, 3.69), (2, 10.55), (3, 9.99), (4, 8.05), (5, 6.40), (6, 9.71)]
)
def test_pigments_show_the_lines_of_their_elements(page, label, energy):
    strength = {number: above(page, number, energy, 0.25) for number in page.class_names}
    assert max(strength, key=strength.get) == label


@BOTH
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"size": (15, 64)}, "15x64"),
        ({"size": (64, 10_000)}, "too large"),
        ({"bands": 3}, "3 bands"),
        ({"seed": -1}, "seed"),
        ({"difficulty": float("nan")}, "difficulty"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(simulate, arguments, words):
    with pytest.raises(UserError, match=words) as refusal:
        simulate(**arguments)
    assert str(refusal.value).endswith(".")
