"""The command that the tables of docs/benchmarks.md come from, on a small scene."""

import json
import subprocess
import sys
from pathlib import Path

from napari_dgc.clustering import method_names

PROJECT = Path(__file__).resolve().parents[1]
SMALL = ["--scenes", "xrf", "--methods", "kmeans", "--seeds", "0", "1"]
MARKS = "<!-- tables: written by benchmarks/methods.py -->", "<!-- end of tables -->"


def tables(out: Path, page: Path) -> str:
    command = [sys.executable, str(PROJECT / "benchmarks" / "methods.py"), *SMALL]
    command += ["--size", "32", "--epochs", "1", "--out", str(out), "--page", str(page)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=out.parent)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_an_interrupted_command_goes_on_where_it_stopped_and_writes_the_page(tmp_path):
    out, page = tmp_path / "runs.jsonl", tmp_path / "page.md"
    page.write_text(f"before\n{MARKS[0]}\nold\n{MARKS[1]}\nafter\n")
    assert "2 of 2" in tables(out, page)
    first, second = out.read_text().splitlines()
    out.write_text(first + "\n")

    told = tables(out, page)

    assert "1 of 1" in told
    kept, new = out.read_text().splitlines()
    assert kept == first
    # The same scene and seed give the same figures, but for time and memory.
    assert json.loads(new)["ari"] == json.loads(second)["ari"]
    assert all(0 < json.loads(run)["oa"] <= 1 for run in (kept, new))
    written = page.read_text()
    assert written.startswith("before\n")
    assert written.endswith("after\n")
    assert "old" not in written
    assert "| kmeans (1 epoch) |" in written


def test_the_page_of_the_project_has_every_method_and_scene(monkeypatch):
    monkeypatch.syspath_prepend(str(PROJECT / "benchmarks"))
    from scenes import KINDS

    page = (PROJECT / "docs" / "benchmarks.md").read_text()
    assert [kind.title for kind in KINDS.values() if f"\n### {kind.title}\n" not in page] == []
    overview = page.partition("### Overview\n")[2].partition("\n#")[0]
    assert [name for name in method_names() if f"\n| {name} " not in overview] == []
