"""Comparing contenders: figures, colours, what is left out, and stopping."""

import gc
import weakref
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.events import Notice
from napari_dgc.comparison import (
    ComparisonFinished,
    ContenderFailed,
    LabelMaps,
    MapReady,
    NewModel,
    SavedModel,
    ScanCompared,
    compare,
    told_apart,
)
from napari_dgc.comparison.contingency import MOST_LABELS
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.evaluation import Scan, evaluate
from napari_dgc.partition.palette import OKABE_ITO, cluster_colour

SHAPE = (12, 15)


def cube(name, seed=0):
    """A scan of three materials in bars."""
    random = np.random.default_rng(seed)
    spectra = np.array([[0.1, 0.1, 0.2, 0.1], [0.2, 0.6, 0.3, 0.8], [0.6, 0.5, 0.4, 0.3]])
    bars = np.arange(SHAPE[0] * SHAPE[1]).reshape(SHAPE) % SHAPE[1] // 5
    data = spectra[bars].transpose(2, 0, 1) + random.normal(0, 0.01, (4, *SHAPE))
    return HyperCube(data.astype(np.float32), name, np.array([450.0, 550, 650, 800]), "nm")


def random_maps(seed, labels, scans=2, no_data=True):
    random = np.random.default_rng(seed)
    return [random.integers(0 if no_data else 1, labels + 1, SHAPE) for _ in range(scans)]


def given(name, maps, classes=()):
    return LabelMaps(name, lambda scan: LabelImage.build(name, maps[scan], classes))


def finished(events):
    *_, last = events
    assert isinstance(last, ComparisonFinished)
    return last


def result(*arguments, **options):
    found = finished(compare(*arguments, **options))
    assert not found.stopped
    return found.comparison


def pairs_of(maps, other):
    """Labels of the pixels that both maps label, of all scans one after the other."""
    both = [(a > 0) & (b > 0) for a, b in zip(maps, other, strict=True)]
    return tuple(
        np.concatenate([m[where] for m, where in zip(found, both, strict=True)])
        for found in (maps, other)
    )


SCANS = [cube("one", 1), cube("two", 2)]


def test_agreement_is_that_of_scikit_learn_pooled_and_by_scan():
    maps = {name: random_maps(seed, 3 + seed) for seed, name in enumerate("abc")}
    # two that are somewhat alike
    maps["d"] = [np.where(m % 4 == 1, 2, m) for m in maps["c"]]
    found = result(SCANS, [given(name, held) for name, held in maps.items()])
    assert found.contenders == tuple("abcd")
    for one, other in combinations("abcd", 2):
        first, second = pairs_of(maps[one], maps[other])
        pooled = found.pairs[one, other]
        assert pooled.pixels == len(first)
        assert pooled.ari == pytest.approx(adjusted_rand_score(first, second))
        assert pooled.nmi == pytest.approx(normalized_mutual_info_score(first, second))
        for scan, row in enumerate(found.scans):
            first, second = pairs_of([maps[one][scan]], [maps[other][scan]])
            assert row.pairs[one, other].ari == pytest.approx(adjusted_rand_score(first, second))
    matrix = found.matrix("ari")
    assert np.array_equal(matrix, matrix.T)
    assert np.all(np.diag(matrix) == 1)
    assert matrix[2, 3] == found.pairs["c", "d"].ari


def test_scores_with_truth_are_those_of_evaluate():
    truth, own = random_maps(5, 3), random_maps(6, 5)
    own = [np.where(t == 2, 4, m) for t, m in zip(truth, own, strict=True)]
    names = {1: "background", 2: "lesion", 3: "vein"}
    true = [
        LabelImage.build(scan.name, held, [LabelClass(*item) for item in names.items()])
        for scan, held in zip(SCANS, truth, strict=True)
    ]
    found = result(SCANS, [given("own", own)], truth=lambda scan: true[scan])
    report = evaluate(
        [Scan(s.name, t, m) for s, t, m in zip(SCANS, truth, own, strict=True)], names
    )
    score = found.truth["own"]
    assert score.overall_accuracy == pytest.approx(report.pooled.hungarian.overall_accuracy)
    assert score.mean_iou == pytest.approx(report.pooled.hungarian.mean_iou)
    assert score.agreement.ari == pytest.approx(report.pooled.ari)
    assert score.agreement.nmi == pytest.approx(report.pooled.nmi)
    assert found.scans[1].truth["own"].ari == pytest.approx(report.scans[1].ari)
    assert [info.name for info in found.truth_classes] == list(names.values())


def test_clusters_take_the_colour_of_those_they_overlap_most_with():
    first = [np.repeat([1, 2, 3], 5)[None].repeat(12, 0)] * 2
    # other numbers for the same, and a fourth cluster within the third
    other = [np.choose(m - 1, (7, 5, 2)) for m in first]
    other[0] = other[0].copy()
    other[0][:2, 10:] = 9
    found = result(SCANS, [given("first", first), given("other", other)])
    colours = {c.number: c.shown_colour for c in found.classes["other"]}
    assert [colours[7], colours[5], colours[2]] == [cluster_colour(n) for n in (1, 2, 3)]
    # left over: a colour of the palette that stands for nothing else
    assert colours[9] == OKABE_ITO[3]


def test_the_reference_keeps_the_colours_and_names_it_has():
    first, other = random_maps(1, 2, no_data=False), random_maps(1, 2, no_data=False)
    classes = [LabelClass(1, "lesion", "#123456"), LabelClass(2, "leaf", "#abcdef")]
    found = result(SCANS, [given("named", first, classes), given("plain", other)])
    assert found.classes["named"] == tuple(classes)
    assert [c.shown_colour for c in found.classes["plain"]] == ["#123456", "#abcdef"]


def test_classes_of_one_name_are_one_on_all_scans():
    """Files of outlines count their classes each for itself."""
    images = [
        LabelImage.build("one", np.full(SHAPE, 1), [LabelClass(1, "leaf")]),
        LabelImage.build(
            "two", np.full(SHAPE, 2), [LabelClass(1, "lesion"), LabelClass(2, "leaf")]
        ),
    ]
    found = result(
        SCANS, [LabelMaps("outlines", images.__getitem__), given("b", random_maps(1, 3))]
    )
    assert [info.name for info in found.classes["outlines"]] == ["leaf"]


def test_methods_are_trained_and_saved_models_loaded(tmp_path):
    model = NewModel("kept", "kmeans", 3, 2, seed=4).estimator().fit(SCANS)
    model.save(tmp_path / "model")
    new = NewModel("new", "kmeans", 3, 2, seed=4)
    events = list(compare(SCANS, [new, SavedModel("kept", tmp_path / "model")]))
    maps = {(e.contender, e.scan): e.labels for e in events if isinstance(e, MapReady)}
    assert np.array_equal(maps["new", 1], model.predict(SCANS[1]))
    assert finished(events).comparison.pairs["new", "kept"].ari == 1


def test_one_that_fails_is_left_out_and_told():
    broken = SavedModel("broken", Path("/nowhere/at/all"))
    small = LabelMaps("small", lambda scan: LabelImage.build("x", np.ones((3, 3), int)))
    pair = [given("a", random_maps(1, 3)), given("b", random_maps(2, 3))]
    events = list(compare(SCANS, [pair[0], broken, small, pair[1]]))
    told = {e.contender: e.message for e in events if isinstance(e, ContenderFailed)}
    assert "no model" in told["broken"]
    assert "3 x 3" in told["small"]
    assert "12 x 15" in told["small"]
    assert finished(events).comparison.contenders == ("a", "b")


def test_one_that_fails_later_takes_its_figures_with_it():
    maps = random_maps(3, 3)
    calls = []

    def worn(scan):
        calls.append(scan)
        if len(calls) > 3:  # looked at twice, then labelled
            raise UserError("The disk is gone.")
        return LabelImage.build("x", maps[scan])

    others = [given("a", random_maps(1, 3)), given("b", random_maps(2, 3))]
    events = list(compare(SCANS, [LabelMaps("worn", worn), *others]))
    assert [e.message for e in events if isinstance(e, ContenderFailed)] == ["The disk is gone."]
    found = finished(events).comparison
    assert found.contenders == ("a", "b")
    assert [set(scan.pairs) for scan in found.scans] == [{("a", "b")}] * 2


@pytest.mark.parametrize(
    ("contenders", "said"),
    [
        ([], "too little"),
        ([given("a", random_maps(1, 3))], "too little"),
        ([given("a", random_maps(1, 3)), given("a", random_maps(2, 3))], "called a"),
        (
            [given("a", random_maps(1, 3)), SavedModel("b", Path("/no"))],
            "Too little is left",
        ),
    ],
)
def test_too_little_to_compare_is_said(contenders, said):
    with pytest.raises(UserError, match=said):
        list(compare(SCANS, contenders))


def test_maps_of_objects_are_refused():
    many = [np.arange(1, 181).reshape(SHAPE)] * 2
    large = [HyperCube(np.zeros((1, 40, 40), np.float32), "large")]
    objects = np.arange(1600).reshape(40, 40)
    assert objects.max() > MOST_LABELS
    with pytest.raises(UserError, match="1,599 different labels"):
        pair = [given("a", [objects]), given("b", [objects])]
        list(compare(large, pair[:1], truth=lambda scan: LabelImage.build("t", objects)))
    assert result(SCANS, [given("a", many), given("b", many)]).pairs["a", "b"].ari == 1


def test_scans_without_truth_are_told_and_only_the_others_scored():
    own, truth = random_maps(1, 3), random_maps(2, 2)
    true = LabelImage.build("two", truth[1])
    pair = [given("a", own), given("b", own)]
    events = list(compare(SCANS, pair, truth=lambda scan: true if scan else None))
    assert Notice("without truth: one") in events
    found = finished(events).comparison
    assert not found.scans[0].truth
    assert found.truth["a"].agreement == found.scans[1].truth["a"]


def test_stop_keeps_the_scans_compared_so_far():
    source = CancelSource()
    pair = [given("a", random_maps(1, 3)), given("b", random_maps(2, 3))]
    events = []
    for event in compare(SCANS, pair, token=source.token):
        events.append(event)
        if isinstance(event, ScanCompared):
            source.cancel()
    last = finished(events)
    assert last.stopped
    assert [scan.name for scan in last.comparison.scans] == ["one"]


def test_stop_in_training_leaves_nothing():
    source = CancelSource()
    source.cancel()
    last = finished(
        compare(SCANS, [NewModel(n, n, 3, 2) for n in ("kmeans", "gmm")], token=source.token)
    )
    assert last.stopped
    assert last.comparison is None


def test_maps_are_let_go_scan_by_scan():
    scans = [cube(str(number)) for number in range(6)]
    alive = []

    def fresh(scan):
        image = LabelImage.build("x", np.random.default_rng(scan).integers(1, 4, SHAPE))
        alive.append(weakref.ref(image.labels))
        return image

    most = 0
    for event in compare(scans, [LabelMaps("a", fresh), LabelMaps("b", fresh)]):
        if isinstance(event, ScanCompared):
            del event
            gc.collect()
            most = max(most, sum(held() is not None for held in alive))
    assert most <= 4


def test_names_are_told_apart():
    assert told_apart(["leaf", "Leaf", "leaf-2", "stem"]) == ["leaf", "Leaf-2", "leaf-2-2", "stem"]
