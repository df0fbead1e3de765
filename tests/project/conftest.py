"""Small scans on disk, a model of them, and a long session of work on it."""

from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from napari_dgc.clustering.registry import get_method
from napari_dgc.cubes import HyperCube
from napari_dgc.cubes.matlab_writer import write_matlab
from napari_dgc.cubes.read import open_cube
from napari_dgc.errors import UserError
from napari_dgc.measure.details import ScanDetails
from napari_dgc.measure.leaves import Cut, Join, LeafEdits
from napari_dgc.measure.lesion_mask import MaskSettings
from napari_dgc.partition import Partition, build_tree
from napari_dgc.partition.template import PLANT_PATHOLOGY, NameTemplate, Role, TemplateName
from napari_dgc.project import EpochRecorder, Project
from napari_dgc.workspace import History, Several, Stroke
from napari_dgc.workspace import commands as do

ROWS, COLUMNS, BANDS, CLUSTERS = 24, 30, 8, 6
RUST = NameTemplate("Rust", (TemplateName("rust", Role.DISEASED, "#8b4513"),))


def samples(seed: int) -> np.ndarray:
    """Background, a leaf and lesions on it: (bands, rows, columns), a little noise."""
    random = np.random.default_rng(seed)
    kinds = np.zeros((ROWS, COLUMNS), int)
    kinds[3:21, 4:27] = 1
    for _ in range(3):
        row, column = random.integers(5, 15), random.integers(6, 22)
        kinds[row : row + 4, column : column + 4] = 2
    kinds[4:6, 8:20] = np.maximum(kinds[4:6, 8:20], 3)
    spectra = np.random.default_rng(7).uniform(0.1, 0.9, (4, BANDS))
    cube = spectra[kinds].transpose(2, 0, 1) + random.normal(0, 0.01, (BANDS, ROWS, COLUMNS))
    return cube.astype(np.float32)


def write_scan(path: Path, seed: int) -> HyperCube:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_matlab(path, samples(seed), np.linspace(450, 950, BANDS))
    return open_cube(path)


def stroke(random: np.random.Generator, highest: int) -> Stroke:
    where = np.zeros((ROWS, COLUMNS), bool)
    row, column = random.integers(0, (ROWS - 5, COLUMNS - 5))
    where[row : row + 4, column : column + 5] = True
    return Stroke.of(where, np.full(where.shape, random.integers(0, highest + 1)))


def work_of_an_afternoon(history: History, scans: tuple[str, ...], seed: int = 5) -> None:
    """Do at least fifty commands of all kinds, undo and redo some, and end with named classes."""
    random = np.random.default_rng(seed)
    tree = history.partition.tree
    assert tree is not None
    turns = 0
    while len(history.commands) < 60:
        turns += 1
        one, two = (int(n) for n in random.integers(1, CLUSTERS + 1, 2))
        scan = scans[random.integers(len(scans))]
        name = ["lesion", "halo", "healthy tissue", "background", "rust"][random.integers(5)]
        ends = [float(n) for n in random.integers(0, 20, 4)]
        choices = [
            do.MergeClasses((one, two)),
            do.SplitClasses((one,)),
            do.SplitInTwo(one),
            do.MoveClusters((one,), two),
            do.MoveClusters((one,), 0),
            do.JoinNamed((one,), name),
            do.NameClasses((one,), name),
            do.RecolourClass(one, "#3366aa"),
            do.NoteClass(one, "only at the rim"),
            do.CutTree(max(2, one)),
            do.SetClasses("fine again", Partition.fine(CLUSTERS).classes),
            do.SetTree(tree.linkage, tree),
            do.PaintClasses(scan, stroke(random, CLUSTERS)),
            do.PaintLesions(scan, stroke(random, 2)),
            do.ForgetPainting(scan),
            do.SetMask(MaskSettings(least_area=one, smooth=two % 2)),
            do.SetTemplate(RUST if one % 2 else PLANT_PATHOLOGY),
            do.EditLeaves(scan, LeafEdits((Cut(*ends),), (Join(*ends),), least_area=10)),
            do.DescribeScan(ScanDetails(scan, "plant 1", "control", date(2026, 5, one), 0.25)),
            Several("least leaf", tuple(do.EditLeaves(s, LeafEdits(least_area=9)) for s in scans)),
        ]
        try:
            history.do(choices[turns % len(choices)], join=turns % 7 == 0)
        except UserError:
            continue  # nothing to split, no two classes to merge
        if turns % 6 == 0:
            history.undo()
            if turns % 12 == 0:
                history.redo()
    history.do(do.CutTree(4))
    names = ["background", "healthy tissue", "lesion", "halo"]
    for info, name in zip(history.partition.classes, names, strict=True):
        history.do(do.NameClasses((info.number,), name))
    history.do(do.SetTemplate(PLANT_PATHOLOGY))
    history.do(do.SetMask(MaskSettings(least_area=2)))
    history.do(do.PaintLesions(scans[0], stroke(random, 2)))
    history.do(do.NoteClass(1, "to be undone"))
    history.undo()


@dataclass
class Recorded:
    """A saved project and what it was made of."""

    project: Project
    scans: dict[str, HyperCube]
    history: History
    data: Path


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(autouse=True)
def own_cache(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NAPARI_DGC_CACHE", str(cache))


@pytest.fixture
def recorded(tmp_path: Path) -> Recorded:
    """A project of three scans beside it, trained twice in a row, and a long session."""
    data = tmp_path / "season" / "data"
    scans = {f"leaf {n}": write_scan(data / f"day{n}" / f"leaf_{n}.mat", n) for n in (1, 2, 3)}
    keys = tuple(scans)
    model = get_method("kmeans")(clusters=CLUSTERS, epochs=3, seed=4, device="cpu")
    recorder = EpochRecorder(keys)
    for _ in recorder.follow(model, model.fit_iter(list(scans.values()))):
        pass
    model.epochs = 4
    for _ in recorder.follow(model, model.fit_iter(list(scans.values()), resume=True)):
        pass
    assert model.summary is not None
    history = History(Partition.fine(CLUSTERS, build_tree(model.summary)))
    work_of_an_afternoon(history, keys)
    project = Project.create(
        tmp_path / "season" / "project",
        scans,
        model=model,
        labels={key: model.predict(cube) for key, cube in scans.items()},
        history=history,
        training=recorder.training,
        epochs=recorder.epochs,
        view={"layers": [{"name": "leaf 1", "visible": True}], "camera": {"zoom": 1.5}},
        title="Tea in May",
    )
    return Recorded(project.save(), scans, history, data)
