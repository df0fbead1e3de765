"""Disease over time: progress curves and the area under them."""

from __future__ import annotations

import datetime
import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
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


@dataclass(frozen=True)
class ProgressCurve:
    """Severity of one plant over time.

    Parameters
    ----------
    plant, treatment
        Which plant.
    dates
        Ascending, each once.
    severities
        Percent on each date.
    notes
        What was left out or averaged, a sentence each.
    """

    plant: str
    treatment: str
    dates: tuple[datetime.date, ...]
    severities: tuple[float, ...]
    notes: tuple[str, ...] = ()

    @property
    def days(self) -> tuple[int, ...]:
        """Days since the first date."""
        return tuple((date - self.dates[0]).days for date in self.dates)

    @property
    def audpc(self) -> float | None:
        """Area under the disease progress curve in percent days, by trapezoids.

        Shaner & Finney (1977), doi:10.1094/Phyto-67-1051. None with less than two dates.
        """
        if len(self.dates) < 2:
            return None
        return math.fsum(
            (first + second) / 2 * (end - start)
            for (first, second), (start, end) in zip(
                pairwise(self.severities), pairwise(self.days), strict=True
            )
        )

    @property
    def standardised_audpc(self) -> float | None:
        """Return the area divided by the days it spans: the mean severity in percent.

        Comparable where plants were watched for unlike times (Campbell & Madden 1990,
        Introduction to Plant Disease Epidemiology). None with less than two dates.
        """
        area = self.audpc
        return None if area is None else area / self.days[-1]


@dataclass(frozen=True)
class TreatmentProgress:
    """The areas under the curves of all plants of a treatment.

    Parameters
    ----------
    treatment
        Its name.
    plants
        Number of plants with an area.
    mean, sd
        Of `ProgressCurve.audpc` over the plants; the deviation (divided by n - 1) is
        None for less than two.
    standardised_mean, standardised_sd
        The same of `ProgressCurve.standardised_audpc`.
    """

    treatment: str
    plants: int
    mean: float | None
    sd: float | None
    standardised_mean: float | None
    standardised_sd: float | None


def progress_curves(points: Iterable[ProgressPoint]) -> tuple[ProgressCurve, ...]:
    """Join points to one curve for each plant, in order of treatment and plant.

    Points without a date or a severity are left out; several of one plant on one date
    are averaged. Both are said in the notes of the curve. The order of the points does
    not matter.
    """
    plants: dict[tuple[str, str], list[ProgressPoint]] = {}
    for point in points:
        plants.setdefault((point.treatment, point.plant), []).append(point)
    return tuple(_curve(*key, plants[key]) for key in sorted(plants))


def _curve(treatment: str, plant: str, points: list[ProgressPoint]) -> ProgressCurve:
    by_date: dict[datetime.date, list[float]] = {}
    notes = []
    for point in points:
        called = point.scan or "one scan"
        if point.date is None:
            notes.append(f"{called} is left out, as it has no date")
        elif point.severity is None:
            notes.append(f"{called} is left out, as no leaf is in sight")
        else:
            by_date.setdefault(point.date, []).append(point.severity)
    notes.sort()
    dates = tuple(sorted(by_date))
    for date in dates:
        if len(by_date[date]) > 1:
            notes.append(f"{len(by_date[date])} scans of {date} are averaged")
    if len(dates) < 2:
        notes.append("there is no area under the curve, as that takes two dates")
    means = tuple(math.fsum(by_date[date]) / len(by_date[date]) for date in dates)
    return ProgressCurve(plant, treatment, dates, means, tuple(notes))


def treatment_progress(curves: Iterable[ProgressCurve]) -> tuple[TreatmentProgress, ...]:
    """Summarise curves by treatment, in order of their names."""
    treatments: dict[str, list[ProgressCurve]] = {}
    for curve in curves:
        treatments.setdefault(curve.treatment, []).append(curve)
    found = []
    for treatment in sorted(treatments):
        known = [curve for curve in treatments[treatment] if curve.audpc is not None]
        areas = [curve.audpc for curve in known if curve.audpc is not None]
        standardised = [
            curve.standardised_audpc for curve in known if curve.standardised_audpc is not None
        ]
        found.append(
            TreatmentProgress(treatment, len(known), *_mean_sd(areas), *_mean_sd(standardised))
        )
    return tuple(found)


def _mean_sd(values: list[float]) -> tuple[float | None, float | None]:
    if not values:
        return None, None
    return statistics.fmean(values), statistics.stdev(values) if len(values) > 1 else None
