"""What to train with: method, clusters, epochs, device, seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QComboBox, QFormLayout, QSizePolicy, QSpinBox, QVBoxLayout, QWidget
from superqt import QCollapsible

from napari_dgc.gui.calm_boxes import CalmSpinBox
from napari_dgc.gui.warm_up import Looking

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer

_DEVICE_TITLES = {"auto": "automatic", "cpu": "CPU", "mps": "Apple GPU (MPS)"}


@dataclass(frozen=True)
class Possible:
    """What this installation offers."""

    titles: dict[str, str]
    devices: tuple[str, ...]


def find_possible() -> Possible:
    """Look what there is; imports torch, so call it in a thread."""
    from napari_dgc.clustering import devices, registry

    titles = {}
    for name in registry.method_names():
        try:
            titles[name] = registry.get_method(name).title
        except ImportError:  # a method whose libraries are not installed
            continue
    return Possible(titles, devices.available_devices())


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
        self.clusters = _spin(
            2, 256, 16, "Number of fine clusters, 2 to 256. Merge them later into classes."
        )
        self.epochs = _spin(1, 1000, 10, "How often to go over the scans, 1 to 1000.")
        self.seed = _spin(
            0, 2**31 - 1, 0, "Start of the random numbers: the same seed gives the same result."
        )
        self.device = QComboBox()
        for device in ("auto", "cpu"):
            self.device.addItem(device_title(device), device)
        self.device.setToolTip("Where to compute. Automatic takes the fastest there is.")

        for box in (self.method, self.clusters, self.epochs, self.seed, self.device):
            box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        form = QFormLayout()
        form.setContentsMargins(0, 0, 0, 0)
        form.setLabelAlignment(Qt.AlignmentFlag.AlignLeft)
        form.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        form.addRow("Clusters", self.clusters)
        form.addRow("Epochs", self.epochs)
        form.addRow("Device", self.device)

        inner = QWidget()
        more = QFormLayout(inner)
        more.setContentsMargins(0, 0, 0, 0)
        more.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.ExpandingFieldsGrow)
        more.addRow("Method", self.method)
        more.addRow("Seed", self.seed)
        self.advanced = QCollapsible("Advanced")
        self.advanced.addWidget(inner)
        self.advanced.setDuration(0)
        self.advanced.layout().setContentsMargins(0, 0, 0, 0)

        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addLayout(form)
        layout.addWidget(self.advanced)

        looking = Looking(find_possible, self)
        looking.found.connect(self._show_possible)
        looking.start()

    def _show_possible(self, possible: Possible) -> None:
        for name, title in possible.titles.items():
            row = self.method.findData(name)
            if row >= 0:
                self.method.setItemText(row, title)
                self.method.setItemData(row, title, Qt.ItemDataRole.ToolTipRole)
        chosen = self.device.currentData()
        self.device.clear()
        for device in possible.devices:
            self.device.addItem(device_title(device), device)
        self.device.setCurrentIndex(max(self.device.findData(chosen), 0))

    def maker(self) -> Callable[[], Clusterer]:
        """Return a function that builds the estimator; it may be called in a thread."""
        from napari_dgc.clustering import registry

        name = str(self.method.currentData())
        options = {
            "clusters": self.clusters.value(),
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
