"""Files inside a project, named by what they hold: written once, never changed."""

from __future__ import annotations

import contextlib
import os
import re
import stat
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from napari_dgc.errors import UserError
from napari_dgc.files import write_bytes
from napari_dgc.hashes import sha256_of

#: Folders of a project that hold parts.
PARTS, MODELS, SCANS = "parts", "models", "scans"
_FILE = re.compile(
    rf"{PARTS}/[0-9a-f]{{64}}\.(json|tif)"
    rf"|{MODELS}/[0-9a-f]{{32}}/(model\.json|model-[0-9a-f]{{16}}\.safetensors)"
)
_SHA256 = re.compile("[0-9a-f]{64}")
#: Most bytes of one part.
MOST_BYTES = 1 << 32
#: What nothing refers to any more is kept for so long, in seconds: another program may be about
#: to refer to it.
KEEP_SECONDS = 600.0


@dataclass(frozen=True)
class Part:
    """Some bytes that belong to a project.

    Parameters
    ----------
    file
        Where they lie inside the project, with ``/``.
    size
        Their number.
    sha256
        Their hash.
    source
        The bytes themselves, or the project's folder that they are read from.
    """

    file: str
    size: int
    sha256: str
    source: bytes | Path = field(repr=False, compare=False)

    def __post_init__(self) -> None:
        if not _FILE.fullmatch(self.file) or not _SHA256.fullmatch(self.sha256):
            raise ValueError(f"{self.file[:100]!r} is no part of a project")
        if not 0 <= self.size <= MOST_BYTES:
            raise ValueError(f"{self.file} is too large")

    @classmethod
    def of(cls, content: bytes, kind: str) -> Part:
        """Make a part of bytes; `kind` is "json" or "tif"."""
        digest = sha256_of(content)
        return cls(f"{PARTS}/{digest}.{kind}", len(content), digest, content)

    def read(self) -> bytes:
        """Return the bytes.

        Raises
        ------
        UserError
            They are missing, or not those that were saved.
        """
        if isinstance(self.source, bytes):
            return self.source
        folder = self.source
        content = read_inside(folder, self.file, self.size)
        if len(content) != self.size or sha256_of(content) != self.sha256:
            raise UserError(
                f"{folder / self.file} is not what was saved there: the project is damaged; "
                "open a copy of it."
            )
        return content

    def to_json(self) -> dict[str, object]:
        """Describe the part with plain values."""
        return {"file": self.file, "size": self.size, "sha256": self.sha256}


def model_parts(files: dict[str, bytes]) -> tuple[Part, ...]:
    """Make parts of the files of a model (see `clustering.storage.pack_model`)."""
    from napari_dgc.clustering.storage import MODEL_FILE

    folder = f"{MODELS}/{sha256_of(files[MODEL_FILE])[:32]}"
    return tuple(
        Part(f"{folder}/{name}", len(content), sha256_of(content), content)
        for name, content in files.items()
    )


def read_inside(folder: Path, file: str, most: int) -> bytes:
    """Read a file inside a project without following links out of it.

    Parameters
    ----------
    folder
        The project.
    file
        Relative, with ``/``.
    most
        Bytes that are read at most; of a larger file one more.

    Raises
    ------
    UserError
        It is missing, a link, or no file.
    """
    path = folder / file
    _refuse_links(folder, file)
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0)
    try:
        handle = os.open(path, flags | getattr(os, "O_BINARY", 0))
        with os.fdopen(handle, "rb") as opened:
            if not stat.S_ISREG(os.fstat(opened.fileno()).st_mode):
                raise UserError(f"{path} is no file: the project is damaged; open a copy of it.")
            return opened.read(most + 1)
    except FileNotFoundError:
        raise UserError(
            f"{path} is missing: the project is not complete; copy its whole folder."
        ) from None
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None


def write_parts(folder: Path, parts: Iterable[Part]) -> None:
    """Write the parts that a project does not hold yet.

    Raises
    ------
    UserError
        A folder of the project is a link.
    OSError
        Nothing can be written.
    """
    for part in dict.fromkeys(parts):
        make_inside(folder, str(PurePosixPath(part.file).parent))
        path = folder / part.file
        if part.source == folder and path.is_file():
            continue
        content = part.read()
        with contextlib.suppress(OSError, UserError):
            if (
                path.stat().st_size == part.size
                and read_inside(folder, part.file, part.size) == content
            ):
                os.utime(path)  # young again, so that nobody removes it before it is named
                continue
        write_bytes(path, content)


def make_inside(folder: Path, inner: str) -> Path:
    """Make a folder inside a project, whose folders are no links.

    Raises
    ------
    UserError
        One is a link, or a file.
    """
    _refuse_links(folder, inner)
    path = folder / inner
    try:
        path.mkdir(parents=True, exist_ok=True)
    except FileExistsError:
        raise UserError(f"{path} is no folder; save the project in another place.") from None
    return path


def remove_unused(folder: Path, used: Iterable[Part], *, older: float = KEEP_SECONDS) -> None:
    """Remove the parts that nothing refers to; what is not one of ours stays.

    Parameters
    ----------
    folder
        The project.
    used
        Parts that stay.
    older
        Younger ones stay too, in seconds.
    """
    kept = {part.file for part in used}
    latest = time.time() - older
    for inner in (PARTS, MODELS):
        root = folder / inner
        if root.is_symlink() or not root.is_dir():
            continue
        candidates = [path for path in root.iterdir() if not path.is_symlink()]
        for path in candidates:
            files = list(path.iterdir()) if inner == MODELS and path.is_dir() else [path]
            for file in files:
                name = file.relative_to(folder).as_posix()
                ours = _FILE.fullmatch(name) or _unfinished(file.name)
                with contextlib.suppress(OSError):
                    if ours and name not in kept and file.lstat().st_mtime < latest:
                        file.unlink()
            if path.is_dir():
                with contextlib.suppress(OSError):  # not empty
                    path.rmdir()


def _unfinished(name: str) -> bool:
    """Tell the temporary files of `write_bytes`, left behind when a program was killed."""
    return bool(re.fullmatch(r"\.([0-9a-f]{64}|model(-[0-9a-f]{16})?)-\w+\.\w+", name))


def _refuse_links(folder: Path, file: str) -> None:
    here = folder
    for name in PurePosixPath(file).parts:
        here = here / name
        if here.is_symlink():
            raise UserError(
                f"{here} is a link, and a project holds none; replace it by what it points to."
            )
