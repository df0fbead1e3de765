"""The vegetation indices: formulas with wavelengths as their authors gave them, and sources.

Where an author gave a broad band, a range stands for it. Where the wavelengths are those of
a later work, the source names both.
"""

from napari_dgc.errors import UserError
from napari_dgc.indices.formula import Formula
from napari_dgc.indices.index import BROAD_NM, Index

VIGOUR = "Chlorophyll and vigour"
PIGMENTS = "Pigments"
STRESS = "Stress and senescence"
DISEASE = "Disease"
WATER = "Water"
RESIDUE = "Dry matter"
#: In the order in which they are shown.
GROUPS = (VIGOUR, PIGMENTS, STRESS, DISEASE, WATER, RESIDUE)

_NORMALISED = (-1.0, 1.0)
_RATIO = (0.0, None)
_FREE = (None, None)

INDICES: tuple[Index, ...] = (
    # ------------------------------------------------ chlorophyll and vigour
    Index(
        "NDVI",
        "Normalised difference vegetation index",
        VIGOUR,
        Formula("(R800 - R670) / (R800 + R670)"),
        "High on green tissue, near 0 on soil and dead tissue; parts leaf from background, but "
        "changes little before chlorosis is plain to see.",
        _NORMALISED,
        "Rouse et al. 1974, Third ERTS Symposium, NASA SP-351; narrow bands",
        url="https://ntrs.nasa.gov/citations/19740022614",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "GNDVI",
        "Green normalised difference vegetation index",
        VIGOUR,
        Formula("(R800 - R550) / (R800 + R550)"),
        "Falls with chlorophyll over a wider range than NDVI, so that mild chlorosis shows.",
        _NORMALISED,
        "Gitelson, Kaufman & Merzlyak 1996, Remote Sensing of Environment 58; narrow bands",
        "10.1016/S0034-4257(96)00072-7",
    ),
    Index(
        "NDRE",
        "Normalised difference red edge",
        VIGOUR,
        Formula("(R790 - R720) / (R790 + R720)"),
        "Falls early when chlorophyll or nitrogen is lost, also in dense leaves where NDVI is "
        "saturated.",
        _NORMALISED,
        "Barnes et al. 2000, Fifth International Conference on Precision Agriculture",
        url="https://naldc.nal.usda.gov/download/4190/PDF",
    ),
    Index(
        "RENDVI",
        "Red-edge normalised difference vegetation index (ND705)",
        VIGOUR,
        Formula("(R750 - R705) / (R750 + R705)"),
        "Follows chlorophyll at the red edge; low values mark ageing and infected tissue.",
        _NORMALISED,
        "Gitelson & Merzlyak 1994, Journal of Plant Physiology 143",
        "10.1016/S0176-1617(11)81633-0",
    ),
    Index(
        "mND705",
        "Modified red-edge normalised difference",
        VIGOUR,
        Formula("(R750 - R705) / (R750 + R705 - 2 * R445)"),
        "Chlorophyll as RENDVI tells it, with the shine of the leaf surface taken off, which "
        "helps to compare smooth, waxy and hairy leaves.",
        _FREE,
        "Sims & Gamon 2002, Remote Sensing of Environment 81",
        "10.1016/S0034-4257(02)00010-X",
    ),
    Index(
        "CIre",
        "Red-edge chlorophyll index",
        VIGOUR,
        Formula("R750_800 / R695_740 - 1"),
        "Proportional to leaf chlorophyll; falls where a pathogen bleaches the leaf.",
        (-1.0, None),
        "Gitelson, Gritz & Merzlyak 2003, Journal of Plant Physiology 160",
        "10.1078/0176-1617-00887",
    ),
    Index(
        "MTCI",
        "MERIS terrestrial chlorophyll index",
        VIGOUR,
        Formula("(R754 - R709) / (R709 - R681)"),
        "Rises with chlorophyll without levelling off on dark green leaves; unstable on soil and "
        "dead tissue.",
        _FREE,
        "Dash & Curran 2004, International Journal of Remote Sensing 25",
        "10.1080/0143116042000274015",
    ),
    Index(
        "MCARI",
        "Modified chlorophyll absorption ratio index",
        VIGOUR,
        Formula("((R700 - R670) - 0.2 * (R700 - R550)) * (R700 / R670)"),
        "High where chlorophyll absorbs less red light than it should, as in yellowing tissue.",
        _FREE,
        "Daughtry et al. 2000, Remote Sensing of Environment 74",
        "10.1016/S0034-4257(00)00113-9",
    ),
    Index(
        "TCARI",
        "Transformed chlorophyll absorption in reflectance index",
        VIGOUR,
        Formula("3 * ((R700 - R670) - 0.2 * (R700 - R550) * (R700 / R670))"),
        "Rises when chlorophyll falls, less disturbed by what lies behind the leaf than MCARI.",
        _FREE,
        "Haboudane et al. 2002, Remote Sensing of Environment 81",
        "10.1016/S0034-4257(02)00018-4",
    ),
    Index(
        "OSAVI",
        "Optimised soil-adjusted vegetation index",
        VIGOUR,
        Formula("1.16 * (R800 - R670) / (R800 + R670 + 0.16)"),
        "NDVI for thin canopies over soil: dark and bright soil give nearly the same value.",
        (-1.0, 1.0),
        "Rondeaux, Steven & Baret 1996, Remote Sensing of Environment 55",
        "10.1016/0034-4257(95)00186-7",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "TVI",
        "Triangular vegetation index",
        VIGOUR,
        Formula("0.5 * (120 * (R750 - R550) - 200 * (R670 - R550))"),
        "Area between green peak, red minimum and near infrared: shrinks with loss of "
        "chlorophyll and of leaf structure.",
        _FREE,
        "Broge & Leblanc 2001, Remote Sensing of Environment 76",
        "10.1016/S0034-4257(00)00197-8",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "VARI",
        "Visible atmospherically resistant index",
        VIGOUR,
        Formula("(R545_565 - R620_680) / (R545_565 + R620_680 - R459_490)"),
        "Share of green tissue from visible light alone, for scans without near infrared.",
        _FREE,
        "Gitelson et al. 2002, Remote Sensing of Environment 80; bands of the MODIS sensor",
        "10.1016/S0034-4257(01)00289-9",
    ),
    Index(
        "REP",
        "Red-edge position (nm)",
        VIGOUR,
        Formula("700 + 40 * ((R670 + R780) / 2 - R700) / (R740 - R700)"),
        "Wavelength of the steepest rise to the near infrared; it moves to shorter wavelengths "
        "under stress, often before symptoms are seen.",
        _FREE,
        "Guyot & Baret 1988, Fourth International Colloquium on Spectral Signatures, ESA SP-287",
    ),
    # -------------------------------------------------------------- pigments
    Index(
        "PSSRa",
        "Pigment-specific simple ratio, chlorophyll a",
        PIGMENTS,
        Formula("R800 / R680"),
        "Chlorophyll a: the first to fall where photosynthesis breaks down.",
        _RATIO,
        "Blackburn 1998, International Journal of Remote Sensing 19",
        "10.1080/014311698215919",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "PSSRb",
        "Pigment-specific simple ratio, chlorophyll b",
        PIGMENTS,
        Formula("R800 / R635"),
        "Chlorophyll b, to compare its loss with that of chlorophyll a.",
        _RATIO,
        "Blackburn 1998, International Journal of Remote Sensing 19",
        "10.1080/014311698215919",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "PSSRc",
        "Pigment-specific simple ratio, carotenoids",
        PIGMENTS,
        Formula("R800 / R470"),
        "Carotenoids, which outlast chlorophyll in yellowing tissue.",
        _RATIO,
        "Blackburn 1998, International Journal of Remote Sensing 19",
        "10.1080/014311698215919",
        tolerance_nm=BROAD_NM,
    ),
    Index(
        "ARI1",
        "Anthocyanin reflectance index 1",
        PIGMENTS,
        Formula("1 / R550 - 1 / R700"),
        "Anthocyanins, the red pigments of many defence reactions and of reddened lesion borders.",
        _FREE,
        "Gitelson, Merzlyak & Chivkunova 2001, Photochemistry and Photobiology 74",
        "10.1562/0031-8655(2001)074<0038:OPANEO>2.0.CO;2",
    ),
    Index(
        "ARI2",
        "Anthocyanin reflectance index 2",
        PIGMENTS,
        Formula("R800 * (1 / R550 - 1 / R700)"),
        "Anthocyanins, corrected for how thick and how bright the leaf is.",
        _FREE,
        "Gitelson, Merzlyak & Chivkunova 2001, Photochemistry and Photobiology 74",
        "10.1562/0031-8655(2001)074<0038:OPANEO>2.0.CO;2",
    ),
    Index(
        "ACI",
        "Anthocyanin content index",
        PIGMENTS,
        Formula("R530 / R940"),
        "Falls where anthocyanins take up green light; a plain ratio for reddening.",
        _RATIO,
        "van den Berg & Perkins 2005, HortScience 40, by transmitted light near 530 and 940 nm",
        "10.21273/HORTSCI.40.3.685",
    ),
    Index(
        "CRI1",
        "Carotenoid reflectance index 1",
        PIGMENTS,
        Formula("1 / R510 - 1 / R550"),
        "Carotenoids against chlorophyll: high in yellowing tissue without red pigments.",
        _FREE,
        "Gitelson et al. 2002, Photochemistry and Photobiology 75",
        "10.1562/0031-8655(2002)0750272ACCIPL2.0.CO2",
    ),
    Index(
        "CRI2",
        "Carotenoid reflectance index 2",
        PIGMENTS,
        Formula("1 / R510 - 1 / R700"),
        "As CRI1, less disturbed by anthocyanins.",
        _FREE,
        "Gitelson et al. 2002, Photochemistry and Photobiology 75",
        "10.1562/0031-8655(2002)0750272ACCIPL2.0.CO2",
    ),
    Index(
        "RGRI",
        "Red-green ratio index",
        PIGMENTS,
        Formula("R600_699 / R500_599"),
        "Rises with reddening and browning: anthocyanins against chlorophyll.",
        _RATIO,
        "Gamon & Surfus 1999, New Phytologist 143",
        "10.1046/j.1469-8137.1999.00424.x",
    ),
    Index(
        "SIPI",
        "Structure-insensitive pigment index",
        PIGMENTS,
        Formula("(R800 - R445) / (R800 - R680)"),
        "Carotenoids against chlorophyll a, little disturbed by leaf structure: rises under "
        "stress.",
        _FREE,
        "Peñuelas, Baret & Filella 1995, Photosynthetica 31",
    ),
    Index(
        "NPCI",
        "Normalised pigment chlorophyll index",
        PIGMENTS,
        Formula("(R680 - R430) / (R680 + R430)"),
        "All pigments against chlorophyll: rises as nitrogen or water runs short.",
        _NORMALISED,
        "Peñuelas et al. 1994, Remote Sensing of Environment 48",
        "10.1016/0034-4257(94)90136-8",
    ),
    # -------------------------------------------------- stress and senescence
    Index(
        "PRI",
        "Photochemical reflectance index",
        STRESS,
        Formula("(R531 - R570) / (R531 + R570)"),
        "Falls within minutes to days when light can no longer be used for photosynthesis, often "
        "before symptoms.",
        _NORMALISED,
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
        _FREE,
        "Merzlyak et al. 1999, Physiologia Plantarum 106",
        "10.1034/j.1399-3054.1999.106119.x",
    ),
    Index(
        "NPQI",
        "Normalised phaeophytinisation index",
        STRESS,
        Formula("(R415 - R435) / (R415 + R435)"),
        "Breakdown of chlorophyll to phaeophytin, as under sucking insects and in dying tissue.",
        _NORMALISED,
        "Barnes et al. 1992, Environmental and Experimental Botany 32",
        "10.1016/0098-8472(92)90034-Y",
    ),
    Index(
        "CTR1",
        "Carter stress ratio 1",
        STRESS,
        Formula("R695 / R420"),
        "Rises under most kinds of stress, biotic ones included, as the far red brightens first.",
        _RATIO,
        "Carter 1994, International Journal of Remote Sensing 15",
        "10.1080/01431169408954109",
    ),
    Index(
        "CTR2",
        "Carter stress ratio 2",
        STRESS,
        Formula("R695 / R760"),
        "As CTR1 without the noisy blue bands; rises under most kinds of stress.",
        _RATIO,
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
    # --------------------------------------------------------------- disease
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
        _RATIO,
        "Apan et al. 2004, International Journal of Remote Sensing 25",
        "10.1080/01431160310001618031",
        tolerance_nm=BROAD_NM,
    ),
    # ----------------------------------------------------------------- water
    Index(
        "WI",
        "Water index",
        WATER,
        Formula("R900 / R970"),
        "Water in the tissue, from its weak absorption at 970 nm: falls as lesions dry out.",
        _RATIO,
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
        _NORMALISED,
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
        _RATIO,
        "Hunt & Rock 1989, Remote Sensing of Environment 30",
        "10.1016/0034-4257(89)90046-1",
        tolerance_nm=BROAD_NM,
    ),
    # ------------------------------------------------------------ dry matter
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


def find_index(name: str) -> Index:
    """Return the index of a name, upper or lower case.

    Raises
    ------
    UserError
        When there is none.
    """
    for index in INDICES:
        if index.name.casefold() == name.casefold():
            return index
    known = ", ".join(index.name for index in INDICES)
    raise UserError(f"There is no index {name!r}; choose from {known}.")
