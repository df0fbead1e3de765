"""Whole evaluations: one mapping for all scans, readable and as JSON."""

import json
import math

import numpy as np
import pytest

from napari_dgc.errors import UserError
from napari_dgc.evaluation import Scan, evaluate, format_table, to_json

NAMES = {1: "background", 2: "healthy tissue", 3: "halo", 4: "lesion"}


def leaf(lesions: bool) -> np.ndarray:
    truth = np.ones((20, 20), np.uint8)
    truth[4:16, 4:16] = 2
    if lesions:
        truth[6:10, 6:10] = 4
    return truth


#: Fine clusters 10 and 11 share the background, 12 is tissue, 13 lesion.
def clusters_of(truth: np.ndarray) -> np.ndarray:
    fine = np.array([0, 10, 12, 12, 13], np.uint16)[truth]
    fine[:2] = 11
    return fine


def test_a_perfect_clustering_scores_one_everywhere() -> None:
    scans = [Scan(n, leaf(n == "ill"), clusters_of(leaf(n == "ill"))) for n in ("healthy", "ill")]
    report = evaluate(scans, NAMES)
    assert report.majority == {10: 1, 11: 1, 12: 2, 13: 4}
    assert report.pooled.background_tissue_iou == 1.0
    assert report.pooled.lesion_iou == report.pooled.lesion_iou_best_single == 1.0
    assert report.pooled.lesion_area_error == 0.0
    assert report.pooled.majority.overall_accuracy == 1.0
    # Two clusters share the background, so one to one cannot be perfect.
    assert report.pooled.hungarian.overall_accuracy < 1.0
    healthy, ill = report.scans
    assert math.isnan(healthy.lesion_iou)
    assert ill.lesion_iou == 1.0


def test_the_mapping_is_learned_from_all_scans_together() -> None:
    # In the ill scan alone cluster 12 is mostly lesion; over both scans it is tissue.
    truth = leaf(True)
    ill = np.where(truth == 4, 12, 10).astype(np.uint16)
    healthy = np.where(leaf(False) == 2, 12, 10).astype(np.uint16)
    report = evaluate([Scan("ill", truth, ill), Scan("healthy", leaf(False), healthy)], NAMES)
    assert report.majority == {10: 1, 12: 2}
    assert report.scans[0].lesion_iou == 0.0
    assert report.pooled.lesion_area_error == pytest.approx(-100 * 16 / 800)


def test_no_data_is_an_error_and_unlabelled_pixels_do_not_count() -> None:
    truth = leaf(True)
    predicted = clusters_of(truth)
    predicted[6:8, 6:10] = 0
    truth[0] = 0
    pooled = evaluate([Scan("a", truth, predicted)], NAMES).pooled
    assert pooled.labelled_pixels == 380
    assert pooled.lesion_iou == pytest.approx(0.5)
    assert pooled.background_iou == 1.0
    assert pooled.tissue_iou == pytest.approx((144 - 8) / 144)


def test_lesion_predicted_in_a_healthy_scan_scores_zero_there() -> None:
    healthy = leaf(False)
    wrong = clusters_of(healthy)
    wrong[10, 10] = 13
    ill = leaf(True)
    report = evaluate([Scan("healthy", healthy, wrong), Scan("ill", ill, clusters_of(ill))], NAMES)
    assert report.scans[0].lesion_iou == 0.0
    assert report.scans[0].lesion_area_error == pytest.approx(100 / 400)
    assert report.pooled.lesion_iou == pytest.approx(16 / 17)


def test_without_names_there_are_still_general_figures() -> None:
    truth = leaf(True)
    report = evaluate([Scan("a", truth, clusters_of(truth))], {})
    assert math.isnan(report.pooled.background_tissue_iou)
    assert math.isnan(report.pooled.lesion_iou)
    assert math.isnan(report.pooled.lesion_area_error)
    assert report.pooled.ari > 0.7
    assert report.class_names == {1: "class 1", 2: "class 2", 4: "class 4"}


def test_the_table_and_the_json_tell_the_same() -> None:
    truth = leaf(True)
    predicted = clusters_of(truth)
    predicted[6, 6:10] = 12
    report = evaluate([Scan("day5", truth, predicted)], NAMES)
    lines = {
        line.split("  ")[0]: line.split()[-1] for line in format_table(report).splitlines() if line
    }
    content = json.loads(json.dumps(to_json(report), allow_nan=False))
    assert content["pooled"]["lesion_iou"] == 0.75
    assert lines["lesion IoU"] == "0.750"
    assert lines["background/tissue IoU (mean)"] == "1.000"
    assert content["pooled"]["background_tissue_iou"] == 1.0
    assert content["scans"][0]["name"] == "day5"
    assert content["mapping"]["majority"] == {"10": 1, "11": 1, "12": 2, "13": 4}
    assert content["pooled"]["majority"]["classes"]["lesion"]["precision"] == 1.0
    assert content["pooled"]["majority"]["classes"]["lesion"]["recall"] == 0.75


def test_classes_of_one_name_stay_apart_in_json() -> None:
    truth = leaf(True)
    report = evaluate([Scan("a", truth, clusters_of(truth))], {1: "x", 2: "x", 4: "lesion"})
    assert set(to_json(report)["pooled"]["majority"]["classes"]) == {"x (1)", "x (2)", "lesion"}


def test_maps_of_different_size_are_refused() -> None:
    with pytest.raises(UserError, match="day3 differ in size: truth 20 x 20, prediction 20 x 19"):
        evaluate([Scan("day3", leaf(True), clusters_of(leaf(True))[:, 1:])], NAMES)


def test_a_truth_without_labels_is_refused() -> None:
    with pytest.raises(UserError, match="Nothing is labelled"):
        evaluate([Scan("a", np.zeros((4, 4), np.uint8), np.ones((4, 4), np.uint16))], NAMES)
