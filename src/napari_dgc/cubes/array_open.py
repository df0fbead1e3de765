"""Opening the cube of a file that holds many named arrays, with what the others say about it."""

from napari_dgc.cubes.array_axes import layout_in_words, named_order
from napari_dgc.cubes.array_choice import choose_array
from napari_dgc.cubes.array_tree import (
    ArrayTree,
    StoredInfo,
    attributes_of,
    image_shapes,
    other_wavelengths,
)
from napari_dgc.cubes.attributes import Attributes, describe_bands, wavelength_counts
from napari_dgc.cubes.choices import Request
from napari_dgc.cubes.cube import CubeArray, HyperCube
from napari_dgc.cubes.layout import (
    BAND_LAST,
    BY_COLUMNS,
    BY_ROWS,
    BandEvidence,
    bands_first,
    decide_layout,
)
from napari_dgc.cubes.matrices import pixel_layout, unfolding_note
from napari_dgc.cubes.notes import Certain
from napari_dgc.cubes.pixel_order import pixel_order
from napari_dgc.cubes.pixel_sizes import stored_pixel_mm
from napari_dgc.cubes.readings import Reading


def open_tree(tree: ArrayTree, request: Request) -> HyperCube:
    """Open the cube of a tree of arrays.

    Parameters
    ----------
    tree
        The file.
    request
        What the user says about it.

    Raises
    ------
    UserError
        No cube in it, or damaged.
    AmbiguousVariable, AmbiguousLayout
        Only the user can tell.
    """
    notes: list[str] = []
    reading = choose_array(tree, request, notes)
    info = next(info for info in tree.arrays if info.name == reading.variable.name)
    attributes = attributes_of(tree, info)
    if reading.image is not None:
        data, layout = _unfolded(tree, reading, request, notes)
        size = None
    else:
        data, layout = _turned(tree, info, reading, request, attributes, notes)
        words = layout.split("-")
        row, column = (reading.axes[words.index(word)] for word in ("row", "column"))
        size = stored_pixel_mm(tree, info, row, column)
    cube = HyperCube(
        data=data,
        name=tree.path.stem.removesuffix(".ome"),
        path=tree.path,
        format=tree.format,
        variable=reading.name or None,
        layout=layout,
        pixel_size_mm=size,
        notes=tuple(notes),
    )
    return describe_bands(
        cube,
        attributes,
        centres=request.wavelengths is None,
        others=other_wavelengths(tree, info),
    )


def _turned(
    tree: ArrayTree,
    info: StoredInfo,
    reading: Reading,
    request: Request,
    attributes: Attributes,
    notes: list[str],
) -> tuple[CubeArray, str]:
    """Return three axes of an array as a cube, and their order in the file."""
    where = f"{reading.name} in {tree.path.name}" if reading.name else str(tree.path)
    stored = tree.load(reading, "auto")
    order = named_order(info, reading.axes) if request.layout == "auto" else None
    if order is not None:
        layout = layout_in_words(order)
        names = ", ".join(info.axis_names[axis] or "–" for axis in reading.axes)
        notes.append(Certain(f"Axes are read as {layout}: the file names them {names}."))
        return stored.transpose(*order), layout
    given = request.wavelength_count
    counts = wavelength_counts(attributes) if given is None else [given]
    evidence = BandEvidence(counts, image_shapes(tree, info))
    layout, reason = decide_layout(stored, request.layout, evidence, where)
    notes.append(reason)
    return bands_first(stored, layout), layout


def _unfolded(
    tree: ArrayTree, reading: Reading, request: Request, notes: list[str]
) -> tuple[CubeArray, str]:
    """Return a matrix of pixels as a cube, and the order in which the pixels come."""
    layout, how = pixel_layout(reading, request.layout), "as asked for"
    if layout is None:
        layout = pixel_order(tree.load(reading, BY_COLUMNS), BY_ROWS)
        how = "as is usual" if layout == BY_ROWS else "as the picture shows"
    notes.append(unfolding_note(reading, layout, how))
    return bands_first(tree.load(reading, layout), BAND_LAST), layout
