"""What the dock "Cluster tree" says."""

from __future__ import annotations

from collections.abc import Sequence

from napari_dgc.gui.class_table import grouped
from napari_dgc.partition import Partition
from napari_dgc.partition.dendrogram import Dendrogram
from napari_dgc.partition.presence import Presence
from napari_dgc.partition.tree import LINKAGES

HEIGHTS = "Height: how different the joined clusters are. A long gap: a stable number of classes."
DOT = "Dot: not in all scans"
SHADES = (
    "A dot marks clusters that are missing in some of the scans.\n"
    "Below, a row for each scan: the stronger the shade, the larger the share of the scan that "
    "the cluster owns\n(logarithmic, from 0.02 % on; fewer pixels than that, or than 4, count as "
    "absent). Point at a cell for the figures."
)
_FORMULA = (
    "<p><b>Height of a junction</b>: what the merge costs, as a share of the costliest one, on a "
    "scale on which equal distances are equal ratios.</p>"
    "<p>Two clusters with shares <i>m</i> and <i>n</i> of all pixels cost<br>"
    "<i>√(2 m' n' / (m' + n')) · d · (1 − k b)</i>, with <i>m' = m<sup>p</sup></i>:</p>"
    "<ul><li><i>d</i>: spectral angle or distance between the mean spectra, after division by "
    "the noise; the angle does not change with light and shadow</li>"
    "<li><i>p</i>: how much size counts; at 1 (Ward) small clusters are cheap to give up</li>"
    "<li><i>b</i>: share of their border that the two have in common; <i>k</i>: its weight</li>"
    "</ul><table cellpadding='3'><tr><th align='left'>Linkage</th><th>d</th><th>p</th>"
    "<th>k</th></tr>{rows}</table>"
    "<p>After each merge the costs are worked out anew from the mean spectrum of the two; "
    "heights never decrease upwards.</p>"
)


def linkage_help() -> str:
    """Explain heights and linkages."""
    rows = "".join(
        f"<tr><td>{linkage.title}</td>"
        f"<td>{linkage.dissimilarity.__name__.replace('_', ' ').replace('spectral ', '')}</td>"
        f"<td>{linkage.exponent:g}</td><td>{linkage.kinship:g}</td></tr>"
        for linkage in LINKAGES.values()
    )
    return _FORMULA.format(rows=rows)


def no_tree(clusters: int, training: bool) -> tuple[str, str]:
    """Say in a title and a text why label maps of so many clusters have no tree yet."""
    if clusters < 2:
        text = "A tree needs two clusters or more: choose more in the dock DGC: train; train anew."
        return "Only one cluster", text
    if training:
        return "No cluster tree yet", "It appears here when the first epoch is done."
    text = (
        "The label maps are open, but what the tree is made from is missing: the mean spectra "
        "of the clusters, which training gathers. Train in the dock DGC: train, or load a model "
        "there that was trained for an epoch or more. Naming, merging and lesions work without "
        "a tree."
    )
    return "These clusters have no tree", text


def percent(share: float) -> str:
    """Write a share with two digits that count."""
    value = 100 * share
    return f"{value:.0f} %" if value >= 10 else f"{value:.2g} %"


def count_text(classes: int, by_tree: bool) -> str:
    """Say how many classes there are, and if they are not those of the tree."""
    return f"{classes} classes" + ("" if by_tree else ", grouped by hand")


def branch_text(drawing: Dendrogram, partition: Partition, node: int) -> str:
    """Describe a branch."""
    members = drawing.tree.members(node)
    listed = ", ".join(map(str, members[:12])) + (" …" if len(members) > 12 else "")
    classes = {partition.class_of(member).title: None for member in members}
    names = ", ".join(list(classes)[:4]) + (" …" if len(classes) > 4 else "")
    if len(members) == 1:
        return f"Cluster {listed}" + ("" if names == f"cluster {listed}" else f" ({names})")
    merge = drawing.tree.merges[node - drawing.tree.clusters - 1]
    highest = drawing.tree.merges[-1].height
    share = percent(merge.height / highest) if highest > 0 else "0 %"
    return (
        f"Clusters {listed} ({names}): joined at {share} of the costliest merge "
        f"(height {merge.height:.3g}). Click to select."
    )


def only_in_text(scans: Sequence[str]) -> str:
    """Say in which scans alone a cluster is."""
    more = f" and {len(scans) - 3} more" if len(scans) > 3 else ""
    return f"only in: {', '.join(scans[:3])}{more}" if scans else ""


def cell_text(presence: Presence, partition: Partition, cluster: int, scan: int | None) -> str:
    """Describe a cluster, in one scan or in all."""
    title = partition.class_of(cluster).title
    name = f"Cluster {cluster}" + ("" if title == f"cluster {cluster}" else f" ({title})")
    lines = []
    if scan is not None:
        pixels = int(presence.pixels[scan, cluster - 1])
        share = percent(presence.shares[scan, cluster - 1])
        lines.append(f"{name} in {presence.scans[scan]}: {grouped(pixels)} pixels, {share}")
        if pixels and not presence.present[scan, cluster - 1]:
            lines.append("stray pixels only: counts as absent")
    else:
        pixels = int(presence.pixels[:, cluster - 1].sum())
        lines.append(f"{name}: {grouped(pixels)} pixels in all scans")
    only = presence.only_in(cluster)
    if only:
        lines.append(only_in_text(only))
    return "\n".join(lines)
