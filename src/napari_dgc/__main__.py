"""Runs the command line as ``python -m napari_dgc``, which is how torchrun starts it."""

import sys

from napari_dgc.cli import main

if __name__ == "__main__":
    sys.exit(main())
