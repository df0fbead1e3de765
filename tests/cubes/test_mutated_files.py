"""Files with bytes changed at random are opened or refused in one sentence, nothing else.

``NAPARI_DGC_FUZZ=10000`` sets the number of cases for each kind of file.
"""

import io
import os
import shutil
import tracemalloc

import h5py
import numpy as np
import pytest
import tifffile
import zarr
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.errors import UserError

CASES = int(os.environ.get("NAPARI_DGC_FUZZ", "40"))
CUBE = np.random.default_rng(0).integers(1, 4000, (6, 9, 11), np.uint16)
CENTRES = np.linspace(400, 900, 6)
MOST_MEMORY = 200 << 20


def tiff(samples=CUBE, **options):
    file = io.BytesIO()
    tifffile.imwrite(file, samples, **options)
    return file.getvalue()


def hdf5(libver, **options):
    file = io.BytesIO()
    with h5py.File(file, "w", libver=libver) as tree:
        data = tree.create_dataset("a/cube", data=CUBE, **options)
        tree["a/wavelength"] = CENTRES
        data.attrs["Scale_Factor"] = [10.0]
    return file.getvalue()


def numpy_file(save, *arrays, **named):
    file = io.BytesIO()
    save(file, *arrays, **named)
    return file.getvalue()


ITEMS = "".join(f'<Item name="wavelength" sample="{n}">{c}</Item>' for n, c in enumerate(CENTRES))
PLAIN = {"photometric": "minisblack", "metadata": None}
PIXELS = np.ascontiguousarray(CUBE.transpose(1, 2, 0))
SEEDS = {
    "gdal.tif": tiff(
        planarconfig="separate",
        extratags=[(42112, "s", 0, f"<GDALMetadata>{ITEMS}</GDALMetadata>", True)],
        **PLAIN,
    ),
    "pixels.tif": tiff(PIXELS, planarconfig="contig", compression="lzw", **PLAIN),
    "tiles.tif": tiff(planarconfig="separate", tile=(16, 16), compression="zlib", **PLAIN),
    "imagej.tif": tiff(imagej=True, metadata={"axes": "CYX"}),
    "ome.ome.tif": tiff(ome=True, metadata={"axes": "CYX"}),
    "big.btf": tiff(bigtiff=True, byteorder=">", compression="zstd", **PLAIN),
    "chunks.h5": hdf5("earliest", chunks=(2, 4, 4), compression="gzip"),
    "plain.h5": hdf5("latest"),
    "plain.npy": numpy_file(np.save, CUBE),
    "fortran.npy": numpy_file(np.save, np.asfortranarray(CUBE)),
    "plain.npz": numpy_file(np.savez, cube=CUBE, wl=CENTRES),
    "packed.npz": numpy_file(np.savez_compressed, cube=CUBE, wl=CENTRES),
}

#: A change: where (share of the file, dense towards its beginning), how many bytes go, what comes.
CHANGES = st.lists(
    st.tuples(
        st.floats(0, 1),
        st.integers(0, 8),
        st.one_of(
            st.binary(max_size=8),
            st.sampled_from([b"\xff" * 4, bytes(4), b"\xff\xff\xff\x7f", b"\x7f\xff\xff\xff"]),
        ),
    ),
    min_size=1,
    max_size=6,
)
COMMON = settings(
    max_examples=CASES,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def changed(content, changes):
    for share, gone, come in changes:
        place = int(share**2 * len(content))
        content = content[:place] + come + content[place + gone :]
    return content


def open_or_be_told(path):
    tracemalloc.start()
    try:
        can_open(path)
        cube = open_cube(path, layout="band-row-column")
        if cube.data.size < 10**6:
            np.asarray(cube.data)
    except UserError as error:
        message = str(error)
        assert len(message.splitlines()) == 1
        assert len(message) < 1500
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < MOST_MEMORY


@pytest.mark.parametrize("name", SEEDS)
def test_changed_files_are_opened_or_refused(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(SEEDS[name])
    assert can_open(path)

    @COMMON
    @given(changes=CHANGES)
    def check(changes):
        path.unlink(missing_ok=True)  # a new file: the old one may still be open
        path.write_bytes(changed(SEEDS[name], changes))
        open_or_be_told(path)

    check()


@pytest.mark.parametrize("version", [2, 3])
def test_changed_zarr_folders_are_opened_or_refused(tmp_path, version):
    whole = tmp_path / "whole.zarr"
    group = zarr.open_group(whole, mode="w", zarr_format=version)
    data = group.create_array("0", shape=CUBE.shape, dtype="uint16", chunks=(3, 9, 11))
    data[...] = CUBE
    group.attrs["multiscales"] = [{"axes": list("cyx"), "datasets": [{"path": "0"}]}]
    files = sorted(file.relative_to(whole) for file in whole.rglob("*") if file.is_file())
    assert can_open(whole)

    @COMMON
    @given(which=st.integers(0, len(files) - 1), changes=CHANGES)
    def check(which, changes):
        path = tmp_path / "changed.zarr"
        shutil.rmtree(path, ignore_errors=True)
        shutil.copytree(whole, path)
        file = path / files[which]
        file.write_bytes(changed(file.read_bytes(), changes))
        open_or_be_told(path)

    check()
