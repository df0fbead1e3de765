"""Hyperspectral leaf scans to lesion maps, without labels (Deep Global Clustering).

Importing this package is cheap: torch, napari and Qt are loaded only by the
rooms that need them.
"""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("napari-dgc")
except PackageNotFoundError:  # running from a source tree that was never installed
    __version__ = "0+unknown"
