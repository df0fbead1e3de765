"""Watching a training: curves and maps that are kept, TensorBoard files, a card at the end."""

from napari_dgc.monitoring.card import Card, write_card
from napari_dgc.monitoring.event_files import EventFiles, check_available, run_folder
from napari_dgc.monitoring.log import TrainingLog
from napari_dgc.monitoring.log_file import LOG_FILE, read_log, write_log
from napari_dgc.monitoring.recorder import TrainingRecorder
from napari_dgc.monitoring.watching import Watcher, watched

#: Name of the card in a model's folder.
CARD_FILE = "training.html"

__all__ = [
    "CARD_FILE",
    "LOG_FILE",
    "Card",
    "EventFiles",
    "TrainingLog",
    "TrainingRecorder",
    "Watcher",
    "check_available",
    "read_log",
    "run_folder",
    "watched",
    "write_card",
    "write_log",
]
