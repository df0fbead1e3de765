"""The state of a user's work on some scans, as one value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Self, TypeVar

from napari_dgc.errors import UserError
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.partition import Partition
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate
from napari_dgc.workspace.corrections import NO_CORRECTIONS, Corrections

_T = TypeVar("_T")


def _nothing() -> Mapping[str, Any]:
    return MappingProxyType({})


@dataclass(frozen=True)
class Workspace:
    """Classes, brush corrections, lesion mask, leaves and scan details.

    Fine label maps are not in here: they belong to the model and never change. Every
    change is a command of `napari_dgc.workspace.commands`.

    Parameters
    ----------
    partition
        Classes of the fine clusters.
    classes_painted
        By scan: strokes over its fine label map; values are fine clusters.
    lesions_painted
        By scan: strokes over its lesion mask; values are those of `measure.scan_areas`:
        `NOT_LESION`, `LESION`, or `AUTOMATIC` where a correction is taken back.
    masks
        How lesions are made of classes.
    leaves
        By scan: where leaves were split and joined by hand.
    details
        By scan: plant, treatment, date, pixel size.
    template
        Names for classes; classes have the colours that it gives to their names.
    """

    partition: Partition
    classes_painted: Mapping[str, Corrections] = field(default_factory=_nothing)
    lesions_painted: Mapping[str, Corrections] = field(default_factory=_nothing)
    masks: MaskSettings = field(default_factory=MaskSettings)
    leaves: Mapping[str, LeafEdits] = field(default_factory=_nothing)
    details: Mapping[str, ScanDetails] = field(default_factory=_nothing)
    template: NameTemplate = PLANT_PATHOLOGY

    def __post_init__(self) -> None:
        object.__setattr__(self, "partition", self.template.colours(self.partition))

    def painted_classes(self, scan: str) -> Corrections:
        """Return the strokes over a scan's fine label map."""
        return self.classes_painted.get(scan, NO_CORRECTIONS)

    def painted_lesions(self, scan: str) -> Corrections:
        """Return the strokes over a scan's lesion mask."""
        return self.lesions_painted.get(scan, NO_CORRECTIONS)

    def leaf_edits(self, scan: str) -> LeafEdits:
        """Return where leaves of a scan were split and joined by hand."""
        return self.leaves.get(scan, LeafEdits())

    def details_of(self, scan: str) -> ScanDetails:
        """Return what is known about a scan."""
        return self.details.get(scan, ScanDetails(scan))

    def with_partition(self, partition: Partition) -> Self:
        """Return this state with other classes."""
        return replace(self, partition=partition)

    def to_json(self) -> dict[str, object]:
        """Describe the state with plain values (see `from_json`)."""

        def all_of(values: Mapping[str, Any]) -> dict[str, object]:
            return {scan: value.to_json() for scan, value in sorted(values.items())}

        return {
            "partition": self.partition.to_json(),
            "classes_painted": all_of(self.classes_painted),
            "lesions_painted": all_of(self.lesions_painted),
            "masks": self.masks.to_json(),
            "leaves": all_of(self.leaves),
            "details": all_of(self.details),
            "template": self.template.to_json(),
        }

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """Rebuild a state from `to_json`; raises UserError when it is not one."""
        try:
            return cls(
                Partition.from_json(content["partition"]),
                _each(content["classes_painted"], Corrections.from_json),
                _each(content["lesions_painted"], Corrections.from_json),
                MaskSettings.from_json(content["masks"]),
                _each(content["leaves"], LeafEdits.from_json),
                _each(content["details"], ScanDetails.from_json),
                # Earlier versions saved none.
                NameTemplate.from_json(content["template"])
                if "template" in content
                else PLANT_PATHOLOGY,
            )
        except (KeyError, TypeError, AttributeError) as error:
            raise UserError(
                f"The saved work is damaged ({type(error).__name__}: {error}); "
                "open an earlier copy of it."
            ) from None


def _each(content: Mapping[str, Any], read: Any) -> Mapping[str, Any]:
    return MappingProxyType({str(scan): read(value) for scan, value in content.items()})


def changed(values: Mapping[str, _T], scan: str, value: _T, empty: _T) -> Mapping[str, _T]:
    """Return a mapping in which one scan has another value; `empty` ones are left out."""
    others = {name: held for name, held in values.items() if name != scan}
    return MappingProxyType(others if value == empty else {**others, scan: value})
