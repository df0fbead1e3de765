"""The vegetation indices: formulas with wavelengths as their authors gave them, and sources.

Where an author gave a broad band, a range stands for it. Where the wavelengths are those of
a later work, the source names both.
"""

from napari_dgc.errors import UserError
from napari_dgc.indices.catalogue.pigments import PIGMENTS, PIGMENTS_INDICES
from napari_dgc.indices.catalogue.stress import DISEASE, DISEASE_INDICES, STRESS, STRESS_INDICES
from napari_dgc.indices.catalogue.vigour import VIGOUR, VIGOUR_INDICES
from napari_dgc.indices.catalogue.water import RESIDUE, RESIDUE_INDICES, WATER, WATER_INDICES
from napari_dgc.indices.index import Index

#: What indices are about, in the order in which they are shown.
GROUPS = (VIGOUR, PIGMENTS, STRESS, DISEASE, WATER, RESIDUE)
INDICES: tuple[Index, ...] = (
    *VIGOUR_INDICES,
    *PIGMENTS_INDICES,
    *STRESS_INDICES,
    *DISEASE_INDICES,
    *WATER_INDICES,
    *RESIDUE_INDICES,
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
    names = [index.name for index in INDICES]
    # Some indices have versions: what is called ARI elsewhere is ARI1 or ARI2 here.
    versions = [one for one in names if name and one.casefold().startswith(name.casefold())]
    meant = f" (is it {' or '.join(versions)}?)" if versions else ""
    raise UserError(f"There is no index {name!r}{meant}; choose from {', '.join(names)}.")
