"""The dock "Cluster tree": what was merged at what cost, and what appears in which scan."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from napari.utils.theme import get_theme
from qtpy.QtCore import QSize, QTimer
from qtpy.QtWidgets import (
    QComboBox,
    QDockWidget,
    QHBoxLayout,
    QLabel,
    QMainWindow,
    QPushButton,
    QSizePolicy,
    QStackedLayout,
    QToolButton,
    QToolTip,
    QVBoxLayout,
    QWidget,
)

from napari_dgc.gui.background import wait_for
from napari_dgc.gui.class_actions import add_shortcut, button_style
from napari_dgc.gui.class_edits import ClassEdits
from napari_dgc.gui.cluster_tree import words
from napari_dgc.gui.cluster_tree.plot import TreePlot
from napari_dgc.gui.docking import TREE, lie_flat, place_first_at, settle
from napari_dgc.gui.empty_state import EmptyState
from napari_dgc.gui.pixel_counts import PixelCounts
from napari_dgc.gui.session import get_session
from napari_dgc.partition import MergeTree, build_tree
from napari_dgc.partition.dendrogram import lay_out
from napari_dgc.partition.partition import PRESET_NAMES
from napari_dgc.partition.presence import Presence
from napari_dgc.partition.recommended import stable_levels
from napari_dgc.partition.tree import LINKAGES
from napari_dgc.workspace.commands import SetTree

if TYPE_CHECKING:
    from napari.viewer import Viewer

#: After opening the canvas is looked at so often, at such intervals in ms, for its new size.
_FITS, _FIT_MS = 15, 100
_KEYS = (
    "Click a branch or a cell to select its classes (Ctrl adds), drag the line to change the "
    "number of classes.\nArrow keys walk over the tree, Page Up and Page Down move the line, "
    "G merges, S splits, 1 to 5 name, Ctrl + wheel zooms in."
)


class ClusterTreeDock(QWidget):
    """Dendrogram, cut line and presence matrix of the classes of a viewer.

    Nothing is worked out while the dock is hidden.

    Parameters
    ----------
    napari_viewer
        The viewer whose scans are looked at.
    """

    def __init__(self, napari_viewer: Viewer) -> None:
        super().__init__()
        self.setObjectName(TREE)
        place_first_at("Cluster tree", "bottom")
        self._viewer = napari_viewer
        self.session = get_session(napari_viewer)
        self.edits = ClassEdits(self.session)
        self._counts = PixelCounts()
        self._tree: MergeTree | None = None
        self._fit = QTimer(self)
        self._fit.timeout.connect(self._fit_canvas)
        self._fits_left, self._fitted = 0, QSize()
        self._frame: QDockWidget | None = None
        self._asleep = True
        self._build()
        self._connect()
        self._take_theme()

    def _build(self) -> None:
        self.linkage = QComboBox()
        for name, linkage in LINKAGES.items():
            self.linkage.addItem(linkage.title, name)
        self.linkage.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.help = QToolButton()
        self.help.setText("?")
        self.help.setToolTip(words.linkage_help())
        self.hint = QLabel(words.HEIGHTS)
        self.hint.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.legend = QLabel(words.DOT)
        self.legend.setToolTip(words.SHADES)
        self.legend.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.merge = QPushButton("Merge (G)")
        self.plot = TreePlot()
        self.empty = EmptyState(self._viewer, self.session)
        row = QHBoxLayout()
        row.setSpacing(5)
        row.addWidget(QLabel("Linkage"))
        row.addWidget(self.linkage)
        row.addWidget(self.help)
        row.addWidget(self.legend, 1)
        row.addWidget(self.merge)
        content = self._content = QWidget()
        layout = QVBoxLayout(content)
        layout.setContentsMargins(4, 2, 4, 2)
        layout.setSpacing(2)
        layout.addLayout(row)
        layout.addWidget(self.hint)
        layout.addWidget(self.plot, 1)
        self._stack = QStackedLayout(self)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(content)
        self.hint.setToolTip(_KEYS)
        self.setMinimumWidth(340)

    def _connect(self) -> None:
        session, edits = self.session, self.edits
        self.linkage.activated.connect(self._on_linkage)
        self.help.clicked.connect(self._on_help)
        self.merge.clicked.connect(self.merge_selected)
        self.plot.node_clicked.connect(self._on_node)
        self.plot.cut.signals.started.connect(edits.begin_cut)
        self.plot.cut.signals.moved.connect(edits.cut)
        add_shortcut(self, "G", self.merge_selected)
        add_shortcut(self, "S", lambda: edits.split(self._chosen()))
        for number, name in enumerate(PRESET_NAMES, start=1):
            add_shortcut(self, str(number), partial(self._assign, name))
        add_shortcut(self, "Ctrl+Z", edits.undo)
        for keys in ("Ctrl+Y", "Ctrl+Shift+Z"):
            add_shortcut(self, keys, edits.redo)
        slots: list[tuple[Any, Any]] = [
            (session.partition_changed, self.refresh),
            (session.labels_changed, self.refresh),
            (session.scans_changed, self.refresh),
            (session.model_changed, self.refresh),
            (session.training_changed, self.refresh),
            (session.selection.changed, self.refresh),
            (self._viewer.events.theme, self._take_theme),
        ]
        for signal, slot in slots:
            signal.connect(slot)

        def let_go(*_: object) -> None:
            """Leave nothing behind that would call into a deleted widget."""
            for signal, slot in slots:
                signal.disconnect(slot)

        self.destroyed.connect(let_go)

    def sizeHint(self) -> QSize:
        """Ask for a flat strip, so that the canvas stays large."""
        return QSize(640, 270)

    # ------------------------------------------------------- awake or asleep

    def showEvent(self, event: Any) -> None:
        """Catch up with what happened while hidden."""
        super().showEvent(event)
        if self._frame is None:
            self._frame = settle(self, self._set_awake, None)
            if self._frame is not None:
                lie_flat(self._frame, self.sizeHint().height())
                # The canvas has become lower: what was in sight should stay so.
                self._fits_left, self._fitted = _FITS, QSize(0, 0)
                self._fit.start(_FIT_MS)
        self._set_awake(True)

    def _fit_canvas(self) -> None:
        """Show all scans again when the canvas has taken another size, which may take a while."""
        self._fits_left -= 1
        if not self._fits_left:
            self._fit.stop()
        window = None if self._frame is None else self._frame.parentWidget()
        size = window.centralWidget().size() if isinstance(window, QMainWindow) else QSize()
        if size != self._fitted:
            self._fitted = size
            self._viewer.reset_view()

    def hideEvent(self, event: Any) -> None:
        """Rest while nobody looks."""
        super().hideEvent(event)
        self._set_awake(False)

    def _set_awake(self, awake: bool) -> None:
        if awake is not self._asleep:
            return
        self._asleep = not awake
        self.refresh()

    # --------------------------------------------------------------- showing

    def refresh(self) -> None:
        """Show the session as it is now; put off while the dock is hidden."""
        if self._asleep:
            return
        partition = self.session.partition
        tree = None if partition is None else partition.tree
        usable = partition is not None and tree is not None and partition.clusters > 1
        self._stack.setCurrentIndex(1 if usable else 0)
        if partition is None or tree is None or not usable:
            if partition is None or not self.session.labelled:
                self.empty.refresh()
            else:
                self.empty.say(*words.no_tree(partition.clusters, self.session.state.running))
            return
        if tree is not self._tree:
            self._tree = tree
            self.plot.set_tree(lay_out(tree), stable_levels(tree))
        counts = self._counts.update(self.session.labelled, partition.clusters)
        groups = tuple(info.members for info in partition.classes)
        by_tree = tree.cut(len(groups)) == groups
        presence = Presence.of(counts, partition.clusters)
        chosen = self._chosen()
        members = [member for info in chosen for member in info.members]
        self.plot.set_classes(partition, presence, members, by_tree)
        self.merge.setEnabled(len(chosen) > 1)
        self.merge.setToolTip(
            f"Merge the {len(chosen)} selected classes into one"
            if len(chosen) > 1
            else "Select a branch of two or more classes, then merge them"
        )
        self._show_linkage(tree)

    def _show_linkage(self, tree: MergeTree) -> None:
        self.linkage.setCurrentIndex(self.linkage.findData(tree.linkage))
        model = self.session.model
        ready = model is not None and model.summary is not None
        self.linkage.setEnabled(ready)
        self.linkage.setToolTip(
            "How the cost of merging two clusters is worked out; classes stay as they are until "
            "the line is moved"
            if ready
            else "Another linkage can be chosen once the model has finished an epoch"
        )

    def _take_theme(self, _event: object = None) -> None:
        theme = get_theme(self._viewer.theme)
        self._content.setStyleSheet(button_style(theme))
        self.plot.set_theme(
            theme.background.as_hex("long"),
            theme.text.as_hex("long"),
            theme.current.as_hex("long"),
        )

    # --------------------------------------------------------------- editing

    def _chosen(self) -> tuple[Any, ...]:
        return self.session.selection.classes(self.session.partition)

    def merge_selected(self) -> None:
        """Merge the selected classes into one."""
        self.edits.merge(self._chosen())

    def _assign(self, name: str) -> None:
        chosen = self._chosen()
        if chosen:
            self.edits.assign(name, chosen)

    def _on_node(self, node: int, extend: bool) -> None:
        partition, drawing = self.session.partition, self.plot.drawing
        if partition is None or drawing is None:
            return
        if not node:
            if not extend:
                self.session.selection.choose(())
            return
        classes = {partition.class_of(m).number for m in drawing.tree.members(node)}
        members = [m for number in classes for m in partition.class_of(number).members]
        self.session.selection.choose(members, extend=extend)

    def _on_linkage(self, _index: int) -> None:
        name, model = str(self.linkage.currentData()), self.session.model
        summary = None if model is None else model.summary
        if summary is not None and (self._tree is None or name != self._tree.linkage):
            try:
                tree = wait_for(lambda *_: build_tree(summary, name), "Building the merge tree")
            except InterruptedError:
                tree = None
            if tree is not None:
                self.edits.do(SetTree(name, tree))
        self.refresh()

    def _on_help(self) -> None:
        below = self.help.mapToGlobal(self.help.rect().bottomLeft())
        QToolTip.showText(below, self.help.toolTip(), self.help)
