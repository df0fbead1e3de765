"""What the names of the axes of a stored array tell."""

from collections.abc import Sequence

from napari_dgc.cubes.array_tree import StoredInfo
from napari_dgc.cubes.attributes import plain
from napari_dgc.cubes.layout import BAND_BETWEEN, BAND_FIRST, BAND_LAST
from napari_dgc.cubes.wavelengths import is_wavelength_name

_ROWS = frozenset({"y", "row", "rows", "line", "lines", "lat", "latitude", "northing", "i"})
_COLUMNS = frozenset(
    {"x", "column", "columns", "col", "sample", "samples", "lon", "longitude", "easting", "j"}
    | {"pixel", "pixels"}
)
_BANDS = frozenset({"c", "channel", "channels", "spectral", "spectrum", "z", "lam", "b"})


def named_order(info: StoredInfo, axes: Sequence[int]) -> tuple[int, int, int] | None:
    """Return which of three axes are (band, row, column) by their names, or None."""
    if not info.axis_names:
        return None
    names = [plain(info.axis_names[axis]) for axis in axes]
    rows = [place for place, name in enumerate(names) if name in _ROWS]
    columns = [place for place, name in enumerate(names) if name in _COLUMNS]
    bands = [place for place, name in enumerate(names) if _names_bands(name)]
    if len(rows) == len(columns) == 1:
        (left,) = {0, 1, 2} - {rows[0], columns[0]}
        return (left, rows[0], columns[0]) if not names[left] or left in bands else None
    if len(bands) == 1 and not rows and not columns:
        row, column = sorted({0, 1, 2} - set(bands))
        return bands[0], row, column
    return None


def stack_axis(info: StoredInfo) -> int | None:
    """Return which of four axes counts the cubes by the names of all, or None."""
    left = [axis for axis, n in enumerate(info.shape) if len(info.shape) <= 4 or n > 1]
    if not info.axis_names or len(left) != 4:
        return None
    found = [axis for axis in left if _is_known(info, [other for other in left if other != axis])]
    return found[0] if len(found) == 1 else None


def _is_known(info: StoredInfo, axes: Sequence[int]) -> bool:
    """Tell whether three axes are called row, column and band."""
    names = [plain(info.axis_names[axis]) for axis in axes]
    kinds = (lambda name: name in _ROWS, lambda name: name in _COLUMNS, _names_bands)
    return all(sum(is_kind(name) for name in names) == 1 for is_kind in kinds)


def _names_bands(name: str) -> bool:
    return name in _BANDS or name.startswith("band") or is_wavelength_name(name)


def layout_in_words(order: tuple[int, int, int]) -> str:
    """Return the order in which axes lie that become (band, row, column)."""
    known = {(0, 1, 2): BAND_FIRST, (2, 0, 1): BAND_LAST, (1, 0, 2): BAND_BETWEEN}
    words = dict(zip(order, ("band", "row", "column"), strict=True))
    return known.get(order) or "-".join(words[axis] for axis in range(3))
