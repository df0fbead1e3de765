"""Label maps written and read back."""

import csv
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.annotations.export import export_labels, planned_paths
from napari_dgc.annotations.read import read_class_table, read_labels
from napari_dgc.errors import UserError
from napari_dgc.partition import Partition


def some_labels(partition: Partition) -> np.ndarray:
    random = np.random.default_rng(0)
    fine = random.integers(0, partition.clusters + 1, (17, 23)).astype(np.uint16)
    return partition.apply(fine)


@pytest.mark.parametrize("kind", ["tif", "npy", "png"])
@pytest.mark.parametrize("clusters", [5, 255, 256, 700])
def test_the_image_read_back_equals_the_labels(tmp_path: Path, kind: str, clusters: int) -> None:
    partition = Partition.fine(clusters).merge([2, 4]).rename(2, "lesion")
    labels = some_labels(partition)
    before = labels.copy()
    image, table = export_labels(labels, partition, tmp_path / "new", "day5", kind)
    assert [image, table] == planned_paths(tmp_path / "new", "day5", kind)
    assert image.name == f"day5.{kind}"
    assert np.array_equal(read_labels(image), before)
    assert np.array_equal(labels, before)
    assert read_class_table(table)[2] == "lesion"


@pytest.mark.parametrize(("clusters", "expected"), [(255, np.uint8), (256, np.uint16)])
def test_the_type_is_the_smallest_that_fits_the_model(
    tmp_path: Path, clusters: int, expected: type
) -> None:
    labels = np.ones((3, 3), np.uint16)
    for kind in ("tif", "npy"):
        image, _ = export_labels(labels, Partition.fine(clusters), tmp_path, "a", kind)
        if kind == "npy":
            assert np.load(image).dtype == expected
        else:
            from tifffile import imread

            assert imread(image).dtype == expected


def test_png_shows_the_colours_of_the_classes(tmp_path: Path) -> None:
    from PIL import Image

    partition = Partition.fine(3).recolour(2, "#ff8000")
    labels = np.array([[0, 2], [1, 3]], np.uint16)
    image, _ = export_labels(labels, partition, tmp_path, "a", "png")
    painted = np.asarray(Image.open(image).convert("RGBA"))
    assert painted[0, 1].tolist() == [255, 128, 0, 255]
    assert painted[0, 0, 3] == 0  # no data is transparent


def test_the_table_lists_every_class(tmp_path: Path) -> None:
    partition = Partition.fine(4).merge([1, 3]).rename(1, 'spot, "brown"')
    labels = np.array([[1, 1, 2], [0, 4, 1]], np.uint16)
    _, table = export_labels(labels, partition, tmp_path, "a")
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["label"] for row in rows] == ["1", "2", "4"]
    assert [row["pixels"] for row in rows] == ["3", "1", "1"]
    assert rows[0]["name"] == 'spot, "brown"'
    assert rows[0]["members"] == "1 3"
    assert rows[0]["colour"] == partition.classes[0].shown_colour


def test_compact_labels_count_the_classes(tmp_path: Path) -> None:
    partition = Partition.fine(6).merge([1, 2, 3]).merge([4, 5, 6]).rename(4, "leaf")
    labels = partition.compact_lookup()[np.array([[1, 6], [0, 4]])]
    image, table = export_labels(labels, partition, tmp_path, "a", compact=True)
    assert read_labels(image).tolist() == [[1, 2], [0, 2]]
    assert read_class_table(table) == {1: "", 2: "leaf"}


def test_the_same_labels_give_the_same_bytes(tmp_path: Path) -> None:
    labels = some_labels(Partition.fine(9))
    for kind in ("tif", "npy", "png"):
        one, _ = export_labels(labels, Partition.fine(9), tmp_path / "one", "a", kind)
        two, _ = export_labels(labels, Partition.fine(9), tmp_path / "two", "a", kind)
        assert one.read_bytes() == two.read_bytes()


def test_unknown_formats_and_names_with_folders_are_refused(tmp_path: Path) -> None:
    labels = np.ones((2, 2), np.uint16)
    with pytest.raises(UserError, match="choose tif, npy or png"):
        export_labels(labels, Partition.fine(2), tmp_path, "a", "jpg")
    for stem in ("../a", "", "a/b"):
        with pytest.raises(UserError, match="not a file name"):
            export_labels(labels, Partition.fine(2), tmp_path, stem)
    assert list(tmp_path.iterdir()) == []
