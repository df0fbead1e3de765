"""Counts of the pairs of labels that pixels have in two maps, summed over scans."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError
from napari_dgc.evaluation.matching import pair_table

#: More labels are objects, such as single lesions, and no classes.
MOST_LABELS = 1024


def present_labels(labels: NDArray[np.integer], what: str) -> tuple[int, ...]:
    """Return the labels of a map, ascending, without 0.

    Parameters
    ----------
    labels
        (row, column), 0 for no data.
    what
        Names the map in a message.

    Raises
    ------
    UserError
        When there are more than `MOST_LABELS`.
    """
    found = np.flatnonzero(np.bincount(labels.ravel()))
    found = found[found > 0]
    if len(found) > MOST_LABELS:
        raise UserError(
            f"{what} has {len(found):,} different labels; give a map of classes, with at most "
            f"{MOST_LABELS:,}, in place of one of objects."
        )
    return tuple(found.tolist())


class Contingency:
    """A table that grows with the labels that appear, not with the scans.

    Attributes
    ----------
    rows, columns
        Labels of both maps so far, ascending, without 0.
    table
        (rows, columns + 1) pixels; column 0 is "no data" in the second map. Pixels without a
        label in the first map are not counted.
    """

    def __init__(self) -> None:
        self.rows: tuple[int, ...] = ()
        self.columns: tuple[int, ...] = ()
        self.table: NDArray[np.int64] = np.zeros((0, 1), np.int64)

    def add(
        self,
        first: NDArray[np.integer],
        second: NDArray[np.integer],
        rows: Sequence[int],
        columns: Sequence[int],
    ) -> NDArray[np.int64]:
        """Count the pixels of a scan; returns the table of this scan alone.

        Parameters
        ----------
        first, second
            Maps of the same shape.
        rows, columns
            What `present_labels` says of them.
        """
        found = pair_table(first, second, rows, columns)
        all_rows = tuple(sorted({*self.rows, *rows}))
        all_columns = tuple(sorted({*self.columns, *columns}))
        grown = np.zeros((len(all_rows), len(all_columns) + 1), np.int64)
        for table, own_rows, own_columns in (
            (self.table, self.rows, self.columns),
            (found, rows, columns),
        ):
            down = np.searchsorted(all_rows, own_rows).astype(np.intp)
            across = np.searchsorted((0, *all_columns), (0, *own_columns)).astype(np.intp)
            grown[np.ix_(down, across)] += table
        self.rows, self.columns, self.table = all_rows, all_columns, grown
        return found
