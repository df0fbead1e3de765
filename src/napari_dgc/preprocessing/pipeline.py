"""Steps one after the other, with what they learned from all scans."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self, TypeAlias

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.labelling import check_stop
from napari_dgc.cubes import HyperCube, valid_pixels
from napari_dgc.cubes.windowed import Span
from napari_dgc.errors import UserError
from napari_dgc.preprocessing.parameters import parameters_from_json
from napari_dgc.preprocessing.registry import format_steps, get_step
from napari_dgc.preprocessing.step import Learned, Learner, Step, derived, with_bands

#: Samples read at once while statistics are taken.
_BLOCK = 2**22
_MOST_STEPS = 50
_PREFIX = "preprocessing"

#: Called with what is being done and how much of it is done, 0 to 1.
ProgressCallback: TypeAlias = Callable[[str, float], None]


@dataclass(frozen=True)
class Pipeline:
    """Steps in their order.

    Parameters
    ----------
    steps
        See `napari_dgc.preprocessing.STEPS`.

    Examples
    --------
    >>> from napari_dgc.preprocessing import parse_steps
    >>> from napari_dgc.simulate import simulate_set
    >>> scans = [scan.cube for scan in simulate_set(size=(32, 32), bands=40)]
    >>> fitted = Pipeline(parse_steps("savgol:window=7,standardise")).fit(scans)
    >>> fitted.apply(scans[0]).n_bands
    40
    """

    steps: tuple[Step, ...]

    def __str__(self) -> str:
        return format_steps(self.steps)

    def fit(
        self,
        cubes: Sequence[HyperCube],
        *,
        token: CancelToken | None = None,
        progress: ProgressCallback | None = None,
    ) -> "FittedPipeline":
        """Take the statistics that the steps need over all scans together.

        Each step that needs statistics reads every pixel of all scans once, in blocks of
        rows; the others read nothing.

        Parameters
        ----------
        cubes
            All scans to train on, with the same bands.
        token
            Asks for a stop.
        progress
            Told how far each pass is.

        Raises
        ------
        UserError
            When the scans differ in their bands, or a step cannot be done on them.
        InterruptedError
            When asked to stop.
        """
        passes = self.fit_iter(cubes, token=token)
        while True:
            try:
                stage, fraction = next(passes)
            except StopIteration as stop:
                fitted: FittedPipeline = stop.value
                return fitted
            if progress is not None:
                progress(stage, fraction)

    def fit_iter(
        self, cubes: Sequence[HyperCube], *, token: CancelToken | None = None
    ) -> Generator[tuple[str, float], None, "FittedPipeline"]:
        """Do what `fit` does, yielding what is done and how much of it, 0 to 1."""
        grid = BandGrid.from_cubes(cubes)
        current = [_aligned(cube, grid) for cube in cubes]
        learned: list[Learned] = []
        for step in self.steps:
            learner = step.learner(current)
            found: Learned = {}
            if learner is not None:
                for fraction in _see_all(learner, current, token):
                    yield f"statistics for {step.name}", fraction
                found = learner.result()
            learned.append(found)
            current = [step.apply(cube, found) for cube in current]
        return FittedPipeline(self, grid, tuple(learned))

    def to_json(self) -> list[dict[str, Any]]:
        """Return plain JSON values for `from_json`."""
        return [{"step": step.name} | asdict(step) for step in self.steps]

    @classmethod
    def from_json(cls, values: Any) -> Self:
        """Rebuild from `to_json`.

        Raises
        ------
        UserError
            When the values are not those of a pipeline.
        """
        if not isinstance(values, list) or len(values) > _MOST_STEPS:
            raise UserError("This is no list of preprocessing steps; write it anew.")
        steps = []
        for entry in values:
            if not isinstance(entry, dict) or not isinstance(entry.get("step"), str):
                raise UserError("A preprocessing step has no name; write the list anew.")
            step = get_step(entry["step"])
            given = {str(key): value for key, value in entry.items() if key != "step"}
            steps.append(step(**parameters_from_json(step, given)))
        return cls(tuple(steps))


@dataclass(frozen=True, eq=False)
class FittedPipeline:
    """Steps with what they learned, ready for any scan of the same kind.

    Parameters
    ----------
    pipeline
        The steps.
    grid
        The bands of the scans they learned from. Bands that are bad in one of the scans
        are left out of all before the first step.
    learned
        What each step learned.
    """

    pipeline: Pipeline
    grid: BandGrid
    learned: tuple[Learned, ...]

    def apply(self, cube: HyperCube) -> HyperCube:
        """Return a scan after all steps, computed when and where it is looked at.

        Parameters
        ----------
        cube
            A scan with the bands learned from, or with wavelengths that they can be
            interpolated from.

        Returns
        -------
        HyperCube
            float32 without bad bands, with the wavelengths that the steps leave.

        Raises
        ------
        UserError
            When the scan does not fit.
        """
        result = _aligned(cube, self.grid)
        for step, learned in zip(self.pipeline.steps, self.learned, strict=True):
            result = step.apply(result, learned)
        return result

    @property
    def enlarge(self) -> int:
        """Rows and columns of a scan that one pixel of the result stands for."""
        return int(np.prod([step.enlarge() for step in self.pipeline.steps], dtype=int))

    def full_size(self, values: NDArray[Any], cube: HyperCube) -> NDArray[Any]:
        """Bring a map (rows, columns) of the result back to the size of the scan."""
        edge = self.enlarge
        if edge == 1:
            return values
        large = values.repeat(edge, axis=0).repeat(edge, axis=1)
        return np.ascontiguousarray(large[: cube.rows, : cube.columns])

    def has_data(self, cube: HyperCube, token: CancelToken | None = None) -> NDArray[np.bool_]:
        """Tell which pixels of the scan have data in all bands, (rows, columns)."""
        known = np.empty((cube.rows, cube.columns), bool)
        for rows in _row_blocks(cube):
            check_stop(token)
            known[rows] = valid_pixels(self.grid.read(cube, rows, slice(None)))
        return known

    def metadata(self) -> dict[str, Any]:
        """Return plain JSON values for `from_stored`."""
        return {"steps": self.pipeline.to_json(), "bands": self.grid.metadata()}

    def tensors(self) -> dict[str, NDArray[Any]]:
        """Return the arrays for `from_stored`."""
        return {
            f"{_PREFIX}.{number}.{key}": value
            for number, learned in enumerate(self.learned)
            for key, value in learned.items()
        }

    @classmethod
    def from_stored(cls, metadata: dict[str, Any], tensors: Mapping[str, NDArray[Any]]) -> Self:
        """Rebuild from `metadata` and `tensors` (others among them are left alone).

        Raises
        ------
        UserError, KeyError, TypeError, ValueError
            When they are not those of a pipeline.
        """
        pipeline = Pipeline.from_json(metadata["steps"])
        learned = []
        for number in range(len(pipeline.steps)):
            prefix = f"{_PREFIX}.{number}."
            learned.append(
                {
                    key.removeprefix(prefix): v
                    for key, v in tensors.items()
                    if key.startswith(prefix)
                }
            )
        return cls(pipeline, BandGrid.from_metadata(metadata["bands"]), tuple(learned))


def _aligned(cube: HyperCube, grid: BandGrid) -> HyperCube:
    """Return the scan on the bands that the pipeline starts from."""
    grid.check(cube)
    centres = None if grid.wavelengths_nm is None else grid.wavelengths_nm[grid.good_bands]

    def read(bands: Span, rows: slice, columns: slice) -> NDArray[np.float32]:
        return grid.read(cube, rows, columns, bands)

    return derived(
        cube,
        read,
        shape=(grid.size, cube.rows, cube.columns),
        behind=1,
        **with_bands(cube, centres),
    )


def _see_all(
    learner: Learner, cubes: Sequence[HyperCube], token: CancelToken | None
) -> Iterator[float]:
    """Show a learner all pixels once, yielding how much of them it has seen."""
    total = sum(cube.rows for cube in cubes)
    done = 0
    for cube in cubes:
        for rows in _row_blocks(cube):
            check_stop(token)
            learner.add(cube.read(rows, slice(None)))
            done += rows.stop - rows.start
            yield done / total


def _row_blocks(cube: HyperCube) -> Iterator[slice]:
    # Two rows at least: noise is seen in differences of neighbours.
    step = max(2, _BLOCK // (cube.n_bands * cube.columns))
    for first in range(0, cube.rows, step):
        yield slice(first, min(first + step, cube.rows))
