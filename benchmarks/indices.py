"""How far a vegetation index may look beside its wavelengths.

    python benchmarks/indices.py

On one simulated scan the formulas are computed from mean spectra of healthy tissue and of
lesions, first at their own wavelengths, then with every wavelength moved by so many nanometres
up or down on its own (all combinations of signs). Printed is the largest change of either value,
as a share of the difference between healthy and diseased; above 0.5 an index may tell one for
the other. The last column is the tolerance of the catalogue.
"""

import argparse
from itertools import product

import numpy as np
from numpy.typing import NDArray

from napari_dgc.indices import INDICES, Index
from napari_dgc.indices.formula import Term
from napari_dgc.simulate import simulate_scan

HEALTHY, LESION = 2, 4


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--off", type=float, nargs="+", default=[3, 6, 10, 20])
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    scan = simulate_scan(5, size=(128, 128), bands=601, seed=options.seed)
    samples = scan.cube.read(slice(None), slice(None))
    spectra = [samples[:, scan.truth == label].mean(axis=1) for label in (HEALTHY, LESION)]
    nm = scan.cube.wavelengths_nm
    assert nm is not None
    print(f"{'index':<8}" + "".join(f"{off:>7g} nm" for off in options.off) + "   tolerance")
    for index in INDICES:
        terms = index.formula.terms
        if terms[-1].high + max(options.off) > nm[-1]:
            continue
        healthy, lesion = (value(index, nm, spectrum, np.zeros(len(terms))) for spectrum in spectra)
        changes = []
        for off in options.off:
            moved = [
                abs(value(index, nm, spectrum, off * np.array(signs)) - known)
                for signs in product((-1, 1), repeat=len(terms))
                for spectrum, known in zip(spectra, (healthy, lesion), strict=True)
            ]
            changes.append(max(moved) / abs(lesion - healthy))
        shown = "".join(f"{change:>10.2f}" for change in changes)
        print(f"{index.name:<8}{shown}{index.tolerance_nm:>9g} nm", flush=True)


def value(
    index: Index, nm: NDArray[np.float64], spectrum: NDArray[np.float32], moved: NDArray[np.float64]
) -> float:
    """Compute an index with each of its wavelengths moved."""
    known: dict[Term, NDArray[np.float64]] = {}
    for term, by in zip(index.formula.terms, moved, strict=True):
        wanted = np.arange(term.low, term.high + 1) + (0 if term.is_range else by)
        known[term] = np.array([np.interp(wanted, nm, spectrum).mean()])
    return float(index.formula.evaluate(known)[0])


if __name__ == "__main__":
    main()
