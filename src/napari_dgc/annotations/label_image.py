"""A label map with all that belongs to it: names, colours, objects, size of a pixel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from napari_dgc import __version__
from napari_dgc.partition.palette import NAME_COLOURS, cluster_colour
from napari_dgc.partition.template import Role

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube
    from napari_dgc.partition import Partition

#: What wrote a file, for formats that have a place for it.
WRITTEN_BY = f"napari-dgc {__version__}"
HIGHEST = int(np.iinfo(np.uint16).max)
#: A label map is held in memory as a whole.
MOST_PIXELS = 2**28
_LONGEST_NAME = 200


@dataclass(frozen=True)
class LabelClass:
    """One class of a label map.

    Parameters
    ----------
    number
        In the map, from 1.
    name
        "" where it has none.
    colour
        ``#rrggbb``, "" where none was chosen.
    members
        Fine clusters that were merged to it, where known.
    role
        What it counts as when severity is measured; None where its name alone tells.
    """

    number: int
    name: str = ""
    colour: str = ""
    members: tuple[int, ...] = ()
    role: Role | None = None

    @property
    def title(self) -> str:
        """Name to show."""
        return self.name or f"class {self.number}"

    @property
    def shown_colour(self) -> str:
        """Colour to show, ``#rrggbb``: its own, the name's, or that of the number."""
        return self.colour or NAME_COLOURS.get(self.name.casefold()) or cluster_colour(self.number)

    @property
    def rgb(self) -> tuple[int, int, int]:
        """Red, green and blue of the shown colour, 0 to 255."""
        red, green, blue = bytes.fromhex(self.shown_colour.removeprefix("#"))
        return red, green, blue


@dataclass(frozen=True, eq=False)
class LabelImage:
    """A label map and what its numbers mean.

    Parameters
    ----------
    name
        Of the scan; files are named after it.
    labels
        (row, column) uint8 or uint16 class numbers, 0 for no data or not labelled.
    classes
        By number; every number of the map has one.
    objects
        (row, column) numbers of the objects, such as single lesions, 0 for none, each within
        one class. None: pixels of a class that touch, also at corners, are an object.
    pixel_size_mm
        Length of the side of a pixel in millimetres, None where unknown.
    scan
        The scan that was labelled, for pictures and spectra.
    notes
        What was decided while reading, one sentence each.
    """

    name: str
    labels: NDArray[np.unsignedinteger[Any]]
    classes: tuple[LabelClass, ...]
    objects: NDArray[np.uint32] | None = None
    pixel_size_mm: float | None = None
    scan: HyperCube | None = None
    notes: tuple[str, ...] = ()

    @classmethod
    def build(
        cls,
        name: str,
        labels: NDArray[np.integer[Any]],
        classes: Iterable[LabelClass] = (),
        **rest: Any,
    ) -> Self:
        """Make a label image; numbers without a class get one without a name.

        Parameters
        ----------
        name, labels, classes
            As of the class; labels of any whole type. Their type becomes the smallest that
            holds all classes.
        **rest
            Further fields.
        """
        highest = int(labels.max(initial=0))
        if highest > HIGHEST or int(labels.min(initial=0)) < 0:
            raise ValueError("labels must lie between 0 and 65535")
        known = {
            info.number: replace(info, name="") if info.name == f"class {info.number}" else info
            for info in classes
            if 0 < info.number <= HIGHEST
        }
        for number in np.flatnonzero(_counted(labels)).tolist():
            if number and number not in known:
                known[number] = LabelClass(number)
        ordered = tuple(known[number] for number in sorted(known))
        top = max(highest, ordered[-1].number if ordered else 0)
        kind = np.uint8 if top <= 255 else np.uint16
        return cls(name, np.ascontiguousarray(labels, kind), ordered, **rest)

    @classmethod
    def of_partition(
        cls,
        name: str,
        labels: NDArray[np.integer[Any]],
        partition: Partition,
        *,
        compact: bool = False,
        **rest: Any,
    ) -> Self:
        """Make a label image of a map of class numbers as `Partition.apply` gives them.

        Parameters
        ----------
        name, labels
            As of the class.
        partition
            Names, colours and members of the classes.
        compact
            `labels` count the classes 1, 2, ... without gaps instead.
        **rest
            Further fields.
        """
        classes = [
            LabelClass(
                position if compact else info.number, info.name, info.shown_colour, info.members
            )
            for position, info in enumerate(partition.classes, start=1)
        ]
        made = cls.build(name, labels, classes, **rest)
        highest = len(classes) if compact else partition.clusters
        # Of one type for all scans of a model, whichever classes they have.
        kind = np.uint8 if highest <= 255 else np.uint16
        return replace(made, labels=made.labels.astype(kind, copy=False))

    @property
    def present(self) -> tuple[LabelClass, ...]:
        """Classes that have pixels."""
        counts = self.counts()
        return tuple(info for info in self.classes if counts[info.number])

    def counts(self) -> NDArray[np.intp]:
        """Return the pixels of each number, from 0 to the highest of the classes."""
        highest = self.classes[-1].number if self.classes else 0
        return _counted(self.labels, highest + 1)

    def object_map(self) -> NDArray[np.integer[Any]]:
        """Return (row, column) numbers of the objects, 0 for none."""
        if self.objects is not None:
            return self.objects
        from skimage.measure import label

        return np.asarray(label(self.labels, background=0, connectivity=2))  # type: ignore[no-untyped-call]

    def painted(self) -> NDArray[np.uint8]:
        """Paint the classes; returns (row, column, 3), 0 black."""
        table = np.zeros((len(self.counts()), 3), np.uint8)
        for info in self.classes:
            table[info.number] = info.rgb
        painted: NDArray[np.uint8] = table[self.labels]
        return painted

    def named(self, names: Mapping[int, str]) -> Self:
        """Return it with names by number; classes that `names` lacks keep theirs."""
        classes = tuple(
            replace(info, name=names.get(info.number) or info.name) for info in self.classes
        )
        return replace(self, classes=classes)


def _counted(labels: NDArray[np.integer[Any]], least: int = 0) -> NDArray[np.intp]:
    """Count the pixels of each number, by rows: counting takes eight bytes for each pixel."""
    length = max(int(labels.max(initial=0)) + 1, least)
    counts = np.zeros(length, np.intp)
    step = max(1, (1 << 20) // max(1, labels.shape[1]))
    for start in range(0, labels.shape[0], step):
        counts += np.bincount(labels[start : start + step].ravel(), minlength=length)
    return counts


def class_name(text: str) -> str:
    """Make a name from what a file says: one printable line of reasonable length."""
    line = " ".join(text.split())
    return "".join(sign for sign in line if sign.isprintable())[:_LONGEST_NAME].strip()


def numbered_alike(images: Sequence[LabelImage]) -> list[LabelImage]:
    """Give classes of one name one number in all images; files count each for themselves.

    Classes without a name are those of the same number; what one image tells apart stays
    apart. Nothing changes where the images agree.
    """
    numbers: dict[_Key, int] = {}
    taken: set[int] = set()
    for image in images:
        for key, info in _keys(image):
            if key in numbers:
                continue
            number = info.number
            if number in taken:
                number = max(taken) + 1
            if number > HIGHEST:
                number = next(free for free in range(1, HIGHEST + 1) if free not in taken)
            numbers[key] = number
            taken.add(number)
    alike = []
    for image in images:
        keys = _keys(image)
        if all(numbers[key] == info.number for key, info in keys):
            alike.append(image)
            continue
        table = np.zeros(len(image.counts()), np.uint16)
        for key, info in keys:
            table[info.number] = numbers[key]
        classes = [replace(info, number=numbers[key]) for key, info in keys]
        made = LabelImage.build(image.name, table[image.labels], classes)
        alike.append(replace(image, labels=made.labels, classes=made.classes))
    return alike


#: What makes a class the same in several images: its name, and which of those of that name
#: in its image it is; or its number.
_Key = tuple[str | int, int]


def _keys(image: LabelImage) -> list[tuple[_Key, LabelClass]]:
    times: Counter[str | int] = Counter()
    keys: list[tuple[_Key, LabelClass]] = []
    for info in image.classes:
        name = info.name.casefold() or info.number
        keys.append(((name, times[name]), info))
        times[name] += 1
    return keys
