"""ENVI classifications are label images with the names and colours of their classes."""

import numpy as np
import pytest

from napari_dgc.cubes.envi_classification import is_classification, read_classification
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError

LABELS = np.array([[0, 1, 2], [3, 3, 1]])


def write(folder, labels=LABELS, code=1, dtype="u1", **changes):
    fields = {
        "samples": 3,
        "lines": 2,
        "bands": 1,
        "header offset": 0,
        "file type": "ENVI Classification",
        "data type": code,
        "interleave": "bsq",
        "byte order": 0,
        "classes": 4,
        "class names": "{\nUnclassified, Healthy tissue,\n Lesion, Necrosis}",
        "class lookup": "{0, 0, 0, 0, 255, 0,\n 255, 0, 0, 128, 64, 300}",
    }
    fields.update({key.replace("_", " "): value for key, value in changes.items()})
    header = folder / "leaf.hdr"
    header.write_text("ENVI\n" + "\n".join(f"{key} = {fields[key]}" for key in fields))
    (folder / "leaf.dat").write_bytes(np.asarray(labels).astype(dtype).tobytes())
    return header


@pytest.mark.parametrize(
    ("code", "dtype", "order"), [(1, "u1", 0), (2, ">i2", 1), (12, "<u2", 0), (4, "<f4", 0)]
)
def test_labels_names_and_colours_come_as_stored(tmp_path, code, dtype, order):
    header = write(tmp_path, code=code, dtype=dtype, byte_order=order)
    for path in (header, tmp_path / "leaf.dat"):
        assert is_classification(path)
        found = read_classification(path)
        np.testing.assert_array_equal(found.labels, LABELS)
        assert found.labels.dtype == np.uint8
        assert found.name == "leaf"
        assert found.names == {0: "Unclassified", 1: "Healthy tissue", 2: "Lesion", 3: "Necrosis"}
        assert found.colours == {0: "#000000", 1: "#00ff00", 2: "#ff0000", 3: "#8040ff"}
        assert found.notes == ()


def test_lists_of_different_lengths_are_used_as_far_as_they_go(tmp_path):
    found = read_classification(
        write(tmp_path, class_names="{Unclassified, Leaf}", class_lookup="{0,0,0, 9,9,9, 7}")
    )
    assert found.names == {0: "Unclassified", 1: "Leaf"}
    assert found.colours == {0: "#000000", 1: "#090909"}
    assert found.notes == ("Classes 2 to 3 have no name.",)


def test_ignored_pixels_have_no_class(tmp_path):
    labels = LABELS.copy()
    labels[0, 2] = 255
    found = read_classification(write(tmp_path, labels, data_ignore_value=255))
    assert found.labels.tolist() == [[0, 1, 0], [3, 3, 1]]


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"bands": 2}, "has 2 bands"),
        ({"lines": 3}, "too short"),
        ({"lines": 10**12}, "too short"),
        ({"labels": [[-1, 0, 0], [0, 0, 0]], "code": 2, "dtype": "<i2"}, "no class numbers"),
        ({"labels": [[0.5, 0, 0], [0, 0, 0]], "code": 4, "dtype": "<f4"}, "no class numbers"),
        ({"labels": np.full((2, 3), np.nan), "code": 4, "dtype": "<f4"}, "no class numbers"),
        ({"labels": [[10**6, 0, 0], [0, 0, 0]], "code": 3, "dtype": "<i4"}, "no class numbers"),
        ({"file_type": "ENVI Standard"}, "not an ENVI classification"),
    ],
)
def test_what_is_no_classification_is_refused(tmp_path, fields, reason):
    with pytest.raises(UserError, match=reason) as refused:
        read_classification(write(tmp_path, **fields))
    assert len(str(refused.value).splitlines()) == 1


def test_a_classification_is_no_cube_and_a_cube_no_classification(tmp_path):
    header = write(tmp_path)
    with pytest.raises(UserError, match="classification"):
        open_cube(header)
    header = write(tmp_path, file_type="ENVI Standard")
    assert not is_classification(header)
    assert not is_classification(tmp_path / "nothing.hdr")
    with pytest.raises(UserError, match="no ENVI header"):
        read_classification(tmp_path / "nothing.raw")
