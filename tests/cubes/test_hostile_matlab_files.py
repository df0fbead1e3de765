"""MATLAB files that lie, break off, blow up or point elsewhere are refused in one sentence."""

import struct
import subprocess
import sys
import textwrap
import zlib

import h5py
import numpy as np
import pytest
import scipy.io
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError


def refused(path, **options):
    """Return the one sentence with which a file is refused."""
    with pytest.raises(UserError) as told:
        open_cube(path, **options)
    message = str(told.value)
    assert len(message.splitlines()) == 1
    assert path.name in message
    assert len(message) < 2000
    return message


def packed(little, declared, content, level=9):
    """A compressed element that says to unpack to `declared` bytes and holds `content`."""
    head = struct.pack("<II", 14, declared)
    squeezed = zlib.compress(head + content, level)
    return struct.pack("<II", 15, len(squeezed)) + squeezed


def test_sizes_that_do_not_fit_the_bytes(tmp_path, little, scene):
    lies = {
        "more": little.array("x", scene, shape=(31, 17, 24)),
        "huge": little.array("x", scene, shape=(10**6, 10**6, 200)),
        "negative": little.array("x", scene, shape=(-31, 17, -23)),
        "long": little.array("x", scene, length=2**32 - 8),
        "type": little.array("x", scene, kind=20),
        "matrix in itself": little.array("x", scene, kind=14),
    }
    for name, element in lies.items():
        little.write(tmp_path / f"{name}.mat", element)
        assert "damaged" in refused(tmp_path / f"{name}.mat"), name
        little.write(tmp_path / f"{name} packed.mat", little.compressed(element))
        assert "damaged" in refused(tmp_path / f"{name} packed.mat"), name


@pytest.mark.parametrize("fields", [{"x": 10}, {"x": 2**31 - 1}])
def test_structs_that_hold_less_than_they_say(tmp_path, little, fields):
    element = little.struct("s", {"a": little.part(14, b"")}, shape=(1, fields["x"]))
    little.write(tmp_path / "short.mat", element)
    assert "damaged" in refused(tmp_path / "short.mat")
    little.write(tmp_path / "cell.mat", little.cell("c", [], shape=(2**15, 2**15)))
    assert "damaged" in refused(tmp_path / "cell.mat")


def test_nesting_without_end(tmp_path, little):
    inner = little.part(14, b"")
    for _ in range(5000):
        inner = little.cell("", [inner])
    little.write(tmp_path / "deep.mat", inner)
    assert "holds no cube" in refused(tmp_path / "deep.mat")


def test_very_many_empty_entries(tmp_path, little):
    empty = struct.pack("<II", 14, 0)
    little.write(tmp_path / "many.mat", little.cell("c", [empty * 10**6], shape=(1, 10**6)))
    assert "holds no cube" in refused(tmp_path / "many.mat")
    little.write(tmp_path / "top.mat", empty * 10**6)
    assert "more than" in refused(tmp_path / "top.mat")


def test_compressed_elements_that_blow_up(tmp_path, little, own_cache):
    zeros = bytes(30 << 20)
    cube_of_zeros = little.begin(7, (1000, 1000, 900), "x") + struct.pack("<II", 7, 3_600_000_000)
    bombs = {
        "says more than it can hold": packed(little, 3_600_000_200, cube_of_zeros),
        "holds more than it says": packed(little, 56, little.begin(9, (1, 1), "x") + zeros),
        "ends too soon": packed(little, 40 << 20, little.begin(2, (1, 1), "s") + zeros),
    }
    for name, element in bombs.items():
        little.write(tmp_path / f"{name}.mat", element)
        assert "damaged" in refused(tmp_path / f"{name}.mat"), name
    assert not own_cache.exists() or list(own_cache.iterdir()) == []


def test_a_bomb_of_10_gb_costs_neither_time_nor_memory(tmp_path, little):
    pytest.importorskip("resource", reason="limits are set as on Unix")
    packer = zlib.compressobj(9)
    begun = little.begin(7, (1000, 1000, 1000), "x") + struct.pack("<II", 7, 4_000_000_000)
    content = packer.compress(struct.pack("<II", 14, 4_000_000_100) + begun)
    content += packer.flush(zlib.Z_FULL_FLUSH)
    # What zlib makes of a block of zeros, again and again: 10 GB unpacked.
    block = packer.compress(bytes(64 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    content += block * (10_000_000_000 // (64 << 20))
    path = tmp_path / "bomb.mat"
    little.write(path, struct.pack("<II", 15, len(content)) + content)
    script = textwrap.dedent(
        """
        import resource, sys
        from napari_dgc.cubes.read import open_cube
        from napari_dgc.errors import UserError
        import napari_dgc.cubes.matlab
        resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        try:
            open_cube(sys.argv[1])
        except UserError as error:
            after = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            print((after - before) // 1024, error)
        """
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(path)], capture_output=True, text=True, check=False
    )
    assert "damaged" in done.stdout, done.stderr
    assert int(done.stdout.split()[0]) < 200


def test_links_in_v73_groups_are_not_followed(tmp_path, scene):
    with h5py.File(tmp_path / "secret.h5", "w") as file:
        file["data"] = scene
    with h5py.File(tmp_path / "links.mat", "w") as file:
        group = file.create_group("scan")
        group["external"] = h5py.ExternalLink("secret.h5", "/data")
        group["soft"] = h5py.SoftLink("/elsewhere")
        group["round"] = group  # a group that holds itself
        group.create_dataset("outside", (31, 17, 23), "f4", external=[("there", 0, 48484)])
    message = refused(tmp_path / "links.mat", variable="scan.outside", layout="band-row-column")
    assert "another file" in message
    assert "has no variable" in refused(tmp_path / "links.mat", variable="scan.external")


def test_v73_chunks_that_blow_up_are_not_unpacked(tmp_path):
    shape = (1000, 1000, 500)
    with h5py.File(tmp_path / "bomb.mat", "w") as file:
        cube = file.create_dataset("cube", shape, "f4", chunks=shape, compression="gzip")
        cube.id.write_direct_chunk((0, 0, 0), zlib.compress(bytes(1 << 20)))
    assert "damaged" in refused(tmp_path / "bomb.mat")


def test_cells_that_refer_to_themselves(tmp_path):
    with h5py.File(tmp_path / "round.mat", "w") as file:
        cell = file.create_dataset("c", (2, 1), h5py.ref_dtype)
        cell.attrs["MATLAB_class"] = np.bytes_("cell")
        cell[:, 0] = [cell.ref, cell.ref]
    assert "holds no cube" in refused(tmp_path / "round.mat")


def test_names_with_control_characters_stay_in_one_line(tmp_path, little, scene):
    little.write(tmp_path / "names.mat", little.array("a\nb\x1b[2J", scene[0]))
    assert "a?b?[2J" in refused(tmp_path / "names.mat")


@pytest.fixture(scope="module")
def whole_files(tmp_path_factory):
    """One sound file of each kind, with structs, cells, text and a cube."""
    folder = tmp_path_factory.mktemp("whole")
    rng = np.random.default_rng(0)
    cells = np.empty((1, 2), object)
    cells[0] = ["leaf", np.arange(6.0)]
    variables = {
        "scan": {"data": rng.random((4, 5, 6)), "wl": np.linspace(400, 500, 6), "who": "me"},
        "cells": cells,
        "flags": np.array([True, False]),
    }
    scipy.io.savemat(folder / "plain.mat", variables)
    scipy.io.savemat(folder / "packed.mat", variables, do_compression=True)
    scipy.io.savemat(
        folder / "old.mat",
        {"Y": rng.random((30, 6)), "rows": 5.0, "cols": 6.0},
        format="4",
    )
    with h5py.File(folder / "new.mat", "w", userblock_size=512) as file:
        group = file.create_group("scan")
        data = rng.random((6, 5, 4))
        group.create_dataset("data", data=data, chunks=(3, 5, 4), compression="gzip")
        group["wl"] = np.linspace(400, 500, 6)[:, None]
        cell = file.create_dataset("cells", (1, 2), h5py.ref_dtype)
        cell[0] = [group["wl"].ref, group["data"].ref]
        cell.attrs["MATLAB_class"] = np.bytes_("cell")
    return [(path.name, path.read_bytes()) for path in sorted(folder.iterdir())]


@settings(
    max_examples=300,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data())
def test_damage_anywhere_is_refused_or_harmless(tmp_path, whole_files, data):
    name, content = data.draw(st.sampled_from(whole_files))
    damaged = bytearray(content)
    for _ in range(data.draw(st.integers(1, 8))):
        position = data.draw(st.integers(0, len(damaged) - 1))
        damaged[position] = data.draw(
            st.one_of(st.sampled_from([0, 1, 14, 15, 127, 128, 255]), st.integers(0, 255))
        )
    if data.draw(st.booleans()):
        damaged = damaged[: data.draw(st.integers(1, len(damaged)))]
    path = tmp_path / name
    path.write_bytes(damaged)
    try:
        cube = open_cube(path, layout=data.draw(st.sampled_from(["auto", "band-row-column"])))
        assert np.asarray(cube.data[:2]).ndim == 3
    except UserError as error:
        assert len(str(error).splitlines()) == 1
