"""MATLAB files: v4 to v7 and v7.3, with structs, cells, stacks of cubes and unfolded images."""

from napari_dgc.cubes.matlab.open import open_matlab

__all__ = ["open_matlab"]
