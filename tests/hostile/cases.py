"""Numbered cases: case 17 of a kind of file is the same damage whenever and wherever it runs."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from napari_dgc.cubes.read import LAYOUTS

from .check import open_and_read
from .mutations import damaged
from .seeds import SEEDS, Seed

#: What a refusal may cost, in seconds of processor time and in bytes of resident memory.
MOST_SECONDS, MOST_MEMORY = 2.0, 200 << 20


@dataclass(frozen=True)
class Outcome:
    """What came of a case.

    Parameters
    ----------
    result
        See `check.open_and_read`; "" where something else happened.
    seconds
        Processor time.
    memory
        Bytes that were resident at most beyond those before; 0 where the system does not tell.
    problem
        What else happened, "" where nothing did.
    """

    result: str
    seconds: float
    memory: int
    problem: str


def case(kind: str, number: int) -> tuple[str, Seed]:
    """Return the name of the seed of a case, and its damaged files."""
    chance = random.Random(f"{kind}/{number}")
    name = chance.choice(sorted(SEEDS[kind]))
    return name, damaged(SEEDS[kind][name], chance)


def run_case(kind: str, number: int, folder: Path) -> Outcome:
    """Write the files of a case to an empty folder and open them."""
    _, files = case(kind, number)
    try:
        path = files.write(folder)
    except (OSError, ValueError):
        return Outcome("refused", 0.0, 0, "")
    chance = random.Random(number)
    layout = chance.choice(LAYOUTS) if chance.random() < 0.3 else "auto"
    return watched(lambda: open_and_read(kind, path, layout))


def watched(do: Callable[[], str]) -> Outcome:
    """Return what came of opening a file, and what it cost."""
    before = _resident(reset=True)
    started = time.process_time()
    result, problem = "", ""
    try:
        result = do()
    except BaseException as error:  # noqa: BLE001 - whatever escapes is a finding
        where, trace = "", error.__traceback__
        while trace is not None:
            code = trace.tb_frame.f_code
            where = f"{Path(code.co_filename).name}:{trace.tb_lineno} {code.co_name}"
            trace = trace.tb_next
        problem = f"{type(error).__name__} at {where}: {str(error)[:300]}"
    seconds = time.process_time() - started
    memory = max(0, _resident() - before)
    if not problem and memory > MOST_MEMORY:
        problem = f"{memory >> 20} MB of memory"
    return Outcome(result, seconds, memory, problem)


def _resident(*, reset: bool = False) -> int:
    """Return the most bytes that were resident since the last reset, 0 where Linux is not."""
    try:
        if reset:
            Path("/proc/self/clear_refs").write_text("5")
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) << 10
    except OSError:
        pass
    return 0
