"""What a packed chunk says it unpacks to, read before a library believes it.

After the descriptions of the formats: Blosc (README_CHUNK_FORMAT), Zstandard (RFC 8878,
3.1.1.1) and the four bytes that numcodecs writes before LZ4.
"""

#: Bytes of a chunk that are enough to tell.
HEAD = 32
_ZSTD = b"\x28\xb5\x2f\xfd"


def declared_size(packing: str, head: bytes) -> int | None:
    """Return the bytes that a chunk says it unpacks to, or None where it does not say.

    Parameters
    ----------
    packing
        ``"blosc"``, ``"lz4"``, ``"zstd"`` or another one, which does not say.
    head
        The first `HEAD` bytes of the chunk, or all of it.
    """
    if packing == "blosc" and len(head) >= 16:
        return int.from_bytes(head[4:8], "little")
    if packing == "lz4" and len(head) >= 4:
        return int.from_bytes(head[:4], "little")
    if packing == "zstd" and head[:4] == _ZSTD and len(head) > 5:
        return _size_of_frame(head)
    return None


def _size_of_frame(head: bytes) -> int | None:
    descriptor = head[4]
    is_single = bool(descriptor & 0x20)
    length = (1 if is_single else 0, 2, 4, 8)[descriptor >> 6]
    start = 5 + (0 if is_single else 1) + (0, 1, 2, 4)[descriptor & 3]
    if length == 0 or len(head) < start + length:
        return None
    return int.from_bytes(head[start : start + length], "little") + (256 if length == 2 else 0)
