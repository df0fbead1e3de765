"""Wavelengths given as text files, tables or headers, and the guess of their unit."""

import numpy as np
import pytest

from napari_dgc.cubes.wavelengths import guess_unit, read_wavelengths
from napari_dgc.errors import UserError

VALUES = [400.5, 450.0, 500.25, 555.0]


@pytest.mark.parametrize(
    "text",
    [
        "400.5\n450\n500.25\n555\n",
        "400.5\r\n450\r\n\r\n500.25\r\n555",
        "400.5, 450, 500.25, 555",
        "400.5 450\t500.25  555\n",
        "400.5;450;500.25;555;\n",
        "400,5;450;500,25;555,0\n",
        "wavelength\n400.5\n450\n500.25\n555\n",
        "\ufeffWavelength (nm)\n400.5\n450\n500.25\n555\n",
        "# centres in nm\n400.5\n450\n500.25\n555\n",
        "wavelengths,400.5,450,500.25,555\n",
        "400.5 nm\n450 nm\n500.25 nm\n555 nm\n",
        "band,wavelength,fwhm\n1,400.5,5\n2,450,5.5\n3,500.25,6\n4,555,6.5\n",
        "band\twl_nm\n1\t400.5\n2\t450\n3\t500.25\n4\t555\n",
        "1,400.5\n2,450\n3,500.25\n4,555\n",
        "400.5,5.1\n450,5.2\n500.25,5.3\n555,5.4\n",
        "400.5,450,\n500.25,555\n",
        "400.5,450,500.25\n555\n",
    ],
)
def test_lists_and_tables_are_read(tmp_path, text):
    path = tmp_path / "wavelengths.csv"
    path.write_bytes(text.encode())
    values, unit = read_wavelengths(path)
    assert values.tolist() == VALUES
    assert unit == "nm"


def test_the_unit_is_read_from_the_title(tmp_path):
    path = tmp_path / "wavelengths.txt"
    path.write_text("wavenumber [cm-1]\n1000\n1100\n1200\n")
    assert read_wavelengths(path)[1] == "cm-1"
    path.write_text("0.45\n0.55\n0.65\n")
    assert read_wavelengths(path)[1] == "um"
    path.write_text("Wavelength (Angstrom)\n4000\n5000\n6000\n")
    values, unit = read_wavelengths(path)
    assert (values.tolist(), unit) == ([400, 500, 600], "nm")


def test_a_header_serves_as_well(tmp_path):
    path = tmp_path / "other.hdr"
    path.write_text("ENVI\nwavelength units = Micrometers\nwavelength = {0.4,\n 0.5, 0.6}\n")
    values, unit = read_wavelengths(path)
    assert values.tolist() == [0.4, 0.5, 0.6]
    assert unit == "um"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no numbers here",
        b"1\n2\n3\n4\n",
        b"400\n-500\n600\n",
        b"400\n900\n300\n800\n",
        b"400\nnan\n500\n",
        b"400\n500\nend of list\n",
        b"1e999\n2e999\n",
        b"\x89PNG\r\n\x1a\n\x00\x00",
        b"ENVI\nsamples = 4\n",
        b"ENVI\nwavelength = {",
        b"frequency (GHz)\n400\n500\n600\n",
        b"".join(b"%d\n" % number for number in range(200, 200_000)),
        b"1,2,3,4\n" * 200_000,
        b"4" * (5 << 20),
    ],
)
def test_what_is_no_list_of_wavelengths_is_refused(tmp_path, content):
    path = tmp_path / "wavelengths.txt"
    path.write_bytes(content)
    with pytest.raises(UserError, match=r"wavelengths\.txt") as refused:
        read_wavelengths(path)
    assert len(str(refused.value).splitlines()) == 1


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(UserError, match="cannot be read"):
        read_wavelengths(tmp_path / "nothing.txt")


@pytest.mark.parametrize(
    ("values", "unit"),
    [
        (np.linspace(400, 1000, 301), "nm"),
        (np.linspace(380, 2500, 450), "nm"),
        (np.linspace(900, 1700, 224), "nm"),
        (np.linspace(7500, 13500, 100), "nm"),
        (np.linspace(0.4, 2.5, 224), "um"),
        (np.linspace(7.5, 13.5, 100), "um"),
        (np.linspace(400, 4000, 1801), "cm-1"),
        (np.arange(900, 1800, 7.71387), "cm-1"),
        (np.arange(1990, 2113, 15.42774), "cm-1"),
        (np.linspace(3000, 5000, 100), None),
        (np.linspace(31, 99, 20), None),
        (np.array([550.0]), "nm"),
    ],
)
def test_units_are_guessed_only_where_the_numbers_tell(values, unit):
    assert guess_unit(values) == unit
