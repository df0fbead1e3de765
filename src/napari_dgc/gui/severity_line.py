"""Lesion area as a share of the leaf, one line per scan."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QLabel, QWidget

from napari_dgc.gui.class_table import grouped
from napari_dgc.partition import Partition
from napari_dgc.partition.partition import DISEASED_NAMES, LEAF_NAMES, TISSUE

WHAT_TO_DO = 'Name a class "lesion" and one "healthy tissue" to read the severity.'


def severity_text(
    scans: Sequence[tuple[str, NDArray[np.int64]]], partition: Partition | None
) -> str:
    """Say how much of the leaf is diseased.

    Parameters
    ----------
    scans
        Name of each scan, and (clusters,) pixels of its fine clusters.
    partition
        The named classes.

    Returns
    -------
    str
        One line per scan, or what is still to do.
    """
    from napari_dgc.measure.severity import severity_from_counts

    if partition is None or not scans:
        return ""
    if not partition.named(DISEASED_NAMES) or not partition.named({TISSUE}):
        return WHAT_TO_DO
    lines = []
    for name, counts in scans:
        result = severity_from_counts(counts, partition)
        if result.percent is None:
            lines.append(f"{name}: no leaf in this scan")
        else:
            lines.append(
                f"{name}: {result.percent:.1f} % of leaf "
                f"({grouped(result.lesion_pixels)} / {grouped(result.leaf_pixels)} px)"
            )
    return "\n".join(lines)


class SeverityLine(QLabel):
    """Shows `severity_text`; can be selected and copied."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWordWrap(True)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        leaf = ", ".join(sorted(LEAF_NAMES))
        diseased = " and ".join(sorted(DISEASED_NAMES))
        self.setToolTip(f"Severity: pixels named {diseased} as a share of the leaf ({leaf})")

    def show_severity(
        self, scans: Sequence[tuple[str, NDArray[np.int64]]], partition: Partition | None
    ) -> None:
        """Show the severity of scans (see `severity_text`)."""
        self.setText(severity_text(scans, partition))
