"""What names count as: from a template, or from the class tables themselves."""

import csv
from pathlib import Path

import numpy as np
import pytest
from tifffile import imwrite

from napari_dgc.annotations import LabelClass, LabelImage, read_label_image
from napari_dgc.annotations.formats import FORMATS
from napari_dgc.cli import main
from napari_dgc.partition.template import NameTemplate, Role, TemplateName, write_template

CLASSES = "label,name\n1,bench\n2,blade\n3,rust\n4,lesion\n"
RUST = NameTemplate(
    "Rust", (TemplateName("Blade", Role.LEAF), TemplateName("rust", Role.DISEASED, "#aa3300"))
)


def labels() -> np.ndarray:
    """100 pixels of leaf on a bench: 10 rust, 5 lesion, the rest blade."""
    found = np.ones((12, 14), np.uint8)
    flat = np.full(100, 2, np.uint8)
    flat[:10], flat[50:55] = 3, 4
    found[1:11, 1:11] = flat.reshape(10, 10)
    return found


@pytest.fixture
def maps(tmp_path: Path) -> Path:
    folder = tmp_path / "maps"
    folder.mkdir()
    imwrite(folder / "a.tif", labels())
    (folder / "classes.csv").write_text(CLASSES)
    return folder


@pytest.fixture
def template(tmp_path: Path) -> Path:
    path = tmp_path / "rust.json"
    write_template(path, RUST)
    return path


def severity(maps: Path, *options: str) -> tuple[str, str]:
    """Return leaf pixels and severity in percent."""
    out = maps.parent / "t.csv"
    assert main(["measure", str(maps), "--out", str(out), *options]) == 0
    with out.open(newline="") as file:
        (row,) = csv.DictReader(file)
    return row["leaf_area_px"], row["severity_percent"]


def test_names_of_a_template_count_as_it_says(maps: Path, template: Path) -> None:
    assert severity(maps, "--template", str(template)) == ("100", "15")


def test_diseased_names_outweigh_the_template(maps: Path, template: Path) -> None:
    found = severity(maps, "--template", str(template), "--diseased", "rust")
    # Lesions stay leaf, and are no longer diseased.
    assert found == ("100", "10")


def test_class_tables_carry_roles(maps: Path) -> None:
    (maps / "classes.csv").write_text(
        "label,name,role\n1,bench,not leaf\n2,blade,Leaf\n3,rust,diseased\n4,lesion,\n"
    )
    assert severity(maps) == ("100", "15")


def test_settings_tell_which_classes_were_diseased(maps: Path, template: Path) -> None:
    severity(maps, "--template", str(template))
    told = (maps.parent / "t_settings.csv").read_text()
    assert "lesion, rust" in told
    assert str(template) in told


def test_report_knows_roles(maps: Path, template: Path) -> None:
    out = maps.parent / "r.html"
    assert main(["report", str(maps), "--out", str(out), "--template", str(template)]) == 0
    text = out.read_text()
    assert "Severity 15.00 % of 1 leaf" in text
    assert "the pixels of the classes lesion and rust" in text


@pytest.mark.parametrize("kind", ["tif", "png", "npy", "labelme"])
def test_roles_travel_with_a_map(kind: str, tmp_path: Path) -> None:
    classes = [LabelClass(2, "blade", role=Role.LEAF), LabelClass(3, "rust", role=Role.DISEASED)]
    image = LabelImage.build("a", labels(), classes)
    written = FORMATS[kind].write(image, tmp_path)
    found = {info.number: info.role for info in read_label_image(written[0]).classes}
    assert (found[2], found[3]) == (Role.LEAF, Role.DISEASED)


def test_role_ends_where_a_table_gives_another_name(tmp_path: Path) -> None:
    image = LabelImage.build("a", labels(), [LabelClass(3, "rust", role=Role.DISEASED)])
    path, table = FORMATS["tif"].write(image, tmp_path)
    table.write_text("label,name\n3,dew\n")
    found = {info.number: info for info in read_label_image(path).classes}
    assert (found[3].name, found[3].role) == ("dew", None)


def test_damaged_template_is_told(
    maps: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "rust.json").write_text("{")
    command = ["measure", str(maps), "--out", str(tmp_path / "t.csv")]
    assert main([*command, "--template", str(tmp_path / "rust.json")]) == 2
    assert "no template of names" in capsys.readouterr().err
    assert not (tmp_path / "t.csv").exists()


def test_template_is_not_written_over(maps: Path, template: Path) -> None:
    before = template.read_bytes()
    kept = template.rename(template.with_suffix(".csv"))
    command = ["measure", str(maps), "--out", str(kept), "--template", str(kept)]
    assert main(command) == 2
    assert kept.read_bytes() == before
