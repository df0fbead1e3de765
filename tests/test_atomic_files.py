"""Files are written completely or not at all."""

from pathlib import Path

import pytest

from napari_dgc.files import write_text


def test_an_error_names_the_file_that_was_asked_for(tmp_path: Path) -> None:
    missing_permission = tmp_path / "folder"
    missing_permission.mkdir()
    # A name that is too long for the file system fails for everybody, administrators too.
    target = missing_permission / ("a" * 300 + ".json")
    with pytest.raises(OSError, match="long") as caught:
        write_text(target, "{}")
    assert caught.value.filename == str(target)
    assert list(missing_permission.iterdir()) == []


def test_a_failed_write_keeps_the_file_from_before(tmp_path: Path) -> None:
    target = tmp_path / "result.csv"
    write_text(target, "before")
    with pytest.raises(UnicodeEncodeError):
        write_text(target, "\ud800")
    assert target.read_text() == "before"
    assert list(tmp_path.iterdir()) == [target]
