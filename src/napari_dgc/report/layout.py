"""Layout pages: pseudo-colour pictures of many scans beside their label maps."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from napari_dgc.annotations.label_image import LabelClass, LabelImage
from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.comparison.sheet import SheetRow, draw_sheet, small
from napari_dgc.errors import UserError
from napari_dgc.files import write_atomically, write_bytes
from napari_dgc.report.blocks import Document, Figure
from napari_dgc.report.drawing import Drawing, Picture
from napari_dgc.report.make import ReportProgress

if TYPE_CHECKING:
    from napari_dgc.cubes import HyperCube

LAYOUT_SUFFIXES = (".pdf", ".png")
#: Pictures beside each other, and rows of them on a page.
_ACROSS, _DOWN = 4, 5
#: Room on a page of PDF, in points.
_WIDTH, _HEIGHT = 505.0, 690.0


@dataclass(frozen=True)
class LayoutScan:
    """A label map.

    Parameters
    ----------
    name
        Stands above its pictures.
    read
        Returns the map, with its `scan` where its picture is to stand beside it.
    """

    name: str
    read: Callable[[], LabelImage]


@dataclass(frozen=True)
class LayoutWritten:
    """All pages are complete on disk; `skipped` says which maps could not be drawn, and why."""

    files: tuple[Path, ...]
    skipped: tuple[str, ...]


def layout_paths(path: Path, scans: int, *, pictures: bool) -> list[Path]:
    """Return the files that `write_layout` writes for a number of scans.

    Raises
    ------
    UserError
        When the name ends otherwise than `LAYOUT_SUFFIXES`.
    """
    suffix = path.suffix.casefold()
    if suffix not in LAYOUT_SUFFIXES:
        raise UserError(f"{path} is no layout; give a name that ends in .pdf or .png.")
    if path.is_dir():
        raise UserError(f"{path} is a folder; give a file for the layout.")
    if suffix == ".pdf":
        return [path]
    pages = -(-scans // _on_a_page(pictures))
    return [path, *(path.with_name(f"{path.stem}_{n}{path.suffix}") for n in range(2, pages + 1))]


def write_layout(
    path: Path,
    scans: Sequence[LayoutScan],
    *,
    pictures: bool,
    title: str = "",
    token: CancelToken | None = None,
) -> Iterator[ReportProgress | LayoutWritten]:
    """Draw maps, page by page, and write them; one scan is in memory at a time.

    Parameters
    ----------
    path
        ``.pdf``: one file. ``.png``: one file a page, ``STEM_2.png`` and so on.
    scans
        In the order of the pages.
    pictures
        Leave room for pseudo-colour pictures, 10 maps a page; without them there are 20.
    title
        Of the PDF.
    token
        Asks for a stop.

    Raises
    ------
    UserError
        No map can be drawn, or nothing be written.
    InterruptedError
        When asked to stop; pages of PNG that are complete stay.
    """
    token = token or never_cancelled()
    planned = layout_paths(path, len(scans), pictures=pictures)
    together = path.suffix.casefold() == ".pdf"
    pages: list[Figure] = []
    files: list[Path] = []
    skipped: list[str] = []
    each = _on_a_page(pictures)
    for start in range(0, len(scans), each):
        drawn: list[tuple[str, list[Any]]] = []
        legend: dict[tuple[str, str], LabelClass] = {}
        for place, scan in enumerate(scans[start : start + each], start):
            if token.cancelled:
                raise InterruptedError
            yield ReportProgress(scan.name, place / len(scans))
            try:
                image = scan.read()
                found = [_scan_picture(image.scan, token)] if pictures else []
                drawn.append((scan.name, [*found, _map_picture(image)]))
            except (UserError, OSError) as error:
                skipped.append(f"{scan.name}: {error}")
                continue
            present = image.counts() > 0
            for info in image.classes:
                if present[info.number]:
                    legend.setdefault((info.name or str(info.number), info.shown_colour), info)
        if not drawn:
            continue
        page = _page(drawn, list(legend.values()), pictures=pictures)
        if together:
            pages.append(_figure(page))
            continue
        target = planned[len(files)]
        write_atomically(target, lambda place, made=page: made.save(place, format="PNG"))  # type: ignore[misc]
        files.append(target)
    if not (pages or files):
        raise UserError(f"None of the maps can be drawn; the first: {skipped[0]}")
    if together:
        from napari_dgc.report.pdf_pages import pdf_bytes

        write_bytes(path, pdf_bytes(Document(title or path.stem, tuple(pages))))
        files.append(path)
    yield LayoutWritten(tuple(files), tuple(skipped))


def _on_a_page(pictures: bool) -> int:
    return _DOWN * _ACROSS // (2 if pictures else 1)


def _page(
    drawn: Sequence[tuple[str, list[Any]]], legend: Sequence[LabelClass], *, pictures: bool
) -> Any:
    across = _ACROSS // (2 if pictures else 1)
    rows = []
    for start in range(0, len(drawn), across):
        some = drawn[start : start + across]
        captions = [text for name, made in some for text in (name, *("" for _ in made[1:]))]
        rows.append(SheetRow("", [one for _, made in some for one in made], captions))
    titles = ("pseudo-colour", "classes") if pictures else ("",)
    return draw_sheet(titles * across, rows, legend, "classes:", light=True)


def _scan_picture(cube: HyperCube | None, token: CancelToken) -> Any:
    import numpy as np

    from napari_dgc.composites.painting import small_picture

    if cube is None:  # room is left, as others have one
        return np.full((1, 1, 3), 225, np.uint8)
    step = max(1, max(cube.rows, cube.columns) // 480)
    return small(small_picture(cube, step, token))


def _map_picture(image: LabelImage) -> Any:
    return LabelImage.build("", small(image.labels), image.classes).painted()


def _figure(page: Any) -> Figure:
    buffer = io.BytesIO()
    page.save(buffer, format="PNG")
    width, height = page.size
    scale = min(_WIDTH / width, _HEIGHT / height)
    box = (width * scale, height * scale)
    picture = Picture(0.0, 0.0, *box, buffer.getvalue(), "png")
    return Figure(Drawing(*box, (picture,), "label maps"), "")
