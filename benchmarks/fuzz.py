"""Damaged files of every kind, many thousands: each must open or be refused in one sentence.

    python benchmarks/fuzz.py --cases 10000
    python benchmarks/fuzz.py --cases 10000 --kinds ENVI TIFF --first 10000

Cases are numbered: the same number is the same damage of the same file, whenever it is run
(seeds, damage and what is checked are in `tests/hostile`). They run in worker processes, one
kind of file after the other. "opened", "refused" and "later" (refused where a damaged part was
read) are outcomes as they should be; a finding is anything else that escapes, more than 2 s of
processor time, more than 200 MB of resident memory beyond that before, or a worker that ends
or hangs. The files of findings are kept.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from hostile.cases import MOST_SECONDS, case
from hostile.check import OPENED, REFUSED, REFUSED_LATER
from hostile.seeds import SEEDS
from hostile.supervise import run_cases


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cases", type=int, default=10_000, help="of each kind")
    parser.add_argument("--first", type=int, default=0, help="number of the first case")
    parser.add_argument("--kinds", nargs="+", choices=list(SEEDS), default=list(SEEDS))
    parser.add_argument("--keep", type=Path, default=Path("fuzz-findings"))
    options = parser.parse_args()
    print(
        f"{'kind':<20} {'cases':>7} {'opened':>7} {'refused':>8} {'later':>6} {'findings':>9} "
        f"{'slowest s':>10} {'most MB':>8}"
    )
    for kind in options.kinds:
        tally = run_cases(
            [kind],
            options.first,
            options.first + options.cases,
            most_seconds=MOST_SECONDS,
            hang=60,
        )[kind]
        opened, refused, later = (
            tally.results.get(result, 0) for result in (OPENED, REFUSED, REFUSED_LATER)
        )
        print(
            f"{kind:<20} {tally.cases:>7} {opened:>7} {refused:>8} {later:>6} "
            f"{len(tally.findings):>9} {tally.seconds:>10.2f} {tally.memory / 1e6:>8.0f}",
            flush=True,
        )
        for number, problem in tally.findings.items():
            name, files = case(kind, number)
            folder = options.keep / kind / f"{name}-{number}"
            files.write(folder)
            (folder / "problem.txt").write_text(problem + "\n")
            print(f"    case {number} ({name}): {problem}", flush=True)


if __name__ == "__main__":
    main()
