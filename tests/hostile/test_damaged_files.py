"""Damaged files of every kind open or are refused in one sentence, and nothing else happens.

`python benchmarks/fuzz.py` runs the same cases and any number of others.
"""

from pathlib import Path

import pytest

from napari_dgc.cubes.read import LAYOUTS

from .cases import case, watched
from .check import OPENED, REFUSED, REFUSED_LATER, open_and_read
from .seeds import SEEDS, Seed
from .supervise import run_cases

CASES = 200
KEPT = Path(__file__).parent / "kept"


@pytest.fixture(scope="module")
def tallies():
    """What comes of the first cases of all kinds, in a process that may hang or end."""
    return run_cases(list(SEEDS), 0, CASES, most_seconds=60, hang=120)


@pytest.mark.parametrize("kind", SEEDS)
def test_damage_anywhere_is_refused_or_harmless(kind, tallies):
    tally = tallies[kind]
    assert tally.findings == {}
    assert tally.cases == CASES
    assert tally.results[OPENED] > 0
    assert tally.results[REFUSED] > CASES // 10


@pytest.mark.parametrize("kind", SEEDS)
def test_sound_files_open(kind, tmp_path):
    for name, seed in SEEDS[kind].items():
        path = seed.write(tmp_path / name)
        assert open_and_read(kind, path, "auto") == OPENED, name


@pytest.mark.parametrize(
    "folder",
    [folder for kind in sorted(KEPT.iterdir()) for folder in sorted(kind.iterdir())],
    ids=lambda folder: f"{folder.parent.name}, {folder.name}",
)
def test_files_that_once_did_harm_are_refused_or_harmless(folder, tmp_path):
    """Each folder is named by its seed and by what went wrong."""
    kind = folder.parent.name
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }
    seed = SEEDS[kind][folder.name.partition("-")[0]]
    path = Seed(files, seed.opened).write(tmp_path)
    for layout in LAYOUTS:
        outcome = watched(lambda asked=layout: open_and_read(kind, path, asked))
        assert outcome.problem == ""
        assert outcome.result in (OPENED, REFUSED, REFUSED_LATER)


def test_a_case_is_the_same_whenever_it_runs():
    for kind in SEEDS:
        assert [case(kind, number) for number in range(20)] == [
            case(kind, number) for number in range(20)
        ]
        assert len({str(case(kind, number)[1].files) for number in range(20)}) > 15
