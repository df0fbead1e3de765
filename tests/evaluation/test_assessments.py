"""Assessments: mappings by hand, borders, intervals, and what is written."""

import csv
import io
import json
import math
from html.parser import HTMLParser

import numpy as np
import pytest

from napari_dgc.cancel import CancelSource
from napari_dgc.errors import UserError
from napari_dgc.evaluation.assess import (
    BY_HAND,
    HUNGARIAN,
    NAMES,
    Assessed,
    Assessing,
    AssessSetup,
    assess,
)
from napari_dgc.evaluation.assessment_tables import (
    assessment_json,
    assessment_table,
    assessment_text,
)
from napari_dgc.evaluation.boundary import boundary_counts, boundary_f1
from napari_dgc.evaluation.by_hand import read_mapping
from napari_dgc.evaluation.intervals import IntervalSetup
from napari_dgc.evaluation.page import write_page
from napari_dgc.evaluation.report import Scan
from napari_dgc.measure.tables import table_text

CLASSES = {1: "background", 2: "leaf", 3: "lesion"}
TRUTH = np.repeat(np.array([[1, 1, 2, 2, 3, 3]], np.uint8), 4, axis=0)
FOUND = np.repeat(np.array([[1, 2, 5, 5, 7, 9]], np.uint16), 4, axis=0)
NO_INTERVALS = IntervalSetup(resamples=0)


def assessed(scans, setup=None, names=CLASSES, **rest):
    setup = setup or AssessSetup(intervals=NO_INTERVALS)
    *_, last = assess(scans, names, setup, **rest)
    assert isinstance(last, Assessed)
    return last.assessment


def by_hand(mapping, **rest):
    return AssessSetup(BY_HAND, mapping, intervals=NO_INTERVALS, **rest)


def test_a_mapping_by_hand_is_one_for_all_scans():
    scans = [Scan("a", TRUTH, FOUND), Scan("b", TRUTH[:, ::-1], FOUND)]
    found = assessed(scans, by_hand({"Background": [1, 2], "leaf": [5], "3": [7, 9]}))
    assert found.mapping == {1: 1, 2: 1, 5: 2, 7: 3, 9: 3}
    assert found.notes == ()
    assert found.scans[0].figures["overall_accuracy"] == 1.0
    assert found.scans[1].figures["overall_accuracy"] == pytest.approx(1 / 3)
    assert found.pooled.figures["overall_accuracy"] == pytest.approx(2 / 3)


def test_clusters_without_a_class_are_said_and_count_as_wrong():
    given = {"background": [1, 2], "leaf": [5, 40]}
    found = assessed([Scan("a", TRUTH, FOUND)], by_hand(given))
    assert found.mapping[7] is None and found.mapping[9] is None
    clusters, absent = found.notes
    assert clusters.startswith("Clusters 7 and 9 stand for no class of the truth; 33.3 % of the")
    assert absent == "In no map, though in the mapping: 40."
    assert found.pooled.figures["overall_accuracy"] == pytest.approx(2 / 3)
    assert found.pooled.confusion[2].tolist() == [0, 0, 0, 8]


def test_a_known_class_that_no_pixel_has_can_be_given_clusters():
    halo = CLASSES | {4: "halo"}
    found = assessed([Scan("a", TRUTH, FOUND)], by_hand({"halo": [9], "lesion": [7]}), halo)
    assert found.class_names[4] == "halo"
    assert found.pooled.classes[3]["iou"] == 0.0
    assert math.isnan(found.pooled.classes[3]["recall"])


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"lesoin": [7]}, "names “lesoin”, which the truth does not have .it has background, leaf"),
        ({"leaf": [7], "lesion": [5, 7]}, "gives cluster 7 to “leaf” and to “lesion”"),
        ({"0": [7]}, "which the truth does not have"),
    ],
)
def test_mappings_that_do_not_fit_are_refused(mapping, said):
    with pytest.raises(UserError, match=said):
        assessed([Scan("a", TRUTH, FOUND)], by_hand(mapping))


def test_mappings_are_read_from_text_and_from_files(tmp_path):
    expected = {"background": (1, 2), "lesion": (7,)}
    assert read_mapping('{"background": [1, 2], "lesion": 7}') == expected
    path = tmp_path / "mapping.json"
    path.write_text('\ufeff{"background": [1, 2], "lesion": [7]}', encoding="utf-8")
    assert read_mapping(f"@{path}") == expected


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", "{", "{'a': [1]}", '{"a": ["x"]}', '{"a": [0]}', '{"a": [true]}',
     '{"a": [1.5]}', '{"a": [70000]}', '{"a": [1], "a": [2]}', "@/no/such/file", "[" * 100000],
)  # fmt: skip
def test_what_is_no_mapping_is_refused_in_one_sentence(text):
    with pytest.raises(UserError, match="The mapping") as refused:
        read_mapping(text)
    assert "\n" not in str(refused.value)


def test_classes_of_the_same_names_are_matched_by_them():
    names = {1: "Background", 2: "", 5: "leaf", 7: "lesion", 9: "Lesion"}
    setup = AssessSetup(NAMES, intervals=NO_INTERVALS)
    found = assessed([Scan("a", TRUTH, FOUND)], setup, label_names=names)
    assert found.mapping == {1: 1, 2: None, 5: 2, 7: 3, 9: 3}
    with pytest.raises(UserError, match="No predicted class has the name"):
        assessed([Scan("a", TRUTH, FOUND)], setup, label_names={1: "x"})
    # Whatever has none of the names belongs to the class that stands for the rest.
    rest = AssessSetup(NAMES, rest=1, intervals=NO_INTERVALS)
    found = assessed([Scan("a", TRUTH, FOUND)], rest, label_names={7: "lesion", 9: "lesion"})
    assert found.mapping == {1: 1, 2: 1, 5: 1, 7: 3, 9: 3}


def test_more_classes_than_clusters_leave_classes_without_any():
    found = np.where(TRUTH == 3, 2, 1).astype(np.uint16)
    setup = AssessSetup(HUNGARIAN, intervals=NO_INTERVALS)
    result = assessed([Scan("a", TRUTH, found)], setup)
    assert sorted(c for c in result.mapping.values() if c) in ([1, 3], [2, 3])
    assert result.pooled.figures["overall_accuracy"] == pytest.approx(2 / 3)


def test_border_that_is_moved_by_one_pixel():
    truth = np.zeros((10, 10), int)
    truth[:, 5:] = 1
    moved = np.zeros((10, 10), int)
    moved[:, 6:] = 1
    # The border is two pixels wide, one of each class: moved by one, each lies one away.
    assert boundary_f1(boundary_counts(truth, moved, 2, 1)[0]).tolist() == [1.0, 1.0]
    assert boundary_f1(boundary_counts(truth, moved, 2, 0)[0]).tolist() == [0.0, 0.0]
    truth[:, :6] = -1  # nobody knows what lies left of it
    assert np.isnan(boundary_f1(boundary_counts(truth, truth, 2, 1)[0])).all()


def test_a_border_that_is_not_found_is_missed_and_one_nobody_knows_is_not_judged():
    plain = np.zeros((6, 6), int)
    spot = plain.copy()
    spot[2:4, 2:4] = 1
    assert boundary_f1(boundary_counts(spot, plain, 3, 2)[0])[:2].tolist() == [0.0, 0.0]
    # Fields of a truth that lie apart have no border that is known.
    assert np.isnan(boundary_f1(boundary_counts(plain, spot, 3, 2)[0])).all()


def scans_of(count, size=48):
    random = np.random.default_rng(5)
    made = []
    for place in range(count):
        truth = random.integers(1, 4, (size // 8, size // 8)).repeat(8, 0).repeat(8, 1)
        found = np.where(random.random(truth.shape) < 0.1 + 0.05 * place, 1, truth)
        made.append(Scan(f"scan {place}", truth.astype(np.uint8), found.astype(np.uint16)))
    return made


@pytest.mark.parametrize(("count", "unit"), [(2, "blocks"), (6, "scans")])
def test_intervals_hold_the_figure_and_are_the_same_for_the_same_seed(count, unit):
    setup = AssessSetup(intervals=IntervalSetup(resamples=100, seed=3))
    first, again = (assessed(scans_of(count), setup) for _ in range(2))
    intervals = first.intervals
    assert intervals.unit == unit
    assert bool(intervals.block) == (unit == "blocks")
    assert intervals == again.intervals
    for key in ("overall_accuracy", "mean_iou", "ami", "mean_boundary_f1"):
        low, high = intervals.figures[key]
        assert low < first.pooled.figures[key] < high
    other = AssessSetup(intervals=IntervalSetup(resamples=100, seed=4))
    assert assessed(scans_of(count), other).intervals.figures != intervals.figures


def test_intervals_of_accuracy_are_as_wide_as_its_spread_between_scans():
    # Scans of the same size: pooled accuracy is the mean of theirs.
    scans = scans_of(12)
    found = assessed(scans, AssessSetup(intervals=IntervalSetup(resamples=2000)))
    single = np.array([scan.figures["overall_accuracy"] for scan in found.scans])
    low, high = found.intervals.figures["overall_accuracy"]
    expected = 2 * 1.96 * single.std() / math.sqrt(len(single))
    assert high - low == pytest.approx(expected, rel=0.1)


def test_blocks_add_up_to_the_scan():
    # Counts of blocks are summed for the figures: those of the whole scan stay the same.
    with_blocks = assessed(scans_of(1), AssessSetup(intervals=IntervalSetup(resamples=20)))
    without = assessed(scans_of(1))
    assert with_blocks.pooled.figures == without.pooled.figures
    assert with_blocks.pooled.classes == without.pooled.classes


def test_it_tells_how_far_it_is_and_stops():
    events = list(assess(scans_of(2), CLASSES))
    fractions = [event.fraction for event in events[:-1]]
    assert all(isinstance(event, Assessing) for event in events[:-1])
    assert fractions == sorted(fractions) and fractions[-1] > 0.9
    source = CancelSource()
    run = assess(scans_of(2), CLASSES, token=source.token)
    next(run)
    source.cancel()
    with pytest.raises(InterruptedError):
        list(run)


def test_scans_without_any_label_are_said():
    scans = [Scan("a", TRUTH, FOUND), Scan("bare", np.zeros_like(TRUTH), FOUND)]
    found = assessed(scans)
    assert found.notes[-1] == "Nothing is labelled in bare."
    assert math.isnan(found.scans[1].figures["mean_iou"])
    assert found.pooled.figures["mean_area_rmse"] == 0.0


def test_json_table_and_text_tell_the_same():
    found = assessed(scans_of(2), AssessSetup(intervals=IntervalSetup(resamples=50)))
    content = json.loads(json.dumps(assessment_json(found), allow_nan=False))
    rows = list(csv.DictReader(io.StringIO(table_text(assessment_table(found)))))
    cell = {(row["scan"], row["class"], row["figure"]): row for row in rows}
    assert len(cell) == len(rows)
    pooled = content["pooled"]
    row = cell["all scans", "lesion", "iou"]
    assert float(row["value"]) == pytest.approx(pooled["classes"]["lesion"]["iou"])
    low, high = pooled["intervals"]["classes"]["lesion"]["iou"]
    assert (float(row["interval_low"]), float(row["interval_high"])) == pytest.approx((low, high))
    assert cell["scan 1", "", "kappa"]["interval_low"] == ""
    assert content["intervals"]["unit"] == "blocks"
    kappa = pooled["figures"]["kappa"]
    assert f"{kappa:.3f} [" in assessment_text(found)


class _Tags(HTMLParser):
    def __init__(self):
        super().__init__()
        self.tags, self.text = [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)

    def handle_data(self, data):
        self.text.append(data)


def test_names_in_the_html_report_are_text(tmp_path):
    evil = "<script>alert(1)</script>"
    scan = Scan(evil, TRUTH, FOUND)
    found = assessed([scan], names={1: evil, 2: "a & b"}, label_names={1: evil})
    path = tmp_path / "report.html"
    write_page(path, found, [("truth", evil)])
    parsed = _Tags()
    parsed.feed(path.read_text(encoding="utf-8"))
    assert "script" not in parsed.tags
    text = " ".join(parsed.text)
    assert text.count("<script>alert(1)</script>") >= 4
    assert "a & b" in text
    assert "svg" in parsed.tags
