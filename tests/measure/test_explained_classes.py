"""What a class is and what tells two apart, against values worked out by hand."""

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.measure.class_places import places_of
from napari_dgc.measure.class_values import IndexValue
from napari_dgc.measure.explain import Explanation, LabelledScan, explain_classes
from napari_dgc.measure.explain_text import compare, describe, indices_between, ranges_between
from napari_dgc.measure.separation import cohens_d, separating_indices, separating_ranges
from napari_dgc.measure.spectral_regions import region_of, regions_of
from napari_dgc.partition import Partition
from napari_dgc.partition.candidates import Candidate

WAVELENGTHS = np.array([450.0, 550, 670, 690, 800, 970])
LEAF = np.array([0.05, 0.10, 0.05, 0.08, 0.50, 0.45])
LESION = np.array([0.05, 0.12, 0.15, 0.18, 0.40, 0.35])
#: Every second pixel of a class lies this much above and below its mean.
SPREAD = np.array([0.01, 0.02, 0.02, 0.02, 0.05, 0.05])
CLOTH, HEALTHY, SICK = 1, 2, 3


def make_scan(name: str = "leaf", bad_bands=(), wavelengths=WAVELENGTHS) -> LabelledScan:
    """Cloth (1) around a leaf (2) of 6 x 8 pixels that holds a lesion (3) of 2 x 4."""
    fine = np.full((10, 12), CLOTH, np.uint16)
    fine[2:8, 2:10] = HEALTHY
    fine[4:6, 4:8] = SICK
    means = np.stack([np.full(6, 0.02), LEAF, LESION])
    rows, columns = np.indices(fine.shape)
    sign = np.where((rows + columns) % 2, 1.0, -1.0)
    values = means[fine - 1].transpose(2, 0, 1) + SPREAD[:, None, None] * sign
    cube = HyperCube(values.astype(np.float32), name, wavelengths, "nm", bad_bands=bad_bands)
    return LabelledScan(name, cube, fine)


@pytest.fixture
def partition() -> Partition:
    return Partition.fine(3).rename(SICK, "lesion").rename(HEALTHY, "healthy tissue")


def last(*args, **options) -> Explanation:
    *before, found = explain_classes(*args, **options)
    assert all(0 < step.fraction <= 1 for step in before)
    assert isinstance(found, Explanation)
    return found


def test_spectrum_is_mean_and_sd_over_the_pixels_of_all_scans(partition) -> None:
    (found,) = last([make_scan("one"), make_scan("two")], partition, [SICK]).classes
    assert found.used == found.places.pixels == 16
    np.testing.assert_allclose(found.mean, LESION, atol=1e-7)
    np.testing.assert_allclose(found.sd, SPREAD, atol=1e-7)


def test_indices_are_those_the_bands_allow(partition) -> None:
    (found,) = last([make_scan()], partition, [HEALTHY]).classes
    values = {value.index: value for value in found.indices}
    assert "PRI" not in values  # needs 531 nm
    high, low = (0.55 - 0.07) / (0.55 + 0.07), (0.45 - 0.03) / (0.45 + 0.03)
    assert values["NDVI"].mean == pytest.approx((high + low) / 2, abs=1e-6)
    assert values["NDVI"].sd == pytest.approx(abs(high - low) / 2, abs=1e-6)
    assert values["NDVI"].pixels == 40


def test_bad_bands_are_left_out(partition) -> None:
    found = last([make_scan(bad_bands=(1,))], partition, [SICK, HEALTHY])
    assert np.isnan(found.classes[0].mean[1])
    assert all(1 not in range(part.first, part.last + 1) for part in ranges_between(found)[:1])


def test_big_classes_are_sampled_alike_with_the_same_seed(partition) -> None:
    fine = np.full((400, 50), 2, np.uint16)
    values = np.random.default_rng(1).random((3, 400, 50)).astype(np.float32)
    scan = LabelledScan("big", HyperCube(values, "big"), fine)
    first, again = (last([scan], partition, [2], pixels=1000).classes[0] for _ in range(2))
    assert first.used == 1000
    np.testing.assert_array_equal(first.mean, again.mean)
    other = last([scan], partition, [2], pixels=1000, seed=1).classes[0]
    assert not np.array_equal(first.mean, other.mean)
    np.testing.assert_allclose(first.mean, 0.5, atol=0.05)
    text = " ".join(describe(last([scan], partition, [2], pixels=1000), partition))
    assert "from 1\u2009000 of 20\u2009000 pixels" in text


def test_rare_classes_are_used_whole_beside_big_ones(partition) -> None:
    fine = np.full((400, 50), 2, np.uint16)
    fine[399, 7:10] = 3
    scan = LabelledScan("big", HyperCube(np.ones((3, 400, 50), np.float32), "big"), fine)
    big, rare = last([scan], partition, [2, 3], pixels=500).classes
    assert (big.used, rare.used) == (500, 3)


def test_pixels_without_data_are_not_used(partition) -> None:
    scan = make_scan()
    scan.cube.data[:, 4, 4] = np.nan
    (found,) = last([scan], partition, [SICK]).classes
    assert (found.used, found.places.pixels) == (7, 8)


def test_scans_with_other_bands_are_told(partition) -> None:
    other = make_scan("other", wavelengths=WAVELENGTHS + 5)
    found = last([make_scan(), other], partition, [SICK])
    assert found.left_out == ("other",)
    assert found.classes[0].used == 8
    assert found.classes[0].places.pixels == 16
    assert "other bands are left out: other." in describe(found, partition)[-1]


def test_a_class_without_pixels_is_said_to_have_none() -> None:
    empty = Partition.fine(4)
    found = last([make_scan()], empty, [4])
    assert describe(found, empty) == ("cluster 4 has no pixels in the open scans.",)
    both = last([make_scan()], empty, [2, 4])
    assert compare(both, empty) == ("cluster 4 has no pixels with data in the open scans.",)


def test_stop_is_heard(partition) -> None:
    source = CancelSource()
    source.cancel()
    with pytest.raises(InterruptedError):
        list(explain_classes([make_scan()], partition, [SICK], token=source.token))


# ------------------------------------------------------------------------ places


def test_places_are_counted_along_sides(partition) -> None:
    scan = make_scan()
    named = partition.rename(CLOTH, "background")
    healthy, sick, cloth = places_of([("leaf", scan.fine)], named, [HEALTHY, SICK, CLOTH])
    assert (healthy.pixels, sick.pixels, healthy.labelled) == (40, 8, 120)
    # The rim of a leaf of 6 x 8 is 24 pixels; the lesion lies inside.
    assert healthy.at_background == pytest.approx(24 / 40)
    assert sick.at_background == 0
    assert cloth.at_background is None
    assert sick.neighbours == ((HEALTHY, 1.0),)
    # 28 sides to the cloth, 12 to the lesion.
    assert healthy.neighbours == ((CLOTH, pytest.approx(0.7)), (SICK, pytest.approx(0.3)))


def test_without_a_background_nothing_is_said_about_it(partition) -> None:
    (healthy,) = places_of([("leaf", make_scan().fine)], partition, [HEALTHY])
    assert healthy.at_background is None


# -------------------------------------------------------------------- separation


def test_d_is_the_difference_over_the_mean_spread() -> None:
    mean, other = np.array([3.0, 1, 1, 2, np.nan]), np.array([1.0, 1, 1, 1, 1])
    sd, other_sd = np.array([1.0, 1, 0, 0, 1]), np.array([np.sqrt(7), 1, 0, 0, 1])
    found = cohens_d(mean, sd, other, other_sd)
    np.testing.assert_array_equal(found[:4], [1.0, 0.0, 0.0, np.inf])
    assert np.isnan(found[4])


def test_ranges_join_bands_of_one_sign_across_bad_ones() -> None:
    d = np.array([0.1, 3.0, np.nan, 2.5, 0.5, -2.8, -1.0])
    difference = np.array([0.0, 0.3, np.nan, 0.1, 0.0, -0.2, -0.1])
    best, second = separating_ranges(d, difference, None)
    assert (best.first, best.last, best.best, best.d) == (1, 3, 1, 3.0)
    assert best.difference == pytest.approx(0.2)
    assert (second.first, second.last, second.d) == (5, 5, -2.8)
    assert second.low is None
    assert separating_ranges(d / 100, difference, None) == ()


def test_a_weaker_range_elsewhere_is_told_too() -> None:
    d = np.array([0.0, 1.0, 1.5, 0.9, 0.3, 4.0, 5.0, 2.0])
    best, second = separating_ranges(d, d, None)
    # Of each range what reaches 60 % of its best band.
    assert (best.first, best.last, best.d) == (5, 6, 5.0)
    assert (second.first, second.last, second.d) == (1, 3, 1.5)


def test_noise_of_single_bands_breaks_no_range() -> None:
    d = np.where((np.arange(100) >= 40) & (np.arange(100) < 70), 3.0, 0.0)
    d[[50, 60]], d[[10, 80]] = 0.1, 4.0
    (part,) = separating_ranges(d, d, None)
    assert (part.first, part.last) == (40, 69)


def test_ranges_follow_wavelengths_also_where_bands_descend() -> None:
    d = np.array([0.0, 2.0, 2.0, 0.0])
    (part,) = separating_ranges(d, d, np.array([900.0, 700, 690, 400]))
    assert (part.low, part.high) == (690, 700)
    assert (part.first, part.last) == (1, 2)


def test_indices_that_few_pixels_have_separate_nothing() -> None:
    first = [IndexValue("A", 100, 1, 1), IndexValue("B", 1, 5, 0)]
    second = [IndexValue("A", 100, 2, 1), IndexValue("B", 100, 2, 1)]
    assert separating_indices(first, second) == (("A", -1.0),)


def test_indices_are_ranked_by_d() -> None:
    first = [IndexValue("A", 9, 1, 1), IndexValue("B", 9, 5, 1), IndexValue("C", 0, np.nan, np.nan)]
    second = [IndexValue("A", 9, 2, 1), IndexValue("B", 9, 2, 1), IndexValue("C", 9, 1, 1)]
    assert separating_indices(first, second) == (("B", 3.0), ("A", -1.0))


@pytest.mark.parametrize(
    ("nm", "name"),
    [(450, "blue"), (690, "red edge"), (800, "near infrared"), (970, "near infrared"),
     (1600, "short-wave infrared"), (350, "ultraviolet")],
)  # fmt: skip
def test_regions_have_names(nm, name) -> None:
    assert region_of(nm) == name


def test_regions_of_a_range() -> None:
    assert regions_of(660, 690) == "red to red edge"
    assert regions_of(690, 700) == "red edge"
    assert regions_of(950, 990) == "water at 970 nm"
    assert regions_of(1000, 720) == "red edge to near infrared"


# --------------------------------------------------------------------- sentences


def test_two_classes_are_compared_in_sentences(partition) -> None:
    found = last([make_scan()], partition, [SICK, HEALTHY])
    lines = compare(found, partition)
    # 0.10 of difference over a spread of 0.02 is d = 5 in red and red edge.
    assert lines[0] == "What tells lesion from healthy tissue:"
    assert lines[1] == "670–690 nm (red to red edge): lesion is brighter by 0.1, d = 5.0."
    assert any("100 % of the border of lesion is with healthy tissue" in line for line in lines)
    assert any(line.startswith("Indices that separate them best: ") for line in lines)
    assert lines[-1] == "Mean ± SD from 8 pixels of lesion and 40 pixels of healthy tissue."
    best = indices_between(found)[0]
    assert abs(best[1]) > 2


def test_halves_of_one_leaf_are_not_told_apart() -> None:
    scan = make_scan()
    scan.fine[2:8, 2:6], scan.fine[2:8, 6:10] = HEALTHY, SICK
    halves = Partition.fine(3)
    found = last([scan], halves, [HEALTHY, SICK])
    assert ranges_between(found) == ()
    lines = compare(found, halves)
    assert (
        lines[0]
        == "No band tells cluster 2 from cluster 3: their pixels differ by less than 0.2 SD."
    )
    assert lines[1].startswith("No index separates them well; best ")


def test_one_class_is_described_in_sentences(partition) -> None:
    named = partition.rename(CLOTH, "background")
    near = [Candidate(HEALTHY, 4.04, 2, 1, 3), Candidate(CLOTH, 30, 9, 0, 30)]
    lines = describe(last([make_scan()], named, [SICK]), named, near)
    assert lines == (
        "lesion: 8 pixels, 6.7 % of all. By scan: leaf 8 (6.7 %).",
        "0 % of them touch the background.",
        "Its border is with healthy tissue (100 %).",
        "Most like it, by angle of the spectra: healthy tissue (4.0°), background (30.0°).",
        "Mean ± SD from 8 pixels.",
    )


def test_the_background_is_asked_for(partition) -> None:
    found = last([make_scan()], partition, [SICK])
    assert any(line.startswith("Name the background") for line in describe(found, partition))
    named = partition.rename(CLOTH, "background")
    cloth = last([make_scan()], named, [CLOTH])
    assert not any("touch" in line or "Name" in line for line in describe(cloth, named))


def test_bands_are_numbered_without_wavelengths(partition) -> None:
    scan = make_scan()
    plain = LabelledScan("plain", HyperCube(scan.cube.data, "plain"), scan.fine)
    lines = compare(last([plain], partition, [SICK, HEALTHY]), partition)
    assert lines[1].startswith("Bands 3–4: lesion is brighter by 0.1")
    assert not any("Indices" in line for line in lines)
