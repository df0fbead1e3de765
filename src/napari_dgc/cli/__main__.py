"""``python -m napari_dgc.cli`` does the same as ``napari-dgc``."""

import sys

from napari_dgc.cli import main

if __name__ == "__main__":
    sys.exit(main())
