"""The command "Export labels…" of napari's menus, for the selected layers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qtpy.QtCore import Qt
from qtpy.QtWidgets import QDialog, QDialogButtonBox, QVBoxLayout, QWidget

from napari_dgc.gui import messages
from napari_dgc.gui.class_actions import button_style
from napari_dgc.gui.export_panel import ExportPanel
from napari_dgc.gui.export_sources import CLASSES, LESIONS, LayerMaps, ScanMaps
from napari_dgc.gui.layers import ROLE_KEY
from napari_dgc.gui.plain_label import plain_label

if TYPE_CHECKING:
    from napari_dgc.gui.export_sources import Source
    from napari_dgc.gui.session import Session


class ExportDialog(QDialog):
    """An export panel in a window of its own.

    Parameters
    ----------
    session
        Of the viewer.
    source
        What is written.
    what
        The same in words.
    kind
        Which of the kinds of `source` is chosen at first; "" for the first one.
    parent
        Window that the dialog belongs to.
    """

    def __init__(
        self,
        session: Session,
        source: Source,
        what: str,
        kind: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle("Export labels")
        self.panel = ExportPanel(session, source=source)
        self.panel.what.setCurrentIndex(max(0, self.panel.what.findData(kind)))
        viewer = session.viewer
        if viewer is not None:
            from napari.utils.theme import get_theme

            theme = get_theme(viewer.theme)
            self.panel.set_icons(theme.icon.as_hex("long"))
            self.panel.setStyleSheet(button_style(theme))
        sentence = plain_label(what)
        sentence.setWordWrap(True)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        buttons.rejected.connect(self.close)
        layout = QVBoxLayout(self)
        layout.addWidget(sentence)
        layout.addWidget(self.panel)
        layout.addStretch(1)
        layout.addWidget(buttons)
        self.resize(440, self.sizeHint().height())


def export_selected() -> None:
    """Offer to write the selected layers of labels: classes of all scans, or any others."""
    from napari import current_viewer
    from napari.layers import Labels

    from napari_dgc.gui.session import get_session

    viewer = current_viewer()
    if viewer is None:
        return
    session = get_session(viewer)
    layers = [layer for layer in viewer.layers.selection if isinstance(layer, Labels)]
    layers.sort(key=viewer.layers.index)
    if not layers:
        messages.show_info("Select a labels layer in the layer list first.")
        return
    roles = {layer.metadata.get(ROLE_KEY) for layer in layers}
    scans = ScanMaps(session)
    kind = LESIONS if roles == {LESIONS} else CLASSES
    if roles <= {CLASSES, LESIONS} and not scans.reason(kind):
        what = "Classes or lesions of all scans that have a label map."
        dialog = ExportDialog(session, scans, what, kind, messages.window_of_viewer())
    else:
        what = "Labels of: " + ", ".join(layer.name for layer in layers)
        source = LayerMaps(session, layers)
        dialog = ExportDialog(session, source, what, "", messages.window_of_viewer())
    dialog.show()
