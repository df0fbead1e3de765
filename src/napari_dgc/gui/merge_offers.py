"""Which pages the merge dock offers."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qtpy.QtWidgets import QWidget

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.in_image import ImageSelection
    from napari_dgc.gui.session import Session

Offer = Callable[[str, str, str, Callable[[], QWidget]], None]


def offer_pages(
    offer: Offer, session: Session, edits: ClassEdits, in_image: ImageSelection
) -> None:
    """Offer the pages about the selected class; each is loaded when it is opened first."""

    def assistant() -> QWidget:
        from napari_dgc.gui.assistant.page import AssistantPage

        return AssistantPage(session, edits, in_image)

    def explain() -> QWidget:
        from napari_dgc.gui.explain.page import ExplainPage

        return ExplainPage(session)

    offer("assistant", "Similar", "A", assistant)
    offer("explain", "Explain", "E", explain)
