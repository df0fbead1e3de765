"""Files with very many parts, and files that unpack to gigabytes, are refused before they cost."""

import io
import json
import struct
import zipfile

import numpy as np
import pytest

from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

from .cases import MOST_MEMORY, watched


def refusal(path):
    """Open a path that must be refused; return the sentence, having watched the memory."""
    told = []

    def do():
        can_open(path)
        with pytest.raises(UserError) as refused:
            open_cube(path)
        told.append(str(refused.value))
        return ""

    outcome = watched(do)
    assert outcome.problem == ""
    assert outcome.memory < MOST_MEMORY
    assert len(told[0].splitlines()) == 1
    assert path.name in told[0]
    return told[0]


def header(text, version=1):
    form = "<H" if version == 1 else "<I"
    return b"\x93NUMPY" + bytes([version, 0]) + struct.pack(form, len(text)) + text.encode()


def pack(path, name, start, count, fill=b"\0"):
    """Write an archive with one member: `start`, and `count` megabytes of one byte."""
    with (
        zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive,
        archive.open(name, "w", force_zip64=True) as member,
    ):
        member.write(start)
        for _ in range(count):
            member.write(fill * 10**6)


@pytest.mark.parametrize("megabytes", [240, 2000])
def test_arrays_that_unpack_to_much_more_than_their_file(tmp_path, megabytes):
    shape = (1000, 1000, megabytes // 4)
    said = f"{{'descr': '<f4', 'fortran_order': False, 'shape': {shape}, }}\n"
    pack(tmp_path / "bomb.npz", "cube.npy", header(said), 240)
    assert "is damaged" in refusal(tmp_path / "bomb.npz")


def test_headers_that_unpack_to_gigabytes(tmp_path):
    start = b"\x93NUMPY\x02\0" + struct.pack("<I", 2 * 10**9)
    pack(tmp_path / "header.npz", "cube.npy", start, 300, b" ")
    assert "a header of 2000000000 bytes" in refusal(tmp_path / "header.npz")


def test_archives_with_very_many_arrays(tmp_path):
    one = io.BytesIO()
    np.save(one, np.zeros((5, 6, 7)))
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for number in range(5000):
            archive.writestr(f"{number}.npy", one.getvalue())
    assert "more than 2000 files" in refusal(tmp_path / "many.npz")


def test_objects_in_archives_are_not_unpickled(tmp_path):
    class Trap:
        def __reduce__(self):
            return open, (str(tmp_path / "sprung"), "w")

    objects = np.empty((2, 2, 2), object)
    objects[...] = Trap()
    np.savez(tmp_path / "objects.npz", cube=objects, wavelength=objects[0, 0])
    assert "object" in refusal(tmp_path / "objects.npz")
    np.savez(tmp_path / "beside.npz", cube=np.ones((5, 6, 7)), wavelength=objects[:, 0, 0])
    open_cube(tmp_path / "beside.npz", layout="band-row-column")
    assert not (tmp_path / "sprung").exists()


def test_tiff_files_with_very_many_pages(tmp_path):
    content = bytearray(b"II*\0" + struct.pack("<I", 16) + bytes(8))
    for page in range(20_000):
        tags = [(256, 1 + page % 2), (257, 1), (258, 8), (259, 1), (262, 1)]
        tags += [(273, 8), (277, 1), (278, 1), (279, 1)]
        content += struct.pack("<H", len(tags))
        content += b"".join(struct.pack("<HHII", tag, 4, 1, value) for tag, value in tags)
        content += struct.pack("<I", 0 if page == 19_999 else len(content) + 4)
    (tmp_path / "pages.tif").write_bytes(content)
    assert "20000 pages" in refusal(tmp_path / "pages.tif")


def test_zarr_folders_deeper_than_any_scan(tmp_path):
    group = json.dumps({"zarr_format": 3, "node_type": "group", "attributes": {}})
    folder = tmp_path / "deep.zarr"
    for _ in range(300):
        folder.mkdir()
        (folder / "zarr.json").write_text(group)
        folder = folder / "g"
    assert "no cube" in refusal(tmp_path / "deep.zarr")


@pytest.mark.parametrize("path", ["../outside.zarr", "../../etc", "/etc", "0/../../outside.zarr"])
def test_paths_in_metadata_that_lead_out_of_a_folder(tmp_path, path):
    import zarr

    outside = zarr.create_array(tmp_path / "outside.zarr", shape=(5, 6, 7), dtype="u2")
    outside[...] = 7
    group = zarr.open_group(tmp_path / "scan.zarr", mode="w")
    levels = {"axes": [{"name": name} for name in "cyx"], "datasets": [{"path": path}]}
    group.attrs["multiscales"] = [levels]
    refusal(tmp_path / "scan.zarr")
