"""Into how many classes a merge tree should be cut, told from the tree alone."""

from dataclasses import dataclass

from napari_dgc.partition.tree import MergeTree

#: Fewest and most classes that are recommended. Background, leaf and lesion need a fourth for
#: shadows or halos; more than eight are for the user to merge, not to look at first.
FEWEST_CLASSES, MOST_CLASSES = 4, 8

#: Merges that cost less than this share of the costliest one are as good as free: ratios
#: among them say nothing.
_FREE = 0.05
#: A level whose next merge costs less than this many times the last one is like any other.
_LEAST_RATIO = 1.2


@dataclass(frozen=True)
class Level:
    """A number of classes, and how well it is set apart from those beside it.

    Parameters
    ----------
    classes
        Number of classes.
    last
        Height of the last merge made to get there; 0 where none was made.
    next
        Height of the merge that would be made next.
    """

    classes: int
    last: float
    next: float

    @property
    def lifetime(self) -> float:
        """Range of heights at which the tree can be cut to get these classes."""
        return self.next - self.last

    @property
    def ratio(self) -> float:
        """Cost of the next merge over that of the last one; infinite where that was free."""
        return self.next / self.last if self.last > 0 else float("inf")


def levels(tree: MergeTree) -> tuple[Level, ...]:
    """Return all levels of a tree from two classes on to all fine clusters."""
    # heights[n - 1] is what the merge from n + 1 to n classes cost.
    heights = [merge.height for merge in reversed(tree.merges)] + [0.0]
    return tuple(
        Level(classes, heights[classes - 1], heights[classes - 2])
        for classes in range(2, tree.clusters + 1)
    )


def stable_levels(tree: MergeTree, most: int = 4) -> tuple[Level, ...]:
    """Return the levels that stand out, the most stable one first.

    A number of classes is stable where the next merge costs much more than the last one:
    what was merged was alike, what would be merged next is not. Levels are ranked by the
    ratio of the two costs, in which merges below a twentieth of the costliest one count
    as that much. Fine clusters as they are never stand out, as nothing was merged.

    Parameters
    ----------
    tree
        Merge tree of the fine clusters.
    most
        Number of levels at most; those with a ratio below 1.2 are left out.
    """
    if not tree.merges or tree.merges[-1].height <= 0:
        return ()
    least = _FREE * tree.merges[-1].height

    def rank(level: Level) -> float:
        return max(level.next, least) / max(level.last, least)

    found = [n for n in levels(tree) if n.classes < tree.clusters and rank(n) >= _LEAST_RATIO]
    return tuple(sorted(found, key=lambda n: (-rank(n), -n.classes))[:most])


def recommended_cut(
    tree: MergeTree, *, fewest: int = FEWEST_CLASSES, most: int = MOST_CLASSES
) -> int:
    """Choose the number of classes at the widest gap between merge heights.

    At that number the next merge costs most in relation to the last one that was made:
    what was merged was alike, what would be merged next is not. Ratios do not depend on
    the units of the linkage.

    Parameters
    ----------
    tree
        Merge tree of the fine clusters.
    fewest, most
        Bounds of the answer; trees with fewer clusters bound it too.

    Returns
    -------
    int
        Number of classes; of equally wide gaps the one with more classes, since merging is
        one step and splitting is not.
    """
    most = min(most, tree.clusters)
    fewest = min(fewest, most)
    highest = tree.merges[-1].height if tree.merges else 0.0
    if highest <= 0:
        return fewest
    least = 1e-9 * highest

    # Fine clusters as they are have no last merge, so that their gap would always be widest.
    candidates = [n for n in levels(tree) if fewest <= n.classes <= most]
    ranked = [
        (max(n.next, least) / max(n.last, least), n.classes)
        for n in candidates
        if n.classes < tree.clusters
    ]
    return max(ranked)[1] if ranked else fewest
