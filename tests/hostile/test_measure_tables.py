"""Damaged tables of details and scales: refused in one sentence that names the file."""

import os

import pytest

from napari_dgc.errors import UserError
from napari_dgc.measure import details
from napari_dgc.measure.details import read_details
from napari_dgc.measure.scales import find_scale, read_scale

GOOD = b"scan,plant,date,pixel_size_mm,grade,from,to\n"
TEXTS = {
    "empty": b"",
    "no titles": b"\n\n",
    "binary": bytes(range(256)) * 8,
    "UTF-16": "scan,plant\na,b\n".encode("utf-16"),
    "NUL": b"scan,grade,from,to\n\0,\0,\0,\0\n",
    "an open quote": GOOD + b'"a,b,c\n',
    "too many cells": GOOD + b"a,b,c,d,e,f,g,h,i\n",
    "a title twice": b"scan,scan,grade,grade,from,to\na,b,c,d,e,f\n",
    "a date that is none": GOOD + b"a,p,31/05/2026,1,1,0,x\n",
    "a size that is none": GOOD + b"a,p,2026-05-31,-1,1,0,x\n",
    "a size without end": GOOD + b"a,p,2026-05-31,inf,1,0,inf\n",
    "a scan twice": GOOD + b"a,p,2026-05-31,1,1,0,nan\na,p,2026-05-31,1,1,0,nan\n",
    "no scan": GOOD + b",p,2026-05-31,1,1,,\n",
    "a long field": GOOD + b'"' + b"x" * 200_000 + b'",p,,,,,\n',
}


@pytest.mark.parametrize("content", TEXTS.values(), ids=TEXTS)
@pytest.mark.parametrize("reader", [read_details, read_scale])
def test_damaged_tables(tmp_path, reader, content):
    path = tmp_path / "table.csv"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        reader(path)
    assert "table.csv" in str(refused.value)
    assert len(str(refused.value).splitlines()) == 1


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"7", b"[1]", b"{}", b"[" * 100_000, b"\xff\xfe"),
        *(b'[{"grade": 1, "from": 0, "to": NaN}]', b'[{"grade": 1, "from": 0, "to": []}]'),
        b'{"name": "x", "bounds": [0, 1e999], "grades": ["1"], "midpoints": [0]}',
        b'[{"grade": 1, "from": 0, "to": ' + b"9" * 5000 + b"}]",
    ],
)
def test_damaged_json_scales(tmp_path, content):
    path = tmp_path / "scale.json"
    path.write_bytes(content)
    with pytest.raises(UserError) as refused:
        find_scale(str(path))
    assert len(str(refused.value).splitlines()) == 1
    assert "scale" in str(refused.value)


@pytest.mark.parametrize("reader", [read_details, read_scale, lambda path: find_scale(str(path))])
def test_what_is_no_file(tmp_path, reader):
    with pytest.raises(UserError, match=r"gone\.csv"):
        reader(tmp_path / "gone.csv")
    with pytest.raises(UserError, match=tmp_path.name):
        reader(tmp_path)
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe.csv")
        with pytest.raises(UserError, match=r"pipe\.csv"):
            reader(tmp_path / "pipe.csv")


def test_far_too_long_tables_are_not_read(tmp_path, monkeypatch):
    monkeypatch.setattr(details, "_LONGEST", 10)
    path = tmp_path / "table.csv"
    path.write_bytes(GOOD)
    for reader in (read_details, read_scale):
        with pytest.raises(UserError, match="too long"):
            reader(path)
