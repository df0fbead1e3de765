"""Names and roles of the classes of label maps, as options give them."""

from __future__ import annotations

import argparse

from napari_dgc.annotations.naming import Naming


def naming_of(args: argparse.Namespace) -> Naming:
    """Return what the options of ``measure`` and ``report`` say about names."""
    from napari_dgc.annotations.tables import read_classes
    from napari_dgc.partition.template import read_template

    table = None if args.classes is None else read_classes(args.classes)
    return Naming(
        None if table is None else {info.number: info for info in table},
        None if args.template is None else read_template(args.template),
        args.diseased,
    )
