"""What the classes of a label image count as when severity is measured."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.partition.partition import LEAF_NAMES
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate, Role


def with_roles(
    image: LabelImage, template: NameTemplate | None, diseased: Collection[str] | None = None
) -> LabelImage:
    """Return a label image whose classes know what they count as.

    Parameters
    ----------
    image
        Its classes.
    template
        Gives roles to all names; where None, classes keep theirs.
    diseased
        Only these names are diseased; others that would be count as leaf. None: as told.
    """
    wanted = None if diseased is None else {name.casefold() for name in diseased}

    def role_of(info: LabelClass) -> Role | None:
        role = info.role if template is None else template.role_of(info.name)
        if wanted is None:
            return role
        if info.name.casefold() in wanted:
            return Role.DISEASED
        role = role or PLANT_PATHOLOGY.role_of(info.name)
        return Role.LEAF if role is Role.DISEASED else role

    classes = (replace(info, role=role_of(info)) if info.name else info for info in image.classes)
    return replace(image, classes=tuple(classes))


def roles_in(image: LabelImage, settings: MaskSettings) -> tuple[MaskSettings, frozenset[str]]:
    """Return how lesions of a label image are made, and which names are leaf.

    Parameters
    ----------
    image
        Where its classes have roles, these decide, and not the names of `settings`; names
        without a role are what they are in `PLANT_PATHOLOGY`.
    settings
        All else about lesions.
    """
    if not any(info.role for info in image.classes):
        return settings, LEAF_NAMES
    roles = {
        info.name: info.role or PLANT_PATHOLOGY.role_of(info.name)
        for info in image.classes
        if info.name
    }
    diseased = sorted(name for name, role in roles.items() if role is Role.DISEASED)
    leaf = frozenset(name for name, role in roles.items() if role is not Role.OUTSIDE)
    return replace(settings, names=tuple(diseased)), leaf
