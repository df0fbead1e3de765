"""Label maps and class tables of others, good and bad."""

import pickle
from pathlib import Path

import h5py
import numpy as np
import pytest
from PIL import Image
from scipy.io import savemat
from tifffile import imwrite

from napari_dgc.annotations.read import read_class_table, read_labels
from napari_dgc.errors import UserError

LABELS = np.array([[0, 1, 2], [3, 4, 600]], np.uint16)


def test_matlab_maps_of_whole_doubles_are_read(tmp_path: Path) -> None:
    savemat(tmp_path / "gt.mat", {"gt": LABELS.astype(float), "note": "by hand", "n": 4.0})
    assert read_labels(tmp_path / "gt.mat").tolist() == LABELS.tolist()


def test_new_matlab_maps_have_rows_first(tmp_path: Path) -> None:
    with h5py.File(tmp_path / "gt.mat", "w") as file:
        file["gt"] = LABELS.T
        file["cube"] = np.zeros((3, 2, 5))
    assert read_labels(tmp_path / "gt.mat").tolist() == LABELS.tolist()


def test_the_real_ground_truth_of_salinas_a(shared_data: Path) -> None:
    labels = read_labels(shared_data / "classic" / "salinasA" / "SalinasA_gt.mat")
    assert labels.shape == (83, 86)
    assert set(np.unique(labels)) == {0, 1, 10, 11, 12, 13, 14}


def test_boolean_masks_are_labels(tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", LABELS > 2)
    assert read_labels(tmp_path / "mask.npy").max() == 1


def test_a_single_page_with_extra_axes_is_read(tmp_path: Path) -> None:
    imwrite(tmp_path / "a.tif", LABELS[None, :, :, None])
    assert read_labels(tmp_path / "a.tif").tolist() == LABELS.tolist()


def hostile(folder: Path) -> dict[str, Path]:
    np.save(folder / "fractions.npy", LABELS + 0.5)
    np.save(folder / "negative.npy", LABELS.astype(int) - 1)
    np.save(folder / "large.npy", LABELS.astype(int) * 1000)
    np.save(folder / "cube.npy", np.zeros((4, 5, 6)))
    np.save(folder / "words.npy", np.array([["a", "b"]]))
    np.save(folder / "nan.npy", np.array([[np.nan, 1.0]]))
    np.save(folder / "objects.npy", np.array([[1, 2]], dtype=object), allow_pickle=True)
    (folder / "pickle.npy").write_bytes(pickle.dumps(LABELS))
    (folder / "empty.tif").write_bytes(b"")
    (folder / "noise.tif").write_bytes(bytes(range(200)))
    (folder / "noise.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(50))
    (folder / "noise.mat").write_bytes(b"MATLAB 5.0 MAT-file" + bytes(300))
    (folder / "text.jpg").write_text("no")
    Image.fromarray(np.zeros((4, 4, 3), np.uint8)).save(folder / "colours.png")
    savemat(folder / "two.mat", {"a": LABELS, "b": LABELS})
    savemat(folder / "none.mat", {"cube": np.zeros((3, 4, 5))})
    return {path.name: path for path in folder.iterdir()}


def test_what_is_no_label_map_is_refused_in_one_sentence(tmp_path: Path) -> None:
    files = hostile(tmp_path)
    assert len(files) == 16
    for name, path in [*files.items(), ("gone.tif", tmp_path / "gone.tif")]:
        with pytest.raises(UserError) as caught:
            read_labels(path)
        assert "\n" not in str(caught.value)
        assert name in str(caught.value), name


def test_two_candidates_are_named(tmp_path: Path) -> None:
    path = hostile(tmp_path)["two.mat"]
    with pytest.raises(UserError, match="found: a, b"):
        read_labels(path)


def test_class_tables_are_read_whatever_else_they_hold(tmp_path: Path) -> None:
    table = tmp_path / "classes.csv"
    table.write_text("Name,Label,colour\n lesion ,4,#fff\nbackground,1,\n", encoding="utf-8-sig")
    assert read_class_table(table) == {4: "lesion", 1: "background"}


@pytest.mark.parametrize("content", ["", "a,b\n1,2\n", "label,name\nx,lesion\n", "label,name\n4\n"])
def test_other_tables_are_refused_or_read_without_name(tmp_path: Path, content: str) -> None:
    table = tmp_path / "classes.csv"
    table.write_text(content)
    if content.endswith("4\n"):
        assert read_class_table(table) == {4: ""}
    else:
        with pytest.raises(UserError, match="class table"):
            read_class_table(table)
