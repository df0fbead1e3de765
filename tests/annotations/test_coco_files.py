"""COCO annotations, judged by pycocotools."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.annotations import LabelClass, LabelImage, open_labels, read_label_image
from napari_dgc.annotations.coco import run_lengths, unpacked_counts, write_coco
from napari_dgc.errors import UserError

from .conftest import iou, leaf

coco = pytest.importorskip("pycocotools.coco", reason="pycocotools is not installed")
masks = pytest.importorskip("pycocotools.mask")


def painted(path: Path, stem: str) -> tuple[np.ndarray, dict[int, str], int]:
    """What pycocotools paints of a file: labels, names, number of objects."""
    opened = coco.COCO(str(path))
    pictures = {entry["file_name"]: entry for entry in opened.loadImgs(opened.getImgIds())}
    picture = pictures[f"{stem}.png"]
    labels = np.zeros((picture["height"], picture["width"]), int)
    entries = opened.loadAnns(opened.getAnnIds(imgIds=picture["id"]))
    for entry in entries:
        mask = opened.annToMask(entry).astype(bool)
        assert mask.sum() == entry["area"]
        rows, columns = np.nonzero(mask)
        left, top, width, height = entry["bbox"]
        assert (columns.min(), rows.min()) == (left, top)
        assert (columns.max() + 1, rows.max() + 1) == (left + width, top + height)
        assert not labels[mask].any()
        labels[mask] = entry["category_id"]
    names = {entry["id"]: entry["name"] for entry in opened.loadCats(opened.getCatIds())}
    return labels, names, len(entries)


@pytest.mark.parametrize("rle", [False, True])
def test_pycocotools_paints_the_same_map(image: LabelImage, tmp_path: Path, rle: bool) -> None:
    (path,) = write_coco([image], tmp_path, rle=rle)
    labels, names, objects = painted(path, "leaf")
    assert np.array_equal(labels, image.labels)
    assert names == {info.number: info.name for info in image.classes}
    assert objects == len(np.unique(image.object_map())) - 1
    kinds = {type(entry["segmentation"]) for entry in json.loads(path.read_text())["annotations"]}
    assert kinds == ({dict} if rle else {dict, list})


@pytest.mark.parametrize("rle", [False, True])
def test_it_comes_back_with_names_and_objects(image: LabelImage, tmp_path: Path, rle: bool) -> None:
    (path,) = write_coco([image], tmp_path, rle=rle)
    back = read_label_image(path)
    assert back.name == "leaf"
    assert np.array_equal(back.labels, image.labels)
    assert [info.name for info in back.classes] == [info.name for info in image.classes]
    assert len(np.unique(back.objects)) == len(np.unique(image.object_map()))


def test_one_file_holds_all_scans_with_classes_by_name(tmp_path: Path) -> None:
    one = leaf()
    swapped = LabelImage.build(
        "other", np.where(one.labels == 1, 3, 0), [LabelClass(3, "Background")]
    )
    clash = LabelImage.build("third", one.labels, [LabelClass(1, "halo")])
    (path,) = write_coco([one, swapped, clash], tmp_path)
    for image in (one, swapped, clash):
        labels, names, _ = painted(path, image.name)
        for info in image.present:
            if info.name:
                (number,) = np.unique(labels[image.labels == info.number])
                assert names[number].casefold() == info.name.casefold()
    assert set(open_labels(path)) == {"leaf", "other", "third"}
    with pytest.raises(UserError, match="3 label images"):
        read_label_image(path)


def test_packed_run_lengths_of_other_programs_are_read() -> None:
    random = np.random.default_rng(0)
    for share in (0.02, 0.5, 0.98, 1.0):
        mask = np.asfortranarray(random.random((61, 47)) < share, np.uint8)
        mask[0, 0] = share > 0.5
        packed = masks.encode(mask)["counts"].decode()
        assert unpacked_counts(packed) == run_lengths(np.flatnonzero(mask.T), mask.size), share
    assert unpacked_counts("~") is None
    assert unpacked_counts("o") is None


def test_the_real_file_is_read_as_pycocotools_does(shared_data: Path) -> None:
    path = shared_data / "licensed" / "io_labelme_public" / "coco_not_labelme.json"
    opened = coco.COCO(str(path))
    found = open_labels(path)
    assert len(found) == len(opened.imgs)
    for picture in opened.loadImgs(opened.getImgIds()):
        image = found[Path(picture["file_name"]).stem](None)
        theirs = np.zeros((picture["height"], picture["width"]), int)
        for entry in opened.loadAnns(opened.getAnnIds(imgIds=picture["id"])):
            theirs[opened.annToMask(entry) > 0] = entry["category_id"]
        names = {entry["id"]: entry["name"] for entry in opened.dataset["categories"]}
        by_name = {info.name: info.number for info in image.classes}
        for number in np.unique(theirs[theirs > 0]):
            ours = image.labels == by_name[names[int(number)]]
            assert iou(ours, theirs == number) > 0.98


def damaged(**changes: object) -> dict[str, object]:
    content: dict[str, object] = {
        "images": [{"id": 1, "file_name": "a.png", "width": 6, "height": 5}],
        "categories": [{"id": 1, "name": "lesion"}],
        "annotations": [],
    }
    return content | changes


def annotation(segmentation: object, **changes: object) -> list[dict[str, object]]:
    return [{"id": 1, "image_id": 1, "category_id": 1, "segmentation": segmentation} | changes]


HOSTILE: Sequence[dict[str, object]] = (
    damaged(images=[{"id": 1, "file_name": "a.png", "width": 10**12, "height": 10**12}]),
    damaged(images=[{"id": 1, "file_name": "", "width": 5, "height": 5}]),
    damaged(images=[{"id": [], "file_name": "a.png", "width": 5, "height": 5}]),
    damaged(categories=None),
    damaged(categories=[{"id": {}, "name": "lesion"}]),
    damaged(annotations=[3]),
    damaged(annotations=annotation([[0, 0, 1, 1]])),
    damaged(annotations=annotation([[0, 0, 1, 1, 2, 1e300]])),
    damaged(annotations=annotation([[0, 0, 1, 1, 2, float("nan")]])),
    damaged(annotations=annotation([[0, 0, 1, 1, 2, 2, 3]])),
    damaged(annotations=annotation("polygon")),
    damaged(annotations=annotation([[0, 0, 3, 3, 5, 0]], category_id=9)),
    damaged(annotations=annotation([[0, 0, 3, 3, 5, 0]], category_id=[])),
    damaged(annotations=annotation({"size": [5, 6], "counts": [0, 10**12]})),
    damaged(annotations=annotation({"size": [5, 6], "counts": [31]})),
    damaged(annotations=annotation({"size": [5, 6], "counts": [-1, 5]})),
    damaged(annotations=annotation({"size": [6, 5], "counts": [1, 5]})),
    damaged(annotations=annotation({"size": [5, 6], "counts": "\u4e00"})),
    damaged(annotations=annotation({"size": [5, 6]})),
)


@pytest.mark.parametrize("content", HOSTILE)
def test_hostile_files_are_refused_in_one_sentence(
    tmp_path: Path, content: dict[str, object]
) -> None:
    path = tmp_path / "set.json"
    path.write_text(json.dumps(content))
    with pytest.raises(UserError) as caught:
        read_label_image(path)
    said = str(caught.value)
    assert "set.json" in said and said.isprintable() and said.endswith(".")


def test_names_of_pictures_cannot_lead_elsewhere(tmp_path: Path) -> None:
    picture = {"id": 1, "file_name": "..\\..\\up/../leaf.jpg", "width": 6, "height": 5}
    path = tmp_path / "set.json"
    path.write_text(json.dumps(damaged(images=[picture])))
    assert list(open_labels(path)) == ["leaf"]
