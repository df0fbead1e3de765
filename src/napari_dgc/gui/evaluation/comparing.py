"""What is compared, gathered in the window, and the comparison in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from napari_dgc.errors import UserError
from napari_dgc.evaluation.assess import (
    MAJORITY,
    NAMES,
    Assessed,
    Assessment,
    AssessSetup,
    assess,
)
from napari_dgc.evaluation.by_hand import same_names
from napari_dgc.evaluation.intervals import IntervalSetup
from napari_dgc.evaluation.present import unique_names
from napari_dgc.evaluation.report import Scan as Pair

if TYPE_CHECKING:
    from napari.layers import Labels

    from napari_dgc.annotations import LabelImage
    from napari_dgc.cancel import CancelToken
    from napari_dgc.gui.scan import Scan
    from napari_dgc.partition import Partition

#: What is judged.
CLASSES, CLUSTERS = "classes", "clusters"
#: Draws for the intervals.
RESAMPLES = 1000
#: Most classes of the truth; layers of single objects have thousands.
_MOST_CLASSES = 60


@dataclass(frozen=True)
class Choices:
    """What the user has chosen.

    Parameters
    ----------
    kind
        `CLASSES` or `CLUSTERS`.
    matching
        As of `AssessSetup`; "" for names where any are shared, else by majority.
    mapping
        For `BY_HAND`: class of each predicted label, by its name as `unique_names` gives it.
    rest
        Class of the pixels without a label; "" leaves them out.
    """

    kind: str = CLASSES
    matching: str = ""
    mapping: Mapping[int, str] = field(default_factory=dict)
    rest: str = ""


@dataclass(frozen=True, eq=False)
class Compared:
    """A comparison and the maps that it was made of, one pair for each scan."""

    assessment: Assessment
    scans: tuple[Scan, ...]
    pairs: tuple[Pair, ...]

    def pixels_of(self, place: int, true: int, found: int | None) -> NDArray[np.bool_]:
        """Tell which pixels of a scan have a true class and were given another one.

        Parameters
        ----------
        place
            Of the scan.
        true
            Number of the class in the truth.
        found
            That of the class found; None for what stands for no class.
        """
        pair, mapping = self.pairs[place], self.assessment.mapping
        labels = [label for label, number in mapping.items() if number == found]
        if found is None:
            labels.append(0)
        inside: NDArray[np.bool_] = pair.truth == true
        table = np.zeros(int(pair.predicted.max(initial=0)) + 1, bool)
        table[[label for label in labels if label < len(table)]] = True
        return inside & table[pair.predicted]


@dataclass(frozen=True, eq=False)
class Input:
    """One scan and its truth, as they are now."""

    scan: Scan
    fine: NDArray[np.uint16]
    truth: NDArray[Any]
    names: Mapping[int, str]
    layer: str


def gather(chosen: Sequence[tuple[Scan, Labels]]) -> list[Input]:
    """Take what the layers hold now, in the thread of the window."""
    from napari_dgc.gui.export_sources import names_of

    return [
        Input(scan, scan.fine, np.array(layer.data), names_of(layer), str(layer.name))
        for scan, layer in chosen
        if scan.fine is not None
    ]


def compare(
    inputs: Sequence[Input],
    partition: Partition,
    choices: Choices,
    token: CancelToken,
    tell: Callable[[float], None],
) -> Compared:
    """Compare; called in a thread.

    Raises
    ------
    UserError
        When the choices do not go together.
    InterruptedError
        When asked to stop.
    """
    from napari_dgc.annotations.label_image import numbered_alike
    from napari_dgc.evaluation.maps import class_names, with_rest

    truth = numbered_alike([_truth(one) for one in inputs])
    rest = None
    if choices.rest:
        truth, rest = with_rest(truth, choices.rest)
    classes = choices.kind == CLASSES
    pairs = tuple(
        Pair(one.scan.name, image.labels, partition.apply(one.fine) if classes else one.fine)
        for one, image in zip(inputs, truth, strict=True)
    )
    names = class_names(truth)
    present = {info.number for image in truth for info in image.present}
    if len(present) > _MOST_CLASSES:
        raise UserError(
            f"The truth has {len(present)} classes, more than the {_MOST_CLASSES} that can be "
            "compared here; is it a layer of single objects?"
        )
    titles = {info.number: info.name for info in partition.classes} if classes else {}
    setup = AssessSetup(
        choices.matching or (NAMES if same_names(titles, names) else MAJORITY),
        _by_number(choices.mapping, truth),
        rest,
        intervals=IntervalSetup(RESAMPLES),
        noun="class" if classes else "cluster",
    )
    for event in assess(pairs, names, setup, label_names=titles, token=token):
        if isinstance(event, Assessed):
            return Compared(event.assessment, tuple(one.scan for one in inputs), pairs)
        tell(event.fraction)
    raise AssertionError("an assessment always ends with its figures")


def _by_number(mapping: Mapping[int, str], truth: Sequence[LabelImage]) -> dict[int, list[int]]:
    """Return the labels of each class; those of classes that are gone stand for none."""
    present = {info.number: info.title for image in truth for info in image.present}
    ordered = {number: present[number] for number in sorted(present)}
    numbers = dict(zip(unique_names(ordered), ordered, strict=True))
    given: dict[int, list[int]] = {}
    for label, name in mapping.items():
        if name in numbers:
            given.setdefault(numbers[name], []).append(label)
    return given


def _truth(one: Input) -> LabelImage:
    from napari_dgc.annotations import LabelClass, LabelImage

    labels = one.truth
    if labels.size and (int(labels.max()) > 65535 or int(labels.min()) < 0):
        raise UserError(f"{one.layer}: labels must lie between 0 and 65535 to be compared.")
    classes = [LabelClass(n, name) for n, name in one.names.items() if 0 < n <= 65535]
    return LabelImage.build(one.scan.name, labels, classes)
