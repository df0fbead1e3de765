"""A merge tree that training renewed, under work that is there already."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from napari_dgc.partition import ClusterSummary, MergeTree, build_tree
from napari_dgc.partition.tree import LINKAGES
from napari_dgc.workspace.commands import Command, SetTree
from napari_dgc.workspace.history import History
from napari_dgc.workspace.state import Workspace


def renew_tree(history: History, tree: MergeTree, summary: ClusterSummary | None) -> None:
    """Put a tree under all states of a history, with the linkage that each of them had.

    Parameters
    ----------
    history
        Over as many clusters as the tree has.
    tree
        The new tree.
    summary
        Of the fine clusters, from which trees by other linkages are built; without it all
        states get the tree as it is.
    """
    history.amend(*_exchange(tree, summary))


def replayed_on(history: History, tree: MergeTree, summary: ClusterSummary | None) -> History:
    """Return a history whose commands were all done anew on another tree (see `renew_tree`).

    Raises
    ------
    UserError
        When a command cannot be done with it.
    """
    return history.replayed(*_exchange(tree, summary))


def _exchange(
    tree: MergeTree, summary: ClusterSummary | None
) -> tuple[Callable[[Workspace], Workspace], Callable[[Command], Command]]:
    """Return what puts a tree under a state and into a command."""
    known = {tree.linkage: tree}

    def like(old: MergeTree | None) -> MergeTree:
        """Return the new tree by the linkage of an old one."""
        linkage = "" if old is None else old.linkage
        if linkage not in known:
            if summary is None or linkage not in LINKAGES:
                return tree
            known[linkage] = build_tree(summary, linkage)
        return known[linkage]

    def state(work: Workspace) -> Workspace:
        partition = work.partition
        return work.with_partition(replace(partition, tree=like(partition.tree)))

    def command(done: Command) -> Command:
        return replace(done, tree=like(done.tree)) if isinstance(done, SetTree) else done

    return state, command
