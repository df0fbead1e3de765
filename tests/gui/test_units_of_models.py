"""A model knows what it was trained on, and scans that hold something else are told."""

import json

import numpy as np
import pytest

from napari_dgc.cancel import never_cancelled
from napari_dgc.cli import main
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.events import Notice
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.clustering.storage import MODEL_FILE, load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.envi_writer import write_envi
from napari_dgc.cubes.reflectance import other_units
from napari_dgc.gui.run_events import label_events
from napari_dgc.preprocessing import Pipeline, parse_steps
from napari_dgc.simulate import simulate_set


@pytest.fixture(scope="module")
def leaf():
    (scan,) = simulate_set(days=[5], size=(40, 40), bands=20)
    return scan.cube


@pytest.fixture(scope="module")
def counts(leaf):
    return HyperCube(np.asarray(leaf.data[:]) * 3000, "raw", leaf.wavelengths, "nm")


def small():
    return DeepGlobalClustering(clusters=4, epochs=1, steps=1)


def notices(events):
    return [event.message for event in events if isinstance(event, Notice)]


@pytest.fixture(scope="module")
def folders(tmp_path_factory, leaf, counts):
    """A model of reflectance and one of counts."""
    home = tmp_path_factory.mktemp("models")
    for name, cube in (("reflectance", leaf), ("counts", counts)):
        small().fit([cube]).save(home / name)
    return home


def test_a_loaded_model_tells_scans_of_other_units(folders, leaf, counts):
    model = load_model(folders / "reflectance")
    events = list(label_events(model, [leaf, counts], never_cancelled()))
    (sentence,) = notices(events)
    assert sentence.startswith("raw does not hold reflectance, and the model was trained on")
    assert not notices(label_events(model, [leaf, leaf], never_cancelled()))
    other = load_model(folders / "counts")
    (sentence,) = notices(label_events(other, [leaf], never_cancelled()))
    assert sentence.startswith(f"{leaf.name} holds reflectance, and the model was trained on scans")


def test_segment_tells_it_and_labels_all_the_same(folders, tmp_path, counts, capsys):
    write_envi(counts, tmp_path / "uncalibrated.hdr")
    arguments = [str(tmp_path / "uncalibrated.hdr"), "--out", str(tmp_path / "maps"), "--model"]
    assert main(["segment", *arguments, str(folders / "reflectance")]) == 0
    assert "uncalibrated does not hold reflectance" in capsys.readouterr().err
    assert (tmp_path / "maps" / "uncalibrated.tif").exists()
    assert main(["segment", *arguments, str(folders / "counts")]) == 0
    assert "reflectance" not in capsys.readouterr().err


def test_models_of_older_versions_load_and_tell_nothing(folders, tmp_path, counts):
    old = tmp_path / "old"
    old.mkdir()
    for file in (folders / "reflectance").iterdir():
        (old / file.name).write_bytes(file.read_bytes())
    document = json.loads((old / MODEL_FILE).read_text())
    assert document["metadata"].pop("units") == "reflectance"
    (old / MODEL_FILE).write_text(json.dumps(document))
    model = load_model(old)
    assert model.units is None
    assert not notices(label_events(model, [counts], never_cancelled()))


def test_preprocessed_models_judge_the_scans_as_they_were_opened(tmp_path, leaf, counts):
    model = Preprocessed(small(), Pipeline(parse_steps("snv")))
    (sentence,) = notices(model.fit_iter([leaf, counts], previews=False))
    assert sentence.startswith("raw of 2 scans do not hold reflectance")
    assert model.units == "mixed"
    model = Preprocessed(small(), Pipeline(parse_steps("snv"))).fit([leaf])
    model.save(tmp_path)
    (sentence,) = notices(label_events(load_model(tmp_path), [counts], never_cancelled()))
    assert sentence.startswith("raw does not hold reflectance")


def test_going_on_with_other_units_is_told(folders, counts):
    model = load_model(folders / "reflectance")
    model.epochs = 2
    (sentence,) = notices(model.fit_iter([counts], resume=True, previews=False))
    assert sentence.startswith("raw does not hold reflectance")
    assert model.units == "mixed"
    assert not notices(label_events(model, [counts], never_cancelled()))


def test_several_scans_are_one_sentence(leaf, counts):
    assert other_units("reflectance", [counts, leaf, counts]).startswith(
        "raw and 1 more of 3 scans do not hold reflectance"
    )
    assert other_units("other", [leaf, leaf]).startswith(f"{leaf.name} and 1 more hold reflectance")
