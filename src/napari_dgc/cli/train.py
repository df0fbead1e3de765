"""``napari-dgc train``: learn one set of clusters for all scans."""

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from napari_dgc.cli import COMMANDS, INTERRUPTED, SUCCESS
from napari_dgc.cli.options import count, seed
from napari_dgc.clustering.registry import DEFAULT_METHOD, method_names
from napari_dgc.errors import UserError
from napari_dgc.words import counted

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.clustering.events import ClustersChosen, EpochFinished
    from napari_dgc.distributed.processes import Processes

CLUSTERS, EPOCHS, SEED = 16, 10, 0


def add_parser(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.batch_options import add_dry_run
    from napari_dgc.cli.cube_options import add_cube_options
    from napari_dgc.cli.training_watch import add_watch_options

    parser = commands.add_parser(
        "train",
        help=COMMANDS["train"],
        description="Learn one set of clusters for all scans. Prints one line per epoch; "
        "Ctrl-C stops and keeps the model so far.",
    )
    parser.add_argument(
        "cubes",
        nargs="+",
        type=Path,
        metavar="CUBE",
        help="scans to learn from: files, folders of scans, or patterns such as 'day*/*.hdr'",
    )
    parser.add_argument(
        "--model", required=True, type=Path, metavar="DIR", help="folder of the model to write"
    )
    parser.add_argument(
        "--method", choices=method_names(), help=f"clustering method (default {DEFAULT_METHOD})"
    )
    parser.add_argument(
        "--clusters",
        type=clusters_option,
        metavar="K",
        help=f"number of fine clusters, or 'auto' with a method that finds it (dsc) "
        f"(default {CLUSTERS}; dsc: auto)",
    )
    parser.add_argument(
        "--epochs", type=count, metavar="N", help=f"epochs in all (default {EPOCHS})"
    )
    parser.add_argument(
        "--seed", type=seed, metavar="N", help=f"seed of everything random (default {SEED})"
    )
    parser.add_argument(
        "--batch",
        type=count,
        metavar="N",
        help="pairs of patches per step, over all processes together, with dgc and dgc-paper "
        "(default: that of the method)",
    )
    parser.add_argument(
        "--device", default="auto", help="auto, cpu, cuda or mps (default auto: the fastest)"
    )
    parser.add_argument(
        "--preprocess",
        action=PreprocessAction,
        metavar="STEPS",
        help="steps that scans go through first, such as snv,savgol:window=11:order=2; they stay "
        "with the model; 'help' lists them (default: none)",
    )
    parser.add_argument(
        "--resume", action="store_true", help="go on with the model in --model up to --epochs"
    )
    add_watch_options(parser)
    add_dry_run(parser)
    add_cube_options(parser)


def clusters_option(text: str) -> int | Literal["auto"]:
    """Read the number of fine clusters."""
    return "auto" if text == "auto" else count(text)


class PreprocessAction(argparse.Action):
    """Reads steps into a pipeline, or lists all steps and leaves."""

    def __call__(
        self,
        parser: argparse.ArgumentParser,
        namespace: argparse.Namespace,
        values: Any,
        option_string: str | None = None,
    ) -> None:
        """Take the option's value (see `argparse.Action`)."""
        from napari_dgc.preprocessing import Pipeline, parse_steps
        from napari_dgc.preprocessing.registry import describe_steps

        if values == "help":
            print(describe_steps())
            parser.exit()
        setattr(namespace, self.dest, Pipeline(parse_steps(values)))


def run(args: argparse.Namespace) -> int:
    """Train and save, together with the processes that torchrun started; returns the status."""
    from contextlib import redirect_stderr, redirect_stdout

    from napari_dgc.distributed.processes import joined

    with joined(gpus=args.device in ("auto", "cuda")) as together:
        if together.first:
            return _train(args, together)
        with open(os.devnull, "w") as none, redirect_stdout(none), redirect_stderr(none):
            return _train(args, together)


def _train(args: argparse.Namespace, together: "Processes") -> int:
    from napari_dgc.cli.batch_options import print_inputs
    from napari_dgc.cli.cube_options import open_cubes, say_decisions, scans_named, unpacked
    from napari_dgc.cli.folders import make_folder
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.cli.training_watch import TrainingWatch
    from napari_dgc.clustering.events import (
        ClustersChosen,
        EpochFinished,
        Notice,
        Progress,
        TrainingFinished,
        TrainingStarted,
    )
    from napari_dgc.clustering.storage import MODEL_FILE
    from napari_dgc.monitoring import watched

    if args.dry_run:
        return print_inputs("learn from", [item.path for item in scans_named(args, args.cubes)])
    folder: Path = args.model
    with stop_on_interrupt("stopping after this step; press Ctrl-C again to stop at once") as token:
        cubes = open_cubes(args)
        estimator = _resumed(args) if args.resume else _new(args)
        if not (together.alone or estimator.shares_training):
            raise UserError(
                f"The method {estimator.method} is trained by one process; "
                f"start it without torchrun, or choose --method dgc."
            )
        # Find out now, not after hours, that nothing can be written there.
        make_folder(folder, "the model")
        watch = TrainingWatch.begin(args, cubes)
        if args.resume and estimator.epoch >= estimator.epochs:
            if args.card is not None and together.first:
                watch.finish(estimator, cubes)
            say(
                f"the model in {folder} already has {estimator.epoch} epochs; "
                f"give --epochs {estimator.epoch + 1} or more to go on"
            )
            return SUCCESS
        if not args.resume and (folder / MODEL_FILE).exists():
            say(f"the model in {folder} will be replaced")
        say_decisions(cubes)
        line = ProgressLine()
        try:
            cubes = [unpacked(cube, token, line) for cube in cubes]
        except InterruptedError:
            say("stopped before there was anything to keep; nothing was written")
            return INTERRUPTED
        stopped, kept, recommended = False, args.resume, None
        previews = args.epoch_maps or args.tensorboard is not None
        events = estimator.fit_iter(cubes, token=token, resume=args.resume, previews=previews)
        for event in watched(estimator, events, watch.watchers if together.first else ()):
            match event:
                case Progress(stage, fraction):
                    line.show(stage, fraction)
                case TrainingStarted():
                    say(
                        f"{event.method}: {counted(event.scans, 'scan')}, "
                        f"{counted(event.clusters, 'cluster')}, "
                        f"epochs {event.epoch + 1} to {event.epochs}, on {event.device}"
                        + ("" if together.alone else f", {together.world} processes")
                    )
                case EpochFinished():
                    line.clear()
                    print(epoch_line(event), flush=True)
                    if together.first:
                        estimator.save(folder)
                        watch.keep()
                    kept = True
                case ClustersChosen():
                    line.clear()
                    say(chosen_line(event))
                case Notice(message):
                    line.clear()
                    say(message)
                case TrainingFinished():
                    line.clear()
                    stopped = event.stopped
                    recommended = event.recommended_epoch
                    if together.first:
                        kept = _save_last(estimator, folder, stopped) or kept
    if kept and together.first:
        watch.finish(estimator, cubes)
    if stopped:
        if kept:
            say(f"stopped after epoch {estimator.epoch}; --resume goes on")
        else:
            say("stopped before there was anything to keep; nothing was written")
        return INTERRUPTED
    if recommended is not None:
        say(f"the maps of epoch {recommended} can be trusted most, as far as scans alone tell")
    say(f"model written to {folder}")
    return SUCCESS


def epoch_line(event: "EpochFinished") -> str:
    """Describe a finished epoch on one line."""
    losses = "".join(f"  {name} {value:.4f}" for name, value in event.losses.items())
    return f"epoch {event.epoch}/{event.epochs}{losses}  active clusters {event.active}"


def chosen_line(event: "ClustersChosen") -> str:
    """Describe the number of clusters that was found, and the silhouettes behind it."""
    curve = ", ".join(f"{k}: {s:.2f}" for k, s in zip(event.counts, event.scores, strict=True))
    return f"{event.chosen} clusters by their silhouette ({curve})"


def _new(args: argparse.Namespace) -> "Clusterer":
    from napari_dgc.clustering.devices import resolve_device
    from napari_dgc.clustering.preprocessed import Preprocessed
    from napari_dgc.clustering.registry import get_method

    # Refuses a device that is not there before anything is read.
    resolve_device(args.device)
    kind = get_method(args.method or DEFAULT_METHOD)
    clusters: Any = args.clusters
    if clusters is None:
        clusters = "auto" if kind.chooses_clusters else CLUSTERS
    if clusters == "auto" and not kind.chooses_clusters:
        raise UserError(
            f"The method {kind.method} does not find the number of clusters by itself; "
            f"give --clusters a number, or use --method dsc."
        )
    estimator = kind(
        clusters=clusters,
        epochs=EPOCHS if args.epochs is None else args.epochs,
        seed=SEED if args.seed is None else args.seed,
        device=args.device,
        **_batch_option(kind.method, args.batch),
    )
    return estimator if args.preprocess is None else Preprocessed(estimator, args.preprocess)


def _batch_option(method: str, batch: int | None) -> dict[str, Any]:
    """Return the options of a method that set the pairs of patches per step."""
    from dataclasses import replace

    if batch is None:
        return {}
    if method == "dgc":
        return {"batch": batch}
    if method == "dgc-paper":
        from napari_dgc.clustering.dgc_paper.config import PaperConfig

        return {"config": replace(PaperConfig(), batch=batch)}
    raise UserError(f"The method {method} takes no --batch; leave it out.")


def _resumed(args: argparse.Namespace) -> "Clusterer":
    from napari_dgc.clustering.devices import resolve_device
    from napari_dgc.clustering.storage import load_model

    estimator = load_model(args.model)
    steps = None if args.preprocess is None else str(args.preprocess)
    for option, given, held in (
        ("--preprocess", steps, estimator.preprocessing or "no steps"),
        ("--method", args.method, estimator.method),
        ("--clusters", args.clusters, estimator.clusters_asked),
        ("--seed", args.seed, estimator.seed),
        ("--batch", args.batch, _batch_of(estimator)),
    ):
        if given is not None and given != held:
            raise UserError(
                f"The model in {args.model} was trained with {option} {held}, not {given}; "
                f"leave the option out, or train anew without --resume."
            )
    resolve_device(args.device)
    estimator.device = args.device
    if args.epochs is not None:
        estimator.epochs = args.epochs
    return estimator


def _batch_of(estimator: "Clusterer") -> Any:
    """Return the pairs of patches per step, None where a method has none."""
    options = estimator.configuration
    return options.get("config", options).get("batch")


def _save_last(estimator: "Clusterer", folder: Path, stopped: bool) -> bool:
    """Save the final state; returns whether there was any."""
    try:
        estimator.save(folder)
    except UserError:
        # Stopped before the first step: there is nothing to keep yet.
        if not stopped:
            raise
        return False
    return True
