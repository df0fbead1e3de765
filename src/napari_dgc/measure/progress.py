"""Disease over time: progress curves and the area under them."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Self

from napari_dgc.measure.plain_values import Fields


@dataclass(frozen=True)
class ProgressPoint:
    """Severity of one plant on one day.

    Parameters
    ----------
    plant
        Which plant.
    date
        The day, or None where it is not known.
    severity
        In percent, or None where no leaf was in sight.
    treatment
        What was done to the plant; empty where it is not known.
    scan
        Name of the scan, for remarks.
    """

    plant: str
    date: datetime.date | None
    severity: float | None
    treatment: str = ""
    scan: str = ""

    def __post_init__(self) -> None:
        if self.severity is not None and not 0 <= self.severity <= 100:
            raise ValueError(f"{self.severity} is not a severity from 0 to 100 %")

    def to_json(self) -> dict[str, object]:
        """Describe the point with plain values (see `from_json`)."""
        return {
            "plant": self.plant,
            "date": None if self.date is None else self.date.isoformat(),
            "severity": self.severity,
            "treatment": self.treatment,
            "scan": self.scan,
        }

    @classmethod
    def from_json(cls, content: object) -> Self:
        """Rebuild a point from `to_json`; raises UserError when it is not one."""
        fields = Fields(content, "points of the progress curve")
        date, severity = fields.take("date"), fields.take("severity")
        try:
            day = None if date is None else datetime.date.fromisoformat(fields.text("date"))
        except ValueError:
            fields.damaged("date is not like 2026-05-31")
        value = None if severity is None else fields.checked_numbers([severity], "severity")[0]
        if value is not None and not 0 <= value <= 100:
            fields.damaged("severity does not lie between 0 and 100 %")
        return cls(fields.text("plant"), day, value, fields.text("treatment"), fields.text("scan"))
