"""Names, colours and pixel size travel with the pixels, as other programs read them."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tifffile import TiffFile

from napari_dgc import __version__
from napari_dgc.annotations import FORMATS, LabelClass, LabelImage, export, read_label_image
from napari_dgc.annotations.formats import planned
from napari_dgc.annotations.label_image import numbered_alike
from napari_dgc.cancel import CancelSource
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError

CENTRES = np.linspace(450, 700, 12)


@pytest.fixture
def scan(image: LabelImage) -> LabelImage:
    """The label image with its scan: each class has a spectrum of its own."""
    bands = np.arange(12)[:, None, None]
    data = (0.05 * image.labels[None] + 0.01 * bands).astype(np.float32)
    return replace(image, scan=HyperCube(data, "leaf", wavelengths=CENTRES, wavelength_unit="nm"))


@pytest.mark.parametrize("kind", ["tif", "png", "envi", "labelme", "coco", "coco-rle"])
def test_names_come_back_from_the_file_alone(image: LabelImage, tmp_path: Path, kind: str) -> None:
    written = list(export([image], tmp_path, [kind]))
    for path in written:
        if path.suffix == ".csv":
            path.unlink()
    back = read_label_image(written[0])
    assert np.array_equal(back.labels, image.labels)
    named = {info.number: info.name for info in back.classes if info.number in (1, 2, 4, 7)}
    comma = ";" if kind == "envi" else ","
    assert named == {1: "background", 2: "healthy tissue", 4: f"lesion{comma} brown", 7: "Rußtau"}
    if not kind.startswith("coco"):
        colours = {info.number: info.shown_colour for info in back.classes}
        assert all(colours[info.number] == info.shown_colour for info in image.classes)
    if kind in ("tif", "png", "envi"):
        assert back.pixel_size_mm == pytest.approx(0.0625, rel=1e-5)


def test_arrays_have_their_names_in_the_table_beside_them(
    image: LabelImage, tmp_path: Path
) -> None:
    array, table = export([image], tmp_path, ["npy"])
    assert np.array_equal(np.load(array), image.labels)
    assert [info.name for info in read_label_image(array).classes] == [
        info.name for info in image.classes
    ]
    with table.open(encoding="utf-8", newline="") as file:
        rows = {row["label"]: row for row in csv.DictReader(file)}
    assert rows["4"]["name"] == "lesion, brown"
    assert int(rows["4"]["pixels"]) == (image.labels == 4).sum()


def test_a_corrected_table_wins_over_names_in_the_file(image: LabelImage, tmp_path: Path) -> None:
    tiff, table = export([image], tmp_path, ["tif"])
    table.write_text("label,name\n4,rust\n", encoding="utf-8")
    names = {info.number: info.name for info in read_label_image(tiff).classes}
    assert names[4] == "rust"
    assert names[7] == "Rußtau"


def test_the_resolution_of_a_tiff_is_the_size_of_a_pixel(image: LabelImage, tmp_path: Path) -> None:
    tiff, _ = export([image], tmp_path, ["tif"])
    with TiffFile(tiff) as file:
        tags = file.pages.first.tags
        assert tags["ResolutionUnit"].value == 3  # centimetres
        above, below = tags["XResolution"].value
        assert 10 * below / above == pytest.approx(0.0625)
        assert tags["Software"].value == f"napari-dgc {__version__}"
        assert np.array_equal(file.asarray(), image.labels)


@pytest.mark.parametrize("size", [None, 1e-3, 0.0123456, 12.5])
def test_sizes_of_pixels_come_back_from_tiff(
    image: LabelImage, tmp_path: Path, size: float | None
) -> None:
    tiff, _ = export([replace(image, pixel_size_mm=size)], tmp_path, ["tif"])
    assert read_label_image(tiff).pixel_size_mm == (size and pytest.approx(size, rel=1e-6))


def test_resolutions_that_programs_write_unasked_are_no_pixel_size(tmp_path: Path) -> None:
    labels = np.ones((4, 5), np.uint8)
    Image.fromarray(labels).save(tmp_path / "a.tif", dpi=(72, 72))
    Image.fromarray(labels).save(tmp_path / "a.png", dpi=(96, 96))
    assert read_label_image(tmp_path / "a.tif").pixel_size_mm is None
    assert read_label_image(tmp_path / "a.png").pixel_size_mm is None


@pytest.mark.parametrize("highest", [7, 300])
def test_spectral_python_reads_classes_and_colours(
    image: LabelImage, tmp_path: Path, highest: int
) -> None:
    envi = pytest.importorskip("spectral.io.envi")
    labels = image.labels.astype(np.uint16)
    labels[0, 0] = highest
    wide = LabelImage.build("leaf", labels, image.classes)
    header, _ = export([wide], tmp_path, ["envi"])
    opened = envi.open(str(header))
    assert np.array_equal(np.asarray(opened.load()).squeeze(), labels)
    names = opened.metadata["class names"]
    assert names[0] == "Unclassified"
    assert (names[2], names[4]) == ("healthy tissue", "lesion; brown")
    assert len(names) == int(opened.metadata["classes"]) == highest + 1
    lookup = np.array(opened.metadata["class lookup"], int).reshape(-1, 3)
    assert {info.number: info.rgb for info in wide.classes} == {
        info.number: tuple(lookup[info.number].tolist()) for info in wide.classes
    }


def test_scans_are_not_overwritten_by_classifications(image: LabelImage, tmp_path: Path) -> None:
    (tmp_path / "leaf.hdr").write_text("ENVI\nsamples = 1\nlines = 1\nbands = 1\n")
    (tmp_path / "leaf.dat").write_bytes(b"scan")
    with pytest.raises(UserError, match="belong to something else"):
        list(export([image], tmp_path, ["envi"]))
    assert (tmp_path / "leaf.dat").read_bytes() == b"scan"


def test_classifications_are_replaced(image: LabelImage, tmp_path: Path) -> None:
    list(export([image], tmp_path, ["envi"]))
    header, _ = export([replace(image, labels=image.labels[::-1])], tmp_path, ["envi"])
    assert np.array_equal(read_label_image(header).labels, image.labels[::-1])


def test_there_is_one_mask_for_each_class(image: LabelImage, tmp_path: Path) -> None:
    written = list(export([image], tmp_path, ["masks"]))
    assert [path.relative_to(tmp_path).as_posix() for path in written] == [
        "leaf_masks/1_background.png",
        "leaf_masks/2_healthy_tissue.png",
        "leaf_masks/4_lesion_brown.png",
        "leaf_masks/7_Rußtau.png",
    ]
    for path, number in zip(written, (1, 2, 4, 7), strict=True):
        assert np.array_equal(np.asarray(Image.open(path)) == 255, image.labels == number)


def test_names_of_classes_cannot_lead_elsewhere(tmp_path: Path) -> None:
    labels = np.ones((2, 2), np.uint8)
    image = LabelImage.build("a", labels, [LabelClass(1, "../../etc/passwd")])
    (path,) = export([image], tmp_path, ["masks"])
    assert path == tmp_path / "a_masks" / "1_etc_passwd.png"


def test_the_overlay_shows_the_classes_over_the_scan(scan: LabelImage, tmp_path: Path) -> None:
    (path,) = export([scan], tmp_path, ["overlay"])
    shown = np.asarray(Image.open(path)).astype(int)
    assert shown.shape == (*scan.labels.shape, 3)
    colours = {info.number: np.array(info.rgb) for info in scan.classes}
    # Half of each colour is in every pixel of its class.
    for number, colour in colours.items():
        assert (shown[scan.labels == number] >= colour // 2 - 1).all()


def test_spectra_of_the_classes_are_a_table(scan: LabelImage, tmp_path: Path) -> None:
    table, sources = export([scan], tmp_path, ["spectra"])
    with table.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 12
    assert float(rows[3]["lesion, brown mean"]) == pytest.approx(4 * 0.05 + 0.03)
    assert "Rußtau" in sources.read_text(encoding="utf-8")


def test_pictures_and_spectra_ask_for_the_scan(image: LabelImage, tmp_path: Path) -> None:
    for kind in ("overlay", "spectra"):
        assert FORMATS[kind].needs_scan
        with pytest.raises(UserError, match="scan of leaf is needed"):
            list(export([image], tmp_path, [kind]))


def test_wrong_requests_write_nothing(image: LabelImage, tmp_path: Path) -> None:
    for images, formats, said in (
        ([image], ["jpg"], "choose of tif, png"),
        ([image], ["coco", "coco-rle"], "same file"),
        ([replace(image, name="../a")], ["tif"], "not a file name"),
    ):
        with pytest.raises(UserError, match=said):
            list(export(images, tmp_path / "new", formats))
    with pytest.raises(UserError, match="Two label maps are named LEAF"):
        list(export([image, replace(image, name="LEAF")], tmp_path, ["npy"]))
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("kind", FORMATS)
def test_what_will_be_written_is_known_before(scan: LabelImage, tmp_path: Path, kind: str) -> None:
    foreseen = planned(["leaf"], tmp_path, [kind])
    assert set(export([scan], tmp_path, [kind]))
    assert sorted(tmp_path.iterdir()) == sorted(foreseen)


def test_it_stops_between_files(image: LabelImage, tmp_path: Path) -> None:
    source = CancelSource()
    files = export([image], tmp_path, ["tif", "png"], token=source.token)
    next(files)
    source.cancel()
    with pytest.raises(InterruptedError):
        list(files)
    assert not (tmp_path / "leaf.png").exists()


def test_classes_of_one_name_get_one_number() -> None:
    first = LabelImage.build(
        "a", np.array([[1, 2]]), [LabelClass(1, "leaf"), LabelClass(2, "spot")]
    )
    second = LabelImage.build("b", np.array([[1, 3]]), [LabelClass(1, "Spot"), LabelClass(3)])
    one, two = numbered_alike([first, second])
    assert one is first
    assert two.labels.tolist() == [[2, 3]]


def test_classes_that_one_image_tells_apart_stay_apart() -> None:
    classes = [LabelClass(1, "lesion"), LabelClass(2, "lesion")]
    image = LabelImage.build("a", np.array([[1, 2]]), classes)
    assert numbered_alike([image, image]) == [image, image]
