"""LabelMe annotations, real ones and our own, judged by labelme itself where it is there."""

import base64
import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw

from napari_dgc.annotations import LabelImage, read_label_image
from napari_dgc.annotations.labelme import write_labelme
from napari_dgc.errors import UserError

from .conftest import iou

REAL = (
    "v3.14.2_polygons_linecolor",
    "v4.0.0_bbox_rectangles",
    "v4.0.0_polygons",
    "v5.2_imageData_polygon_rect",
    "v5.7.0_primitives_all_shapes_mask",
    "noversion_no_shape_type",
)
#: Of the picture of the file that does not tell.
SIZE = (375, 500)


def real_file(shared_data: Path, name: str) -> Path:
    return shared_data / "licensed" / "io_labelme_public" / f"{name}.json"


@pytest.mark.parametrize("name", REAL)
def test_real_objects_survive_going_to_pixels_and_back(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    first = read_label_image(real_file(shared_data, name), SIZE)
    (path,) = write_labelme(first, tmp_path)
    back = read_label_image(path)
    names = {info.number: info.name for info in first.classes}
    assert {info.number: info.name for info in back.classes} == names
    assert first.objects is not None and back.objects is not None
    numbers = np.unique(first.objects[first.objects > 0])
    assert numbers.size > 0
    for number in numbers:
        mask = first.objects == number
        other = back.objects == np.bincount(back.objects[mask]).argmax()
        assert iou(mask, other) == 1.0
    assert np.array_equal(first.labels, back.labels)


@pytest.mark.parametrize("name", REAL)
def test_single_shapes_survive_even_where_others_cover_them(
    shared_data: Path, tmp_path: Path, name: str
) -> None:
    content = json.loads(real_file(shared_data, name).read_text())
    content["imageData"] = None
    seen = 0
    for number, shape in enumerate(content["shapes"]):
        if (
            shape.get("shape_type") in ("line", "linestrip", "point")
            or shape["label"] == "__ignore__"
        ):
            continue
        alone = tmp_path / f"one{number}.json"
        alone.write_text(json.dumps(content | {"shapes": [shape]}))
        first = read_label_image(alone, SIZE)
        (path,) = write_labelme(first, tmp_path / "back")
        assert iou(first.labels > 0, read_label_image(path).labels > 0) == 1.0
        seen += 1
    assert seen


@pytest.mark.parametrize("name", REAL)
def test_labelme_paints_the_same_pixels(shared_data: Path, tmp_path: Path, name: str) -> None:
    labelme = pytest.importorskip("labelme", reason="labelme is not installed")
    from labelme.utils import shapes_to_label

    path = real_file(shared_data, name)
    ours = read_label_image(path, SIZE)
    content = json.loads(path.read_text())
    shapes = [
        s for s in content["shapes"] if s.get("shape_type") not in ("line", "linestrip", "point")
    ]
    for shape in shapes:
        if shape.get("mask"):
            shape["mask"] = labelme.utils.img_b64_to_arr(shape["mask"]).astype(bool)
    numbers = {info.name: info.number for info in ours.classes} | {"__ignore__": 0}
    theirs, _ = shapes_to_label(ours.labels.shape, shapes, numbers)
    assert np.array_equal(theirs, ours.labels)
    # And what is written from it, once more.
    (written,) = write_labelme(ours, tmp_path)
    shapes = json.loads(written.read_text())["shapes"]
    theirs, objects = shapes_to_label(ours.labels.shape, shapes, numbers)
    assert np.array_equal(theirs, ours.labels)
    assert len(np.unique(objects)) == len(np.unique(ours.objects))


def test_labelme_opens_what_is_written(image: LabelImage, tmp_path: Path) -> None:
    labelme = pytest.importorskip("labelme", reason="labelme is not installed")
    (path,) = write_labelme(image, tmp_path)
    opened = labelme.LabelFile(str(path))
    assert Image.open(io.BytesIO(opened.image_data)).size == image.labels.shape[::-1]
    names = {info.title: info.number for info in image.classes}
    theirs, _ = labelme.utils.shapes_to_label(image.labels.shape, opened.shapes, names)
    assert np.array_equal(theirs, image.labels)
    # labelme keeps our numbers when it saves.
    assert "napari_dgc" in opened.other_data


def test_pillow_paints_the_written_outlines_as_the_map(image: LabelImage, tmp_path: Path) -> None:
    (path,) = write_labelme(image, tmp_path)
    content = json.loads(path.read_text(encoding="utf-8"))
    numbers = {info.title: info.number for info in image.classes}
    painted = Image.new("L", (content["imageWidth"], content["imageHeight"]))
    for shape in content["shapes"]:
        points = [tuple(point) for point in shape["points"]]
        ImageDraw.Draw(painted).polygon(
            points, outline=numbers[shape["label"]], fill=numbers[shape["label"]]
        )
    assert np.array_equal(np.asarray(painted), image.labels)


def test_numbers_names_and_objects_come_back(image: LabelImage, tmp_path: Path) -> None:
    (path,) = write_labelme(image, tmp_path)
    back = read_label_image(path)
    assert np.array_equal(back.labels, image.labels)
    assert [(i.number, i.name, i.shown_colour) for i in back.classes] == [
        (i.number, i.name, i.shown_colour) for i in image.classes
    ]
    # Parts that touch at corners only are one object with several outlines.
    assert len(np.unique(back.objects)) == len(np.unique(image.object_map()))


def document(**changes: object) -> dict[str, object]:
    square = {"label": "a", "points": [[1, 1], [4, 1], [4, 3]], "shape_type": "polygon"}
    return {"shapes": [square], "imageHeight": 5, "imageWidth": 6, "imageData": None} | changes


def written(folder: Path, content: object) -> Path:
    path = folder / "leaf.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def test_pixels_marked_as_ignored_are_not_labelled(tmp_path: Path) -> None:
    whole = {"label": "leaf", "points": [[0, 0], [5, 4]], "shape_type": "rectangle"}
    hidden = {"label": "__ignore__", "points": [[0, 0], [1, 1]], "shape_type": "rectangle"}
    read = read_label_image(written(tmp_path, document(shapes=[whole, hidden])))
    assert read.labels[:2, :2].tolist() == [[0, 0], [0, 0]]
    assert np.count_nonzero(read.labels) == 30 - 4


def test_what_covers_no_pixels_is_left_out_and_said(tmp_path: Path) -> None:
    line = {"label": "vein", "points": [[0, 0], [5, 4]], "shape_type": "line"}
    read = read_label_image(written(tmp_path, document(shapes=[line])))
    assert not read.labels.any()
    assert "1 of kind “line” left out" in read.notes[0]


def test_without_a_size_that_of_the_scan_or_of_the_picture_is_taken(tmp_path: Path) -> None:
    path = written(tmp_path, document(imageHeight=None, imageWidth=None))
    assert read_label_image(path, (9, 8)).labels.shape == (9, 8)
    with pytest.raises(UserError, match="does not tell the size"):
        read_label_image(path)
    buffer = io.BytesIO()
    Image.new("RGB", (7, 5)).save(buffer, "PNG")
    data = base64.b64encode(buffer.getvalue()).decode()
    path = written(tmp_path, document(imageHeight=None, imageWidth=None, imageData=data))
    assert read_label_image(path, (9, 8)).labels.shape == (5, 7)


def bomb() -> str:
    buffer = io.BytesIO()
    Image.new("1", (20000, 20000)).save(buffer, "PNG")
    return base64.b64encode(buffer.getvalue()).decode()


def shape(**changes: object) -> dict[str, object]:
    return {"label": "a", "points": [[1, 1], [4, 1], [4, 3]], "shape_type": "polygon"} | changes


HOSTILE: dict[str, object] = {
    "nested": "[" * 100_000,
    "nested shapes": '{"shapes": ' + "[" * 100_000,
    "nothing": "",
    "binary": "\x00\x01{",
    "huge": document(imageHeight=10**12, imageWidth=10**12),
    "huge number": '{"shapes": [], "imageHeight": 1' + "0" * 5000 + ', "imageWidth": 3}',
    "infinite": '{"shapes": [], "imageHeight": Infinity, "imageWidth": NaN}',
    "no list": document(shapes={"a": 1}),
    "no label": document(shapes=[{"points": []}]),
    "no points": document(shapes=[shape(points=None)]),
    "few points": document(shapes=[shape(points=[[1, 1], [2, 2]])]),
    "odd points": document(shapes=[shape(points=[[1, 1, 1]] * 3)]),
    "far points": document(shapes=[shape(points=[[0, 0], [1e300, 1], [3, 3]])]),
    "nan points": document(shapes=[shape(points=[[0, 0], [float("nan"), 1], [3, 3]])]),
    "integer points": document(shapes=[shape(points=[[0, 0], [10**400, 1], [3, 3]])]),
    "unknown kind": document(shapes=[shape(shape_type="spiral")]),
    "kind of no text": document(shapes=[shape(shape_type={"a": 1})]),
    "mask missing": document(shapes=[shape(shape_type="mask", points=[[0, 0], [2, 2]])]),
    "mask no picture": document(
        shapes=[shape(shape_type="mask", points=[[0, 0], [2, 2]], mask="!!")]
    ),
    "mask too large": document(
        shapes=[shape(shape_type="mask", points=[[0, 0], [2, 2]], mask=bomb())]
    ),
    "neither": {"a": 1},
    "coco without categories": {"images": [], "annotations": []},
    "coco damaged": {"images": [{"id": 1}], "annotations": [], "categories": []},
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_annotations_are_refused_in_one_sentence(tmp_path: Path, kind: str) -> None:
    path = written(tmp_path, HOSTILE[kind])
    with pytest.raises(UserError) as caught:
        read_label_image(path)
    said = str(caught.value)
    assert "leaf.json" in said and said.isprintable() and said.endswith(".")


def test_pictures_that_a_file_names_are_never_opened(tmp_path: Path) -> None:
    content = document(imagePath="../../../../etc/passwd", imageHeight=None, imageWidth=None)
    with pytest.raises(UserError, match="does not tell the size"):
        read_label_image(written(tmp_path, content))
