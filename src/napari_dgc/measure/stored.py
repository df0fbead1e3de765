"""What was measured on a scan as plain values, to be kept in files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from napari_dgc.measure.class_values import ClassValues, IndexValue, ScanClassValues
from napari_dgc.measure.severity import LeafSeverity, Lesion, ScanSeverity


def severity_to_json(found: ScanSeverity) -> dict[str, Any]:
    """Describe the figures of a scan with plain values, to the last digit."""
    return {
        "scan": found.scan,
        "outside_pixels": found.outside_pixels,
        "pixel_size_mm": found.pixel_size_mm,
        "leaves": [
            [one.leaf, one.leaf_pixels, one.lesion_pixels, one.halo_pixels, list(one.lesion_sizes)]
            for one in found.leaves
        ],
        "lesions": [
            [one.lesion, one.leaf, one.pixels, one.row, one.column] for one in found.lesions
        ],
    }


def severity_from_json(content: Mapping[str, Any]) -> ScanSeverity:
    """Rebuild figures from `severity_to_json`.

    Raises
    ------
    KeyError, TypeError, ValueError
        They are none.
    """
    size = content["pixel_size_mm"]
    millimetres = None if size is None else float(size)
    leaves = tuple(
        LeafSeverity(
            int(leaf),
            int(pixels),
            int(lesion),
            int(halo),
            tuple(int(one) for one in sizes),
            millimetres,
        )
        for leaf, pixels, lesion, halo, sizes in content["leaves"]
    )
    lesions = tuple(
        Lesion(int(lesion), int(leaf), int(pixels), float(row), float(column))
        for lesion, leaf, pixels, row, column in content["lesions"]
    )
    outside = int(content["outside_pixels"])
    return ScanSeverity(str(content["scan"]), leaves, lesions, outside, millimetres)


def values_to_json(found: ScanClassValues) -> dict[str, Any]:
    """Describe spectra and indices of classes with plain values."""
    return {
        "scan": found.scan,
        "wavelengths_nm": None if found.wavelengths_nm is None else list(found.wavelengths_nm),
        "classes": [
            {
                "name": one.name,
                "pixels": one.pixels,
                "mean": one.mean.tolist(),
                "sd": one.sd.tolist(),
                "indices": [
                    [value.index, value.pixels, value.mean, value.sd] for value in one.indices
                ],
            }
            for one in found.classes
        ],
    }


def values_from_json(content: Mapping[str, Any]) -> ScanClassValues:
    """Rebuild what `values_to_json` described.

    Raises
    ------
    KeyError, TypeError, ValueError
        It is something else.
    """
    centres = content["wavelengths_nm"]
    classes = tuple(
        ClassValues(
            str(one["name"]),
            int(one["pixels"]),
            np.array(one["mean"], np.float64),
            np.array(one["sd"], np.float64),
            tuple(
                IndexValue(str(index), int(pixels), float(mean), float(sd))
                for index, pixels, mean, sd in one["indices"]
            ),
        )
        for one in content["classes"]
    )
    nanometres = None if centres is None else tuple(float(centre) for centre in centres)
    return ScanClassValues(str(content["scan"]), nanometres, classes)
