"""Fixtures for all rooms."""

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of real files that are not part of the project; skips where it is absent."""
    default = Path(__file__).resolve().parents[2] / "shared" / "data"
    folder = Path(os.environ.get("NAPARI_DGC_DATA", default))
    if not (folder / "EXPECTED.json").is_file():
        pytest.skip(f"real data files are absent ({folder}); set NAPARI_DGC_DATA")
    return folder
