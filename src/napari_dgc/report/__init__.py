"""Reports of severity for paper: figures, pictures and how they were made, as HTML or PDF."""

from napari_dgc.report.make import (
    REPORT_SUFFIXES,
    ReportProgress,
    ReportSetup,
    ReportWritten,
    check_report_path,
    write_report,
)
from napari_dgc.report.scan_pages import ReportScan

__all__ = [
    "REPORT_SUFFIXES",
    "ReportProgress",
    "ReportScan",
    "ReportSetup",
    "ReportWritten",
    "check_report_path",
    "write_report",
]
