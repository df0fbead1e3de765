"""What to train with: method, clusters, epochs, device, seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from qtpy.QtCore import Qt
from qtpy.QtWidgets import (
    QComboBox,
    QFormLayout,
    QHBoxLayout,
    QPushButton,
    QSizePolicy,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)
from superqt import QCollapsible

from napari_dgc.gui.calm_boxes import CalmSpinBox
from napari_dgc.gui.event_files_row import EventFilesRow
from napari_dgc.gui.warm_up import Looking

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer

#: Least number of clusters, and what stands for a number that the method finds.
_FEWEST, _AUTOMATIC = 2, 1
_DEVICE_TITLES = {"auto": "automatic", "cpu": "CPU", "mps": "Apple GPU (MPS)"}


@dataclass(frozen=True)
class Possible:
    """What this installation offers."""

    titles: dict[str, str]
    devices: tuple[str, ...]
    #: Methods that can find the number of clusters.
    automatic: frozenset[str] = frozenset()


def find_possible() -> Possible:
    """Look what there is; imports torch, so call it in a thread."""
    from napari_dgc.clustering import devices, registry

    methods = {}
    for name in registry.method_names():
        try:
            methods[name] = registry.get_method(name)
        except ImportError:  # a method whose libraries are not installed
            continue
    return Possible(
        {name: method.title for name, method in methods.items()},
        devices.available_devices(),
        frozenset(name for name, method in methods.items() if method.chooses_clusters),
    )


def device_title(device: str) -> str:
    """Name a device for the combo box."""
    if device.startswith("cuda"):
        return f"NVIDIA GPU ({device})"
    return _DEVICE_TITLES.get(device, device)


class TrainOptions(QWidget):
    """Form with the options every method has."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        from napari_dgc.clustering.registry import method_names

        self.method = QComboBox()
        for name in method_names():
            self.method.addItem(name, name)
        self.method.setSizeAdjustPolicy(
            QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon
        )
        self.method.setMinimumContentsLength(12)
        self.method.setToolTip("How clusters are found.")
        self._automatic: frozenset[str] = frozenset()
        self._wanted: dict[str, Any] = {}
        # The number for methods that need one, while another finds it.
        self._number = 16
        self.clusters = _spin(_FEWEST, 256, self._number, "")
        #: Leads to where numbers of clusters are tried.
        self.which_k = QPushButton("Which k?…")
        self.which_k.setToolTip("Try numbers of clusters on the checked scans, and choose one.")
        self.epochs = _spin(1, 1000, 10, "How often to go over the scans, 1 to 1000.")
        self.seed = _spin(
            0, 2**31 - 1, 0, "Start of the random numbers: the same seed gives the same result."
        )
        self.device = QComboBox()
        for device in ("auto", "cpu"):
            self.device.addItem(device_title(device), device)
        self.device.setToolTip("Where to compute. Automatic takes the fastest there is.")

        self.event_files = EventFilesRow()

        for box in (self.method, self.clusters, self.epochs, self.seed, self.device):
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        clusters = QHBoxLayout()
        clusters.addWidget(self.clusters, 1)
        clusters.addWidget(self.which_k)
        form.addRow("Clusters", clusters)
        form.addRow("Epochs", self.epochs)
        form.addRow("Device", self.device)

        inner = QWidget()
        more = QFormLayout(inner)
        more.setContentsMargins(0, 0, 0, 0)
        more.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        more.addRow("Method", self.method)
        more.addRow("Seed", self.seed)
        more.addRow(self.event_files)
        self.advanced = QCollapsible("Advanced")
        self.advanced.addWidget(inner)
        self.advanced.setDuration(0)
        self.advanced.layout().setContentsMargins(0, 0, 0, 0)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.advanced)

        self.method.currentIndexChanged.connect(self._on_method)
        self._on_method()
        looking = Looking(find_possible, self)
        looking.found.connect(self._show_possible)
        looking.start()

    def _show_possible(self, possible: Possible) -> None:
        for name, title in possible.titles.items():
            row = self.method.findData(name)
            if row >= 0:
                self.method.setItemText(row, title)
                self.method.setItemData(row, title, Qt.ItemDataRole.ToolTipRole)
        self._automatic = possible.automatic
        self._on_method()
        chosen = self.device.currentData()
        self.device.clear()
        for device in possible.devices:
            self.device.addItem(device_title(device), device)
        self.device.setCurrentIndex(max(self.device.findData(chosen), 0))
        if self._wanted:
            # Chosen before it was known what there is to choose from.
            self.choose(self._wanted)

    def _on_method(self) -> None:
        """Offer to let the method find the number of clusters where it can, and begin so."""
        can = str(self.method.currentData()) in self._automatic
        could = self.clusters.minimum() < _FEWEST
        if can != could:
            if self.clusters.value() >= _FEWEST:
                self._number = self.clusters.value()
            self.clusters.setMinimum(_AUTOMATIC if can else _FEWEST)
            self.clusters.setSpecialValueText("automatic" if can else "")
            self.clusters.setValue(_AUTOMATIC if can else self._number)
        found = " Below 2: automatic, the method finds the number." if can else ""
        self.clusters.setToolTip(
            f"Number of fine clusters, 2 to 256. Merge them later into classes.{found}"
        )

    def choices(self) -> dict[str, Any]:
        """Return what is chosen, as plain values."""
        return {
            "method": str(self.method.currentData()),
            "clusters": self.clusters.value(),
            "epochs": self.epochs.value(),
            "seed": self.seed.value(),
            "device": str(self.device.currentData()),
        }

    def choose(self, choices: Mapping[str, Any]) -> None:
        """Choose what `choices` returned once; what there is not stays as it is."""
        self._wanted = dict(choices)
        for name in ("method", "device"):
            box: QComboBox = getattr(self, name)
            row = box.findData(str(choices.get(name)))
            if row >= 0:
                box.setCurrentIndex(row)
        for name in ("clusters", "epochs", "seed"):
            spin: QSpinBox = getattr(self, name)
            value = choices.get(name)
            if name == "clusters" and value == "auto":
                value = _AUTOMATIC
            if type(value) is int and spin.minimum() <= value <= spin.maximum():
                spin.setValue(value)

    def maker(self) -> Callable[[], Clusterer]:
        """Return a function that builds the estimator; it may be called in a thread."""
        from napari_dgc.clustering import registry

        name = str(self.method.currentData())
        number = self.clusters.value()
        options: dict[str, Any] = {
            "clusters": number if number >= _FEWEST else "auto",
            "epochs": self.epochs.value(),
            "seed": self.seed.value(),
            "device": str(self.device.currentData()),
        }

        def make() -> Clusterer:
            return registry.get_method(name)(**options)

        return make


def _spin(low: int, high: int, value: int, tip: str) -> QSpinBox:
    box = CalmSpinBox()
    box.setRange(low, high)
    box.setValue(value)
    box.setToolTip(tip)
    return box
