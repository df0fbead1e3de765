"""The state that docks share, on a viewer model without a window."""

import gc
import weakref

import numpy as np
import pytest
from napari.components import ViewerModel

from napari_dgc.cubes import HyperCube
from napari_dgc.gui.session import TrainingState, get_session
from napari_dgc.partition.tree import Merge, MergeTree
from napari_dgc.workspace.commands import MergeClasses, NameClasses, RecolourClass


def make_cube(name="leaf", shape=(5, 6, 8)):
    values = np.random.default_rng(0).random(shape).astype(np.float32)
    return HyperCube(values, name, np.linspace(400, 1000, shape[0]), "nm")


def add(viewer, name="leaf", shape=(5, 6, 8)):
    return get_session(viewer).add_cube_layers(
        make_cube(name, shape), np.zeros((*shape[1:], 3), np.uint8)
    )


@pytest.fixture
def viewer():
    return ViewerModel()


def fine_map(scan, clusters=4, seed=0):
    shape = scan.image.data.shape[1:]
    return np.random.default_rng(seed).integers(1, clusters + 1, shape).astype(np.uint16)


def test_layer_with_a_cube_becomes_a_scan(viewer):
    session = get_session(viewer)
    changes = []
    session.scans_changed.connect(lambda: changes.append(len(session.scans)))
    scan = add(viewer)
    assert session.scans == [scan]
    assert scan.composite is viewer.layers["leaf false colour"]
    assert changes
    viewer.layers.remove(scan.composite)
    assert scan.composite is None
    viewer.layers.remove(scan.image)
    assert session.scans == []


def test_layers_that_were_there_before_are_adopted(viewer):
    cube = make_cube()
    viewer.add_image(cube.data, name="leaf", metadata={"napari_dgc": cube})
    assert [scan.name for scan in get_session(viewer).scans] == ["leaf"]


def test_proxied_viewer_has_the_same_session(viewer):
    from napari.utils._proxies import PublicOnlyProxy

    assert get_session(PublicOnlyProxy(viewer)) is get_session(viewer)


def test_session_goes_with_its_viewer():
    viewer = ViewerModel()
    add(viewer)
    session = weakref.ref(get_session(viewer))
    del viewer
    gc.collect()
    assert session() is None


def test_scans_lie_side_by_side_without_overlap(viewer):
    for number in range(6):
        add(viewer, f"leaf{number}", (5, 6, 8))
    boxes = [scan.image.extent.world[:, -2:] for scan in get_session(viewer).scans]
    for first in range(6):
        for second in range(first):
            apart = (boxes[first][0] >= boxes[second][1]) | (boxes[second][0] >= boxes[first][1])
            assert apart.any()
    first, second = boxes[0], boxes[1]
    assert first[0][0] == second[0][0]
    for scan in get_session(viewer).scans:
        np.testing.assert_allclose(scan.composite.extent.world, scan.image.extent.world[:, -2:])


def test_class_layer_lies_on_the_leaf_and_names_classes(viewer):
    add(viewer, "other")
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(4)
    session.set_fine_labels(scan, fine_map(scan))
    layer = scan.labels
    assert layer.name == "leaf clusters"
    np.testing.assert_allclose(layer.extent.world, scan.composite.extent.world)
    assert layer.units == scan.composite.units
    session.do(NameClasses((2,), "lesion"))
    session.settle()
    where = np.argwhere(layer.data == 2)[0]
    assert "lesion" in layer.get_status(layer.data_to_world(where), world=True)["value"]
    session.do(RecolourClass(2, "#ff0000"))
    np.testing.assert_allclose(layer.colormap.map(np.array([2]))[0], (1, 0, 0, 1))


def test_merge_and_undo_change_what_is_shown_but_not_the_fine_map(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    fine = fine_map(scan)
    session.start_partition(4)
    session.set_fine_labels(scan, fine)
    session.do(MergeClasses((2, 3)))
    np.testing.assert_array_equal(scan.labels.data, np.where(fine == 3, 2, fine))
    session.undo()
    np.testing.assert_array_equal(scan.labels.data, fine)
    np.testing.assert_array_equal(scan.fine, fine)


def test_corrections_lie_on_new_labels_and_undo_brings_no_old_pixels_back(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(4)
    session.set_fine_labels(scan, np.full((6, 8), 1, np.uint16))
    scan.labels.brush_size = 1
    scan.labels.paint((2, 2), 3)
    session.set_fine_labels(scan, np.full((6, 8), 4, np.uint16))
    expected = np.full((6, 8), 4)
    expected[2, 2] = 3
    np.testing.assert_array_equal(scan.labels.data, expected)
    scan.labels.undo()
    np.testing.assert_array_equal(scan.labels.data, expected)
    session.undo()
    assert (scan.labels.data == 4).all()


def test_painted_corrections_survive_merging(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(4)
    session.set_fine_labels(scan, np.full((6, 8), 1, np.uint16))
    corrected = []
    session.labels_changed.connect(lambda: corrected.append(int((scan.fine == 3).sum())))
    scan.labels.brush_size = 1
    scan.labels.paint((2, 2), 3)
    assert corrected == [1]
    session.do(MergeClasses((2, 3)))
    assert scan.labels.data[2, 2] == 2
    session.undo()
    assert scan.labels.data[2, 2] == 3


def test_undone_brush_stroke_gives_back_the_predicted_cluster(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(4)
    session.do(MergeClasses((1, 2)))
    session.set_fine_labels(scan, np.full((6, 8), 2, np.uint16))
    scan.labels.paint((2, 2), 3)
    assert (scan.fine == 3).any()
    scan.labels.undo()
    np.testing.assert_array_equal(scan.fine, scan.predicted)


def test_tree_that_comes_later_keeps_names_and_undo(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(3)
    session.set_fine_labels(scan, fine_map(scan, 3))
    session.do(NameClasses((1,), "lesion"))
    session.set_tree(MergeTree(3, (Merge(1, 2, 0.1), Merge(3, 4, 0.5))))
    assert session.partition.class_of(1).name == "lesion"
    assert session.partition.cut(2).class_of(2).members == (1, 2)
    session.undo()
    assert session.partition.tree is not None
    assert session.partition.class_of(1).name == ""


def test_labels_of_a_removed_scan_are_ignored(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(4)
    fine = fine_map(scan)
    viewer.layers.remove(scan.image)
    session.set_fine_labels(scan, fine)
    assert scan.labels is None


def test_removed_class_layer_comes_back_with_the_next_labels(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(4)
    session.set_fine_labels(scan, fine_map(scan))
    viewer.layers.remove(scan.labels)
    assert scan.labels is None
    session.set_fine_labels(scan, fine_map(scan, seed=1))
    np.testing.assert_array_equal(scan.labels.data, scan.fine)


def test_more_than_255_clusters_keep_their_numbers(viewer):
    scan = add(viewer)
    session = get_session(viewer)
    session.start_partition(300)
    session.set_fine_labels(scan, np.full((6, 8), 299, np.uint16))
    assert (scan.labels.data == 299).all()


def test_state_tells_whether_a_worker_is_busy():
    assert TrainingState.STOPPING.running
    assert not TrainingState.STOPPED.running


def test_scan_that_the_user_moved_stays_where_it_is(viewer):
    first = add(viewer, "first")
    add(viewer, "second")
    first.image.translate = (0, 100, 100)
    add(viewer, "third")
    np.testing.assert_array_equal(first.image.translate, (0, 100, 100))


def test_five_scans_take_two_rows_with_their_label_maps(viewer):
    session = get_session(viewer)
    scans = [add(viewer, f"leaf{number}") for number in range(2)]
    session.start_partition(4)
    for scan in scans:
        session.set_fine_labels(scan, fine_map(scan))
    scans += [add(viewer, f"more{number}") for number in range(3)]
    tops = {float(scan.image.translate[-2]) for scan in scans}
    assert len(tops) == 2
    for scan in scans[:2]:
        np.testing.assert_array_equal(scan.labels.translate, scan.image.translate[-2:])


def test_a_cube_that_is_shown_twice_keeps_its_pictures_apart(viewer):
    session = get_session(viewer)
    cube = make_cube()
    picture = np.zeros((*cube.data.shape[1:], 3), np.uint8)
    scans = [session.add_cube_layers(cube, picture) for _ in range(2)]
    add(viewer, "other")
    assert scans[0].composite is not scans[1].composite
    for scan in scans:
        np.testing.assert_array_equal(scan.composite.translate, scan.image.translate[-2:])
    assert scans[1].image.translate[-2:].any()
