"""Damaged and malicious ENVI headers are refused in one sentence, at once and in little memory."""

import os
import tracemalloc

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from napari_dgc.cubes.envi_classification import read_classification
from napari_dgc.cubes.envi_header import MAX_BYTES, read_header
from napari_dgc.cubes.read import can_open, open_cube
from napari_dgc.cubes.wavelengths import read_wavelengths
from napari_dgc.errors import UserError

PLAIN = {
    "samples": "4",
    "lines": "3",
    "bands": "5",
    "header offset": "0",
    "file type": "ENVI Standard",
    "data type": "2",
    "interleave": "bsq",
    "byte order": "0",
}
SAMPLES = np.arange(60, dtype="<i2").tobytes()
MOST_MEMORY = 200 << 20


def write(folder, content, data=SAMPLES):
    (folder / "scan.raw").write_bytes(data)
    path = folder / "scan.hdr"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def text(**changes):
    fields = PLAIN | {key.replace("_", " "): value for key, value in changes.items()}
    return "ENVI\n" + "".join(f"{key} = {value}\n" for key, value in fields.items())


def refusal(path):
    """Open a cube that must be refused; return the sentence, having watched the memory."""
    tracemalloc.start()
    try:
        with pytest.raises(UserError) as refused:
            open_cube(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    message = str(refused.value)
    assert len(message.splitlines()) == 1
    assert len(message) < 600
    assert message.isprintable()
    assert peak < MOST_MEMORY
    return message


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lines": "4"}, "too short"),
        ({"lines": str(10**12)}, "too short"),
        ({"samples": str(10**12), "lines": str(10**12), "bands": str(10**12)}, "too short"),
        ({"samples": "9" * 1000}, "not a whole number"),
        ({"samples": "-4"}, "samples = -4"),
        ({"samples": "4e0"}, "not a whole number"),
        ({"bands": "0x5"}, "not a whole number"),
        ({"header_offset": "-1"}, "header offset = -1"),
        ({"header_offset": str(2**63)}, "not a whole number"),
        ({"header_offset": str(10**17)}, "too short"),
        ({"data_type": "6"}, "too short"),
        ({"data_type": "99"}, "unknown data type"),
        ({"interleave": "\x1b[2Jbil"}, "expected bsq"),
        ({"byte_order": "7"}, "expected 0 or 1"),
        ({"file_type": "ENVI Meta\x07" * 1000}, "not an ENVI image"),
        ({"bands": "5\nbands = 6"}, "twice and differently"),
        ({"wavelength": "{1, 2, 3"}, "ends inside the braces"),
        ({"description": "{" * 1000}, "ends inside the braces"),
    ],
)
def test_headers_that_lie_are_refused(tmp_path, changes, reason):
    path = write(tmp_path, text(**changes))
    assert reason in refusal(path)
    assert reason in refusal(tmp_path / "scan.raw")


def test_truncated_data_are_refused(tmp_path):
    for length in (1, 60, 119):
        path = write(tmp_path, text(), SAMPLES[:length])
        assert "too short" in refusal(path)


def test_data_that_shrink_while_open_are_refused_and_do_not_end_the_program(tmp_path):
    cube = open_cube(write(tmp_path, text()))
    os.truncate(tmp_path / "scan.raw", 20)
    with pytest.raises(UserError, match="too short"):
        np.asarray(cube.data)


@pytest.mark.parametrize(
    "content",
    [
        b"ENVI\n" + bytes(range(256)) * 40,
        b"ENVI\nsamples = 4\0\0\0\nlines = 3\n",
        b"ENVI" + b"\xff\xfe" * 1000,
        text().encode("utf-16"),
        b"\x89HDF\r\n\x1a\n" + text().encode(),
        b"",
        b"ENVI",
        b"ENVI\n",
        b"ENVI\n}{}{=}{=\n=\n= =\n",
    ],
)
def test_binary_and_empty_headers_are_refused(tmp_path, content):
    refusal(write(tmp_path, content))


def test_a_header_of_100_mb_is_refused_before_it_is_read(tmp_path):
    path = write(tmp_path, text() + "description = {" + "a = {}\n" * 1000)
    os.truncate(path, 100 << 20)
    assert "too large" in refusal(path)


@pytest.mark.parametrize(
    ("key", "filling"),
    [
        ("", "\n"),
        ("", "a=\n"),
        ("", "b={\n}\n"),
        ("", "k%d=1\n"),
        ("wavelength = {", "1,"),
        ("wavelength = {", "2\n"),
        ("band names = {", "1,"),
        ("band names = {", " ,"),
        ("bbl = {", "; x\n"),
        ("description = ", "{\n"),
    ],
)
def test_headers_as_large_as_allowed_need_little_memory(tmp_path, key, filling):
    many = MAX_BYTES // 8
    body = "".join(filling % number for number in range(many // 8)) if "%" in filling else ""
    body = body or filling * (MAX_BYTES // len(filling))
    head = text() + key
    path = write(tmp_path, (head + body)[: MAX_BYTES - 4] + "\n}\n")
    tracemalloc.start()
    try:
        cube = open_cube(path)
    except UserError as refused:
        assert len(str(refused).splitlines()) == 1
    else:
        assert cube.data.shape == (5, 3, 4)
        assert cube.wavelengths is None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < MOST_MEMORY


@pytest.mark.parametrize(
    "values", ["nan, 500, 600, 700, 800", "inf, 1, 2, 3, 4", "-1, 5, 6, 7, 8", "0, 0, 0, 0, 0"]
)
def test_senseless_wavelengths_are_ignored_and_said(tmp_path, values):
    cube = open_cube(write(tmp_path, text(wavelength=f"{{{values}}}", wavelength_units="nm")))
    assert cube.wavelengths is None
    assert any("wavelengths" in note for note in cube.notes)
    with pytest.raises(UserError, match="no usable wavelengths"):
        read_wavelengths(tmp_path / "scan.hdr")


def test_no_name_in_a_header_is_followed(tmp_path):
    """Only names beside the header count: nothing in it can point to another file."""
    secret = tmp_path / "secret.raw"
    secret.write_bytes(SAMPLES)
    folder = tmp_path / "scans"
    folder.mkdir()
    for key in ("data file", "data file name", "path", "filename", "file", "wavelength file"):
        path = write(folder, text() + f"{key} = ../secret.raw\n")
        (folder / "scan.raw").unlink()
        assert "is missing" in refusal(path)


def test_links_that_lead_nowhere_are_refused(tmp_path):
    path = write(tmp_path, text())
    (tmp_path / "scan.raw").unlink()
    os.symlink("scan.raw", tmp_path / "scan.raw")
    assert "is missing" in refusal(path)
    path.unlink()
    os.symlink(tmp_path / "gone.hdr", path)
    assert not can_open(path)
    assert "does not exist" in refusal(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no named pipes")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    path = write(tmp_path, text())
    (tmp_path / "scan.raw").unlink()
    os.mkfifo(tmp_path / "scan.raw")
    assert "is missing" in refusal(path)
    path.unlink()
    os.mkfifo(path)
    assert not can_open(path)
    assert not can_open(tmp_path)
    assert "not a file" in refusal(path)


KEYS = """samples;lines;bands;header offset;file type;data type;interleave;byte order;wavelength;
wavelength units;z plot titles;band names;bbl;fwhm;default bands;data gain values;tint;shutter;
data offset values;data ignore value;reflectance scale factor;class names;class lookup;classes;
description;autodarkstartline;major frame offsets;file compression"""
LIKELY = """;0;1;-1;5;12;bil;nm;nan;1e999;{;};{};{1,2,3,4,5};{400,500,600,700,800};
ENVI Classification;{a (550.5 nm), b (560.5 nm), c (570.5 nm), d (580.5 nm), e (590.5 nm)}"""
VALUES = st.one_of(
    st.sampled_from(LIKELY.replace("\n", "").split(";")),
    st.integers(-(10**20), 10**20).map(str),
    st.floats().map(str),
    st.lists(st.floats() | st.integers() | st.text(max_size=5), max_size=8).map(
        lambda items: "{" + ", ".join(map(str, items)) + "}"
    ),
    st.text(max_size=30),
)

FIELDS = st.lists(st.tuples(st.sampled_from(KEYS.replace("\n", "").split(";")), VALUES), max_size=6)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(FIELDS, st.binary(max_size=20), st.integers(0, 130))
def test_any_header_opens_or_is_refused_in_one_sentence(tmp_path, fields, garbage, length):
    content = text().encode() + garbage
    content += "".join(f"\n{key} = {value}" for key, value in fields).encode("utf-8", "replace")
    # Later lines that contradict are refused; so that others are reached, theirs come alone too.
    alone = dict(PLAIN) | dict(fields)
    lines = "".join(f"{key} = {value}\n" for key, value in alone.items())
    for header in (content, ("ENVI\n" + lines).encode("utf-8", "replace")):
        path = write(tmp_path, header, SAMPLES[:length] * 2)
        can_open(path)
        for opener in (open_cube, read_classification, read_header, read_wavelengths):
            try:
                found = opener(path)
            except UserError as refused:
                assert len(str(refused).splitlines()) == 1
            else:
                if opener is open_cube:
                    found.read(slice(0, 1), slice(0, 1))


HEADERS = (
    text(wavelength="{400, 500, 600, 700, 800}", wavelength_units="nm", bbl="{1,1,0,1,1}").encode(),
    text(band_names="{a (550.5 nm),\nb (560.5 nm),\n c (570 nm), d (580 nm), e (590 nm)}").encode(),
    text(file_type="ENVI Classification", bands="1", class_names="{a, b}").encode("utf-8-sig"),
    text(description="{\n Frameperiod = 4\n Integration time = 8}", tint="1e3").encode()
    + b"; remark\r\ndata gain values = {1, 2, 3, 4, 5}\r\ndata ignore value = -9999\r\n",
)
EDITS = st.lists(
    st.tuples(st.floats(0, 1), st.integers(0, 40), st.binary(max_size=12)), min_size=1, max_size=5
)


@settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.sampled_from(HEADERS), EDITS)
def test_any_damage_to_a_header_is_survived(tmp_path, header, edits):
    for place, removed, put in edits:
        start = int(place * len(header))
        header = header[:start] + put + header[start + removed :]
    path = write(tmp_path, header)
    for opener in (open_cube, read_classification):
        try:
            opener(path)
        except UserError as refused:
            assert len(str(refused).splitlines()) == 1
