"""Tables of the runs of methods.py, in Markdown."""

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from napari_dgc.evaluation import pair_table
from napari_dgc.evaluation.metrics import adjusted_rand_index
from napari_dgc.files import write_text
from napari_dgc.words import counted

BEGIN = "<!-- tables: written by benchmarks/methods.py -->"
END = "<!-- end of tables -->"
#: Methods that any other should be at least as good as.
PLAIN = ("kmeans", "mnf-kmeans")
DEFAULT_EPOCHS = 10

Run = dict[str, Any]
Runs = list[Run]


def tables(runs: Runs, titles: Mapping[str, str]) -> str:
    """Return an overview, a table for every scene, and which commit the runs are of.

    Parameters
    ----------
    runs
        Lines of the file of runs.
    titles
        Scene -> title.
    """
    scenes = {name: [run for run in runs if run["scene"] == name] for name in titles}
    scenes = {name: of_scene for name, of_scene in scenes.items() if of_scene}
    parts = [overview(scenes, titles)] if any(has_truth(some) for some in scenes.values()) else []
    parts += [table(titles[name], of_scene) for name, of_scene in scenes.items()]
    return "\n\n".join([*parts, commits(runs, titles)]) + "\n"


def entry(run: Run) -> str:
    """Name what is compared: a method, how many clusters it was asked for, how long it trained."""
    told = ["automatic"] if run["clusters"] == "automatic" else []
    if run["epochs"] != DEFAULT_EPOCHS:
        told.append(counted(run["epochs"], "epoch"))
    name: str = run["method"]
    return f"{name} ({', '.join(told)})" if told else name


def entries(runs: Runs) -> dict[str, Runs]:
    """Group runs by `entry`, those of one method one after the other."""
    names = sorted({entry(run) for run in runs})
    return {name: [run for run in runs if entry(run) == name] for name in names}


def done(runs: Runs) -> Runs:
    return [run for run in runs if "error" not in run]


def has_truth(runs: Runs) -> bool:
    return any("ari" in run for run in runs)


def overview(scenes: Mapping[str, Runs], titles: Mapping[str, str]) -> str:
    """ARI of all methods on all scenes with truth, the highest mean of each scene in bold."""
    known = {name: entries(runs) for name, runs in scenes.items() if has_truth(runs)}
    names = sorted({name for of_scene in known.values() for name in of_scene})
    lines = row(["ARI", *(titles[scene] for scene in known)]) + row(["---"] * (len(known) + 1))
    best = [max(means(of_scene).values(), default=np.nan) for of_scene in known.values()]
    for name in names:
        cells = []
        for of_scene, highest in zip(known.values(), best, strict=True):
            cell = spread(done(of_scene.get(name, [])), "ari")
            cells.append(f"**{cell}**" if means(of_scene).get(name) == highest else cell)
        lines += row([name, *cells])
    return f"### Overview\n\n{lines.rstrip()}"


def table(title: str, runs: Runs) -> str:
    """All figures of one scene, and which methods are below the plain ones."""
    columns: dict[str, Callable[[Runs], str]] = {}
    if has_truth(runs):
        for name, figure in {"OA": "oa", "NMI": "nmi", "ARI": "ari", "mIoU": "miou"}.items():
            columns[name] = lambda some, figure=figure: spread(some, figure)  # type: ignore[misc]
    if any("map" in run for run in runs):
        columns["seeds agree (ARI)"] = agreement
    columns |= {
        "clusters found": counts,
        "s": lambda some: spread(some, "seconds", 1),
        "MB": lambda some: spread(some, "megabytes", 0),
        "runs": lambda some: str(len(some)),
    }
    lines = row(["method", *columns]) + row(["---"] * (len(columns) + 1))
    for name, of_entry in entries(runs).items():
        lines += row([name, *(cell(done(of_entry)) for cell in columns.values())])
    classes = next((run["classes"] for run in done(runs)), "?")
    text = f"### {title}\n\nAsked for: {classes} classes.\n\n{lines.rstrip()}"
    failed = [run for run in runs if "error" in run]
    for run in failed:
        text += f"\n\n{entry(run)}, seed {run['seed']}, failed: {run['error']}"
    return text + below(runs) if has_truth(runs) else text


def below(runs: Runs) -> str:
    """Say which methods have a lower mean ARI than the plain ones."""
    by_name = means(entries(runs))
    told = ""
    for plain in PLAIN:
        if plain in by_name:
            worse = [name for name, mean in by_name.items() if mean < by_name[plain]]
            listed = "; ".join(f"{name} ({by_name[name]:.3f})" for name in worse) or "none"
            told += f"\n- Mean ARI below that of {plain} ({by_name[plain]:.3f}): {listed}."
    return f"\n{told}" if told else ""


def means(by_name: Mapping[str, Runs]) -> dict[str, float]:
    """Mean ARI of every entry that has runs."""
    return {
        name: float(np.mean([run["ari"] for run in done(runs)]))
        for name, runs in by_name.items()
        if done(runs)
    }


def spread(runs: Runs, figure: str, digits: int = 3) -> str:
    """Mean ± SD of a figure."""
    values = [run[figure] for run in runs if run.get(figure) is not None]
    if not values:
        return "–"
    mean = f"{np.mean(values):.{digits}f}"
    return mean + (f" ± {np.std(values, ddof=1):.{digits}f}" if len(values) > 1 else "")


def counts(runs: Runs) -> str:
    """Return the number of clusters that have pixels, or their range."""
    found = sorted({run["found"] for run in runs})
    return "–" if not found else str(found[0]) + (f" to {found[-1]}" if len(found) > 1 else "")


def agreement(runs: Runs) -> str:
    """Mean ± SD of the adjusted Rand index of the maps of all pairs of seeds."""
    maps = [
        np.frombuffer(zlib.decompress(base64.b64decode(run["map"])), np.uint8)
        for run in runs
        if "map" in run
    ]
    pairs = []
    for first, second in combinations(maps, 2):
        labels = [[int(value) for value in np.unique(one) if value] for one in (first, second)]
        index = adjusted_rand_index(pair_table(first, second, *labels))
        pairs.append({"index": index})
    return spread(pairs, "index")


def commits(runs: Runs, titles: Mapping[str, str]) -> str:
    """Say which commit the rows are of, and the scenes where a method has runs of several."""
    by_commit: dict[str, list[str]] = {}
    for name, of_entry in entries(runs).items():
        codes = sorted({run["commit"] for run in of_entry})
        for code in codes:
            scenes = {titles[run["scene"]] for run in of_entry if run["commit"] == code}
            where = "" if len(codes) == 1 else f" on {', '.join(sorted(scenes))}"
            by_commit.setdefault(code, []).append(name + where)
    told = "".join(f"\n- {code}: {'; '.join(names)}" for code, names in by_commit.items())
    return f"### Commits of the runs\n{told}"


def row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |\n"


def put_into(page: Path, text: str) -> None:
    """Put tables into a page, between its marks.

    Raises
    ------
    SystemExit
        When the page has no marks.
    """
    head, begin, rest = page.read_text().partition(BEGIN)
    _, end, tail = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"{page} has no lines {BEGIN} and {END} to put the tables between.")
    write_text(page, f"{head}{BEGIN}\n\n{text}\n{END}{tail}")
