"""Writing an assessment: report, table or JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from napari_dgc.errors import UserError
from napari_dgc.evaluation.assessment_tables import assessment_json, assessment_table
from napari_dgc.evaluation.page import write_page
from napari_dgc.files import write_text
from napari_dgc.gui.lesions.asking import ask_file
from napari_dgc.gui.lesions.reporting import folder_of
from napari_dgc.gui.provenance import record_now, record_of
from napari_dgc.measure.tables import write_tables

if TYPE_CHECKING:
    from collections.abc import Sequence

    from napari.layers import Labels
    from qtpy.QtWidgets import QWidget

    from napari_dgc.gui.evaluation.comparing import Choices, Compared
    from napari_dgc.gui.provenance import Record
    from napari_dgc.gui.scan import Scan
    from napari_dgc.gui.session import Session

_FILTERS = {"Report (*.html)": ".html", "Table (*.csv)": ".csv", "All figures (*.json)": ".json"}


def record(session: Session, chosen: Sequence[tuple[Scan, Labels]], choices: Choices) -> Record:
    """Take what a comparison is made of now."""
    truth = {scan.name: str(layer.name) for scan, layer in chosen}
    more = {"truth": truth, **asdict(choices)}
    return record_of(session, "evaluate", [scan for scan, _ in chosen], more)


def save(parent: QWidget, compared: Compared, made_by: Record) -> str:
    """Ask where to and write, with how it was made beside it.

    Returns
    -------
    str
        What came of it, in a sentence; "" where nothing did.
    """
    path = ask_file(
        *(parent, "Save figures", "evaluation", _FILTERS),
        lambda path: [path],
        folder_of(list(compared.scans)),
    )
    if path is None:
        return ""
    try:
        _write(path, compared)
        record_now(made_by, [path])
    except UserError as error:
        return str(error)
    except OSError as error:
        return f"{path} cannot be written: {error.strerror or error}; choose another place."
    return f"Written to {path.parent}: {path.name}"


def _write(path: Path, compared: Compared) -> None:
    found = compared.assessment
    suffix = path.suffix.casefold()
    if suffix == ".html":
        write_page(path, found, [("scans", ", ".join(scan.name for scan in found.scans))])
    elif suffix == ".csv":
        write_tables(path, [assessment_table(found)])
    else:
        content = json.dumps(assessment_json(found), indent=1, allow_nan=False)
        write_text(path, content + "\n")
