"""Spectra of leaf tissue, necrosis and dyed cloth.

Leaf reflectance and transmittance come from PROSPECT (Jacquemoud & Baret
1990, Remote Sensing of Environment 34:75-91) in its version D (Féret et al.
2017, Remote Sensing of Environment 193:204-215) as implemented by the
``prosail`` package. The cloth follows Kubelka and Munk (1931, Zeitschrift für
technische Physik 12:593-601), the usual model of dyed textiles.
"""

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

#: Grid on which all materials are defined, in nm.
GRID = np.arange(400.0, 1001.0)

Spectrum = NDArray[np.float64]


@dataclass(frozen=True)
class Tissue:
    """Biochemistry and structure of leaf tissue (arguments of PROSPECT-D).

    Parameters
    ----------
    structure
        Number of elementary layers N, about 1.2 (compact) to 2.5 (senescent).
    chlorophyll, carotenoids, anthocyanins
        µg/cm².
    brown
        Brown pigments, arbitrary units (0 = none).
    water
        Equivalent water thickness, cm.
    dry_matter
        Dry matter per area, g/cm².
    """

    structure: float
    chlorophyll: float
    carotenoids: float
    anthocyanins: float
    brown: float
    water: float
    dry_matter: float


def leaf_optics(tissue: Tissue) -> tuple[Spectrum, Spectrum]:
    """Compute reflectance and transmittance of tissue on `GRID` with PROSPECT-D."""
    import prosail

    _, reflectance, transmittance = prosail.run_prospect(
        tissue.structure,
        tissue.chlorophyll,
        tissue.carotenoids,
        tissue.brown,
        tissue.water,
        tissue.dry_matter,
        ant=tissue.anthocyanins,
        prospect_version="D",
    )
    count = len(GRID)
    return np.asarray(reflectance[:count]), np.asarray(transmittance[:count])


def over_backing(reflectance: Spectrum, transmittance: Spectrum, backing: Spectrum) -> Spectrum:
    """Add the light that crosses the leaf, is returned by the cloth and crosses it again."""
    return reflectance + transmittance**2 * backing / (1.0 - reflectance * backing)


def draw_cultivar(random: np.random.Generator) -> Tissue:
    """Draw the typical tissue of a tea cultivar's mature leaves."""
    chlorophyll = random.uniform(48.0, 62.0)
    return Tissue(
        structure=random.uniform(1.5, 1.75),
        chlorophyll=chlorophyll,
        carotenoids=chlorophyll * random.uniform(0.17, 0.22),
        anthocyanins=random.uniform(0.5, 2.0),
        brown=random.uniform(0.0, 0.05),
        water=random.uniform(0.011, 0.015),
        dry_matter=random.uniform(0.007, 0.010),
    )


def draw_leaf(random: np.random.Generator, cultivar: Tissue) -> Tissue:
    """Draw one leaf of a cultivar: age, thickness and pigments vary from leaf to leaf."""
    chlorophyll = cultivar.chlorophyll * float(np.exp(random.normal(0.0, 0.12)))
    thickness = float(np.exp(random.normal(0.0, 0.08)))
    return Tissue(
        structure=float(np.clip(cultivar.structure + random.normal(0.0, 0.08), 1.3, 2.2)),
        chlorophyll=chlorophyll,
        carotenoids=chlorophyll
        * cultivar.carotenoids
        / cultivar.chlorophyll
        * float(np.exp(random.normal(0.0, 0.06))),
        anthocyanins=cultivar.anthocyanins,
        brown=cultivar.brown,
        water=cultivar.water * thickness,
        dry_matter=cultivar.dry_matter * thickness * float(np.exp(random.normal(0.0, 0.05))),
    )


def scaled(
    tissue: Tissue, *, chlorophyll: float = 1.0, structure: float = 0.0, thickness: float = 1.0
) -> Tissue:
    """Return tissue with pigments and thickness multiplied and structure increased."""
    return replace(
        tissue,
        structure=max(1.05, tissue.structure + structure),
        chlorophyll=tissue.chlorophyll * chlorophyll,
        # Carotenoids follow chlorophyll, but less than in proportion.
        carotenoids=tissue.carotenoids * chlorophyll**0.8,
        water=tissue.water * thickness,
        dry_matter=tissue.dry_matter * thickness,
    )


def chlorotic(healthy: Tissue, intensity: float) -> Tissue:
    """Return tissue of the chlorotic halo.

    Chlorophyll breaks down first, carotenoids later; browning sets in and
    water is lost.

    Parameters
    ----------
    healthy
        Tissue of the same leaf.
    intensity
        0 (healthy) to 1 (next to the lesion).
    """
    return replace(
        healthy,
        structure=healthy.structure + 0.12 * intensity,
        chlorophyll=healthy.chlorophyll * (1.0 - 0.82 * intensity),
        carotenoids=healthy.carotenoids * (1.0 - 0.35 * intensity),
        brown=healthy.brown + 0.30 * intensity,
        water=healthy.water * (1.0 - 0.2 * intensity),
    )


def _melanin(amount: float, decay: float) -> Spectrum:
    """Transmission of melanin-like polymers: absorption falls exponentially with wavelength."""
    return np.exp(-amount * np.exp(-(GRID - 400.0) / decay))


def lesion_border(healthy: Tissue) -> tuple[Spectrum, Spectrum]:
    """Return reflectance and transmittance of the thin brown border of a lesion."""
    reflectance, transmittance = leaf_optics(
        replace(
            healthy,
            chlorophyll=4.0,
            carotenoids=3.0,
            brown=1.3,
            water=healthy.water * 0.5,
        )
    )
    dark = _melanin(0.8, 400.0)
    return reflectance * dark, transmittance * dark


def necrosis(healthy: Tissue, melanin: float) -> tuple[Spectrum, Spectrum]:
    """Return reflectance and transmittance of the almost black centre of a lesion.

    Collapsed, browned tissue under melanised fungal structures: as dark as the
    cloth in the visible, with a low near infrared that rises slowly with
    wavelength (no red edge).

    Parameters
    ----------
    healthy
        Tissue of the same leaf.
    melanin
        Optical depth of the melanin at 400 nm, about 3 to 4.5.
    """
    reflectance, transmittance = leaf_optics(
        replace(
            healthy,
            structure=1.35,
            chlorophyll=2.0,
            carotenoids=2.0,
            anthocyanins=0.0,
            brown=2.5,
            water=healthy.water * 0.25,
            dry_matter=healthy.dry_matter * 0.9,
        )
    )
    dark = _melanin(melanin, 380.0)
    # The crust scatters a little light at its surface, whatever the wavelength.
    return 0.012 + reflectance * dark, transmittance * dark * 0.5


@dataclass(frozen=True)
class Dye:
    """A black dyed textile.

    Parameters
    ----------
    depth
        Kubelka-Munk K/S of the dye in the visible.
    edge
        Wavelength in nm where the dye stops absorbing.
    width
        Width of that edge, nm.
    residue
        K/S that remains in the near infrared (fibre, soot, finish).
    tint
        Relative dip of the absorption in the red, for a bluish or brownish black.
    """

    depth: float
    edge: float
    width: float
    residue: float
    tint: float


def draw_dye(random: np.random.Generator) -> Dye:
    """Draw the dye of a black cloth."""
    return Dye(
        depth=random.uniform(11.0, 15.0),
        edge=random.uniform(712.0, 738.0),
        width=random.uniform(11.0, 16.0),
        residue=random.uniform(2.6, 3.6),
        tint=random.uniform(-0.12, 0.12),
    )


def cloth(dye: Dye, strength: float) -> Spectrum:
    """Compute the reflectance of dyed cloth on `GRID` (Kubelka-Munk, infinitely thick).

    Parameters
    ----------
    dye
        The dye.
    strength
        Relative amount of dye in this yarn, about 1.
    """
    step = 1.0 / (1.0 + np.exp((GRID - dye.edge) / dye.width))
    shape = 1.0 + dye.tint * np.cos((GRID - 450.0) / 110.0)
    ratio = strength * dye.depth * shape * step + dye.residue * (GRID / 800.0) ** -0.8
    return np.asarray(1.0 + ratio - np.sqrt(ratio**2 + 2.0 * ratio))
