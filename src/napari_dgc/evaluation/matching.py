"""Which predicted label stands for which class of the truth.

Everything starts from one table of counts: rows are classes of the truth,
columns are predicted labels, column 0 is "no data". Tables of scans add up,
so one mapping for all scans comes from the sum.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

#: In a mapping: this predicted label stands for no class, its pixels are errors.
UNMATCHED = -1


def pair_table(
    truth: NDArray[np.integer],
    predicted: NDArray[np.integer],
    classes: Sequence[int],
    labels: Sequence[int],
) -> NDArray[np.int64]:
    """Count the pixels of every pair of truth class and predicted label.

    Parameters
    ----------
    truth, predicted
        Maps of the same shape. 0 in the truth is "not labelled" and left out;
        0 in the prediction is "no data" and counted in column 0.
    classes
        Labels of the truth, ascending, without 0: the rows.
    labels
        Predicted labels, ascending, without 0: the columns from 1 on.

    Returns
    -------
    ndarray
        (classes, labels + 1) counts.
    """
    labelled = truth > 0
    rows = np.searchsorted(np.asarray(classes), truth[labelled])
    columns = np.searchsorted(np.asarray([0, *labels]), predicted[labelled])
    width = len(labels) + 1
    counts = np.bincount(rows * width + columns, minlength=len(classes) * width)
    return counts.reshape(len(classes), width).astype(np.int64)


def majority(table: NDArray[np.int64]) -> NDArray[np.intp]:
    """Give every predicted label the class that most of its pixels have.

    The best merge of fine clusters into classes that an oracle could do;
    several labels may stand for one class.

    Returns
    -------
    ndarray
        (labels + 1,) row of the class for each column; `UNMATCHED` for
        "no data" and for labels without a labelled pixel.
    """
    mapping: NDArray[np.intp] = np.argmax(table, axis=0)
    mapping[table.sum(axis=0) == 0] = UNMATCHED
    mapping[0] = UNMATCHED
    return mapping


def hungarian(table: NDArray[np.int64]) -> NDArray[np.intp]:
    """Pair predicted labels and classes one to one so that most pixels agree.

    Kuhn's assignment (1955). With more labels than classes the rest stays
    unmatched; with fewer, some classes get no label.

    Returns
    -------
    ndarray
        (labels + 1,) row of the class for each column, or `UNMATCHED`.
    """
    from scipy.optimize import linear_sum_assignment

    mapping = np.full(table.shape[1], UNMATCHED, np.intp)
    rows, columns = linear_sum_assignment(table[:, 1:], maximize=True)
    mapping[columns + 1] = rows
    return mapping


def apply_mapping(table: NDArray[np.int64], mapping: NDArray[np.intp]) -> NDArray[np.int64]:
    """Merge the columns of a pair table into classes.

    Returns
    -------
    ndarray
        (classes, classes + 1) counts: column c is what was mapped to row c,
        the last column what was mapped to no class.
    """
    classes = table.shape[0]
    confusion = np.zeros((classes, classes + 1), np.int64)
    # UNMATCHED is -1, which is the last column.
    np.add.at(confusion.T, mapping, table.T)
    return confusion


def best_single(table: NDArray[np.int64], row: int) -> int | None:
    """Return the column whose label alone has the highest IoU with a class, or None."""
    hits = table[row, 1:]
    if not hits.any():
        return None
    union = table[row].sum() + table[:, 1:].sum(axis=0) - hits
    return int(np.argmax(hits / union)) + 1
