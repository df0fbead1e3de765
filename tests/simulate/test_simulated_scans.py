import numpy as np
import pytest

from napari_dgc.errors import UserError
from napari_dgc.simulate import CLASS_NAMES, simulate_scan, simulate_set


@pytest.fixture(scope="module")
def day5():
    return simulate_scan(5, size=(128, 96), bands=61, seed=4)


def _band(scan, wavelength):
    return int(np.abs(scan.cube.wavelengths - wavelength).argmin())


def _mean(scan, wavelength, label):
    return float(np.asarray(scan.cube.data)[_band(scan, wavelength), scan.truth == label].mean())


def test_a_scan_has_the_size_bands_and_wavelengths_asked_for(day5):
    assert day5.cube.data.shape == (61, 128, 96)
    assert day5.cube.data.dtype == np.float32
    assert day5.truth.shape == (128, 96)
    assert day5.truth.dtype == np.uint8
    assert day5.cube.wavelength_unit == "nm"
    assert day5.cube.wavelengths[0] == 400
    assert day5.cube.wavelengths[-1] == 1000
    assert day5.day == 5
    assert np.isfinite(day5.cube.data).all()


def test_the_default_is_301_bands_2_nm_apart():
    scan = simulate_scan(0, size=(16, 16))
    assert scan.cube.n_bands == 301
    assert np.allclose(np.diff(scan.cube.wavelengths), 2.0)


def test_the_same_arguments_give_the_same_bytes(day5):
    again = simulate_scan(5, size=(128, 96), bands=61, seed=4)
    assert again.cube.data.tobytes() == day5.cube.data.tobytes()
    assert again.truth.tobytes() == day5.truth.tobytes()


def test_another_seed_gives_other_leaves(day5):
    other = simulate_scan(5, size=(128, 96), bands=8, seed=5)
    assert (other.truth != day5.truth).any()


def test_every_class_is_present_and_every_pixel_labelled_on_day_5(day5):
    assert set(np.unique(day5.truth)) == set(CLASS_NAMES)


@pytest.mark.parametrize("seed", range(4))
def test_lesions_appear_and_grow_from_day_to_day(seed):
    healthy, *sick = (
        simulate_scan(day, size=(96, 96), bands=4, seed=seed).truth for day in (0, 1.5, 3, 5)
    )
    assert set(np.unique(healthy)) == {1, 2}
    shares = [float((truth == 4).mean()) for truth in sick]
    assert shares == sorted(shares)
    assert 0.001 < shares[1] < shares[2] < 0.03
    assert set(np.unique(sick[-1])) == {1, 2, 3, 4}
    # The leaves themselves stay where they are.
    for truth in sick:
        assert ((truth == 1) == (healthy == 1)).all()


@pytest.mark.parametrize("size", [(64, 64), (144, 144), (100, 180), (160, 70)])
def test_cloth_covers_most_of_the_image(size):
    for seed in range(2):
        background = (simulate_scan(5, size=size, bands=4, seed=seed).truth == 1).mean()
        assert 0.74 < background < 0.91


@pytest.mark.parametrize("size", [(16, 16), (16, 200), (33, 47), (65, 17)])
@pytest.mark.parametrize("bands", [4, 31])
def test_odd_and_small_sizes_work(size, bands):
    scan = simulate_scan(5, size=size, bands=bands, seed=2)
    assert scan.cube.data.shape == (bands, *size)
    assert scan.truth.shape == size
    assert np.isfinite(scan.cube.data).all()
    assert {1, 2} <= set(np.unique(scan.truth))


def test_tissue_has_a_red_edge_and_the_halo_less_chlorophyll(day5):
    assert _mean(day5, 800, 2) / _mean(day5, 670, 2) > 3
    assert _mean(day5, 550, 2) > 1.5 * _mean(day5, 670, 2)
    assert _mean(day5, 700, 3) > 1.2 * _mean(day5, 700, 2)


def test_lesions_look_like_the_cloth_in_the_visible_and_not_in_the_infrared():
    scan = simulate_scan(5, size=(128, 128), bands=61, seed=1, difficulty=0)
    for wavelength in (450, 550, 650):
        assert abs(_mean(scan, wavelength, 4) - _mean(scan, wavelength, 1)) < 0.04
    cloth_rise = _mean(scan, 1000, 1) - _mean(scan, 800, 1)
    lesion_rise = _mean(scan, 1000, 4) - _mean(scan, 800, 4)
    assert lesion_rise > cloth_rise + 0.04
    assert _mean(scan, 800, 4) < 0.6 * _mean(scan, 800, 2)


def test_half_of_each_leaf_is_brighter_unless_the_light_is_flat():
    def spread(difficulty):
        scan = simulate_scan(0, size=(96, 96), bands=31, seed=3, difficulty=difficulty)
        values = np.asarray(scan.cube.data)[_band(scan, 860), scan.truth == 2]
        return np.subtract(*np.percentile(values, (90, 10))) / np.median(values)

    assert spread(1.0) > 2 * spread(0.0)


def test_stripes_are_constant_along_the_scan_and_shared_by_a_set():
    def columns(scan):
        blue = np.asarray(scan.cube.data)[_band(scan, 460)]
        profile = np.ma.masked_array(blue, scan.truth != 1).mean(axis=0)
        return np.asarray(profile[1:-1] - (profile[:-2] + profile[2:]) / 2)

    first, second = simulate_set((0, 3), size=(96, 96), bands=31, seed=7)
    other = simulate_scan(0, size=(96, 96), bands=31, seed=8)
    assert np.corrcoef(columns(first), columns(second))[0, 1] > 0.7
    assert abs(np.corrcoef(columns(first), columns(other))[0, 1]) < 0.5


def test_noise_is_strongest_at_the_ends_of_the_spectrum():
    scan = simulate_scan(0, size=(64, 64), bands=151, seed=1)
    data = np.asarray(scan.cube.data, dtype=np.float64)
    noise = np.diff(data, n=2, axis=0).std(axis=(1, 2))
    assert noise[:5].mean() > 3 * noise[70:80].mean()
    assert noise[-5:].mean() > 2 * noise[70:80].mean()


def test_a_set_names_its_scans_by_day_and_number():
    scans = simulate_set((0, 3, 3, 5, 2.5), size=(32, 32), bands=4, seed=1)
    names = [scan.cube.name for scan in scans]
    assert names == ["healthy_1", "day3_1", "day3_2", "day5_1", "day2.5_1"]
    assert (scans[1].truth != scans[2].truth).any()


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"day": -1}, "day"),
        ({"day": float("nan")}, "day"),
        ({"size": (15, 64)}, "15x64"),
        ({"bands": 3}, "3 bands"),
        ({"bands": 2001}, "2001 bands"),
        ({"seed": -1}, "seed"),
        ({"difficulty": -0.5}, "difficulty"),
    ],
)
def test_what_cannot_be_simulated_is_refused_in_one_sentence(arguments, words):
    with pytest.raises(UserError, match=words) as refusal:
        simulate_scan(**{"day": 0, "size": (32, 32), "bands": 8, **arguments})
    assert str(refusal.value).endswith(".")
    assert "\n" not in str(refusal.value)
