"""Using, editing, loading and saving templates of names from the menu of the name buttons."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from napari.utils.notifications import show_info, show_warning
from qtpy.QtWidgets import QFileDialog, QMenu, QMessageBox, QWidget

from napari_dgc.errors import UserError
from napari_dgc.gui import remembered
from napari_dgc.gui.export_panel import unique_stems
from napari_dgc.gui.plain_label import as_plain
from napari_dgc.partition.template import (
    PLANT_PATHOLOGY,
    NameTemplate,
    read_template,
    write_template,
)

if TYPE_CHECKING:
    from napari_dgc.gui.class_edits import ClassEdits
    from napari_dgc.gui.session import Session

_FILTER = "Templates of names (*.json)"
#: Templates listed in the menu.
_MOST_LISTED = 30


def templates_folder() -> Path:
    """Return where templates lie that the menu offers."""
    return remembered.memory_file().parent / "templates"


def saved_templates() -> list[NameTemplate]:
    """Return the templates of the user's folder; damaged files are left out."""
    found = []
    for path in sorted(templates_folder().glob("*.json"))[:_MOST_LISTED]:
        try:
            found.append(read_template(path))
        except UserError:
            continue
    return found


class TemplateMenu:
    """Adds what can be done with templates to a menu.

    Parameters
    ----------
    session, edits
        Hold the template in use and change it.
    menu
        Gets the entries; those of saved templates are renewed when it opens.
    parent
        Of dialogs.
    """

    def __init__(self, session: Session, edits: ClassEdits, menu: QMenu, parent: QWidget) -> None:
        self._session = session
        self._edits = edits
        self._parent = parent
        menu.addSeparator()
        self.use = menu.addMenu("Use the names of")
        self.edit_action = menu.addAction("Edit names, colours and what counts as leaf…", self.edit)
        self.save_action = menu.addAction("Save these names as…", self.save_as)
        self.load_action = menu.addAction("Load names from a file…", self.load)
        menu.aboutToShow.connect(self.renew)

    @property
    def template(self) -> NameTemplate:
        """The template in use."""
        work = self._session.work
        return PLANT_PATHOLOGY if work is None else work.template

    def renew(self) -> None:
        """List the templates that can be used."""
        self.use.clear()
        known = {template.title: template for template in (PLANT_PATHOLOGY, *saved_templates())}
        for title, template in known.items():
            action = self.use.addAction(title)
            action.setCheckable(True)
            action.setChecked(template == self.template)
            action.triggered.connect(lambda _=False, chosen=template: self._use(chosen))

    def _use(self, template: NameTemplate) -> None:
        self._edits.use_template(template)

    def edit(self) -> None:
        """Open the editor; its result is one step."""
        from napari_dgc.gui.template_dialog import TemplateDialog

        dialog = TemplateDialog(self.template, self._parent.window())
        dialog.chosen.connect(self._use)
        dialog.open()

    def save_as(self) -> None:
        """Ask for a file and write the template in use into it; the menu offers it then."""
        folder = templates_folder()
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError:
            folder = Path.home()
        (stem,) = unique_stems([self.template.title])
        name, _ = QFileDialog.getSaveFileName(
            self._parent, "Save names as", str(folder / f"{stem}.json"), _FILTER
        )
        if not name:
            return
        path = Path(name)
        if path.suffix.casefold() != ".json":
            path = path.with_name(f"{path.name}.json")
            if path.exists() and not self._may_replace(path):
                return
        template = NameTemplate(path.stem, self.template.names)
        try:
            write_template(path, template)
        except UserError as error:
            show_warning(str(error))
            return
        self._use(template)
        show_info(f"The names are saved as {path}.")

    def _may_replace(self, path: Path) -> bool:
        answer = QMessageBox.question(
            self._parent,
            "Overwrite the file?",
            as_plain(f"{path} will be overwritten."),
            QMessageBox.StandardButton.Yes | QMessageBox.StandardButton.Cancel,
            QMessageBox.StandardButton.Cancel,
        )
        return bool(answer == QMessageBox.StandardButton.Yes)

    def load(self) -> None:
        """Ask for a file and use the template in it."""
        name, _ = QFileDialog.getOpenFileName(
            self._parent, "Load names", str(templates_folder()), _FILTER
        )
        if not name:
            return
        try:
            template = read_template(Path(name))
        except UserError as error:
            show_warning(str(error))
            return
        self._use(template)
