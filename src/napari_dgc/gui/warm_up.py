"""Work that napari and torch do on first use, done early and beside the GUI thread."""

from __future__ import annotations


def warm_up() -> None:
    """Compile how label maps are coloured, and load the optimiser; seconds, in a thread.

    Where numba is installed napari compiles these functions when the first label layer is
    shown, during which no click would be answered.
    """
    import numpy as np
    import torch
    from napari.layers import Labels
    from napari.utils import DirectLabelColormap

    colours = DirectLabelColormap(color_dict={None: "transparent", 1: "red", 2: "blue"})
    for kind in (np.uint8, np.uint16):
        # A layer that is in no viewer: nothing of Qt is touched.
        layer = Labels(np.eye(4, dtype=kind), colormap=colours)
        layer.data = layer.data * kind(2)
    # The first optimiser loads half of torch.
    torch.optim.Adam([torch.nn.Parameter(torch.zeros(1))])
