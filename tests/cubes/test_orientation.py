"""One scene without symmetry comes back identical through every format, in every order."""

import h5py
import numpy as np
import pytest
import scipy.io
import tifffile
import zarr
from spectral.io import envi as spectral_envi

from napari_dgc.cubes.read import can_open, open_cube

CENTRES = np.linspace(400, 1000, 31)


def bands_last(scene):
    return np.ascontiguousarray(scene.transpose(1, 2, 0))


def write_envi(path, scene, interleave):
    spectral_envi.save_image(
        str(path), bands_last(scene), dtype=scene.dtype, interleave=interleave, ext=".raw"
    )


def write_pages(path, scene, **options):
    """One page for each band, each with its own directory, as most programs write them."""
    with tifffile.TiffWriter(path, **options.pop("file", {})) as file:
        for band in scene:
            file.write(band, photometric="minisblack", metadata=None, **options)


def write_planes(path, scene, **options):
    tifffile.imwrite(
        path, scene, photometric="minisblack", planarconfig="separate", metadata=None, **options
    )


def write_pixels(path, scene, **options):
    pixels = bands_last(scene)
    tifffile.imwrite(
        path, pixels, photometric="minisblack", planarconfig="contig", metadata=None, **options
    )


def write_hdf5(path, array, **options):
    with h5py.File(path, "w") as file:
        file.create_dataset("scan/reflectance", data=array, **options)
        file["scan/wavelength"] = CENTRES


def write_zarr(path, array, version, **options):
    group = zarr.open_group(path, mode="w", zarr_format=version)
    stored = group.create_array("scan", shape=array.shape, dtype=array.dtype, **options)
    stored[...] = array
    group.attrs["wavelengths"] = CENTRES.tolist()


def write_ome_zarr(path, scene, version):
    group = zarr.open_group(path, mode="w", zarr_format=version)
    axes = [{"name": name, "type": "space"} for name in "yx"]
    images = [{"axes": [{"name": "c", "type": "channel"}, *axes], "datasets": []}]
    for level in range(2):
        copy = scene[:, :: level + 1, :: level + 1]
        group.create_array(str(level), shape=copy.shape, dtype=copy.dtype)[...] = copy
        images[0]["datasets"].append({"path": str(level)})
    told = {"multiscales": images}
    group.attrs.update({"ome": told} if version == 3 else told)


def write_npz(path, array, save):
    save(path, cube=array, wavelengths=CENTRES)


WRITERS = {
    "MATLAB v4": (
        "scan.mat",
        # Two axes only: pixels by bands, with the size of the image beside them.
        lambda path, scene: scipy.io.savemat(
            path,
            {
                "data": scene.transpose(2, 1, 0).reshape(-1, len(scene)),
                "rows": float(scene.shape[1]),
                "columns": float(scene.shape[2]),
                "wavelengths": CENTRES,
            },
            format="4",
        ),
    ),
    "MATLAB v5": ("scan.mat", lambda path, scene: scipy.io.savemat(path, {"cube": scene})),
    "MATLAB v7, bands last": (
        "scan.mat",
        lambda path, scene: scipy.io.savemat(
            path, {"cube": bands_last(scene)}, do_compression=True
        ),
    ),
    **{
        f"ENVI {interleave}": (
            "scan.hdr",
            lambda path, scene, interleave=interleave: write_envi(path, scene, interleave),
        )
        for interleave in ("bsq", "bil", "bip")
    },
    "TIFF pages": ("scan.tif", write_pages),
    "TIFF pages, big endian BigTIFF": (
        "scan.btf",
        lambda path, scene: write_pages(path, scene, file={"bigtiff": True, "byteorder": ">"}),
    ),
    "TIFF pages, LZW strips": (
        "scan.tif",
        lambda path, scene: write_pages(path, scene, compression="lzw", rowsperstrip=4),
    ),
    "TIFF planes": ("scan.tif", write_planes),
    "TIFF planes, zstd tiles": (
        "scan.tif",
        lambda path, scene: write_planes(path, scene, compression="zstd", tile=(16, 16)),
    ),
    "TIFF pixels": ("scan.tif", write_pixels),
    "TIFF pixels, deflated tiles with predictor": (
        "scan.tif",
        lambda path, scene: write_pixels(
            path, scene, compression="deflate", predictor=True, tile=(16, 16)
        ),
    ),
    "TIFF of ImageJ": (
        "scan.tif",
        lambda path, scene: tifffile.imwrite(path, scene, imagej=True, metadata={"axes": "ZYX"}),
    ),
    "OME-TIFF": (
        "scan.ome.tif",
        lambda path, scene: tifffile.imwrite(path, scene, metadata={"axes": "CYX"}),
    ),
    "TIFF as tifffile likes it": ("scan.tif", lambda path, scene: tifffile.imwrite(path, scene)),
    "TIFF as tifffile likes it, bands last": (
        "scan.tif",
        lambda path, scene: tifffile.imwrite(path, bands_last(scene), compression="zlib"),
    ),
    "NumPy": ("scan.npy", lambda path, scene: np.save(path, scene)),
    "NumPy, bands last": ("scan.npy", lambda path, scene: np.save(path, bands_last(scene))),
    "NumPy, bands between": (
        "scan.npy",
        lambda path, scene: np.save(path, scene.transpose(1, 0, 2)),
    ),
    "TIFF as tifffile likes it, bands between": (
        "scan.tif",
        lambda path, scene: tifffile.imwrite(path, scene.transpose(1, 0, 2)),
    ),
    "NumPy, first axis fastest": (
        "scan.npy",
        lambda path, scene: np.save(path, np.asfortranarray(bands_last(scene))),
    ),
    "npz": ("scan.npz", lambda path, scene: write_npz(path, scene, np.savez)),
    "npz, compressed, first axis fastest": (
        "scan.npz",
        lambda path, scene: write_npz(path, np.asfortranarray(scene), np.savez_compressed),
    ),
    "HDF5": ("scan.h5", write_hdf5),
    "HDF5, bands last, chunks": (
        "scan.hdf5",
        lambda path, scene: write_hdf5(
            path, bands_last(scene), chunks=(5, 6, 7), compression="gzip", shuffle=True
        ),
    ),
    "HDF5, bands between": (
        "scan.h5",
        lambda path, scene: write_hdf5(path, scene.transpose(1, 0, 2)),
    ),
    "Zarr 2": ("scan.zarr", lambda path, scene: write_zarr(path, scene, 2, chunks=(7, 6, 5))),
    "Zarr 3, bands last": (
        "scan.zarr",
        lambda path, scene: write_zarr(path, bands_last(scene), 3, chunks=(5, 6, 31)),
    ),
    "Zarr 3, shards": (
        "scan.zarr",
        lambda path, scene: write_zarr(path, scene, 3, chunks=(8, 6, 6), shards=(32, 18, 24)),
    ),
    "OME-Zarr 0.4": ("scan.ome.zarr", lambda path, scene: write_ome_zarr(path, scene, 2)),
    "OME-Zarr 0.5": ("scan.ome.zarr", lambda path, scene: write_ome_zarr(path, scene, 3)),
}


@pytest.mark.parametrize("kind", WRITERS)
def test_the_scene_comes_back_identical(tmp_path, scene, kind):
    name, write = WRITERS[kind]
    path = tmp_path / name
    write(path, scene)
    assert can_open(path)
    cube = open_cube(path)
    assert cube.name == "scan"
    assert cube.data.dtype.newbyteorder("=") == scene.dtype
    np.testing.assert_array_equal(np.asarray(cube.data), scene)
    window = cube.read(slice(3, 9), slice(5, 12), np.array([30, 2, 7]))
    np.testing.assert_array_equal(window, scene[[30, 2, 7], 3:9, 5:12])
    np.testing.assert_array_equal(cube.data[:, 16, 0], scene[:, 16, 0])
    np.testing.assert_array_equal(cube.data[::-5, 1::4, 20:2:-3], scene[::-5, 1::4, 20:2:-3])
