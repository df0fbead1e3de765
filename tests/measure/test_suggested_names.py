"""Names suggested from hand-made summaries and from simulated scans."""

from dataclasses import dataclass, replace

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube
from napari_dgc.measure.suggest import (
    suggest_classes,
    suggest_names,
    suggest_partition,
    summary_wavelengths,
)
from napari_dgc.partition import ClusterSummary, Partition, build_tree
from napari_dgc.partition.summary import count_adjacency, count_border

WAVELENGTHS = np.arange(450.0, 951.0, 10.0)


def spectrum(red: float, shoulder: float, plateau: float) -> np.ndarray:
    """A spectrum with these reflectances at 670, 710 and 800 nm."""
    return np.interp(WAVELENGTHS, [670, 710, 800], [red, shoulder, plateau])


CLOTH = spectrum(0.03, 0.035, 0.13)
#: Turns bright in the near infrared a little earlier, so that it has something of a red edge.
DYED = spectrum(0.03, 0.046, 0.107)
CARD = spectrum(0.30, 0.31, 0.33)
TISSUE = spectrum(0.04, 0.20, 0.46)
HALO = spectrum(0.08, 0.29, 0.45)
LESION = spectrum(0.05, 0.11, 0.17)
SHADE = 0.4 * TISSUE
GLARE = TISSUE + 0.25
EDGE = 0.5 * TISSUE + 0.5 * CLOTH


@dataclass
class Scene:
    """A leaf (2) with shade (3), glare (4), rim (5) and a spot (7) in a halo (6), on 1."""

    background: np.ndarray

    def map(self, ill: bool) -> np.ndarray:
        labels = np.ones((40, 40), np.uint16)
        labels[7:33, 7:33] = 5
        labels[8:32, 8:32] = 2
        labels[8:32, 8:12] = 3
        labels[26:30, 26:30] = 4
        if ill:
            labels[14:23, 16:25] = 6
            labels[16:21, 18:23] = 7
        return labels

    def summary(self, *scans: bool) -> ClusterSummary:
        spectra = np.stack([self.background, TISSUE, SHADE, GLARE, EDGE, HALO, LESION])
        parts = []
        for ill in scans:
            labels = self.map(ill)
            counts = np.bincount(labels.ravel(), minlength=8)[None, 1:]
            known = np.where(counts.T > 0, spectra, np.nan)
            parts.append(
                ClusterSummary(
                    counts,
                    known,
                    known[:, ::5],
                    count_adjacency(labels, 7),
                    count_border(labels, 7),
                )
            )
        return ClusterSummary.combine(parts)


def names_of(partition: Partition) -> dict[int, str]:
    return {member: info.name for info in partition.classes for member in info.members}


@pytest.mark.parametrize("background", [CLOTH, DYED, CARD], ids=["cloth", "dyed", "card"])
@pytest.mark.parametrize("scans", [(False, True), (True,), (True, True)])
def test_every_part_of_the_scene_gets_its_name(
    background: np.ndarray, scans: tuple[bool, ...]
) -> None:
    summary = Scene(background).summary(*scans)
    names = names_of(suggest_names(summary, Partition.fine(7), WAVELENGTHS))
    assert names[1] == "background"
    assert names[2] == names[3] == names[4] == "healthy tissue"
    assert names[6] == "halo"
    assert names[7] == "lesion"
    assert names[5] in ("", "healthy tissue")


def test_a_healthy_leaf_gets_no_lesion() -> None:
    summary = Scene(CLOTH).summary(False, False)
    partition = suggest_partition(summary, build_tree(summary), WAVELENGTHS)
    assert not partition.named({"lesion", "halo"})
    assert partition.named({"background"}) == {1}


def test_dark_things_on_the_cloth_are_no_lesions() -> None:
    # Cluster 7 with a lesion's spectrum, but lying on the cloth.
    labels = Scene(CLOTH).map(ill=False)
    labels[2:5, 2:30] = 7
    spectra = np.stack([CLOTH, TISSUE, SHADE, GLARE, EDGE, HALO, LESION])
    spectra[5] = np.nan
    counts = np.bincount(labels.ravel(), minlength=8)[None, 1:]
    summary = ClusterSummary(
        counts, spectra, spectra, count_adjacency(labels, 7), count_border(labels, 7)
    )
    assert names_of(suggest_names(summary, Partition.fine(7), WAVELENGTHS))[7] != "lesion"


def test_same_names_become_one_class_and_the_tree_is_kept() -> None:
    summary = Scene(CLOTH).summary(False, True)
    tree = build_tree(summary)
    partition = suggest_partition(summary, tree, WAVELENGTHS)
    assert partition.tree is tree
    assert partition.class_of(2).members[:3] == (2, 3, 4)
    names = [info.name for info in partition.classes if info.name]
    assert len(names) == len(set(names))


def test_after_edits_by_hand_too_same_names_become_one_class() -> None:
    summary = Scene(CLOTH).summary(False, True)
    partition = Partition.fine(7).merge([2, 3]).rename(7, "Lesion").recolour(2, "#123456")
    named = suggest_classes(summary, partition, WAVELENGTHS)
    assert named.class_of(2).members[:3] == (2, 3, 4)
    assert named.class_of(2).shown_colour == "#123456"
    assert named.class_of(7).name == "Lesion"
    names = [info.name for info in named.classes if info.name]
    assert len(names) == len(set(names))


def test_what_is_suggested_joins_the_class_that_has_the_name() -> None:
    summary = Scene(CLOTH).summary(False, True)
    partition = Partition.fine(7).rename(3, "Healthy tissue").annotate(3, "upper side")
    partition = partition.recolour(3, "#123456").recolour(4, "#654321")
    tissue = suggest_classes(summary, partition, WAVELENGTHS).class_of(3)
    assert tissue.members[:3] == (2, 3, 4)
    assert (tissue.name, tissue.colour, tissue.note) == ("Healthy tissue", "#123456", "upper side")


def test_classes_that_the_user_gave_one_name_stay_apart() -> None:
    summary = Scene(CLOTH).summary(False, True)
    partition = Partition.fine(7)
    for number in range(1, 8):
        partition = partition.rename(number, "background" if number == 1 else "healthy tissue")
    assert suggest_classes(summary, partition, WAVELENGTHS) == partition


def test_classes_are_judged_as_a_whole() -> None:
    summary = Scene(CLOTH).summary(False, True)
    partition = Partition.fine(7).merge([2, 3, 4])
    assert names_of(suggest_names(summary, partition, WAVELENGTHS))[4] == "healthy tissue"


def test_names_that_the_user_gave_stay() -> None:
    summary = Scene(CLOTH).summary(False, True)
    partition = Partition.fine(7).rename(7, "blister blight")
    assert names_of(suggest_names(summary, partition, WAVELENGTHS))[7] == "blister blight"


@pytest.mark.parametrize("wavelengths", [None, np.linspace(400, 600, 51), WAVELENGTHS[:-1]])
def test_without_the_needed_wavelengths_only_the_background_is_named(
    wavelengths: np.ndarray | None,
) -> None:
    summary = Scene(CLOTH).summary(False, True)
    names = names_of(suggest_names(summary, Partition.fine(7), wavelengths))
    assert names[1] == "background"
    assert set(names.values()) == {"background", ""}


def test_bad_bands_and_empty_clusters_do_no_harm() -> None:
    summary = Scene(CLOTH).summary(False, True)
    spectra = summary.spectra.copy()
    spectra[:, ::2] = np.nan
    pixels = np.pad(summary.pixels, ((0, 0), (0, 1)))
    padded = ClusterSummary(
        pixels,
        np.vstack([spectra, np.full((1, spectra.shape[1]), np.nan)]),
        np.pad(summary.features, ((0, 1), (0, 0))),
        np.pad(summary.adjacency, ((0, 1), (0, 1))),
        np.pad(summary.border, (0, 1)),
    )
    names = names_of(suggest_names(padded, Partition.fine(8), WAVELENGTHS))
    assert (names[7], names[8]) == ("lesion", "")


def test_brightness_and_gain_do_not_matter() -> None:
    summary = Scene(CLOTH).summary(False, True)
    counts = replace(summary, spectra=summary.spectra * 4095)
    expected = suggest_names(summary, Partition.fine(7), WAVELENGTHS)
    assert suggest_names(counts, Partition.fine(7), WAVELENGTHS) == expected


def test_wavelengths_of_a_summary_come_from_a_scan() -> None:
    summary = Scene(CLOTH).summary(True)
    cube = HyperCube(np.zeros((53, 2, 2)), "a", np.arange(53.0), "nm", bad_bands=(0, 9))
    found = summary_wavelengths(summary, cube)
    assert found is not None
    assert found.tolist() == [k for k in range(53) if k not in (0, 9)]
    assert summary_wavelengths(summary, HyperCube(np.zeros((53, 2, 2)), "a")) is None
    other = HyperCube(np.zeros((40, 2, 2)), "a", np.arange(40.0), "nm")
    assert summary_wavelengths(summary, other) is None


@pytest.mark.parametrize("seed", [1, 2])
def test_materials_of_simulated_scans_are_recognised_in_every_light(seed: int) -> None:
    from napari_dgc.simulate import CLASS_NAMES, simulate_set

    scans = simulate_set((0, 5), size=(96, 96), bands=61, seed=seed)
    parts = []
    for scan in scans:
        data = np.asarray(scan.cube.data)
        bright = data[-20:].mean(axis=0)
        # Every material in three brightnesses: clusters 1-3 background, 4-6 tissue, ...
        labels = np.zeros(scan.truth.shape, np.uint16)
        for number in CLASS_NAMES:
            here = scan.truth == number
            if here.any():
                limits = np.quantile(bright[here], [1 / 3, 2 / 3])
                labels[here] = 3 * (number - 1) + 1 + np.searchsorted(limits, bright[here])
        counts = np.bincount(labels.ravel(), minlength=13)[1:]
        one_hot = labels.ravel() == np.arange(1, 13)[:, None]
        sums = one_hot.astype(float) @ data.reshape(len(data), -1).T
        spectra = np.full(sums.shape, np.nan)
        np.divide(sums, counts[:, None], out=spectra, where=counts[:, None] > 0)
        parts.append(
            ClusterSummary(
                counts[None],
                spectra,
                spectra,
                count_adjacency(labels, 12),
                count_border(labels, 12),
            )
        )
    names = names_of(
        suggest_names(
            ClusterSummary.combine(parts), Partition.fine(12), scans[0].cube.wavelengths_nm
        )
    )
    assert {names[k] for k in (1, 2, 3)} == {"background"}
    assert {names[k] for k in (4, 5, 6)} == {"healthy tissue"}
    assert names[10] == "lesion"
    assert all(names[k] != "lesion" for k in range(1, 7))
