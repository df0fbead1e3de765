"""What the programs that write TIFF files say of the bands, each in its own tags."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from napari_dgc.cubes.attributes import is_telling, plain, wavelength_counts
from napari_dgc.cubes.envi_header import header_names, is_envi_header, read_header
from napari_dgc.cubes.pixel_sizes import square_pixel_mm, tiff_pixel_mm
from napari_dgc.errors import UserError

_GDAL_METADATA, _GDAL_NODATA = 42112, 42113
_DESCRIPTION, _PAGE_NAME = 270, 285
_MOST_XML = 32 << 20
_LINE = re.compile(r"^[ \t]*([^\n=:{]{1,60}?)[ \t]*[=:][ \t]*(\{[^}]*\}|[^\n]*)", re.MULTILINE)


def tiff_attributes(file: Any, number: int, pages: Sequence[Any], bands: int) -> dict[str, Any]:
    """Gather what a TIFF file says of its bands, as `describe_bands` understands it.

    Parameters
    ----------
    file
        An open file of tifffile.
    number
        Which of its series is the cube.
    pages
        The pages of that series.
    bands
        Number of bands.

    Returns
    -------
    dict
        From the tags of GDAL, OME, ImageJ and tifffile, from texts in the tags, and
        where these tell no wavelengths, from an ENVI header beside the file.
    """
    first, kind = pages[0].aspage(), file.series[number].kind
    found: dict[str, Any] = {}
    if kind == "ome":
        found |= _of_ome(file.ome_metadata, number, bands)
    elif kind == "imagej":
        found |= _of_imagej(file.imagej_metadata or {}, bands)
    elif kind == "shaped":
        found |= _of_tifffile(file.shaped_metadata or (), number)
    else:
        found |= _of_pages(pages, bands)
    if _GDAL_METADATA in first.tags:
        found |= _of_gdal(first.tags[_GDAL_METADATA].value, bands)
    if _GDAL_NODATA in first.tags:
        found["no_data"] = first.tags[_GDAL_NODATA].value
    if bands not in wavelength_counts(found):
        found = _of_header_beside(Path(file.filehandle.path)) | found
    return found


def tiff_pixel_size(file: Any, number: int, page: Any) -> float | None:
    """Return the side of a pixel of a TIFF file in millimetres, or None where it is not told.

    Parameters
    ----------
    file, number
        As of `tiff_attributes`.
    page
        The first page of that series.
    """
    kind = file.series[number].kind
    if kind == "ome":
        for element in _ome_image(file.ome_metadata, number):
            if _tag(element) == "Pixels":
                across, down = (element.get(f"PhysicalSize{axis}") for axis in "XY")
                units = {element.get(f"PhysicalSize{axis}Unit", "µm") for axis in "XY"}
                return square_pixel_mm(across, down, units.pop()) if len(units) == 1 else None
        return None
    return tiff_pixel_mm(page.aspage(), file.imagej_metadata if kind == "imagej" else None)


def _of_header_beside(path: Path) -> dict[str, Any]:
    """Read what ENVI's programs write beside a TIFF file."""
    for header in (path.with_name(f"{path.name}.hdr"), path.with_suffix(".hdr")):
        if not is_envi_header(header):
            continue
        try:
            said = read_header(header)
        except UserError:
            continue  # it is the TIFF file that was asked for
        found: dict[str, Any] = {
            key: said[key]
            for key in ("wavelength", "wavelength units", "fwhm", "bbl")
            if key in said
        }
        return found | {"band names": header_names(said, "band names")}
    return {}


def _of_gdal(text: Any, bands: int) -> dict[str, Any]:
    """Read the metadata of GDAL, where items stand for the file or for one band."""
    found: dict[str, Any] = {}
    per_band: dict[str, dict[int, str]] = {}
    for item in _elements(text, "Item"):
        role, name = item.get("role", ""), item.get("name", "")
        value = (item.text or "").strip()
        name = {"scale": "scale_factor", "offset": "add_offset", "description": "band_names"}.get(
            role, name
        )
        band = item.get("sample")
        if band is None:
            named = re.fullmatch(r"Band_(\d+)", name)  # names of bands that came from ENVI
            if named:
                per_band.setdefault("band_names", {}).setdefault(int(named.group(1)) - 1, value)
            else:
                found[name] = value
        elif band.isdecimal():
            per_band.setdefault(name, {})[int(band)] = value
    for name, values in per_band.items():
        if set(values) == set(range(bands)):
            found[name] = [values[band] for band in range(bands)]
            if plain(name).endswith(("unit", "units")):
                found[name] = values[0] if len(set(values.values())) == 1 else ""
    return {name: value for name, value in found.items() if name}


def _of_ome(text: Any, number: int, bands: int) -> dict[str, Any]:
    channels = [element for element in _ome_image(text, number) if _tag(element) == "Channel"]
    if not channels or len(channels) != bands:
        return {}
    found: dict[str, Any] = {"channel_names": [channel.get("Name", "") for channel in channels]}
    centres = [channel.get("EmissionWavelength") for channel in channels]
    units = {channel.get("EmissionWavelengthUnit", "nm") for channel in channels}
    if all(centres) and len(units) == 1:
        found |= {"wavelength": centres, "wavelength_units": units.pop()}
    return found


def _ome_image(text: Any, number: int) -> list[ElementTree.Element]:
    """Return all elements of an image of OME's metadata; none where there is none."""
    images = _elements(text, "Image")
    if not images:
        return []
    return list((images[number] if number < len(images) else images[0]).iter())


def _of_imagej(metadata: dict[str, Any], bands: int) -> dict[str, Any]:
    found = _of_text(metadata.get("Info"))
    labels = metadata.get("Labels")
    if isinstance(labels, list) and len(labels) == bands:
        found["band_names"] = [str(label) for label in labels]
    return found


def _of_tifffile(metadata: Sequence[Any], number: int) -> dict[str, Any]:
    if number >= len(metadata) or not isinstance(metadata[number], dict):
        return {}
    return {name: value for name, value in metadata[number].items() if _says_something(name)}


def _of_pages(pages: Sequence[Any], bands: int) -> dict[str, Any]:
    """Read the name or description of each page, or what one description says of all."""
    description = pages[0].aspage().tags.valueof(_DESCRIPTION)
    found = _of_text(description)
    if len(pages) != bands:
        return found
    for tag in (_PAGE_NAME, _DESCRIPTION):
        if tag not in pages[0].aspage().tags:
            continue
        names = [page.aspage().tags.valueof(tag) for page in pages]
        if all(isinstance(name, str) and len(name) < 200 for name in names):
            found["band_names"] = names
            break
    return found


def _of_text(text: Any) -> dict[str, Any]:
    """Read lines such as ``wavelength = {400, 410}`` or ``Wavelengths: 400, 410``."""
    if not isinstance(text, str) or len(text) > _MOST_XML:
        return {}
    return {
        match.group(1): match.group(2).strip()
        for match in _LINE.finditer(text)
        if _says_something(match.group(1))
    }


def _says_something(name: str) -> bool:
    return is_telling(name) or plain(name).endswith(("unit", "units"))


def _elements(text: Any, tag: str) -> list[ElementTree.Element]:
    """Return the elements of an XML text with a tag; none where it is damaged."""
    if not isinstance(text, str) or len(text) > _MOST_XML or "<!" in text.replace("<!--", ""):
        return []  # entities, which could grow without end, have no place there
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return []
    return [element for element in root.iter() if _tag(element) == tag]


def _tag(element: ElementTree.Element) -> str:
    return str(element.tag).rpartition("}")[2]
