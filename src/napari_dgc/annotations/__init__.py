"""Label images on disk: class maps and annotations of other programs, with class tables."""

from napari_dgc.annotations.export import export_labels
from napari_dgc.annotations.formats import FORMATS, export
from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.annotations.read import (
    open_labels,
    read_class_table,
    read_label_image,
    read_labels,
)

__all__ = [
    "FORMATS",
    "LabelClass",
    "LabelImage",
    "export",
    "export_labels",
    "open_labels",
    "read_class_table",
    "read_label_image",
    "read_labels",
]
