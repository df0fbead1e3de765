"""The report of the open scans, written from the lesions dock."""

import re
import threading

import numpy as np
import pytest
from qtpy.QtWidgets import QFileDialog, QMessageBox

from napari_dgc.workspace import Stroke
from napari_dgc.workspace.commands import PaintLesions


@pytest.fixture
def choose(monkeypatch):
    """Answer the question for a file."""

    def choose_it(path, kind="PDF (*.pdf)"):
        asked = []

        def answer(*arguments):
            asked.append(arguments)
            return str(path), kind

        monkeypatch.setattr(QFileDialog, "getSaveFileName", answer)
        return asked

    return choose_it


def written(dock, qtbot):
    qtbot.waitUntil(lambda: dock.message.text().startswith("Written"), timeout=60000)


def test_html_report_has_the_figures_of_the_dock_and_what_was_done(
    dock, named, session, choose, press, qtbot, tmp_path, wait_settled
):
    where = np.zeros(named[0].fine.shape, bool)
    where[14:16, 6:9] = True
    session.do(PaintLesions(named[0].key, Stroke.of(where, np.ones(where.shape, np.uint16))))
    wait_settled(dock)
    choose(tmp_path / "leaves", "HTML (*.html)")
    press(dock.output.report)
    written(dock, qtbot)
    page = (tmp_path / "leaves.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", " ", page)
    for scan, measured in dock.measuring.results():
        assert scan.name in text
        assert f"{measured.severity.total.percent:.2f} %" in text
    assert len(session.history.titles) == 5
    assert all(title in text for title in session.history.titles)
    assert not dock.output.bar.isVisible()
    assert dock.output.report.text() == "Report…"


def test_pdf_is_what_comes_without_an_ending(dock, choose, press, qtbot, tmp_path):
    asked = choose(tmp_path / "leaves")
    press(dock.output.report)
    written(dock, qtbot)
    assert (tmp_path / "leaves.pdf").read_bytes().startswith(b"%PDF")
    # what is proposed has no ending, which could contradict the kind of file
    assert asked[0][2].endswith("report")


def test_report_is_stopped_and_leaves_nothing(dock, choose, press, qtbot, monkeypatch, tmp_path):
    from napari_dgc.report import scan_pages

    began, real = [], scan_pages.scan_pictures

    def slow(image, objects, largest, size, token):
        began.append(image.name)
        _wait_for_stop(token)
        return real(image, objects, largest, size, token)

    monkeypatch.setattr(scan_pages, "scan_pictures", slow)
    choose(tmp_path / "leaves.html")
    press(dock.output.report)
    qtbot.waitUntil(lambda: bool(began))
    assert dock.output.report.text() == "Stop"
    assert dock.output.bar.isVisible()
    press(dock.output.report)
    qtbot.waitUntil(lambda: dock.message.text().startswith("Stopped"))
    assert list(tmp_path.glob("leaves*")) == []
    assert began == ["healthy"]
    assert dock.output.report.text() == "Report…"


def _wait_for_stop(token):
    """Wait, in the thread that writes, until the user has asked to stop."""
    for _ in range(1000):
        if token.cancelled:
            return
        threading.Event().wait(0.02)


def test_report_says_what_cannot_be_written(dock, choose, press, qtbot, tmp_path):
    (tmp_path / "leaves.pdf").mkdir()
    choose(tmp_path / "leaves.pdf")
    press(dock.output.report)
    qtbot.waitUntil(lambda: "leaves.pdf is a folder" in dock.message.text())
    assert dock.output.report.text() == "Report…"


def test_a_completed_name_is_replaced_only_when_allowed(
    dock, choose, press, qtbot, monkeypatch, tmp_path
):
    (tmp_path / "leaves.pdf").write_text("precious")
    choose(tmp_path / "leaves")
    asked = []

    def cancel(*arguments):
        asked.append(arguments[2])
        return QMessageBox.StandardButton.Cancel

    monkeypatch.setattr(QMessageBox, "question", cancel)
    press(dock.output.report)
    assert "leaves.pdf" in asked[0]
    assert (tmp_path / "leaves.pdf").read_text() == "precious"
    assert not dock.output.reporting.running
