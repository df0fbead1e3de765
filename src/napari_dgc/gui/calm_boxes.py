"""Boxes that do not change when a dock is scrolled over them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QSizePolicy,
    QSpinBox,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
)

from napari_dgc.gui.plain_label import as_plain

#: Room that styles leave beside the text of a box, in pixels.
_MARGIN = 3
#: The tip of a line as it is, before it is made fit for a tooltip.
_WHOLE = Qt.ItemDataRole.AccessibleDescriptionRole


class _Calm:
    """Takes the wheel only when the box was clicked before."""

    def wheelEvent(self, event: Any) -> None:
        """Scroll the dock instead, unless the box has the focus."""
        if self.hasFocus():  # type: ignore[attr-defined]
            super().wheelEvent(event)  # type: ignore[misc]
        else:
            event.ignore()


class CalmSpinBox(_Calm, QSpinBox):
    """Whole numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class CalmDoubleSpinBox(_Calm, QDoubleSpinBox):
    """Numbers, without a tail of zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setStepType(QDoubleSpinBox.StepType.AdaptiveDecimalStepType)

    def textFromValue(self, value: float) -> str:
        """Write the value as short as it can be."""
        return f"{value:.7g}"


class CalmComboBox(_Calm, QComboBox):
    """Words."""

    def __init__(self) -> None:
        super().__init__()
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)


class NameComboBox(CalmComboBox):
    """Names that may be longer than the box: cut in the middle, whole in the tooltip.

    Parameters
    ----------
    tip
        What is chosen here; the second line of the tooltip.
    """

    def __init__(self, tip: str) -> None:
        super().__init__()
        self._tip = tip
        self.setToolTip(tip)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(12)
        view = self.view()
        assert view is not None
        view.setTextElideMode(Qt.TextElideMode.ElideMiddle)
        self.currentIndexChanged.connect(self.show_tip)

    def show_names(self, names: Sequence[str], more: Sequence[str] = ()) -> None:
        """Offer names in place of those before; `more` is what their tooltips add."""
        self.clear()
        for row, name in enumerate(names):
            self.addItem(name)
            added = more[row] if row < len(more) else ""
            tip = f"{name}\n{added}" if added else name
            self.setItemData(row, tip, _WHOLE)
            self.setItemData(row, as_plain(tip), Qt.ItemDataRole.ToolTipRole)
        self.show_tip()

    def shown_text(self) -> str:
        """Return the current name as far as there is room for it."""
        return self._option().currentText

    def paintEvent(self, _event: Any) -> None:
        """Draw the box with the name cut in the middle."""
        painter = QStylePainter(self)
        option = self._option()
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)

    def _option(self) -> QStyleOptionComboBox:
        option = QStyleOptionComboBox()
        self.initStyleOption(option)
        style = self.style()
        assert style is not None
        field = style.subControlRect(
            QStyle.ComplexControl.CC_ComboBox,
            option,
            QStyle.SubControl.SC_ComboBoxEditField,
            self,
        )
        option.currentText = self.fontMetrics().elidedText(
            option.currentText, Qt.TextElideMode.ElideMiddle, field.width() - 2 * _MARGIN
        )
        return option

    def show_tip(self) -> None:
        """Put the whole name into the tooltip; for callers who keep the signals back."""
        whole = self.currentData(_WHOLE) or self.currentText()
        self.setToolTip(as_plain(f"{whole}\n{self._tip}") if whole else self._tip)
