"""Indices of stress and senescence, and those made for plant diseases."""

from napari_dgc.indices.formula import Formula
from napari_dgc.indices.index import BROAD_NM, FREE, NORMALISED, RATIO, Index

STRESS = "Stress and senescence"
DISEASE = "Disease"

STRESS_INDICES: tuple[Index, ...] = (
    Index(
        "PRI",
        "Photochemical reflectance index",
        STRESS,
        Formula("(R531 - R570) / (R531 + R570)"),
        "Falls within minutes to days when light can no longer be used for photosynthesis, often "
        "before symptoms.",
        NORMALISED,
        "Gamon, Peñuelas & Field 1992, Remote Sensing of Environment 41",
        "10.1016/0034-4257(92)90059-S",
    ),
    Index(
        "PSRI",
        "Plant senescence reflectance index",
        STRESS,
        Formula("(R678 - R500) / R750"),
        "Near 0 on healthy leaves; rises when chlorophyll goes and carotenoids stay, in ageing "
        "and in necrotic tissue.",
        FREE,
        "Merzlyak et al. 1999, Physiologia Plantarum 106",
        "10.1034/j.1399-3054.1999.106119.x",
    ),
    Index(
        "NPQI",
        "Normalised phaeophytinisation index",
        STRESS,
        Formula("(R415 - R435) / (R415 + R435)"),
        "Breakdown of chlorophyll to phaeophytin, as under sucking insects and in dying tissue.",
        NORMALISED,
        "Barnes et al. 1992, Environmental and Experimental Botany 32",
        "10.1016/0098-8472(92)90034-Y",
    ),
    Index(
        "CTR1",
        "Carter stress ratio 1",
        STRESS,
        Formula("R695 / R420"),
        "Rises under most kinds of stress, biotic ones included, as the far red brightens first.",
        RATIO,
        "Carter 1994, International Journal of Remote Sensing 15",
        "10.1080/01431169408954109",
    ),
    Index(
        "CTR2",
        "Carter stress ratio 2",
        STRESS,
        Formula("R695 / R760"),
        "As CTR1 without the noisy blue bands; rises under most kinds of stress.",
        RATIO,
        "Carter 1994, International Journal of Remote Sensing 15",
        "10.1080/01431169408954109",
    ),
    Index(
        "RVSI",
        "Red-edge vegetation stress index",
        STRESS,
        Formula("(R714 + R752) / 2 - R733"),
        "How the red edge is bent: below 0 on healthy canopies, rising with stress.",
        (-1.0, 1.0),
        "Merton & Huntington 1999, AVIRIS workshop",
        url="https://aviris.jpl.nasa.gov/proceedings/workshops/99_docs/41.pdf",
    ),
)


DISEASE_INDICES: tuple[Index, ...] = (
    Index(
        "HI",
        "Healthy index (sugar beet)",
        DISEASE,
        Formula("(R534 - R698) / (R534 + R698) - 0.5 * R704"),
        "Made to tell healthy sugar beet leaves from Cercospora leaf spot, rust and powdery "
        "mildew; falls on diseased tissue.",
        (-1.5, 1.0),
        "Mahlein et al. 2013, Remote Sensing of Environment 128",
        "10.1016/j.rse.2012.09.019",
    ),
    Index(
        "CLSI",
        "Cercospora leaf spot index (sugar beet)",
        DISEASE,
        Formula("(R698 - R570) / (R698 + R570) - R734"),
        "Made for Cercospora leaf spot of sugar beet; rises on brown necrotic spots.",
        (-2.0, 1.0),
        "Mahlein et al. 2013, Remote Sensing of Environment 128",
        "10.1016/j.rse.2012.09.019",
    ),
    Index(
        "SBRI",
        "Sugar beet rust index",
        DISEASE,
        Formula("(R570 - R513) / (R570 + R513) + 0.5 * R704"),
        "Made for rust of sugar beet; rises on orange pustules and the chlorosis around them.",
        (-1.0, 1.5),
        "Mahlein et al. 2013, Remote Sensing of Environment 128",
        "10.1016/j.rse.2012.09.019",
    ),
    Index(
        "PMI",
        "Powdery mildew index (sugar beet)",
        DISEASE,
        Formula("(R520 - R584) / (R520 + R584) + R724"),
        "Made for powdery mildew of sugar beet; rises where white mycelium brightens the leaf.",
        (-1.0, 2.0),
        "Mahlein et al. 2013, Remote Sensing of Environment 128",
        "10.1016/j.rse.2012.09.019",
    ),
    Index(
        "DSWI5",
        "Disease water stress index 5",
        DISEASE,
        Formula("(R800 + R550) / (R1660 + R680)"),
        "Made for orange rust of sugarcane: loss of water, of green and of leaf structure in one "
        "number; falls on diseased tissue.",
        RATIO,
        "Apan et al. 2004, International Journal of Remote Sensing 25",
        "10.1080/01431160310001618031",
        tolerance_nm=BROAD_NM,
    ),
)
