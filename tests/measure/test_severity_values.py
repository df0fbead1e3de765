"""Severity: diseased leaf area over leaf area."""

import numpy as np

from napari_dgc.measure import severity, severity_from_counts
from napari_dgc.partition import Partition


def named() -> Partition:
    partition = Partition.fine(6).merge([4, 5])
    for number, name in ((1, "background"), (2, "healthy tissue"), (3, "halo"), (4, "Lesion")):
        partition = partition.rename(number, name)
    return partition


def test_severity_is_lesion_over_leaf() -> None:
    fine = np.repeat(np.arange(7, dtype=np.uint16), [5, 100, 60, 20, 15, 5, 7])[None]
    found = severity(named().apply(fine), named())
    assert (found.leaf_pixels, found.lesion_pixels) == (100, 20)
    assert found.percent == 20.0
    assert str(found) == "20.00 % (20 of 100 leaf pixels)"


def test_necrosis_counts_as_diseased_and_unnamed_classes_as_nothing() -> None:
    fine = np.array([[2, 2, 2, 6]], np.uint16)
    assert severity(fine, named()).percent == 0.0
    assert severity(fine, named().rename(6, "necrosis")).percent == 25.0


def test_without_leaf_there_is_no_severity() -> None:
    found = severity(np.array([[1, 0]], np.uint16), named())
    assert found.percent is None
    assert "no leaf" in str(found)
    assert severity(np.array([[1, 2]], np.uint16), Partition.fine(6)).percent is None


def test_counts_of_fine_clusters_give_the_same() -> None:
    counts = np.array([100, 60, 20, 15, 5, 7])
    assert severity_from_counts(counts, named()).percent == 20.0
    assert severity_from_counts(counts, Partition.fine(6)).percent is None
