"""An ENVI classification dropped onto napari is a layer of named, coloured labels."""

import numpy as np
import pytest

from napari_dgc.cubes import HyperCube
from napari_dgc.gui.layers import COMPANION_KEY, CUBE_KEY, layer_data
from napari_dgc.gui.open import NOTHING, get_reader, read

LABELS = np.array([[0, 1, 2], [5, 5, 1]], np.uint8)


@pytest.fixture
def told(monkeypatch):
    found = []
    monkeypatch.setattr("napari_dgc.gui.messages.show_error", found.append)
    return found


def write(folder, names="Unclassified, Leaf, Lesion", labels=LABELS):
    (folder / "truth.hdr").write_text(
        "ENVI\nsamples = 3\nlines = 2\nbands = 1\nheader offset = 0\nbyte order = 0\n"
        "file type = ENVI Classification\ndata type = 1\ninterleave = bsq\nclasses = 3\n"
        f"class names = {{{names}}}\nclass lookup = {{10, 20, 30, 0, 255, 0, 255, 0, 0}}\n"
    )
    (folder / "truth.img").write_bytes(labels.tobytes())
    return folder / "truth.hdr"


def test_names_and_colours_are_those_of_the_file(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    path = write(tmp_path)
    assert get_reader(str(path)) is not None
    viewer.open(str(path), plugin="napari-dgc")
    (layer,) = viewer.layers
    np.testing.assert_array_equal(layer.data, LABELS)
    assert layer.name == "truth"
    assert dict(zip(layer.features["index"], layer.features["class"], strict=True)) == {
        0: "Unclassified",
        1: "Leaf",
        2: "Lesion",
        5: "class 5",
    }
    np.testing.assert_allclose(layer.get_color(1), [0, 1, 0, 1])
    np.testing.assert_allclose(layer.get_color(2), [1, 0, 0, 1])
    assert layer.colormap.map(0)[3] == 0
    assert layer.get_color(5)[3] == 1


def test_a_class_zero_that_is_one_has_its_colour(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    viewer.open(str(write(tmp_path, names="Soil, Leaf, Lesion")), plugin="napari-dgc")
    np.testing.assert_allclose(viewer.layers[0].colormap.map(0), np.array([10, 20, 30, 255]) / 255)


def test_it_lies_on_the_scan_of_its_size(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    for name, shape in (("other", (4, 9, 9)), ("leaf", (4, 2, 3))):
        data, options, _ = layer_data(HyperCube(np.zeros(shape), name))[0]
        viewer.add_image(data, **options)
    viewer.open(str(write(tmp_path)), plugin="napari-dgc")
    image, labels = viewer.layers["leaf"], viewer.layers["truth"]
    assert image.translate[-1] > 0
    np.testing.assert_array_equal(labels.translate, image.translate[-2:])
    # It goes with the scan, and is exported with its size of a pixel.
    assert labels.metadata[COMPANION_KEY] is image.metadata[CUBE_KEY]


def test_of_several_scans_of_its_size_the_one_of_its_name_is_meant(make_napari_viewer, tmp_path):
    viewer = make_napari_viewer()
    for name in ("other", "truth", "third"):
        data, options, _ = layer_data(HyperCube(np.zeros((4, 2, 3)), name))[0]
        viewer.add_image(data, **options)
    image = viewer.layers["truth"]
    viewer.open(str(write(tmp_path)), plugin="napari-dgc")
    (labels,) = [layer for layer in viewer.layers if layer._type_string == "labels"]
    assert labels.metadata[COMPANION_KEY] is image.metadata[CUBE_KEY]
    np.testing.assert_array_equal(labels.translate, image.translate[-2:])


def test_a_damaged_one_is_told(make_napari_viewer, tmp_path, told):
    make_napari_viewer()
    path = write(tmp_path, labels=LABELS[:1])
    assert read(str(path)) == NOTHING
    assert len(told) == 1
    assert "too short" in told[0]
