"""1,000 random pairs of maps: every figure equals that of another library, or of plain counting.

Counts of classes and clusters differ, classes are missing from either map, pixels are not
labelled or have no data.
"""

import itertools
import math

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from scipy.stats import entropy
from skimage.metrics import variation_of_information
from skimage.segmentation import find_boundaries
from sklearn import metrics as theirs

from napari_dgc.evaluation.assess import (
    BY_HAND,
    HUNGARIAN,
    MAJORITY,
    Assessed,
    AssessSetup,
    assess,
)
from napari_dgc.evaluation.intervals import IntervalSetup
from napari_dgc.evaluation.report import Scan

PAIRS, AT_ONCE = 1000, 50
#: Stands for no class.
NONE = 999


def random_pair(number):
    """Return truth and prediction: patches, some noise, and up to 5 classes and 7 clusters."""
    random = np.random.default_rng((7, number))
    shape = tuple(random.integers(2, 14, 2))
    classes = random.choice(np.arange(1, 9), random.integers(1, 6), replace=False)
    clusters = random.choice(np.arange(1, 30), random.integers(1, 8), replace=False)
    truth = np.zeros(shape, np.uint8)
    for _ in range(6):
        top, left = random.integers(0, shape[0]), random.integers(0, shape[1])
        truth[top:, left:] = random.choice(classes)
    like = {0: clusters[0], **{c: random.choice(clusters) for c in classes.tolist()}}
    predicted = np.vectorize(like.get, otypes=[np.uint16])(truth)
    noise = random.random(shape) < random.choice([0, 0.1, 0.5, 1.0])
    predicted[noise] = random.choice(clusters, int(noise.sum()))
    truth[random.random(shape) < random.choice([0, 0.2, 0.6])] = 0
    predicted[random.random(shape) < random.choice([0, 0, 0.15])] = 0
    if not truth.any():
        truth[0, 0] = classes[0]
    return truth, predicted


def assessed(scans, setup):
    (result,) = [e.assessment for e in assess(scans, {}, setup) if isinstance(e, Assessed)]
    return result


def by_counting(truth, predicted, classes, clusters, matching):
    """Return the best of all mappings, found by trying them or by voting."""
    if matching == MAJORITY:
        inside = truth > 0
        found = {}
        for cluster in clusters:
            votes = [int(((truth == c) & (predicted == cluster) & inside).sum()) for c in classes]
            found[cluster] = classes[int(np.argmax(votes))] if any(votes) else NONE
        return found
    long, short = (clusters, classes) if len(clusters) >= len(classes) else (classes, clusters)
    hits = {(c, k): int(((truth == c) & (predicted == k)).sum()) for c in classes for k in clusters}
    best, most = {}, -1
    for chosen in itertools.permutations(long, len(short)):
        pairs = zip(short, chosen, strict=True)
        found = {k: c for c, k in pairs} if long is clusters else dict(pairs)
        right = sum(hits[c, k] for k, c in found.items())
        if right > most:
            best, most = found, right
    return dict.fromkeys(clusters, NONE) | best


def border_scores(truth, found, classes, tolerance):
    """Return boundary F1 of each class by distances between all pixels."""
    inside = truth > 0
    scores = []
    borders = [own_borders(labels, inside) for labels in (truth, found)]
    for number in classes:
        true, mine = (
            np.argwhere(border & (labels == number))
            for border, labels in zip(borders, (truth, found), strict=True)
        )
        if not len(true):
            scores.append(math.nan)
        elif not len(mine):
            scores.append(0.0)
        else:
            near = cdist(mine, true) <= tolerance
            precision, recall = near.any(axis=1).mean(), near.any(axis=0).mean()
            both = precision + recall
            scores.append(2 * precision * recall / both if both else 0.0)
    return scores


def own_borders(labels, inside):
    if inside.all():
        return find_boundaries(labels, connectivity=1, mode="thick")
    border = np.zeros(labels.shape, bool)
    for row, column in np.argwhere(inside):
        for down, right in ((1, 0), (-1, 0), (0, 1), (0, -1)):
            near = row + down, column + right
            within = 0 <= near[0] < labels.shape[0] and 0 <= near[1] < labels.shape[1]
            if within and inside[near] and labels[near] != labels[row, column]:
                border[row, column] = True
    return border


def check_pair(number):
    truth, predicted = random_pair(number)
    inside = truth > 0
    true, clusters = truth[inside], predicted[inside]
    classes = np.unique(true).tolist()
    every_cluster = np.unique(predicted[predicted > 0]).tolist()
    matching = (MAJORITY, HUNGARIAN, BY_HAND)[number % 3]
    random = np.random.default_rng((8, number))
    tolerance = float(random.choice([0, 1, 1.5, 2, 3]))
    if matching == BY_HAND:
        mapping = {k: int(random.choice([*classes, NONE])) for k in every_cluster}
        given = {str(c): [k for k in every_cluster if mapping[k] == c] for c in classes}
    else:
        mapping, given = by_counting(truth, predicted, classes, every_cluster, matching), {}
    none = IntervalSetup(resamples=0)
    setup = AssessSetup(matching, given, tolerance=tolerance, intervals=none)
    result = assessed([Scan("a", truth, predicted)], setup)
    mine = {k: NONE if c is None else c for k, c in result.mapping.items()}
    if matching == HUNGARIAN:
        # Several pairings may be as good.
        right = [np.vectorize({0: NONE, **m}.get)(clusters) == true for m in (mine, mapping)]
        assert right[0].sum() == right[1].sum()
        given_classes = [c for c in mine.values() if c != NONE]
        assert len(given_classes) == len(set(given_classes))
    else:
        assert mine == mapping
    table = {0: NONE, **mine}
    found = np.vectorize(table.get)(predicted)
    flat = found[inside]
    same = pytest.approx
    figures = result.pooled.figures
    assert figures["overall_accuracy"] == same(theirs.accuracy_score(true, flat))
    if not (len(classes) == 1 and np.array_equal(true, flat)):
        assert figures["kappa"] == same(theirs.cohen_kappa_score(true, flat), abs=1e-9)
    scores = {
        "iou": theirs.jaccard_score(true, flat, labels=classes, average=None, zero_division=0),
        "f1": theirs.f1_score(true, flat, labels=classes, average=None, zero_division=math.nan),
        "precision": theirs.precision_score(
            true, flat, labels=classes, average=None, zero_division=math.nan
        ),
        "recall": theirs.recall_score(
            true, flat, labels=classes, average=None, zero_division=math.nan
        ),
        "boundary_f1": border_scores(truth, found, classes, tolerance),
    }
    scores["dice"] = scores["f1"]
    assert list(result.class_names) == classes
    for key, expected in scores.items():
        got = [row[key] for row in result.pooled.classes]
        assert got == same(list(expected), nan_ok=True), key
        with np.errstate(all="ignore"):
            mean = np.nan if np.isnan(expected).all() else np.nanmean(expected)
        assert figures[f"mean_{key}"] == same(mean, nan_ok=True), key
    for row, name in zip(result.pooled.classes, classes, strict=True):
        off = abs(int((flat == name).sum()) - int((true == name).sum()))
        assert row["area_rmse_pixels"] == same(off)
        assert row["area_rmse"] == same(100 * off / true.size)
    if true.size < 2:  # scikit-learn calls one pixel agreement
        assert math.isnan(figures["ari"])
    else:
        assert figures["ari"] == same(theirs.adjusted_rand_score(true, clusters), abs=1e-9)
    assert figures["nmi"] == same(theirs.normalized_mutual_info_score(true, clusters), abs=1e-9)
    assert figures["ami"] == same(theirs.adjusted_mutual_info_score(true, clusters), abs=1e-7)
    split, merged = variation_of_information(true, clusters)
    assert (figures["vi_split"], figures["vi_merge"]) == same((split, merged), abs=1e-9)
    assert figures["vi"] == same(split + merged, abs=1e-9)
    for key, values in (("entropy_truth", true), ("entropy_predicted", clusters)):
        counts = np.unique(values, return_counts=True)[1]
        assert figures[key] == same(entropy(counts, base=2), abs=1e-9)
    confusion = result.pooled.confusion
    expected = theirs.confusion_matrix(true, flat, labels=[*classes, NONE])[:-1]
    np.testing.assert_array_equal(confusion, expected)


# scikit-learn warns of maps with one label and of figures that are undefined.
@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("first", range(0, PAIRS, AT_ONCE))
def test_figures_are_those_of_other_libraries(first):
    for number in range(first, first + AT_ONCE):
        check_pair(number)


def test_the_pairs_are_as_hard_as_they_should_be():
    more = fewer = unlabelled = without_data = missing = 0
    for number in range(PAIRS):
        truth, predicted = random_pair(number)
        classes, clusters = set(np.unique(truth)) - {0}, set(np.unique(predicted)) - {0}
        more += len(clusters) > len(classes)
        fewer += len(clusters) < len(classes)
        unlabelled += bool((truth == 0).any())
        without_data += bool((predicted[truth > 0] == 0).any())
        seen = set(np.unique(predicted[truth > 0])) - {0}
        missing += bool(clusters - seen)
    assert min(more, fewer, unlabelled, without_data) > PAIRS // 8
    assert missing > PAIRS // 50


def test_areas_over_scans_are_those_of_scikit_learn():
    for number in range(30):
        random = np.random.default_rng((9, number))
        scans = []
        for place in range(random.integers(2, 9)):
            shape = tuple(random.integers(3, 12, 2))
            truth, found = random.integers(0, 4, shape), random.integers(1, 4, shape)
            truth[0, :3] = 1, 2, 3
            scans.append(Scan(str(place), truth, found))
        given = {str(c): [c] for c in (1, 2, 3)}
        setup = AssessSetup(BY_HAND, given, intervals=IntervalSetup(resamples=0))
        result = assessed(scans, setup)
        for row, name in zip(result.pooled.classes, (1, 2, 3), strict=True):
            true = [int((s.truth == name).sum()) for s in scans]
            found = [int(((s.predicted == name) & (s.truth > 0)).sum()) for s in scans]
            shares = [
                [
                    100 * area / int((s.truth > 0).sum())
                    for area, s in zip(areas, scans, strict=True)
                ]
                for areas in (true, found)
            ]
            assert row["area_rmse_pixels"] == pytest.approx(
                theirs.root_mean_squared_error(true, found)
            )
            assert row["area_rmse"] == pytest.approx(theirs.root_mean_squared_error(*shares))
