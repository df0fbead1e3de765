"""Templates of names in the merge dock: buttons, keys, editor, files, severity."""

import numpy as np
import pytest
from qtpy.QtCore import Qt
from qtpy.QtGui import QColor
from qtpy.QtWidgets import QComboBox, QFileDialog, QLineEdit

from napari_dgc.gui.name_templates import saved_templates, templates_folder
from napari_dgc.gui.template_dialog import TemplateDialog
from napari_dgc.partition.template import (
    PLANT_PATHOLOGY,
    NameTemplate,
    Role,
    TemplateName,
    read_template,
    write_template,
)
from napari_dgc.workspace.commands import NameClasses, SetTemplate

RUST = NameTemplate(
    "Wheat rust",
    (
        TemplateName("soil", Role.OUTSIDE, "#123456"),
        TemplateName("blade", Role.LEAF),
        TemplateName("rust", Role.DISEASED, "#8b4513"),
    ),
)


@pytest.fixture
def menu(merge_dock):
    """Entries of the menu of the button "other …", by their text."""
    names = merge_dock.names.menu
    names.aboutToShow.emit()
    return {action.text(): action for action in names.actions() if action.text()}


def editor(dock):
    return dock.window().findChildren(TemplateDialog)[-1]


def test_buttons_and_digits_follow_the_template(labelled, merge_dock, session, qtbot, click_rows):
    session.do(SetTemplate(RUST))
    assert list(merge_dock.names.buttons) == ["soil", "blade", "rust"]
    assert "leaf, diseased" in merge_dock.names.buttons["rust"].toolTip()
    click_rows(merge_dock, 2)
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_3)
    assert session.partition.class_of(2).name == "rust"
    qtbot.keyClick(merge_dock.table, Qt.Key.Key_5)  # no fifth name
    assert session.partition.class_of(2).name == "rust"
    colour = labelled[0].labels.colormap.color_dict[2]
    assert QColor.fromRgbF(*map(float, colour)).name() == "#8b4513"
    session.undo()
    session.undo()
    assert list(merge_dock.names.buttons) == [entry.name for entry in PLANT_PATHOLOGY.names]


def test_severity_counts_a_free_name_with_the_role_diseased(labelled, merge_dock, session):
    session.do(NameClasses((2,), "rust"))
    session.do(NameClasses((3,), "blade"))
    assert "Name a class" in merge_dock.severity.text()
    session.do(SetTemplate(RUST))
    rust, blade = (np.count_nonzero(labelled[0].fine == number) for number in (2, 3))
    first = merge_dock.severity.text().splitlines()[0]
    assert (
        first
        == f"healthy: {100 * rust / (rust + blade):.1f} % of leaf ({rust} / {rust + blade} px)"
    )


def test_severity_asks_for_the_names_of_the_template(labelled, merge_dock, session):
    session.do(SetTemplate(RUST))
    assert merge_dock.severity.text() == (
        'Name a class "rust" and one "blade" to read the severity, or press Suggest.'
    )


def test_editor_changes_names_roles_and_order_in_one_step(
    labelled, merge_dock, session, qtbot, menu
):
    menu["Edit names, colours and what counts as leaf…"].trigger()
    dialog = editor(merge_dock)
    qtbot.mouseClick(dialog.add, Qt.MouseButton.LeftButton)
    typed = dialog.table.findChildren(QLineEdit)[-1]
    qtbot.keyClicks(typed, "rust")
    qtbot.keyClick(typed, Qt.Key.Key_Tab)
    roles = dialog.table.cellWidget(5, 2)
    assert isinstance(roles, QComboBox)
    roles.setCurrentText("diseased")
    dialog.table.selectRow(5)
    qtbot.mouseClick(dialog.up, Qt.MouseButton.LeftButton)
    dialog.table.selectRow(0)
    qtbot.mouseClick(dialog.remove, Qt.MouseButton.LeftButton)
    dialog.accept()
    names = [entry.name for entry in session.work.template.names]
    assert names == ["healthy tissue", "halo", "lesion", "rust", "necrosis"]
    assert "rust" in session.work.template.diseased
    session.undo()
    assert session.work.template == PLANT_PATHOLOGY
    assert session.history.undo_title is None


def test_editor_says_what_is_wrong_and_stays_open(labelled, merge_dock, session, qtbot, menu):
    menu["Edit names, colours and what counts as leaf…"].trigger()
    dialog = editor(merge_dock)
    dialog.table.item(1, 0).setText("Background")
    dialog.accept()
    assert dialog.isVisible()
    assert "twice" in dialog.message.text()
    assert session.work.template == PLANT_PATHOLOGY
    dialog.reject()


def test_template_is_saved_and_offered_in_the_menu(
    labelled, merge_dock, session, menu, monkeypatch
):
    session.do(SetTemplate(RUST))
    asked = []

    def save(_parent, _title, proposed, _filter):
        asked.append(proposed)
        return proposed.replace("Wheat rust", "Field 3"), ""

    monkeypatch.setattr(QFileDialog, "getSaveFileName", save)
    menu["Save these names as…"].trigger()
    assert asked == [str(templates_folder() / "Wheat rust.json")]
    assert read_template(templates_folder() / "Field 3.json").names == RUST.names
    assert [template.title for template in saved_templates()] == ["Field 3"]
    merge_dock.names.menu.aboutToShow.emit()
    offered = {action.text(): action for action in merge_dock.tools.templates.use.actions()}
    assert offered["Field 3"].isChecked()
    offered["Plant pathology"].trigger()
    assert session.work.template == PLANT_PATHOLOGY


def test_template_is_loaded_from_a_file_and_a_damaged_one_refused(
    labelled, merge_dock, session, menu, monkeypatch, tmp_path
):
    said = []
    monkeypatch.setattr("napari_dgc.gui.name_templates.show_warning", said.append)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    write_template(good, RUST)
    bad.write_text("{")
    chosen = [str(bad)]
    monkeypatch.setattr(QFileDialog, "getOpenFileName", lambda *_: (chosen[0], ""))
    menu["Load names from a file…"].trigger()
    assert "bad.json" in said[0]
    assert session.work.template == PLANT_PATHOLOGY
    chosen[0] = str(good)
    menu["Load names from a file…"].trigger()
    assert session.work.template == RUST


def test_damaged_files_in_the_folder_are_left_out_of_the_menu(labelled, merge_dock, menu):
    templates_folder().mkdir(parents=True)
    (templates_folder() / "broken.json").write_text("[]")
    write_template(templates_folder() / "fine.json", RUST)
    merge_dock.names.menu.aboutToShow.emit()
    offered = [action.text() for action in merge_dock.tools.templates.use.actions()]
    assert offered == ["Plant pathology", "Wheat rust"]


def test_more_than_nine_names_stand_in_the_menu(labelled, merge_dock, session, click_rows, menu):
    many = NameTemplate("Many", tuple(TemplateName(f"name {i}") for i in range(1, 13)))
    session.do(SetTemplate(many))
    assert len(merge_dock.names.buttons) == 9
    click_rows(merge_dock, 2)
    further = menu["Further names"].menu().actions()
    assert [action.text() for action in further] == ["name 10", "name 11", "name 12"]
    further[1].trigger()
    assert session.partition.class_of(2).name == "name 11"


def test_name_editor_completes_names_of_the_template(labelled, merge_dock, session, click_rows):
    session.do(SetTemplate(RUST))
    session.do(NameClasses((4,), "dew"))
    click_rows(merge_dock, 2)
    merge_dock.table.edit_selected_name()
    (line,) = merge_dock.table.findChildren(QLineEdit)
    model = line.completer().model()
    names = [model.index(row, 0).data() for row in range(model.rowCount())]
    assert names == ["soil", "blade", "rust", "dew"]


@pytest.mark.parametrize("later", [True, False])
def test_template_is_saved_with_the_model_and_comes_back(
    labelled, session, stripes, tmp_path, monkeypatch, later
):
    import json

    from napari_dgc.clustering import storage
    from napari_dgc.gui import model_folder

    session.do(SetTemplate(RUST))
    session.do(NameClasses((2,), "rust"))
    model = stripes(clusters=6, epochs=1)
    model._summary = session.model.summary
    monkeypatch.setattr(storage, "load_model", lambda _folder: model)
    session.model = model
    model_folder.save_model(session, tmp_path / "model")
    path = tmp_path / "model" / model_folder.PARTITION_FILE
    if not later:  # as versions without templates wrote it
        content = json.loads(path.read_text())
        del content["template"]
        path.write_text(json.dumps(content))
    _, partition, template = model_folder.load_folder(tmp_path / "model")
    session.undo()
    session.undo()
    session.set_partition(partition, template)
    assert session.work.template == (RUST if later else PLANT_PATHOLOGY)
    assert session.partition.class_of(2).name == "rust"
    assert (session.partition.class_of(2).shown_colour == "#8b4513") is later
