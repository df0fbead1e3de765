"""Mappings of predicted labels to classes of the truth."""

import numpy as np

from napari_dgc.evaluation.matching import (
    UNMATCHED,
    apply_mapping,
    best_single,
    hungarian,
    majority,
    pair_table,
)


def test_pairs_are_counted_and_unlabelled_pixels_left_out() -> None:
    truth = np.array([[1, 1, 0], [3, 3, 3]], np.uint8)
    predicted = np.array([[5, 0, 5], [9, 9, 5]], np.uint16)
    table = pair_table(truth, predicted, [1, 3], [5, 9])
    assert table.tolist() == [[1, 1, 0], [0, 1, 2]]


def test_three_labels_in_a_cycle_are_matched_one_to_one() -> None:
    # 1 is called 2, 2 is called 3, 3 is called 1: a matrix transposed by mistake
    # would turn the cycle the other way round.
    table = np.array([[0, 0, 9, 0], [0, 0, 0, 8], [0, 7, 0, 0]])
    mapping = hungarian(table)
    assert mapping.tolist() == [UNMATCHED, 2, 0, 1]
    assert np.trace(apply_mapping(table, mapping)) == 24


def test_more_labels_than_classes_leave_the_rest_unmatched() -> None:
    table = np.array([[0, 5, 4, 0], [0, 0, 1, 6]])
    assert hungarian(table).tolist() == [UNMATCHED, 0, UNMATCHED, 1]
    confusion = apply_mapping(table, hungarian(table))
    assert confusion.tolist() == [[5, 0, 4], [0, 6, 1]]


def test_fewer_labels_than_classes_leave_classes_without_label() -> None:
    table = np.array([[0, 5], [0, 9], [0, 1]])
    assert hungarian(table).tolist() == [UNMATCHED, 1]
    assert apply_mapping(table, hungarian(table)).sum(axis=0).tolist() == [0, 15, 0, 0]


def test_majority_gives_several_labels_to_one_class() -> None:
    table = np.array([[2, 5, 4, 0, 0], [0, 1, 3, 6, 0]])
    assert majority(table).tolist() == [UNMATCHED, 0, 0, 1, UNMATCHED]


def test_pixels_without_data_are_never_right() -> None:
    table = np.array([[7, 3]])
    for mapping in (majority(table), hungarian(table)):
        assert apply_mapping(table, mapping).tolist() == [[3, 7]]


def test_best_single_label_weighs_what_it_takes_in_wrongly() -> None:
    # Label 1 covers more of the class but drags half of the rest along.
    table = np.array([[0, 100, 0, 900], [0, 60, 40, 0]])
    assert best_single(table, 1) == 2
    assert best_single(np.array([[0, 4], [3, 0]]), 1) is None
