"""Whether a file can hold what it says: nothing is unpacked that would fill the memory."""

from napari_dgc.errors import UserError

#: zlib cannot shrink data more than about 1032 times; nor do real scans come near that with
#: any other method.
GREATEST_COMPRESSION = 1100
#: Smaller arrays and blocks do no harm, whatever is said of them.
_HARMLESS_ARRAY = 256 << 20
_HARMLESS_BLOCK = 48 << 20
# Noise alone keeps a block of a real scan above that.
_GREATEST_OF_BLOCK = 60


def refuse_implausible(where: str, unpacked: int, stored: int, block: int = 0) -> None:
    """Refuse an array that its file is too small to hold.

    Parameters
    ----------
    where
        File and array, for the message.
    unpacked
        Bytes of the whole array.
    stored
        Bytes that the file, or the files, have for it.
    block
        Bytes of the largest part that is unpacked at once; 0 where none is.

    Raises
    ------
    UserError
        The file would have to be compressed far more than any scan can be.
    """
    if unpacked > max(_HARMLESS_ARRAY, GREATEST_COMPRESSION * stored):
        raise UserError(
            f"{where} is damaged: it says to hold {_size(unpacked)}, but the file has only "
            f"{_size(stored)} for it; copy or save it again."
        )
    if block > max(_HARMLESS_BLOCK, _GREATEST_OF_BLOCK * stored):
        raise UserError(
            f"{where} is damaged: a block of {_size(block)} cannot come from {_size(stored)}; "
            "copy or save it again."
        )


def _size(count: int) -> str:
    size = float(min(count, 10**30))  # a file can say what no number holds
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000:
            return f"{size:.3g} {unit}"
        size /= 1000
    return f"{size:.3g} TB"
