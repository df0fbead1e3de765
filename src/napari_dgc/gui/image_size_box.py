"""Saying how many rows and columns the image has whose pixels a matrix holds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qtpy.QtCore import Signal
from qtpy.QtWidgets import QComboBox, QWidget

from napari_dgc.cubes.matrices import possible_sizes


class ImageSizeBox(QComboBox):
    """Offers the sizes that fit a matrix; others can be typed, such as ``145 x 145``."""

    #: Another size was chosen or typed, whether it fits or not.
    size_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setEditable(True)
        self.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.setToolTip(
            "Rows × columns of the image; their product is the number of pixels.\n"
            "Choose the size whose picture looks like the scan, or type it."
        )
        self._shape: tuple[int, ...] = ()
        self.editTextChanged.connect(lambda text: self.size_changed.emit())

    def offer(self, shape: Sequence[int], chosen: tuple[int, int] | None = None) -> None:
        """Offer the sizes for a matrix.

        Parameters
        ----------
        shape
            Of the matrix; the longer side is that of the pixels.
        chosen
            What was chosen before.
        """
        self._shape = tuple(shape)
        blocked = self.blockSignals(True)
        self.clear()
        for rows, columns in possible_sizes(max(shape)):
            self.addItem(f"{rows} × {columns}")
        if chosen is not None and chosen[0] * chosen[1] in self._shape:
            self.setCurrentText(f"{chosen[0]} × {chosen[1]}")
        else:
            self.setCurrentIndex(0 if self.count() else -1)
        self.blockSignals(blocked)

    @property
    def image(self) -> tuple[int, int] | None:
        """Rows and columns, None where what stands there does not fit."""
        return None if self._numbers is None or self.problem else self._numbers

    @property
    def problem(self) -> str:
        """What is wrong with what stands there; "" where nothing is."""
        pixels = max(self._shape, default=0)
        if self._numbers is None:
            return f"Type rows × columns, such as 100 × 80; the matrix has {pixels} pixels."
        rows, columns = self._numbers
        if rows * columns in self._shape:
            return ""
        return f"{rows} × {columns} are {rows * columns} pixels, but the matrix has {pixels}."

    @property
    def _numbers(self) -> tuple[int, int] | None:
        found = re.fullmatch(r"\s*(\d{1,9})\s*(?:[x×*,; ])\s*(\d{1,9})\s*", self.currentText())
        return None if found is None else (int(found.group(1)), int(found.group(2)))
