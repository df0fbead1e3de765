"""The training card as a reader sees it."""

import re

import numpy as np
import pytest

from napari_dgc.clustering.events import ClustersChosen
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.hashes import hash_scan
from napari_dgc.monitoring import Card, TrainingRecorder, watched, write_card
from napari_dgc.partition import ClassInfo, Partition

from .conftest import events_of


def page_of(model, tmp_path, first=1, last=4, **more):
    recorder = TrainingRecorder(["leaf", "stem"])
    for _ in watched(model, events_of(first, last), [recorder]):
        pass
    values = np.zeros((5, 20, 30), np.float32)
    cubes = [HyperCube(values, n, np.linspace(400, 800, 5), "nm") for n in ("leaf", "stem")]
    write_card(tmp_path / "card.html", Card.of(model, recorder.log, cubes, **more))
    return (tmp_path / "card.html").read_text(encoding="utf-8")


def test_it_tells_settings_curves_maps_clusters_and_the_recommended_epoch(model, tmp_path):
    page = page_of(model, tmp_path)
    assert "stripes; 4 clusters, 4 of them active; 4 epochs; 2 scans." in page
    assert "Recommended: epoch 2, because its maps leave the least doubt (0.100)" in page
    assert "The stripes have arrived." in page
    for title in ("surprise (loss)", "active clusters", "pixels whose cluster changed"):
        assert f">{title}" in page
    assert page.count("data:image/png;base64,") == 8, "two scans after four epochs"
    assert "wavelength (nm)" in page and "mean reflectance" in page
    for cell in ("snv", "seed", "7", "napari-dgc", "numpy"):
        assert re.search(f"<td[^>]*>{cell}</td>", page)
    assert "57.14" in page, "share of the largest cluster"
    assert "1 cluster without pixels" in page


def test_it_needs_nothing_else_and_is_the_same_each_time(model, tmp_path):
    page = page_of(model, tmp_path)
    assert "<script" not in page and "default-src 'none'" in page
    outside = [u for u in re.findall(r"https?://[^\"' <]+", page) if "www.w3.org/2000/svg" not in u]
    assert not outside
    assert page == page_of(model, tmp_path)


def test_classes_give_names_and_colours(model, tmp_path):
    merged = (ClassInfo((1, 2), "lesion", "#123456"), ClassInfo((3,)), ClassInfo((4,)))
    page = page_of(model, tmp_path, partition=Partition(4, merged))
    assert page.count("<td>lesion</td>") == 2
    assert page.count("background: #123456") == 2


def test_scans_are_told_with_their_hashes(model, tmp_path):
    path = tmp_path / "leaf.mat"
    path.write_bytes(b"leaf")
    cube = HyperCube(np.zeros((5, 2, 2), np.float32), "leaf", path=path)
    recorder = TrainingRecorder(["leaf"])
    for event in events_of(1, 1, scans=1):
        recorder.see(model, event)
    (known,) = hash_scan(path)
    assert Card.of(model, recorder.log, [cube], hash_bytes=100).hashes["leaf"] == (known,)
    unknown = Card.of(model, recorder.log, [cube])
    assert unknown.hashes["leaf"] == (), "it has just been written, so that none is remembered"
    write_card(tmp_path / "card.html", unknown)
    assert "not known" in (tmp_path / "card.html").read_text()


def test_a_model_of_which_nothing_is_known_has_a_card(model, tmp_path):
    model.summary = None
    write_card(tmp_path / "card.html", Card.of(model, None, []))
    page = (tmp_path / "card.html").read_text()
    assert "No curves were kept" in page and "does not tell which epoch" in page


def test_epochs_that_nobody_watched_are_told(model, tmp_path):
    assert "Nothing is known of the epochs before 3" in page_of(model, tmp_path, 3, 4)


def test_the_search_for_the_number_of_clusters_is_drawn(model, tmp_path):
    recorder = TrainingRecorder(["leaf"])
    for event in events_of(1, 1, scans=1):
        recorder.see(model, event)
    recorder.see(model, ClustersChosen((2, 3, 4), (0.2, 0.5, 0.1), 3))
    write_card(tmp_path / "card.html", Card.of(model, recorder.log, []))
    assert "The method found 3 clusters" in (tmp_path / "card.html").read_text()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 0.0, 1e300, -1e-300])
def test_curves_of_odd_values_are_drawn(model, tmp_path, value):
    recorder = TrainingRecorder(["leaf"])
    for event in events_of(1, 3, scans=1):
        if hasattr(event, "losses"):
            event.losses["surprise"] = value
        recorder.see(model, event)
    write_card(tmp_path / "card.html", Card.of(model, recorder.log, []))
    page = (tmp_path / "card.html").read_text()
    assert "surprise (loss)" in page
    assert not re.search(r'points="[^"]*(nan|inf)', page)


def test_a_place_that_cannot_be_written_is_told(model, tmp_path):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(UserError, match="cannot be written"):
        write_card(tmp_path / "file" / "card.html", Card.of(model, None, []))
