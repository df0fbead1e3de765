"""Large compressed arrays of ``.npz`` files, unpacked once to the cache folder."""

import hashlib
import zipfile
from pathlib import Path

from napari_dgc.cubes.cache_folder import CacheFolder
from napari_dgc.cubes.choices import Request

#: Larger arrays are unpacked to disk, in bytes.
IN_MEMORY = 32 << 20
_STEP = 1 << 20


def unpacked(
    archive: zipfile.ZipFile, member: zipfile.ZipInfo, start: int, request: Request
) -> Path:
    """Return a file with the unpacked bytes of a member, made where there is none yet.

    Parameters
    ----------
    archive, member
        What to unpack.
    start
        Where the packed bytes of the member begin in the file of the archive.
    request
        Is told of the progress, and may cancel.

    Raises
    ------
    InterruptedError
        The user cancelled.
    UserError
        It does not fit onto the disk.
    EOFError, zipfile.BadZipFile, zlib.error
        The member is damaged.
    """
    size = member.file_size

    def write(path: Path) -> None:
        done = 0
        with archive.open(member) as packed, path.open("wb") as file:
            while part := packed.read(_STEP):
                if request.token.cancelled:
                    raise InterruptedError
                file.write(part)
                done += len(part)
                request.progress(done / size)
        if done < size:
            raise EOFError("it ends too early")

    assert archive.filename is not None
    digest = hashlib.blake2b(digest_size=20)
    with open(archive.filename, "rb") as file:
        file.seek(start)
        left = member.compress_size
        while left and (part := file.read(min(_STEP, left))):
            if request.token.cancelled:
                raise InterruptedError
            digest.update(part)
            left -= len(part)
    return CacheFolder().entry(f"npz-{digest.hexdigest()}", size, write)
