"""What each of two processes does in the tests of training together; started as a program."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np

from napari_dgc.cancel import CancelSource
from napari_dgc.clustering.dgc.estimator import DeepGlobalClustering
from napari_dgc.clustering.dgc_paper.config import PaperConfig
from napari_dgc.clustering.dgc_paper.estimator import PaperDGC
from napari_dgc.clustering.events import EpochFinished, Progress, TrainingFinished
from napari_dgc.clustering.preprocessed import Preprocessed
from napari_dgc.clustering.storage import load_model
from napari_dgc.cubes import HyperCube
from napari_dgc.distributed.processes import joined
from napari_dgc.preprocessing import Pipeline, parse_steps

QUICK = replace(
    PaperConfig.held_apart(),
    patch=12,
    batch=4,
    steps_per_epoch=5,
    dimensions=8,
    shift_iterations=2,
    tile=16,
)


def scans():
    """Three scans of three materials, with pixels that have no data, and noise."""
    found = []
    for number in range(3):
        random = np.random.default_rng(number)
        rows, columns = 24 + 2 * number, 30
        spectra = np.random.default_rng(99).random((3, 6))
        place = (np.arange(columns)[None] // 10 + np.arange(rows)[:, None] // 13) % 3
        data = spectra[place].transpose(2, 0, 1)
        data = (data + 0.02 * random.standard_normal(data.shape)).astype(np.float32)
        data[:, :4, :9] = np.nan
        found.append(HyperCube(data, f"scan {number}", np.linspace(400, 1000, 6), "nm"))
    return found


def paper(epochs=4, **changes):
    config = replace(QUICK, **changes)
    return PaperDGC(clusters=4, epochs=epochs, seed=1, device="cpu", config=config)


def default(epochs=2):
    return DeepGlobalClustering(
        clusters=4, epochs=epochs, seed=1, device="cpu", batch=4, steps=3, patch=16
    )


def steps_first():
    """The paper's method on scans that are preprocessed."""
    return Preprocessed(paper(1), Pipeline(parse_steps("snv")))


#: All that is trained from the start, by name. Batches of 3 do not divide by 2.
MODELS = {
    "paper": paper,
    "gradients": lambda: paper(2, weighting="gradients"),
    "mgda": lambda: paper(2, weighting="mgda", batch=3),
    "dgc": default,
    "snv": steps_first,
}


def train(model, *, resume=False, stop_at=None):
    """Train; returns the losses of the epochs, and whether and after which step it stopped."""
    source, losses, steps, stopped = CancelSource(), [], 0, None
    for event in model.fit_iter(scans(), token=source.token, resume=resume, previews=False):
        match event:
            case EpochFinished():
                losses.append(event.losses)
            case Progress("training"):
                steps += 1
                if steps == stop_at:
                    source.cancel()
            case TrainingFinished():
                stopped = event.stopped
    return {"losses": losses, "steps": steps, "stopped": stopped}


def started(folder, count=2):
    """Run this program in several processes that know of each other; returns their outputs."""
    import socket

    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    running = []
    for rank in range(count):
        named = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": count, "MASTER_PORT": port}
        environment = os.environ | {name: str(value) for name, value in named.items()}
        environment |= {"MASTER_ADDR": "127.0.0.1", "OMP_NUM_THREADS": "1"}
        running.append(
            subprocess.Popen(
                [sys.executable, __file__, str(folder)],
                env=environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    ended = [process.communicate(timeout=300) for process in running]
    for process, (_, err) in zip(running, ended, strict=True):
        assert process.returncode == 0, err
    return [json.loads(out) for out, _ in ended]


def main(folder):
    """Train all models, one that one process began, and one that one process is asked to stop."""
    with joined(gpus=False) as together:
        out = {}
        for name, make in MODELS.items():
            model = make()
            out[name] = train(model)
            model.save(folder / f"{name}-{together.rank}")
        model = load_model(folder / "begun alone")
        model.epochs = 4
        out["resumed"] = train(model, resume=True)
        model.save(folder / f"resumed-{together.rank}")
        out["asked to stop"] = train(paper(), stop_at=7 if together.rank else None)
    print(json.dumps(out))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
