"""Label maps that torch wrote."""

import os
import zipfile

import numpy as np
import pytest
import torch

from napari_dgc.annotations import read_labels
from napari_dgc.errors import UserError

MAP = torch.arange(12).reshape(3, 4)


@pytest.mark.parametrize("suffix", ["pth", "pt"])
@pytest.mark.parametrize(
    "content",
    [
        MAP,
        MAP.to(torch.uint8)[None],
        MAP.double(),
        {"mask": MAP},
        {"mask": MAP, "epoch": 7, "loss": torch.tensor(0.5)},
        torch.nn.Parameter(MAP.float()),
        MAP.T.contiguous().T,
    ],
)
def test_the_only_map_is_read(content, suffix, tmp_path):
    path = tmp_path / f"leaf.{suffix}"
    torch.save(content, path)
    np.testing.assert_array_equal(read_labels(path), MAP.numpy())


def refused(path):
    with pytest.raises(UserError) as error:
        read_labels(path)
    assert str(error.value).count("\n") == 0
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"a": MAP, "b": MAP}, "exactly one 2-D tensor of labels (found: a, b)"),
        ({}, "found: none"),
        ([MAP], "found: none"),
        (torch.zeros(2, 3, 4), "2 x 3 x 4 of float32, not rows x columns"),
        (MAP + 0.5, "not whole numbers"),
        (-MAP, "between 0 and 65535"),
        (MAP.to(torch.complex64), "not rows x columns of whole numbers"),
        (MAP.to_sparse(), "not rows x columns of whole numbers"),
        (torch.zeros(1).expand(1 << 20, 1 << 20), "1048576 x 1048576"),
    ],
)
def test_what_is_no_map_is_refused(content, said, tmp_path):
    path = tmp_path / "leaf.pth"
    torch.save(content, path)
    assert said in refused(path)


class Evil:
    def __reduce__(self):
        return os.mkdir, (self.folder,)


def test_nothing_of_the_file_is_run(tmp_path):
    evil = Evil()
    evil.folder = str(tmp_path / "made")
    path = tmp_path / "leaf.pth"
    torch.save({"mask": MAP, "other": evil}, path)
    assert "holds more than tensors" in refused(path)
    assert not (tmp_path / "made").exists()


def test_old_packed_and_oversized_files_are_refused_before_they_are_read(tmp_path, monkeypatch):
    old = tmp_path / "old.pth"
    torch.save(MAP, old, _use_new_zipfile_serialization=False)
    whole, packed = tmp_path / "whole.pth", tmp_path / "packed.pth"
    torch.save(MAP, whole)
    with zipfile.ZipFile(whole) as source, zipfile.ZipFile(packed, "w") as target:
        for entry in source.infolist():
            target.writestr(entry.filename, source.read(entry), zipfile.ZIP_DEFLATED)
    (tmp_path / "text.pth").write_text("no tensor")
    monkeypatch.setattr(torch, "load", lambda *a, **k: pytest.fail("it was read"))
    assert "no file of torch 1.6 or later" in refused(old)
    assert "no file of torch 1.6 or later" in refused(tmp_path / "text.pth")
    assert "packed" in refused(packed)
    monkeypatch.setattr("napari_dgc.annotations.torch_file._MOST_BYTES", 10)
    assert "too large" in refused(whole)
