"""What is known about one vegetation index."""

from __future__ import annotations

from dataclasses import dataclass, field

from napari_dgc.indices.formula import Formula

#: A single wavelength is read from the nearest band, if that is no further away than this: half
#: of 12 nm, the widest spacing of common hyperspectral cameras.
TOLERANCE_NM = 6.0
#: The same for indices whose wavelengths lie where spectra are flat; `benchmarks/indices.py`
#: shows what it costs.
BROAD_NM = 10.0
#: Bands averaged about a wavelength may span so much; wider, the neighbours in a formula meet.
WIDEST_NM = 20.0

Limits = tuple[float | None, float | None]
NORMALISED: Limits = (-1.0, 1.0)
RATIO: Limits = (0.0, None)
FREE: Limits = (None, None)


@dataclass(frozen=True)
class Index:
    """A vegetation index.

    Parameters
    ----------
    name
        Short name, unique.
    title
        Name in words.
    group
        What it is about, one of `catalogue.GROUPS`.
    formula
        With wavelengths in nanometres; reflectance is a fraction.
    meaning
        What it tells a pathologist, one sentence.
    limits
        Least and greatest value that reflectance between 0 and 1 can give;
        None where there is no bound.
    source
        Authors, year, where.
    doi
        Of the source, or None.
    url
        Of the source where it has no DOI, or None.
    tolerance_nm
        How far the nearest band may be from a wavelength of the formula.
    """

    name: str
    title: str
    group: str
    formula: Formula
    meaning: str
    limits: Limits
    source: str
    doi: str | None = None
    url: str | None = None
    tolerance_nm: float = field(default=TOLERANCE_NM)

    @property
    def wavelengths(self) -> tuple[str, ...]:
        """Wavelengths or ranges that are needed, ``("531", "570")``."""
        return tuple(term.wavelengths for term in self.formula.terms)

    @property
    def needs_reflectance(self) -> bool:
        """Whether raw counts give values without a meaning, and not only other ones."""
        return self.formula.degree is None

    @property
    def link(self) -> str | None:
        """Address of the source."""
        return self.url if self.doi is None else f"https://doi.org/{self.doi}"

    @property
    def value_range(self) -> str:
        """Possible values in words."""
        low, high = self.limits
        if low is None:
            return "unbounded" if high is None else f"up to {high:g}"
        return f"from {low:g}" if high is None else f"{low:g} to {high:g}"
