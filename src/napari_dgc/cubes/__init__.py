"""Hyperspectral cubes: the cube model, readers, wavelengths, statistics."""

from napari_dgc.cubes.cube import CubeArray, HyperCube, valid_pixels

__all__ = ["CubeArray", "HyperCube", "valid_pixels"]
