"""What ``napari-dgc train`` keeps and writes besides the model: curves, card, TensorBoard files."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Self

from napari_dgc.errors import UserError

if TYPE_CHECKING:
    from napari_dgc.clustering.estimator import Clusterer
    from napari_dgc.cubes import HyperCube
    from napari_dgc.monitoring import EventFiles, TrainingRecorder, Watcher

#: Stands for --tensorboard without a folder.
_BESIDE_MODEL = "beside the model"
#: Scans of no more bytes in all are read for the hashes in the card.
_HASH_BYTES = 1 << 29


def add_watch_options(parser: argparse.ArgumentParser) -> None:
    """Add the options for looking at a training."""
    parser.add_argument(
        "--tensorboard",
        nargs="?",
        const=_BESIDE_MODEL,
        metavar="DIR",
        help="write event files for TensorBoard (losses, active clusters, share of pixels whose "
        "cluster changed, label pictures of at most 32 scans) into a folder of this run in DIR "
        "(default: tensorboard in the folder of the model)",
    )
    parser.add_argument(
        "--card",
        type=Path,
        metavar="FILE",
        help="HTML file for the training card (default: training.html in the folder of the model)",
    )
    parser.add_argument(
        "--epoch-maps",
        action="store_true",
        help="label all scans after every epoch, for maps of the epochs in the card; takes longer; "
        "--tensorboard does so too",
    )


class TrainingWatch:
    """Watches one run of ``train`` (see `begin`)."""

    def __init__(
        self, card: Path, model_folder: Path, recorder: TrainingRecorder, files: EventFiles | None
    ) -> None:
        self._card = card
        self._folder = model_folder
        self._recorder = recorder
        #: Who sees the events.
        self.watchers: list[Watcher] = [recorder] if files is None else [recorder, files]

    @classmethod
    def begin(cls, args: argparse.Namespace, cubes: Sequence[HyperCube]) -> Self:
        """Check the options now, not after hours, and take up the log of a model that goes on.

        Raises
        ------
        UserError
            Nothing can be written where it should be, or tensorboardX is not installed.
        """
        from napari_dgc.cli.folders import make_folder
        from napari_dgc.cli.progress import say
        from napari_dgc.monitoring import (
            CARD_FILE,
            EventFiles,
            TrainingRecorder,
            read_log,
            run_folder,
        )

        model: Path = args.model
        card: Path | None = args.card
        if card is not None:
            if card.suffix.casefold() not in (".html", ".htm"):
                raise UserError(f"The training card is an HTML file; call {card} .html instead.")
            if card.is_dir():
                raise UserError(f"{card} is a folder; give a file for the training card.")
            make_folder(card.absolute().parent, "the training card")
        log = None
        if args.resume:
            try:
                log = read_log(model)
            except UserError as error:
                say(str(error))
        names = [cube.name for cube in cubes]
        files = None
        if args.tensorboard is not None:
            beside = args.tensorboard == _BESIDE_MODEL
            runs = model / "tensorboard" if beside else Path(args.tensorboard)
            make_folder(runs, "the TensorBoard files")
            name = model.resolve().name or "model"
            files = EventFiles(run_folder(runs, name, go_on=args.resume), names)
        return cls(card or model / CARD_FILE, model, TrainingRecorder(names, log), files)

    def keep(self) -> None:
        """Write the log beside the model that was just saved."""
        from napari_dgc.cli.progress import say
        from napari_dgc.monitoring import LOG_FILE, write_log

        log = self._recorder.log
        if log is None:
            return
        try:
            write_log(self._folder, log)
        except OSError as error:
            path = self._folder / LOG_FILE
            say(f"{path} was not written ({error.strerror or error}); training goes on")

    def finish(self, model: Clusterer, cubes: Sequence[HyperCube]) -> None:
        """Write the log and the card.

        Raises
        ------
        UserError
            The card cannot be written; the model is.
        """
        from napari_dgc.cli.progress import say
        from napari_dgc.monitoring import Card, write_card

        self.keep()
        found = Card.of(model, self._recorder.log, cubes, hash_bytes=_HASH_BYTES)
        write_card(self._card, found)
        say(f"training card: {self._card}")
