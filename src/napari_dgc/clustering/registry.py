"""Which methods there are. Adding one is one file and one line here."""

from importlib import import_module

from napari_dgc.clustering.estimator import Clusterer
from napari_dgc.errors import UserError

#: name -> "module:class"; modules are imported on use because torch is slow to load.
_METHODS: dict[str, str] = {
    "dgc": "napari_dgc.clustering.dgc.estimator:DeepGlobalClustering",
    "dgc-paper": "napari_dgc.clustering.dgc_paper.estimator:PaperDGC",
    "kmeans": "napari_dgc.clustering.classical.estimator:KMeans",
    "mnf-kmeans": "napari_dgc.clustering.classical.estimator:MNFKMeans",
    "gmm": "napari_dgc.clustering.classical.estimator:GaussianMixture",
    "dsc": "napari_dgc.clustering.dsc.estimator:DeepSpectralClustering",
}

DEFAULT_METHOD = "dgc"


def method_names() -> tuple[str, ...]:
    """Return the names of all methods, the default first."""
    return tuple(_METHODS)


def get_method(name: str) -> type[Clusterer]:
    """Return the estimator class of a method."""
    try:
        module, _, attribute = _METHODS[name].partition(":")
    except KeyError:
        known = ", ".join(_METHODS)
        raise UserError(f"There is no method {name!r}; choose one of: {known}.") from None
    found: type[Clusterer] = getattr(import_module(module), attribute)
    return found
