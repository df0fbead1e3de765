"""The slider between all fine clusters and two classes."""

from __future__ import annotations

from qtpy.QtCore import Qt, QTimer, Signal
from qtpy.QtGui import QWheelEvent
from qtpy.QtWidgets import QHBoxLayout, QLabel, QSlider, QVBoxLayout, QWidget

from napari_dgc.gui.stable_marks import StableMarks
from napari_dgc.partition import MergeTree, Partition
from napari_dgc.partition.recommended import stable_levels

#: Key presses closer together than this belong to one step.
_PAUSE_MS = 800

_TIP = (
    "Drag to see more or fewer classes: similar clusters are grouped first.\n"
    "Marks beneath: numbers of classes at which the next merge costs much more than the last.\n"
    "Grouping by this slider replaces groups merged by hand; Undo brings them back."
)


class _Slider(QSlider):
    """A slider that a wheel over the dock does not move by accident."""

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        if event is not None:
            event.ignore()


class GranularitySlider(QWidget):
    """Chooses the number of classes.

    A *gesture* is one drag, or key presses without a pause: whoever edits the
    partition makes it one step of the history.
    """

    #: A gesture begins; the partition now is where it starts from.
    gesture_started = Signal()
    #: The number of classes wanted.
    cut_requested = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._gesture = False
        self._clusters = 0
        self._showing = False
        self.slider = _Slider(Qt.Orientation.Horizontal)
        self.slider.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.slider.setMinimum(2)
        self.slider.setPageStep(1)
        self.label = QLabel()
        #: Beneath the slider: numbers of classes that stand out; a click takes one.
        self.marks = StableMarks(self.slider)
        self._tree: MergeTree | None = None
        self._few, self._many = QLabel("2"), QLabel()
        row = QHBoxLayout()
        row.addWidget(self._few)
        row.addWidget(self.slider, 1)
        row.addWidget(self._many)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.label)
        layout.addLayout(row)
        layout.addWidget(self.marks)
        self._pause = QTimer(self)
        self._pause.setSingleShot(True)
        self._pause.setInterval(_PAUSE_MS)
        self._pause.timeout.connect(self._end)
        self.slider.sliderPressed.connect(self._begin)
        self.slider.sliderReleased.connect(self._end)
        self.slider.valueChanged.connect(self._on_value)
        self.marks.clicked.connect(self.slider.setValue)

    def set_partition(self, partition: Partition | None) -> None:
        """Show how many classes there are; without a merge tree say why nothing can be chosen."""
        self._clusters = partition.clusters if partition is not None else 0
        classes = len(partition.classes) if partition is not None else 0
        cuttable = partition is not None and partition.tree is not None and self._clusters > 2
        self.label.setText(f"Classes: {classes} of {self._clusters}")
        self._many.setText(str(self._clusters))
        self.setEnabled(cuttable)
        tree = partition.tree if partition is not None else None
        if tree is not self._tree:
            self._tree = tree
            self.marks.set_levels(() if tree is None else stable_levels(tree))
        if cuttable:
            tip = _TIP
        elif partition is not None and self._clusters <= 2:
            tip = "There are only two clusters to begin with."
        else:
            tip = "The number of classes can be chosen once training has finished its first epoch."
        self.setToolTip(tip)
        if self._clusters > 2 and not self.slider.isSliderDown():
            # setMaximum may move the value: nobody asked for a cut then.
            self._showing = True
            try:
                self.slider.setMaximum(self._clusters)
                self.slider.setValue(max(classes, 2))
            finally:
                self._showing = False

    def _begin(self) -> None:
        self._pause.stop()
        self._gesture = True
        self.gesture_started.emit()

    def _end(self) -> None:
        self._gesture = False

    def _on_value(self, value: int) -> None:
        if self._showing:
            return
        if not self._gesture:
            self._begin()
        if not self.slider.isSliderDown():
            self._pause.start()
        self.cut_requested.emit(value)
