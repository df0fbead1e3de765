"""The command line: ``napari-dgc COMMAND ...``.

Exit status 0 on success, 2 with one line on stderr for bad input or options,
130 when interrupted. Results go to stdout or files, progress to stderr. No
command needs Qt or napari, except that ``demo`` starts the tour of the docks
in a process of its own.
"""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from napari_dgc import __version__
from napari_dgc.errors import UserError

#: name -> what it does, in the order of the work. The module of the same name in this
#: package (with _ for -) is imported only when its command runs, so that ``--help`` answers
#: at once.
COMMANDS: dict[str, str] = {
    "demo": "see the whole job on simulated leaves: train, name classes, measure severity",
    "info": "say what a cube file holds",
    "convert": "write a cube as an ENVI file",
    "calibrate": "turn counts into reflectance with white and dark references",
    "index": "write maps of vegetation indices, such as NDVI and PRI",
    "simulate": "write simulated scans with ground truth: leaves, nebulae, a painted page",
    "choose-k": "say how many clusters scans hold: silhouette, stability and BIC over a range",
    "train": "learn one set of clusters for all scans",
    "segment": "write label maps of scans with a trained model",
    "denoise": "write scans with less noise, as a dsc model gives them back",
    "measure": "measure lesions, severity and disease progress from label maps",
    "report": "write a report with pictures of lesions and severity, as HTML or PDF",
    "layout": "draw label maps on pages, beside pictures of their scans, as PDF or PNG",
    "export": "write label maps for labelme, COCO, ENVI and other programs",
    "evaluate": "compare label maps with ground truth",
    "project": "say what a saved project holds",
    "replay": "do again what a project says was done, and compare",
    "apply": "label and measure other scans as a project does",
    "compare": "put methods, models and label maps side by side and say how far they agree",
}

SUCCESS, BAD_INPUT, INTERRUPTED = 0, 2, 130


class OneLineParser(argparse.ArgumentParser):
    """An argument parser whose errors are one line, without the usage."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Abbreviated options would break scripts as soon as a longer option is added.
        super().__init__(*args, **{"allow_abbrev": False, **kwargs})

    def error(self, message: str) -> NoReturn:
        """Print ``PROGRAM: MESSAGE`` and leave with status 2."""
        self.exit(BAD_INPUT, f"{self.prog}: {_one_line(message)}\n")


def _one_line(message: object) -> str:
    return " ".join(str(message).split())


def _module(command: str) -> ModuleType:
    return import_module(f"{__name__}.{command.replace('-', '_')}")


def _build_parser(chosen: str | None) -> OneLineParser:
    parser = OneLineParser(
        prog="napari-dgc",
        description="From hyperspectral leaf scans to lesion maps, without labelling first.",
        epilog="'napari-dgc COMMAND --help' lists the options of a command.",
    )
    parser.add_argument("--version", action="version", version=f"napari-dgc {__version__}")
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", dest="command")
    for name, line in COMMANDS.items():
        if name == chosen:
            _module(name).add_parser(commands)
        else:
            commands.add_parser(name, help=line, add_help=False)
    return parser


def _complain(command: str | None, message: object) -> int:
    program = f"napari-dgc {command}" if command else "napari-dgc"
    print(f"{program}: {_one_line(message)}", file=sys.stderr)
    return BAD_INPUT


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command.

    Parameters
    ----------
    argv
        Arguments without the program's name; those of the process by default.

    Returns
    -------
    int
        Exit status: 0 success, 2 bad input or options, 130 interrupted.
    """
    arguments = list(sys.argv[1:] if argv is None else argv)
    chosen = arguments[0] if arguments and arguments[0] in COMMANDS else None
    try:
        parser = _build_parser(chosen)
        parser.set_defaults(arguments=arguments)
        args = parser.parse_args(arguments)
        if chosen is None:
            parser.error("name a command: " + ", ".join(COMMANDS))
        status: int = _module(chosen).run(args)
        sys.stdout.flush()
        return status
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else SUCCESS
    except UserError as error:
        return _complain(chosen, error)
    except (KeyboardInterrupt, InterruptedError):
        print(f"napari-dgc {chosen or ''}: interrupted", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output went away (head, less): nothing is wrong with the input.
        # stdout is pointed elsewhere so that the flush at exit does not fail once more.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return SUCCESS
    except MemoryError:
        return _complain(chosen, "There is not enough memory; use a smaller scan or fewer bands.")
    except OSError as error:
        reason = error.strerror or str(error)
        where = f" {error.filename}" if error.filename else ""
        return _complain(chosen, f"Cannot read or write{where}: {reason}.")
