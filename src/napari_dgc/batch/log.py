"""What a batch tells, as lines of JSON in a file."""

from __future__ import annotations

import datetime
import json
import re
from dataclasses import fields
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from napari_dgc.batch.events import BatchEvent, ScanProgress
from napari_dgc.errors import UserError

_CAPITAL = re.compile("(?<!^)(?=[A-Z])")


class EventLog:
    """Writes one JSON object a line: ``time``, ``event``, and what the event says.

    Progress within a scan is left out.

    Parameters
    ----------
    path
        Added to where it is there already.

    Raises
    ------
    UserError
        It cannot be written.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file = path.open("a", encoding="utf-8")
        except OSError as error:
            raise UserError(
                f"The log {path} cannot be written ({error.strerror or error}); give another file."
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._file.close()

    def note(self, event: BatchEvent) -> None:
        """Write an event."""
        if isinstance(event, ScanProgress):
            return
        told = {one.name: _plain(getattr(event, one.name)) for one in fields(event)}
        self.write(_CAPITAL.sub("_", type(event).__name__).lower(), told)

    def write(self, event: str, told: dict[str, Any]) -> None:
        """Write what happened; on disk, as far as the program can tell, when this returns."""
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        line = json.dumps({"time": now, "event": event, **told}, ensure_ascii=True)
        self._file.write(line + "\n")
        self._file.flush()


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
