"""Names of the parts of the spectrum of leaves."""

from __future__ import annotations

from bisect import bisect_right

#: Where each region begins, in nm. Absorptions of water about 970, 1200, 1450 and 1940 nm:
#: Curran 1989, doi:10.1016/0034-4257(89)90069-2; red edge from 680 to 750 nm: Horler et al.
#: 1983, doi:10.1080/01431168308948546.
_BEGINNINGS: tuple[tuple[float, str], ...] = (
    (0, "ultraviolet"),
    (400, "blue"),
    (500, "green"),
    (600, "red"),
    (680, "red edge"),
    (750, "near infrared"),
    (930, "water at 970 nm"),
    (1020, "near infrared"),
    (1150, "water at 1200 nm"),
    (1260, "near infrared"),
    (1350, "short-wave infrared"),
    (1400, "water at 1450 nm"),
    (1520, "short-wave infrared"),
    (1870, "water at 1940 nm"),
    (2020, "short-wave infrared"),
)


def region_of(nm: float) -> str:
    """Return the name of the region that a wavelength lies in."""
    starts = [start for start, _ in _BEGINNINGS]
    return _BEGINNINGS[max(bisect_right(starts, nm) - 1, 0)][1]


def regions_of(low_nm: float, high_nm: float) -> str:
    """Return the names of the regions from one wavelength to another, ``"green to red"``."""
    first, last = region_of(min(low_nm, high_nm)), region_of(max(low_nm, high_nm))
    return first if first == last else f"{first} to {last}"
