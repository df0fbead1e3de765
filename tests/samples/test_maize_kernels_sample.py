import hashlib

from napari_dgc.cubes.read import open_cube
from napari_dgc.samples import ATTRIBUTION, maize_kernels


def test_the_maize_cube_opens():
    cube = open_cube(maize_kernels())
    assert cube.data.shape == (580, 31, 43)
    assert cube.wavelength_unit == "nm"


def test_the_files_are_the_ones_the_attribution_names():
    folder = maize_kernels().parent
    text = (folder / "ATTRIBUTION.md").read_text(encoding="utf-8")
    files = [*folder.glob("*.hdr"), *folder.glob("*.raw")]
    assert len(files) == 6
    for path in files:
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        assert f"| `{path.name}` | `{digest}` |" in text
    assert "Attribution 4.0 International" in (folder / "LICENSE").read_text(encoding="utf-8")
    assert "CC BY 4.0" in ATTRIBUTION
