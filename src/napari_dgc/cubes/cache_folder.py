"""A folder for what takes long to compute from a file and can be computed again.

Entries are named by their content, never by the file they come from, are complete or not
there, and the ones used longest ago make room for new ones.
"""

import contextlib
import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import platformdirs

from napari_dgc.errors import UserError
from napari_dgc.files import write_atomically

GIGABYTE = 10**9
#: Most bytes that the folder may hold unless the user says otherwise.
LIMIT = 20 * GIGABYTE
_preferred: Callable[[], float] | None = None
#: Bytes that are left free on the disk.
RESERVE = GIGABYTE
#: Environment variables with the folder and its limit in gigabytes.
FOLDER_VARIABLE, LIMIT_VARIABLE = "NAPARI_DGC_CACHE", "NAPARI_DGC_CACHE_GB"
_A_DAY = 86400.0


class CacheFolder:
    """Files on disk within a size limit.

    Several programs may use the folder at once: the worst that can happen is
    that the same entry is made twice.

    Parameters
    ----------
    path
        The folder; by default ``NAPARI_DGC_CACHE``, else the user's folder for caches.
    limit
        Most bytes in it; by default ``NAPARI_DGC_CACHE_GB``, else what `prefer_limit` was
        given, else 20 GB.
    """

    def __init__(self, path: Path | None = None, limit: int | None = None) -> None:
        self.path = _default_path() if path is None else path
        self.limit = _default_limit() if limit is None else limit

    def entry(self, key: str, size: int, make: Callable[[Path], object]) -> Path:
        """Return the file of a key, made where there is none yet.

        Parameters
        ----------
        key
            Hash of the content that the entry is computed from, and of how; a file name.
        size
            Bytes that it will have.
        make
            Writes it to the path given, a temporary one; what it raises is passed on and
            leaves nothing behind.

        Returns
        -------
        Path
            A file that nobody writes to again. It may be removed once it has not been
            used for long, so keep it open while it is needed.

        Raises
        ------
        UserError
            It does not fit into the folder or onto the disk.
        """
        path = self.path / key
        try:
            if path.stat().st_size == size:
                os.utime(path)
                return path
        except OSError:
            pass
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            self._make_room(size)
            write_atomically(path, make)
        except InterruptedError:
            raise
        except OSError as error:
            # Another program may have made the same entry and hold it open (Windows).
            with contextlib.suppress(OSError):
                if path.stat().st_size == size:
                    return path
            raise UserError(
                f"The folder {self.path} cannot take {size / GIGABYTE:.1f} GB of unpacked samples "
                f"({error.strerror or error}); give another one in {FOLDER_VARIABLE}."
            ) from error
        return path

    def used(self) -> int:
        """Return the bytes that the entries take."""
        return sum(size for _, size, _ in self._entries())

    def clear(self) -> None:
        """Remove every entry that is not in use."""
        for _, _, path in self._entries():
            _remove(path)

    def _entries(self) -> list[tuple[float, int, Path]]:
        """Return time of last use, size and path of each file, oldest first."""
        found = []
        with contextlib.suppress(FileNotFoundError):
            for path in self.path.iterdir():
                with contextlib.suppress(OSError):
                    status = path.stat()
                    if path.is_file():
                        found.append((status.st_mtime, status.st_size, path))
        return sorted(found)

    def _make_room(self, size: int) -> None:
        if size > self.limit:
            raise UserError(
                f"{size / GIGABYTE:.1f} GB of samples are to be unpacked, more than the "
                f"{self.limit / GIGABYTE:.1f} GB that {self.path} may hold; raise "
                f"{LIMIT_VARIABLE}, or save the file as MATLAB v7.3, which is read in place."
            )
        entries = self._entries()
        used = sum(taken for _, taken, _ in entries)
        yesterday = time.time() - _A_DAY
        for last, taken, path in entries:
            # Names with a dot are being written, or were when a program ended too soon.
            unfinished = path.name.startswith(".")
            if last < yesterday if unfinished else used + size > self.limit:
                _remove(path)
                used -= taken
        free = shutil.disk_usage(self.path).free
        if size + RESERVE > free:
            raise UserError(
                f"{size / GIGABYTE:.1f} GB of samples are to be unpacked to {self.path}, where "
                f"{free / GIGABYTE:.1f} GB are free; make room or give another folder in "
                f"{FOLDER_VARIABLE}."
            )


def _remove(path: Path) -> None:
    # Windows keeps files that are in use; then they go another time.
    with contextlib.suppress(OSError):
        path.unlink()


def _default_path() -> Path:
    given = os.environ.get(FOLDER_VARIABLE)
    return Path(given) if given else platformdirs.user_cache_path("napari-dgc", appauthor=False)


def prefer_limit(gigabytes: Callable[[], float]) -> None:
    """Set what tells the limit of folders that are told none, in gigabytes; any thread asks it."""
    global _preferred
    _preferred = gigabytes


def _default_limit() -> int:
    given = os.environ.get(LIMIT_VARIABLE)
    if not given:
        return LIMIT if _preferred is None else max(0, int(_preferred() * GIGABYTE))
    try:
        return max(0, int(float(given) * GIGABYTE))
    except (ValueError, OverflowError) as error:
        raise UserError(f"{LIMIT_VARIABLE} is “{given}”; give a number of gigabytes.") from error
