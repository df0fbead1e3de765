"""Folders that commands write to."""

import tempfile
from pathlib import Path

from napari_dgc.errors import UserError


def make_folder(folder: Path, purpose: str) -> None:
    """Make a folder and try to write there: found out now, not after hours of work.

    Parameters
    ----------
    folder
        Made with its parents when missing.
    purpose
        What will be written there, for the message.

    Raises
    ------
    UserError
        When nothing can be written there.
    """
    try:
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file; give a folder for {purpose}.")
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise UserError(
            f"Cannot write to the folder {folder} ({error.strerror or error}); "
            f"choose another one for {purpose}."
        ) from None
