"""Into how many classes a merge tree should be cut, told from the tree alone."""

from napari_dgc.partition.tree import MergeTree

#: Fewest and most classes that are recommended. Background, leaf and lesion need a fourth for
#: shadows or halos; more than eight are for the user to merge, not to look at first.
FEWEST_CLASSES, MOST_CLASSES = 4, 8


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
    # heights[n - 1] is what the merge from n + 1 to n classes cost.
    heights = [merge.height for merge in reversed(tree.merges)]
    if not heights or heights[0] <= 0:
        return fewest
    least = 1e-9 * heights[0]

    def gap(classes: int) -> float:
        """Return the cost of the first merge undone over that of the last one made."""
        made = heights[classes - 1] if classes <= len(heights) else least
        undone = heights[classes - 2] if classes >= 2 else least
        return max(undone, least) / max(made, least)

    # Fine clusters as they are have no last merge, so that their gap would always be widest.
    candidates = [n for n in range(fewest, most + 1) if n < tree.clusters] or [fewest]
    return max(candidates, key=lambda n: (gap(n), n))
