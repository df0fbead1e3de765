"""What is compared and how, as boxes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qtpy.QtCore import QSignalBlocker, Qt, Signal
from qtpy.QtWidgets import QGridLayout, QLabel, QWidget

from napari_dgc.evaluation.assess import BY_HAND, HUNGARIAN, MAJORITY, NAMES
from napari_dgc.gui.calm_boxes import CalmComboBox, NameComboBox
from napari_dgc.gui.evaluation.comparing import CLASSES, CLUSTERS, Choices

_KINDS = {CLASSES: "Classes", CLUSTERS: "Fine clusters"}
_MATCHINGS = {
    NAMES: ("by name", "Each class stands for the class of the truth with the same name"),
    MAJORITY: ("by majority", "Each stands for the class that most of its pixels have"),
    HUNGARIAN: ("one to one", "One for each class, so that most pixels agree; the rest for none"),
    BY_HAND: ("by hand", "As chosen under Mapping"),
}
_LEFT_OUT, _USUAL = "left out", ("background", "rest")


class ChoicesBox(QWidget):
    """Boxes for what is judged, how it is matched, and pixels without a label."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._mapping: Mapping[int, str] = {}
        # Until the user chooses: by name where names are shared.
        self._own = False
        self.kind, self.matching = CalmComboBox(), CalmComboBox()
        self.rest = NameComboBox("Pixels without a label in the truth are left out, or of a class")
        for title in _KINDS.values():
            self.kind.addItem(title)
        self.kind.setToolTip("What is compared with the truth")
        for title, tip in _MATCHINGS.values():
            self.matching.addItem(title)
            self.matching.setItemData(self.matching.count() - 1, tip, Qt.ItemDataRole.ToolTipRole)
        self.matching.setToolTip("Which class of the truth a class or cluster stands for")
        self.rest.setMinimumContentsLength(8)
        self.rest.show_names([_LEFT_OUT, *_USUAL])
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(4)
        for place, (title, box) in enumerate(
            (("Compare", self.kind), ("matched", self.matching), ("Unlabelled", self.rest))
        ):
            layout.addWidget(QLabel(title), place // 2, 2 * (place % 2))
            layout.addWidget(box, place // 2, 2 * (place % 2) + 1)
        layout.setColumnStretch(1, 1)
        layout.setColumnStretch(3, 1)
        self.kind.activated.connect(self._on_kind)
        self.matching.activated.connect(self._on_matching)
        self.rest.activated.connect(lambda _place: self.changed.emit())

    @property
    def choices(self) -> Choices:
        """What is chosen now."""
        return Choices(
            list(_KINDS)[self.kind.currentIndex()],
            self._matching if self._own else "",
            self._mapping if self._own and self._matching == BY_HAND else {},
            self.rest.currentText() if self.rest.currentIndex() else "",
        )

    @property
    def _matching(self) -> str:
        return list(_MATCHINGS)[self.matching.currentIndex()]

    def take_mapping(self, mapping: Mapping[int, str]) -> None:
        """Match by hand from now on."""
        self._mapping, self._own = dict(mapping), True
        self.matching.setCurrentIndex(list(_MATCHINGS).index(BY_HAND))
        self.changed.emit()

    def take_rest(self, name: str) -> None:
        """Give pixels without a label to a class; leave them out where it is ""."""
        with QSignalBlocker(self.rest):
            found = self.rest.findText(name) if name else 0
            self.rest.setCurrentIndex(max(0, found))
        self.rest.show_tip()

    def show_matching(self, matching: str) -> None:
        """Show how it was matched, where that was left to the program."""
        if not self._own:
            self.matching.setCurrentIndex(list(_MATCHINGS).index(matching))

    def show_classes(self, names: Sequence[str]) -> None:
        """Offer the classes of the truth for pixels without a label."""
        offered = [_LEFT_OUT, *dict.fromkeys([*_USUAL, *names])]
        if offered != [self.rest.itemText(i) for i in range(self.rest.count())]:
            before = self.rest.currentText()
            with QSignalBlocker(self.rest):
                self.rest.show_names(offered)
            self.take_rest("" if before == _LEFT_OUT else before)

    def keep_mapping(self, mapping: Mapping[int, str]) -> None:
        """Begin with this mapping when the user chooses to match by hand."""
        if not (self._own and self._matching == BY_HAND):
            self._mapping = dict(mapping)

    def _on_matching(self, _place: int) -> None:
        self._own = True
        self.changed.emit()

    def _on_kind(self, _place: int) -> None:
        # Numbers of clusters are others than those of classes, and have no names.
        self._own, self._mapping = False, {}
        self.changed.emit()
