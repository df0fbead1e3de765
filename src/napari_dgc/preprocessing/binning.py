"""Steps that average neighbouring bands or pixels, or choose bands."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError
from napari_dgc.preprocessing.parameters import Ranges, parameter
from napari_dgc.preprocessing.step import Learned, Step, derived, with_bands


@dataclass(frozen=True)
class BinBands(Step):
    """Average groups of neighbouring bands; the last group may be smaller.

    The wavelength of a group is the mean of its bands' wavelengths. Noise that differs from
    band to band falls with the square root of the group's size.
    """

    name = "bin-bands"
    title = "Average neighbouring bands"
    tip = "Means of groups of bands: less noise and faster training, coarser spectra."
    factor: int = field(
        default=2,
        metadata=parameter(
            title="Group", tip="Bands in one group.", unit="bands", least=2, most=100
        ),
    )

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        starts = np.arange(0, cube.n_bands, self.factor)
        sizes = np.diff(np.append(starts, cube.n_bands))
        centres = cube.wavelengths_nm
        if centres is not None:
            centres = np.add.reduceat(centres, starts) / sizes

        def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
            groups = np.arange(len(starts))[bands]
            first, last = int(groups.min()), int(groups.max())
            values = cube.read(rows, columns, slice(starts[first], starts[last] + sizes[last]))
            sums = np.add.reduceat(values, starts[first : last + 1] - starts[first], axis=0)
            sums /= sizes[first : last + 1, None, None].astype(np.float32)
            return sums[groups - first]

        return derived(
            cube,
            read,
            shape=(len(starts), cube.rows, cube.columns),
            behind=cube.n_bands,
            **with_bands(cube, centres),
        )


@dataclass(frozen=True)
class BinPixels(Step):
    """Average square blocks of neighbouring pixels; blocks at the far rims may be smaller.

    Only samples with data count; a block without any has none. Label maps come back in
    the size of the scan: all pixels of a block get its label, except those without data.
    """

    name = "bin-pixels"
    title = "Average neighbouring pixels"
    tip = (
        "Means of square blocks of pixels: less noise and much faster training. Label maps keep "
        "the size of the scan, in blocks."
    )
    factor: int = field(
        default=2,
        metadata=parameter(
            title="Block", tip="Rows and columns of a block.", unit="pixels", least=2, most=32
        ),
    )

    def enlarge(self) -> int:
        """Return the edge of a block (see `Step.enlarge`)."""
        return self.factor

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        edge = self.factor
        shape = (cube.n_bands, -(-cube.rows // edge), -(-cube.columns // edge))

        def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
            window = cube.read(
                slice(rows.start * edge, min(rows.stop * edge, cube.rows)),
                slice(columns.start * edge, min(columns.stop * edge, cube.columns)),
                bands,
            )
            sums, counts = _block_sums(window, edge)
            counts[counts == 0] = np.nan  # no data at all
            sums /= counts
            return sums[:, :: rows.step or 1, :: columns.step or 1]

        return derived(cube, read, shape=shape, behind=cube.n_bands * edge**2)


def _block_sums(
    window: NDArray[np.float32], edge: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return the sums of the samples with data in square blocks, and how many there are."""
    bands, rows, columns = window.shape
    shape = (bands, -(-rows // edge), -(-columns // edge))
    sums, counts = np.zeros(shape, np.float32), np.zeros(shape, np.float32)
    for row in range(min(edge, rows)):
        for column in range(min(edge, columns)):
            part = window[:, row::edge, column::edge]
            known = np.isfinite(part)
            place = (slice(None), slice(part.shape[1]), slice(part.shape[2]))
            np.add(sums[place], part, out=sums[place], where=known)
            counts[place] += known
    return sums, counts


@dataclass(frozen=True)
class ChooseBands(Step):
    """Keep the bands in some ranges of wavelength, and leave those in others out."""

    name = "bands"
    title = "Choose bands"
    tip = (
        "Keeps or leaves out ranges of wavelengths, such as noisy ends and the water bands near "
        "1400 and 1900 nm."
    )
    keep: Ranges = field(
        default=(),
        metadata=parameter(
            title="Keep",
            tip="Ranges to keep, such as 450-700, 720-900; all when empty.",
            unit="nm",
        ),
    )
    drop: Ranges = field(
        default=(),
        metadata=parameter(
            title="Leave out",
            tip="Ranges to leave out, such as 1340-1450, 1790-1960; none when empty.",
            unit="nm",
        ),
    )

    def apply(self, cube: HyperCube, learned: Learned) -> HyperCube:
        """Return the cube with this step done (see `Step.apply`)."""
        centres = cube.wavelengths_nm
        if centres is None:
            raise UserError(
                f"The step “{self.name}” needs wavelengths, and those of {cube.name} are unknown; "
                f"give them, or mark bands as bad instead."
            )

        def within(ranges: Ranges) -> NDArray[np.bool_]:
            inside = np.zeros(len(centres), bool)
            for low, high in ranges:
                inside |= (centres >= low) & (centres <= high)
            return inside

        kept = np.flatnonzero((within(self.keep) if self.keep else True) & ~within(self.drop))
        if not kept.size:
            raise UserError(
                f"The step “{self.name}” leaves no band of {cube.name}, which covers "
                f"{centres.min():g}-{centres.max():g} nm; choose other ranges."
            )

        def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
            return cube.read(rows, columns, kept[bands])

        return derived(
            cube,
            read,
            shape=(len(kept), cube.rows, cube.columns),
            behind=1,
            **with_bands(cube, centres[kept]),
        )
