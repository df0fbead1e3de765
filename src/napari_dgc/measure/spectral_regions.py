"""Names of the parts of the spectrum of leaves."""

from __future__ import annotations

from bisect import bisect_right

#: Where each region begins, in nm; red edge from 680 to 750 nm: Horler et al. 1983,
#: doi:10.1080/01431168308948546.
_BEGINNINGS: tuple[tuple[float, str], ...] = (
    (0, "ultraviolet"),
    (400, "blue"),
    (500, "green"),
    (600, "red"),
    (680, "red edge"),
    (750, "near infrared"),
    (1350, "short-wave infrared"),
)
#: Absorptions of water: Curran 1989, doi:10.1016/0034-4257(89)90069-2.
_WATER: tuple[tuple[float, float, int], ...] = (
    (930, 1020, 970),
    (1150, 1260, 1200),
    (1400, 1520, 1450),
    (1870, 2020, 1940),
)


def region_of(nm: float) -> str:
    """Return the name of the region that a wavelength lies in."""
    starts = [start for start, _ in _BEGINNINGS]
    return _BEGINNINGS[max(bisect_right(starts, nm) - 1, 0)][1]


def regions_of(low_nm: float, high_nm: float) -> str:
    """Return the regions from one wavelength to another, ``"green to red"``.

    A range within an absorption of water is called by it.
    """
    low, high = sorted((low_nm, high_nm))
    for start, end, centre in _WATER:
        if start <= low and high <= end:
            return f"water at {centre} nm"
    first, last = region_of(low), region_of(high)
    return first if first == last else f"{first} to {last}"
