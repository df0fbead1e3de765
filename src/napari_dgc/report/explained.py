"""What the figures of a report mean, how they were made, and what they cannot say."""

from __future__ import annotations

import platform
from collections.abc import Collection, Iterable, Sequence
from importlib.metadata import version

from napari_dgc import __version__
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.measure.scales import OrdinalScale
from napari_dgc.measure.tables import Cell
from napari_dgc.report.blocks import Column, Grid, Points
from napari_dgc.report.measured_grids import written

_LIBRARIES = ("numpy", "scipy", "scikit-image")


def definitions(
    settings: MaskSettings,
    scales: Sequence[OrdinalScale],
    leaf: Collection[str],
    *,
    progress: bool,
    millimetres: bool,
    spectra: bool,
) -> Points:
    """Say what was measured; only of what the report shows. `leaf` are names that count as it."""
    names = sorted({*leaf, *settings.names})
    items = [
        ("Severity = diseased area / leaf area, in percent (Bock et al. 2020, "
        "doi:10.1186/s42483-020-00049-8). The severity of a scan is that of all its leaves "
        "together."),
        (f"Leaf area: the pixels of the classes {_listed(names)} within one leaf, and what the "
        "cleaning of lesions adds within it."),
        f"Lesion area: the pixels of the classes {_listed(settings.names)}, cleaned as the "
        "settings below say. A lesion is an area whose pixels touch, also at corners"
        + (", parted at narrow necks." if settings.split_touching else "; lesions that touch "
           "count as one."),
        ("Halo: pixels of the class halo that are no lesion, as a share of the leaf. They count as "
        "leaf, not as diseased."),
    ]  # fmt: skip
    if millimetres:
        items.append("Areas in mm² are pixels times the square of a pixel's side.")
    for scale in scales:
        steps = zip(scale.bounds[:-1], scale.bounds[1:], scale.grades, strict=True)
        grades = ", ".join(
            f"{grade}: {low:g} %" if low == high else f"{grade}: {low:g}–{high:g} %"
            for low, high, grade in steps
        )
        items.append(
            f"Grade {scale.name}: {grades}. A severity on a bound has the lower grade, unless a "
            "grade is for that value alone."
        )
    if progress:
        items.append(
            "AUDPC: area under the disease progress curve, by trapezoids (Shaner & Finney 1977, "
            "doi:10.1094/Phyto-67-1051); per day: divided by the days it spans (Campbell & Madden "
            "1990). SD over plants, divided by n - 1."
        )
    if spectra:
        items.append(
            "Spectra: mean over all pixels of a class with data; the band about it is one "
            "standard deviation to either side."
        )
    return Points(tuple(items))


def limits(*, millimetres: bool, some_millimetres: bool, outside: int, unnamed: int) -> Points:
    """Say what the figures cannot say.

    Parameters
    ----------
    millimetres, some_millimetres
        Whether the size of a pixel is known of all scans, and of some.
    outside
        Diseased pixels on no leaf.
    unnamed
        Pixels of classes without a name.
    """
    items = [
        (
            "The classes were formed by the computer from spectra and named by a person. The "
            "figures are as good as these names; they tell no cause, and are no diagnosis. "
            "Compare the pictures."
        ),
        (
            "Only what the camera sees is counted: one side, flattened. Tilted, curled or covered "
            "tissue looks smaller than it is."
        ),
        (
            "A pixel is counted as a whole: areas are least certain along edges and for lesions of "
            "a few pixels, and lesions smaller than a pixel are not seen."
        ),
    ]
    if not millimetres:
        which = "some scans" if some_millimetres else "the scans"
        items.append(
            f"The size of a pixel of {which} is not known: areas in pixels can be compared only "
            "between scans of the same camera and distance. Severity is not touched by that."
        )
    if outside:
        items.append(f"Diseased pixels that lie on no leaf and count nowhere: {outside}.")
    if unnamed:
        items.append(f"Pixels of classes without a name, counted as background: {unnamed}.")
    return Points(tuple(items))


def origin(lines: Iterable[tuple[str, Cell]]) -> Grid:
    """Say with what the report was made: programs with their versions, then `lines`."""
    rows = [("program", f"napari-dgc {__version__}"), ("Python", platform.python_version())]
    rows += [(name, version(name)) for name in _LIBRARIES]
    rows += [(name, value if isinstance(value, str) else written(value)) for name, value in lines]
    return Grid("how it was made", (Column("Setting"), Column("Value")), tuple(rows))


def _listed(names: Sequence[str]) -> str:
    return " and ".join(
        part for part in (", ".join(names[:-1]), names[-1] if names else "none") if part
    )
