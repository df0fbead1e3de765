"""Damaging files: bytes, numbers in text, and the fields that decide how a file is read."""

import ast
import io
import json
import random
import re
import struct
import zipfile
import zlib
from typing import Any

from .seeds import Seed

#: Numbers at which sizes, counts and offsets go wrong.
_ABSURD = (0, 1, -1, 2, 6, 127, 128, 255, 256, 2**15, 2**16 - 1, 2**31 - 1, 2**31, 2**32 - 1)
_ABSURD += (10**6, 10**9, 10**12, 2**53, 2**63 - 1, -(2**31), -(10**12), 10**20)
_WORDS = ("nan", "inf", "-inf", "1e999", "1e-999", "", "-", "null", "true", "{}", "[]", "{", "}")
_WORDS += ("[" * 50, "../../etc/passwd", "/dev/zero", "\0\x01\xff", "é" * 20, "9" * 400, "0x10")
_DTYPES = ("|O", "<f4", ">c16", "<U5", "|V8", "<M8[s]", "|u1", "<f2", "<i8", "float128", "|b1")
_NUMBER = re.compile(rb"-?\d+(?:\.\d+)?")


def damaged(seed: Seed, chance: random.Random) -> Seed:
    """Return the files with one to five changes.

    Parameters
    ----------
    seed
        Sound files.
    chance
        Decides about everything: the same state damages alike.
    """
    files = dict(seed.files)
    for _ in range(chance.choice((1, 1, 2, 3, 5))):
        if not files:
            break
        # What is said of the samples decides more than the samples.
        name = min(chance.sample(sorted(files), min(2, len(files))), key=lambda n: len(files[n]))
        if len(files) > 1 and chance.random() < 0.05:
            _change_files(files, name, chance)
        else:
            files[name] = _changed(name, files[name], chance)
    return Seed(files, seed.opened)


def _change_files(files: dict[str, bytes], name: str, chance: random.Random) -> None:
    """Lose a file, empty it, or exchange it for another."""
    other = chance.choice(sorted(files))
    how = chance.randrange(3)
    if how == 0:
        del files[name]
    elif how == 1:
        files[name] = b""
    else:
        files[name], files[other] = files[other], files[name]


def _changed(name: str, content: bytes, chance: random.Random) -> bytes:
    """Change one file: by what it is in two of three cases, else bytes anywhere."""
    if not content:
        return chance.randbytes(chance.randrange(20))
    if chance.random() < 0.67:
        try:
            return _changed_by_kind(name, content, chance)
        except Exception:  # noqa: BLE001 - an earlier change left nothing of that kind
            return _changed_bytes(content, chance)
    return _changed_bytes(content, chance)


def _changed_by_kind(name: str, content: bytes, chance: random.Random) -> bytes:
    if content[:6] == b"\x93NUMPY":
        return _changed_npy(content, chance)
    if content[:2] == b"PK":
        return _changed_zip(content, chance)
    if content[:4] in (b"II*\0", b"MM\0*"):
        return _changed_tiff(content, chance)
    if content[126:128] == b"IM" and content[124:126] == b"\0\1":
        return _changed_mat5(content, chance)
    if content[:1] == b"{":
        return _changed_json(content, chance)
    if b"\0" not in content[:200] and content[:1].isascii():
        return _changed_text(content, chance)
    return _changed_integer(content, chance)


def _changed_bytes(content: bytes, chance: random.Random) -> bytes:
    how = chance.choice((0, 0, 0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7, 7))
    size = len(content)
    # Headers lie at the beginning.
    place = int(chance.random() ** chance.choice((1, 2, 4)) * size)
    length = chance.choice((1, 2, 4, 8, 16, 64, 500))
    if how == 0:
        flipped = bytearray(content)
        for _ in range(chance.choice((1, 1, 4, 30))):
            flipped[chance.randrange(size)] ^= 1 << chance.randrange(8)
        return bytes(flipped)
    if how == 1:
        return content[:place]
    if how == 2:  # cut out
        return content[:place] + content[place + length :]
    if how == 3:  # a piece of it, elsewhere
        start = chance.randrange(size)
        return content[:place] + content[start : start + length] + content[place:]
    if how == 4:  # a piece of it, over another
        start = chance.randrange(size)
        piece = content[start : start + length]
        return content[:place] + piece + content[place + len(piece) :]
    if how == 5:
        return content[:place] + chance.randbytes(length) + content[place + length :]
    if how == 6:
        filling = bytes([chance.choice((0, 255, 32))]) * length
        return content[:place] + filling + content[place + length :]
    return _changed_integer(content, chance)


def _changed_integer(content: bytes, chance: random.Random) -> bytes:
    """Put an absurd number over a binary one, wherever there may be one."""
    width = chance.choice((1, 2, 4, 4, 8))
    align = chance.choice((1, 2, 4, 8))
    place = int(chance.random() ** chance.choice((1, 3)) * len(content)) // align * align
    number = chance.choice(_ABSURD) % (1 << 8 * width)
    if chance.random() < 0.3:
        before = int.from_bytes(content[place : place + width], "little")
        number = (before + chance.choice((-1, 1, 2, 8, 256))) % (1 << 8 * width)
    put = number.to_bytes(width, chance.choice(("little", "little", "big")))
    return content[:place] + put + content[place + width :]


def _absurd_text(chance: random.Random) -> str:
    return chance.choice((str(chance.choice(_ABSURD)), chance.choice(_WORDS)))


def _changed_text(content: bytes, chance: random.Random) -> bytes:
    """Change a number, a value or a line of a header or a list."""
    how = chance.randrange(6)
    text = content.decode("latin-1")
    lines = text.splitlines(keepends=True)
    line = chance.randrange(len(lines))
    if how <= 1:
        numbers = list(_NUMBER.finditer(content))
        found = chance.choice(numbers)
        put = _absurd_text(chance).encode()
        return content[: found.start()] + put + content[found.end() :]
    if how == 2:
        key, equals, _ = lines[line].partition("=")
        lines[line] = f"{key}{equals} {_absurd_text(chance)}\n"
    elif how == 3:  # the same key again, with another value
        key, equals, _ = lines[line].partition("=")
        lines.insert(chance.randrange(len(lines) + 1), f"{key}{equals} {_absurd_text(chance)}\n")
    elif how == 4:
        del lines[line]
    else:
        other = chance.randrange(len(lines))
        lines[line], lines[other] = lines[other], lines[line]
    return "".join(lines).encode("utf-8" if chance.random() < 0.5 else "latin-1", "replace")


def _changed_json(content: bytes, chance: random.Random) -> bytes:
    """Change one entry of a JSON document, whose length stays where it was filled up."""
    tree = json.loads(content.partition(b"\n\0")[0] if b"\0" in content else content)
    _change_entry(tree, chance)
    return json.dumps(tree).encode()


def _change_entry(tree: Any, chance: random.Random) -> None:
    places: list[tuple[Any, Any]] = []
    waiting = [tree]
    while waiting:
        here = waiting.pop()
        keys = list(here) if isinstance(here, dict) else range(len(here))
        for key in keys:
            places.append((here, key))
            if isinstance(here[key], dict | list):
                waiting.append(here[key])
    here, key = chance.choice(places)
    how = chance.randrange(5)
    if how == 0:
        del here[key]
    elif how == 1:
        here[key] = chance.choice((None, True, [], {}, "", -1, 0.5, 1e300, [[]], float("nan")))
    elif how == 2:
        here[key] = chance.choice((_absurd_text(chance), *_DTYPES, "../0", "bytes", "pickle"))
    elif how == 3:
        here[key] = chance.choice(_ABSURD)
    else:
        other, place = chance.choice(places)
        here[key] = json.loads(json.dumps(other[place]))


def _changed_npy(content: bytes, chance: random.Random) -> bytes:
    """Write another header over that of a ``.npy`` file."""
    start = 10
    end = start + struct.unpack("<H", content[8:10])[0]
    if chance.random() < 0.3:
        header = _changed_text(content[start:end], chance)
    else:
        fields = ast.literal_eval(content[start:end].decode("latin-1").strip())
        shape = list(fields["shape"])
        how = chance.randrange(5)
        if how == 0:
            fields["descr"] = chance.choice((*_DTYPES, [("a", "<f4"), ("b", "|O")], None, 5))
        elif how == 1:
            fields["fortran_order"] = chance.choice((1, None, "True", not fields["fortran_order"]))
        elif how == 2:
            shape.insert(chance.randrange(4), chance.choice(_ABSURD))
        elif how == 3:
            shape[chance.randrange(len(shape))] = chance.choice((*_ABSURD, 1.5, None, True))
        else:
            fields["extra"] = "x" * chance.choice((1, 1000, 60000))
        fields["shape"] = tuple(shape)
        header = repr(fields).encode()
    header = header[: 2**16 - 100]
    filled = header + b" " * (-(len(header) + start + 1) % 64) + b"\n"
    return content[:8] + struct.pack("<H", len(filled)) + filled + content[end:]


def _changed_zip(content: bytes, chance: random.Random) -> bytes:
    """Damage a member of an archive before it is packed, or what is said of it."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = [(member, archive.read(member)) for member in archive.infolist()]
    packed = io.BytesIO()
    chosen = chance.randrange(len(members))
    with zipfile.ZipFile(packed, "w") as archive:
        for number, (member, inner) in enumerate(members):
            name, again, method = member.filename, inner, member.compress_type
            if number == chosen:
                how = chance.randrange(6)
                if how == 0:
                    name = chance.choice(("../out.npy", "/cube.npy", "a\n.npy", ".npy", "c" * 900))
                elif how == 1:
                    method = chance.choice((0, 8, 12, 14))
                else:
                    again = _changed(name, inner, chance)
            archive.writestr(name, again, method)
    return packed.getvalue()


def _changed_tiff(content: bytes, chance: random.Random) -> bytes:
    """Change a tag of the first page: what it is, its type, its count, or its value."""
    order = "<" if content[:1] == b"I" else ">"
    (place,) = struct.unpack_from(order + "I", content, 4)
    (count,) = struct.unpack_from(order + "H", content, place)
    entry = place + 2 + 12 * chance.randrange(count + 1)
    field, width = chance.choice(((0, 2), (2, 2), (4, 4), (4, 4), (8, 4), (8, 4), (8, 2)))
    number = chance.choice((*_ABSURD, chance.randrange(20))) % (1 << 8 * width)
    if field == 0:
        number = chance.choice((254, 256, 257, 258, 259, 262, 270, 273, 277, 278, 279, 284, 322))
    put = number.to_bytes(width, "little" if order == "<" else "big")
    return content[: entry + field] + put + content[entry + field + width :]


def _changed_mat5(content: bytes, chance: random.Random) -> bytes:
    """Damage an element of a MATLAB file; a compressed one before it is packed."""
    elements = []
    position = 128
    while position + 8 <= len(content):
        kind, length = struct.unpack_from("<II", content, position)
        elements.append((kind, content[position + 8 : position + 8 + length]))
        position += 8 + length
    chosen = chance.randrange(len(elements))
    kind, inner = elements[chosen]
    if kind == 15:
        again = zlib.compress(_changed_elements(zlib.decompress(inner), chance))
    else:
        again = _changed_elements(inner, chance)
    elements[chosen] = (kind, again)
    if chance.random() < 0.1:
        elements.append(chance.choice(elements))
    return content[:128] + b"".join(struct.pack("<II", kind, len(e)) + e for kind, e in elements)


def _changed_elements(content: bytes, chance: random.Random) -> bytes:
    """Change tags, sizes and flags: words of four bytes, most of them small numbers."""
    words = [
        place
        for place in range(0, len(content) - 3, 4)
        if content[place + 1 : place + 4] == bytes(3)
    ]
    if chance.random() < 0.2 or not words:
        return _changed_bytes(content, chance)
    place = chance.choice(words)
    number = chance.choice((*_ABSURD, *range(20))) % (1 << 32)
    return content[:place] + number.to_bytes(4, "little") + content[place + 4 :]
