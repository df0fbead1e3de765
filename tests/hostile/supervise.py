"""Running many cases in worker processes, which may hang or end without harm."""

import json
import queue
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from .cases import Outcome

#: Cases of one process; another one follows, so that nothing adds up.
_CASES_OF_PROCESS = 2000


@dataclass
class Tally:
    """What came of the cases of one kind of file.

    Parameters
    ----------
    cases
        How many were run.
    results
        How many had each result.
    seconds, memory
        The most that one of them took: processor time, bytes.
    findings
        What went wrong, by the number of the case.
    """

    cases: int = 0
    results: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    memory: int = 0
    findings: dict[int, str] = field(default_factory=dict)

    def add(self, number: int, outcome: Outcome, most_seconds: float) -> None:
        """Count a case."""
        self.cases += 1
        self.seconds = max(self.seconds, outcome.seconds)
        self.memory = max(self.memory, outcome.memory)
        if outcome.problem:
            self.findings[number] = outcome.problem
        elif outcome.seconds > most_seconds:
            self.findings[number] = f"{outcome.seconds:.1f} s"
        else:
            self.results[outcome.result] = self.results.get(outcome.result, 0) + 1


def run_cases(
    kinds: Sequence[str], first: int, last: int, *, most_seconds: float, hang: float
) -> dict[str, Tally]:
    """Run cases of several kinds of files.

    Parameters
    ----------
    kinds
        Keys of `seeds.SEEDS`.
    first, last
        Numbers of the cases; `last` is not run.
    most_seconds
        Processor time from which on a case is a finding.
    hang
        Seconds without a sign of life after which a worker is ended.
    """
    tallies = {kind: Tally() for kind in kinds}
    waiting = [
        (kind, start, min(start + _CASES_OF_PROCESS, last))
        for kind in kinds
        for start in range(first, last, _CASES_OF_PROCESS)
    ]
    if last - first <= _CASES_OF_PROCESS // 4:  # one process for all of them
        waiting = [("", first, last)]
    while waiting:
        kind, start, stop = waiting.pop(0)
        of_process = [kind] if kind else list(kinds)
        done: tuple[str, int] | None = None
        running: tuple[str, int] | None = None
        ended = ""
        for line in _lines(of_process, start, stop, hang):
            if isinstance(line, str):
                ended = line
            elif len(line) == 2:
                running = line[0], line[1]
            else:
                done, running = (line[0], line[1]), None
                tallies[line[0]].add(line[1], Outcome(**line[2]), most_seconds)
        if running is not None:
            tallies[running[0]].add(running[1], Outcome("", 0.0, 0, ended), most_seconds)
            rest = of_process[of_process.index(running[0]) + 1 :]
            if running[1] + 1 < stop:
                waiting.insert(0, (running[0], running[1] + 1, stop))
            waiting += [(other, start, stop) for other in rest]
        elif done != (of_process[-1], stop - 1):
            raise RuntimeError(f"the worker for {', '.join(of_process)} ended: {ended}")
    return tallies


def _lines(kinds: Sequence[str], first: int, last: int, hang: float) -> Iterator[list | str]:
    """Yield what a worker tells, and in the end why it ended."""
    worker = subprocess.Popen(
        [sys.executable, "-m", "hostile.worker", str(first), str(last), *kinds],
        cwd=Path(__file__).parents[1],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    told: queue.Queue[str] = queue.Queue()
    errors: list[str] = []
    assert worker.stdout and worker.stderr

    def listen(stream: IO[str]) -> None:
        for line in stream:
            told.put(line)
        told.put("")

    def keep(stream: IO[str]) -> None:
        for line in stream:
            errors[:] = [*errors[-20:], line]

    threads = [
        threading.Thread(target=listen, args=(worker.stdout,), daemon=True),
        threading.Thread(target=keep, args=(worker.stderr,), daemon=True),
    ]
    for thread in threads:
        thread.start()
    try:
        while line := told.get(timeout=hang):
            yield json.loads(line)
        worker.wait()
        threads[1].join(5)
        yield f"the process ended with status {worker.returncode}: {''.join(errors)[-500:]}"
    except queue.Empty:
        yield f"no answer for {hang:.0f} s"
    finally:
        worker.kill()
        worker.wait()
