"""Names and sentences that are not meant for a training card."""

import numpy as np
import pytest

from napari_dgc.clustering.events import EpochFinished, LabelsReady, Notice, TrainingStarted
from napari_dgc.monitoring import Card, TrainingRecorder, read_log, write_card, write_log
from napari_dgc.partition import ClassInfo, Partition

from .test_report_names import NAMES, Tags


class Model:
    method, preprocessing, units, summary, n_clusters = "dgc", "", None, None, 2

    def __init__(self, name):
        self.title, self.configuration = name, {name: name, "list": [name]}


def written(tmp_path, name):
    recorder = TrainingRecorder([name, name])
    model = Model(name)
    recorder.see(model, Notice(name))
    recorder.see(model, TrainingStarted("dgc", name[:50], 2, 0, 1, 2))
    for scan in range(2):
        recorder.see(model, LabelsReady(scan, 1, np.full((3, 4), scan + 1, np.uint16)))
    recorder.see(model, EpochFinished(1, 1, 2, {name: 0.5, "doubt": 0.1}))
    recorder.see(model, Notice(f"{name} again"))
    write_log(tmp_path, recorder.log)
    partition = Partition(2, (ClassInfo((1,), name), ClassInfo((2,))))
    for log in (recorder.log, read_log(tmp_path)):
        write_card(tmp_path / "card.html", Card.of(model, log, [], partition=partition))
    return Tags((tmp_path / "card.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", NAMES.values(), ids=NAMES)
def test_names_in_a_card_are_text(tmp_path, name):
    ordinary = written(tmp_path, "ordinary")
    page = written(tmp_path, name)
    assert page.found == ordinary.found
    assert set(page.names) == set(ordinary.names)
    assert not page.open
    if name.strip() and name.isprintable() and len(name) < 100:
        assert name in page.text
