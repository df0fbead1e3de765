"""Names and roles of the classes of label maps, as a user gives them beside the maps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from napari_dgc.annotations.label_image import LabelClass, LabelImage
    from napari_dgc.annotations.read import Source
    from napari_dgc.cubes import HyperCube
    from napari_dgc.measure.lesion_mask import MaskSettings
    from napari_dgc.partition.template import NameTemplate


@dataclass(frozen=True)
class Naming:
    """What tells names and roles of classes, where it is not the map alone.

    Parameters
    ----------
    classes
        By number, of a class table for all maps.
    template
        Roles of names.
    diseased
        Names that are diseased, as the user says.
    """

    classes: Mapping[int, LabelClass] | None = None
    template: NameTemplate | None = None
    diseased: Sequence[str] | None = None


def read_map(
    source: Source, naming: Naming, settings: MaskSettings, cube: HyperCube | None
) -> LabelImage:
    """Read a map, with the names that are given; refuse one that names nothing of a leaf."""
    from dataclasses import replace

    from napari_dgc.annotations.label_image import LabelClass
    from napari_dgc.annotations.roles import roles_in, with_roles
    from napari_dgc.annotations.tables import FOLDER_TABLE, TABLE_SUFFIX
    from napari_dgc.partition.partition import LEAF_NAMES

    image = source(None if cube is None else (cube.rows, cube.columns))
    if (given := naming.classes) is not None:
        unnamed = LabelClass(0)
        told = ((info, given.get(info.number, unnamed)) for info in image.classes)
        classes = tuple(replace(info, name=new.name, role=new.role) for info, new in told)
        image = replace(image, classes=classes)
    image = with_roles(image, naming.template, naming.diseased)
    found, leaf = roles_in(image, settings)
    wanted = {name.casefold() for name in (*leaf, *found.names)}
    if not any(info.name.casefold() in wanted for info in image.classes):
        raise UserError(
            f"No class of the map {image.name} is named {', '.join(sorted(LEAF_NAMES))}; name them "
            f"in a table {image.name}{TABLE_SUFFIX} or {FOLDER_TABLE} (label,name) beside it, "
            "or with --classes; free names get a meaning by --template or --diseased."
        )
    return image
