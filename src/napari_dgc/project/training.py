"""How the model of a project came to be: what is needed to learn it again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from napari_dgc.errors import UserError
from napari_dgc.project.checked import Checked

if TYPE_CHECKING:
    from napari_dgc.cancel import CancelToken
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.clustering.events import TrainingEvent
    from napari_dgc.cubes import HyperCube

MOST_RUNS, MOST_EPOCHS, MOST_SCANS = 10_000, 1_000_000, 100_000


@dataclass(frozen=True)
class Run:
    """One press of Train or Resume.

    Parameters
    ----------
    scans
        Names of the scans in the workspace, in order.
    epochs
        Number of the epoch that it ended with.
    device
        What it was computed on, such as "cpu".
    previews
        Whether label maps were made after every epoch.
    """

    scans: tuple[str, ...]
    epochs: int
    device: str = "cpu"
    previews: bool = True


@dataclass(frozen=True)
class Training:
    """The way from nothing to the model.

    Parameters
    ----------
    method, configuration, preprocessing
        Of the model; the configuration holds clusters and seed.
    runs
        One after the other; each goes on where the one before ended.
    """

    method: str
    configuration: Mapping[str, Any]
    preprocessing: str = ""
    runs: tuple[Run, ...] = ()

    @classmethod
    def of(cls, model: Clusterer, runs: Iterable[Run] = ()) -> Self:
        """Describe the training of a model."""
        return cls(model.method, dict(model.configuration), model.preprocessing, tuple(runs))

    @property
    def seed(self) -> int | None:
        """What decided everything random."""
        seed = self.configuration.get("seed")
        return seed if isinstance(seed, int) else None

    @property
    def epochs(self) -> int:
        """Number of the epoch that the model is at."""
        return self.runs[-1].epochs if self.runs else 0

    @property
    def scans(self) -> tuple[str, ...]:
        """Names of all scans that were learned from."""
        return tuple(dict.fromkeys(scan for run in self.runs for scan in run.scans))

    def then(self, run: Run) -> Self:
        """Return it with a further run; runs on the same scans become one."""
        runs = self.runs
        if runs and replace(runs[-1], epochs=run.epochs) == run:
            runs = runs[:-1]
        return replace(self, runs=(*runs, run))

    def upto(self, epoch: int) -> Self:
        """Return the way to an earlier epoch."""
        runs: list[Run] = []
        for run in self.runs:
            if run.epochs >= epoch:
                runs.append(replace(run, epochs=epoch))
                break
            runs.append(run)
        return replace(self, runs=tuple(runs))

    def to_json(self) -> dict[str, object]:
        """Describe it with plain values."""
        return {
            "method": self.method,
            "configuration": dict(self.configuration),
            "preprocessing": self.preprocessing,
            "runs": [
                {
                    "scans": list(run.scans),
                    "epochs": run.epochs,
                    "device": run.device,
                    "previews": run.previews,
                }
                for run in self.runs
            ],
        }

    @classmethod
    def from_json(cls, content: object, keys: frozenset[str]) -> Self:
        """Rebuild it; raises Damaged when it is none. `keys` are the scans of the project."""
        fields = Checked(content, "training", ("method", "configuration", "preprocessing", "runs"))
        runs: list[Run] = []
        for item in fields.limited("runs", MOST_RUNS):
            one = Checked(item, "training.runs", ("scans", "epochs", "device", "previews"))
            one.limited("scans", MOST_SCANS)
            scans = one.texts("scans")
            if not scans or not keys.issuperset(scans):
                one.damaged("it names scans that the project does not have")
            epochs = one.whole("epochs", runs[-1].epochs if runs else 0, MOST_EPOCHS)
            runs.append(Run(scans, epochs, one.text("device", 100), one.flag("previews")))
        return cls(
            fields.text("method", 100),
            fields.plain("configuration"),
            fields.text("preprocessing", 100_000),
            tuple(runs),
        )


def train_again(
    model: Clusterer,
    training: Training,
    cubes: Mapping[str, HyperCube],
    *,
    token: CancelToken | None = None,
) -> Iterator[TrainingEvent]:
    """Learn a model anew as it was learned.

    Parameters
    ----------
    model
        An estimator of the same options that has learned nothing (`Clusterer.untrained`); it
        is the model afterwards.
    training
        How it was learned.
    cubes
        Opened scans by their names in the workspace.
    token
        Asks for a stop.

    Raises
    ------
    UserError
        A scan is not there, or cannot be trained on.
    InterruptedError
        When asked to stop.
    """
    if not training.runs:
        raise UserError(
            "The project does not say how its model was trained, so that it cannot be trained "
            "again; use the model as it is (--keep-model)."
        )
    wanted, model_device = model.epochs, model.device
    for number, run in enumerate(training.runs):
        model.epochs, model.device = run.epochs, run.device
        scans: Sequence[HyperCube] = [cubes[key] for key in run.scans]
        # Without an epoch there are no maps but those of the beginning.
        previews = run.previews or run.epochs == 0
        yield from model.fit_iter(scans, token=token, resume=number > 0, previews=previews)
        if token is not None and token.cancelled:
            raise InterruptedError("stopped by the user")
    model.epochs, model.device = wanted, model_device
