"""Indices of water and of dry matter."""

from napari_dgc.indices.formula import Formula
from napari_dgc.indices.index import BROAD_NM, NORMALISED, RATIO, Index

WATER = "Water"
RESIDUE = "Dry matter"

WATER_INDICES: tuple[Index, ...] = (
    Index(
        "WI",
        "Water index",
        WATER,
        Formula("R900 / R970"),
        "Water in the tissue, from its weak absorption at 970 nm: falls as lesions dry out.",
        RATIO,
        "Peñuelas et al. 1997, International Journal of Remote Sensing 18",
        "10.1080/014311697217396",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "NDWI",
        "Normalised difference water index",
        WATER,
        Formula("(R860 - R1240) / (R860 + R1240)"),
        "Liquid water in leaves and canopy; falls with wilting and drying.",
        NORMALISED,
        "Gao 1996, Remote Sensing of Environment 58",
        "10.1016/S0034-4257(96)00067-3",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "MSI",
        "Moisture stress index",
        WATER,
        Formula("R1600 / R820"),
        "Rises as leaves lose water.",
        RATIO,
        "Hunt & Rock 1989, Remote Sensing of Environment 30",
        "10.1016/0034-4257(89)90046-1",
        tolerance_nm=BROAD_NM,
    ),
)


RESIDUE_INDICES: tuple[Index, ...] = (
    Index(
        "CAI",
        "Cellulose absorption index",
        RESIDUE,
        Formula("0.5 * (R2000 + R2200) - R2100"),
        "Above 0 on dry plant matter, below 0 on green leaves and soil: shows dead tissue and "
        "litter.",
        (-1.0, 1.0),
        "Nagler et al. 2003, Remote Sensing of Environment 87",
        "10.1016/j.rse.2003.06.001",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "LCAI",
        "Lignin-cellulose absorption index",
        RESIDUE,
        Formula("100 * ((R2205 - R2165) + (R2205 - R2330))"),
        "Lignin and cellulose of dead tissue and crop residue.",
        (-200.0, 200.0),
        "Daughtry et al. 2005, Agronomy Journal 97",
        "10.2134/agronj2003.0291",
        tolerance_nm=BROAD_NM,
    ),
)
