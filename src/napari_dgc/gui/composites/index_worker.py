"""Index maps computed in a thread, with progress."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from napari_dgc.cancel import CancelToken
from napari_dgc.cubes.reflectance import holds_reflectance
from napari_dgc.errors import UserError
from napari_dgc.gui.composites.index_layers import IndexMap
from napari_dgc.gui.session import Scan
from napari_dgc.indices import Index, index_blocks
from napari_dgc.indices.display import weighted_sample


class Step(NamedTuple):
    """How far the work is, 0 to 1, and what has come out of it."""

    token: CancelToken
    fraction: float
    maps: list[IndexMap]
    problem: str = ""


def compute(
    jobs: Sequence[tuple[Scan, list[Index]]], bandwidth_nm: float, token: CancelToken
) -> Iterator[Step]:
    """Yield steps of the work, the last one with the maps, or with one sentence why not.

    Parameters
    ----------
    jobs
        Scans, and the indices that each allows.
    bandwidth_nm
        See `napari_dgc.indices.bands_for`.
    token
        Asks for a stop; nothing more is yielded then.
    """
    maps: list[IndexMap] = []
    for position, (scan, indices) in enumerate(jobs):
        cube = scan.cube
        whole = [np.empty((cube.rows, cube.columns), np.float32) for _ in indices]
        try:
            calibrated = holds_reflectance(cube)
            for rows, blocks in index_blocks(cube, indices, token, bandwidth_nm=bandwidth_nm):
                for values, block in zip(whole, blocks, strict=True):
                    values[rows] = block
                yield Step(token, (position + rows.stop / cube.rows) / len(jobs), [])
            for index, values in zip(indices, whole, strict=True):
                sample = weighted_sample(cube, values)
                maps.append(IndexMap(scan, index, values, sample, calibrated))
        except InterruptedError:
            return
        except UserError as error:
            yield Step(token, 1.0, maps, str(error))
            return
        except OSError as error:
            yield Step(token, 1.0, maps, f"{scan.name} cannot be read: {error.strerror or error}.")
            return
        except MemoryError:
            yield Step(token, 1.0, maps, "There is not enough memory; choose fewer indices.")
            return
    yield Step(token, 1.0, maps)
