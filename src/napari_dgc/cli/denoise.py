"""``napari-dgc denoise``: scans with less noise, as the autoencoder of a model gives them back."""

import argparse
from pathlib import Path
from typing import Any

from napari_dgc.cli import COMMANDS, SUCCESS
from napari_dgc.errors import UserError


def add_parser(subparsers: Any) -> None:
    """Add the command to the parser of ``napari-dgc``."""
    from napari_dgc.cli.cube_options import add_cube_options

    parser = subparsers.add_parser(
        "denoise",
        help=COMMANDS["denoise"],
        description="Write each scan as the autoencoder of a model (train --method dsc) gives it "
        "back: OUT/CUBE_denoised.hdr and .dat (ENVI, float32), and, of the scan before and after, "
        "the sum over all bands as OUT/CUBE_before.tif and OUT/CUBE_after.tif. Details that the "
        "model did not learn are lost: look at the differences before measuring anything.",
    )
    parser.add_argument("cubes", nargs="+", type=Path, metavar="CUBE", help="scans to denoise")
    parser.add_argument(
        "--model", required=True, type=Path, metavar="DIR", help="folder that train wrote"
    )
    parser.add_argument(
        "--out", required=True, type=Path, metavar="DIR", help="folder for the scans"
    )
    add_cube_options(parser)


def run(args: argparse.Namespace) -> int:
    """Denoise every scan; print the path of every file written."""
    from napari_dgc.annotations.export import write_value_image
    from napari_dgc.cli.cube_options import open_cubes, say_decisions, unpacked
    from napari_dgc.cli.folders import make_folder, refuse_same_names, refuse_scans
    from napari_dgc.cli.interrupt import stop_on_interrupt
    from napari_dgc.cli.progress import ProgressLine, say
    from napari_dgc.cli.provenance import record
    from napari_dgc.clustering.dsc.denoise import integrated
    from napari_dgc.clustering.dsc.estimator import DeepSpectralClustering
    from napari_dgc.clustering.storage import load_model
    from napari_dgc.cubes.envi_writer import planned_data_path, write_envi
    from napari_dgc.cubes.reflectance import other_units
    from napari_dgc.provenance import SUFFIX

    model = load_model(args.model)
    if not isinstance(model, DeepSpectralClustering):
        steps = f" after {model.preprocessing}" if model.preprocessing else ""
        raise UserError(
            f"The model in {args.model} ({model.method}{steps}) cannot give scans back; "
            f"train one with --method dsc and without --preprocess."
        )
    cubes = open_cubes(args)
    refuse_same_names((cube.name for cube in cubes), "denoised scan")
    out: Path = args.out
    results = [model.reconstruct(cube) for cube in cubes]
    headers = [out / f"{result.name}.hdr" for result in results]
    images = [(out / f"{c.name}_before.tif", out / f"{c.name}_after.tif") for c in cubes]
    refuse_scans([*headers, *(path for pair in images for path in pair)], cubes)
    make_folder(out, "the denoised scans")
    for result, header in zip(results, headers, strict=True):
        planned_data_path(result, header)  # refuses to replace other data before hours of work
    say_decisions(cubes)
    line = ProgressLine()
    files: list[Path] = []
    try:
        with stop_on_interrupt("stopping; the scans written so far are kept") as token:
            for opened, header, pair in zip(cubes, headers, images, strict=True):
                cube = unpacked(opened, token, line)
                if (other := other_units(model.units, [cube])) is not None:
                    say(other)
                result = model.reconstruct(cube)
                for path, which in zip(pair, (cube, result), strict=True):
                    image = integrated(
                        which,
                        progress=lambda done, name=which.name: line.show(f"adding up {name}", done),  # type: ignore[misc]
                        token=token,
                    )
                    write_value_image(image, path)
                written = write_envi(
                    result,
                    header,
                    interleave="bip",
                    progress=lambda done, name=header.name: line.show(f"writing {name}", done),  # type: ignore[misc]
                    token=token,
                )
                line.clear()
                files += [*written, *pair]
                for path in (*written, *pair):
                    print(path, flush=True)
    finally:
        line.clear()
    record(args, out / f"denoise{SUFFIX}", files, cubes=cubes, model=model)
    return SUCCESS
