"""Lesion area as a share of the leaf, one line per scan."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from qtpy.QtCore import Qt
from qtpy.QtWidgets import QHBoxLayout, QLabel, QPushButton, QWidget

from napari_dgc.gui.class_table import grouped
from napari_dgc.gui.headings import heading
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.partition import Partition
from napari_dgc.partition.partition import HALO, LESION, TISSUE
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate
from napari_dgc.workspace import Workspace

#: So that nobody wonders which of two figures counts.
_AS_CLASSED = "By the classes alone; lesions as cleaned and corrected count in “Lesions”."


def what_to_do(template: NameTemplate) -> str:
    """Say which names are still missing for a severity."""
    wanted = []
    for names, usual in (
        (template.diseased, LESION),
        (template.leaf - template.diseased - {HALO}, TISSUE),
    ):
        # The template's own names come first, then the usual ones.
        own = [entry.name for entry in template.names if entry.name in names]
        wanted.append(own[0] if own and usual not in own else usual)
    return 'Name a class "{}" and one "{}" to read the severity, or press Suggest.'.format(*wanted)


def lesions_differ(work: Workspace | None) -> bool:
    """Tell whether lesions are more or less than the pixels of the diseased classes."""
    if work is None:
        return False
    as_classed = replace(MaskSettings(), names=work.masks.names)
    chosen = {name.casefold() for name in work.masks.names}
    diseased = {name.casefold() for name in work.template.diseased}
    # Telling touching lesions apart changes their number, not their area.
    cleaned = replace(work.masks, split_touching=as_classed.split_touching) != as_classed
    return bool(work.lesions_painted) or cleaned or chosen != diseased


def severity_text(
    scans: Sequence[tuple[str, NDArray[np.int64]]],
    partition: Partition | None,
    template: NameTemplate = PLANT_PATHOLOGY,
) -> str:
    """Say how much of the leaf is diseased.

    Parameters
    ----------
    scans
        Name of each scan, and (clusters,) pixels of its fine clusters.
    partition
        The named classes.
    template
        Tells which names are leaf and which are diseased.

    Returns
    -------
    str
        One line per scan, or what is still to do.
    """
    from napari_dgc.measure.severity import severity_from_counts

    if partition is None or not scans:
        return ""
    healthy = template.leaf - template.diseased - {HALO}
    if not partition.named(template.diseased) or not partition.named(healthy):
        return what_to_do(template)
    lines = []
    for name, counts in scans:
        result = severity_from_counts(counts, partition, template)
        if result.percent is None:
            lines.append(f"{name}: no leaf in this scan")
        else:
            lines.append(
                f"{name}: {result.percent:.1f} % of leaf "
                f"({grouped(result.lesion_pixels)} / {grouped(result.leaf_pixels)} px)"
            )
    return "\n".join(lines)


class SeverityLine(QLabel):
    """Shows `severity_text`; can be selected and copied.

    `top` is the line above it, with a button that asks for more.
    """

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.more = QPushButton("Lesions…")
        self.more.setToolTip(
            "Every lesion as an object, clean-up, leaves, sizes, progress, tables and reports"
        )
        self.top = QHBoxLayout()
        self.top.addWidget(heading("Severity"), 1)
        self.top.addWidget(self.more)
        self.setWordWrap(True)
        self.setTextFormat(Qt.TextFormat.PlainText)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse
            | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )

    def show_severity(
        self,
        scans: Sequence[tuple[str, NDArray[np.int64]]],
        partition: Partition | None,
        template: NameTemplate = PLANT_PATHOLOGY,
        work: Workspace | None = None,
    ) -> None:
        """Show the severity of scans (see `severity_text`), and what else it depends on."""
        text = severity_text(scans, partition, template)
        # Figures have lines; before there are any, nothing can differ.
        if " % of leaf" in text and lesions_differ(work):
            text += f"\n{_AS_CLASSED}"
        self.setText(text)
        leaf = ", ".join(sorted(template.leaf))
        diseased = " and ".join(sorted(template.diseased))
        self.setToolTip(
            as_plain(f"Severity: pixels named {diseased} as a share of the leaf ({leaf})")
        )
