"""Number boxes that do not change when a dock is scrolled over them."""

from __future__ import annotations

from typing import Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QDoubleSpinBox, QSpinBox


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
