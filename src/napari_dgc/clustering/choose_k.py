"""How many clusters? Three criteria over a range of numbers, and a recommendation.

All look at one draw of pixels from all scans, so that neither time nor memory grows with them:

silhouette
    How much nearer pixels are to their own cluster than to the next one, -1 to 1 (Rousseeuw
    1987, doi:10.1016/0377-0427(87)90125-7). The higher the better.
stability
    How alike all pixels are labelled by two fits, each on another half of them: adjusted Rand
    index (Hubert & Arabie 1985), mean over several halvings, 1 for the same labels, 0 for
    chance. Splitting the pixels is the scheme of Lange et al. 2004
    (doi:10.1162/089976604773717621), with an index that is corrected for chance in the place
    of their own correction. The higher the better.
BIC
    Bayesian information criterion of a Gaussian mixture with full covariances on
    noise-whitened spectra (Schwarz 1978; Fraley & Raftery 2002,
    doi:10.1198/016214502760047131), per pixel. The lower the better.

Stability alone prefers few clusters, and so does the silhouette: whatever splits background
from leaf wins both. BIC alone prefers many, because real materials are no Gaussians. `recommend`
says how they are weighed.
"""

from collections.abc import Generator, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from napari_dgc.cancel import CancelToken, never_cancelled
from napari_dgc.clustering.bands import BandGrid
from napari_dgc.clustering.choice import (
    LEAST,
    MOST,
    ChoiceEvent,
    ChoiceStarted,
    Chosen,
    Measured,
)
from napari_dgc.clustering.classical.fitted import Centroids, Clusters, Mixture, at_least, run
from napari_dgc.clustering.classical.space import Space
from napari_dgc.clustering.draws import draw_pixels
from napari_dgc.clustering.events import Progress
from napari_dgc.clustering.noise import NoiseModel, sample_windows
from napari_dgc.cubes import HyperCube
from napari_dgc.errors import UserError
from napari_dgc.evaluation.metrics import adjusted_rand_index

#: Methods whose number of clusters can be chosen here: kind of clusters, whitened features.
METHODS: dict[str, tuple[type[Clusters], bool]] = {
    "mnf-kmeans": (Centroids, True),
    "gmm": (Mixture, True),
    "kmeans": (Centroids, False),
}
#: Pixels that are drawn, and those of them between which silhouettes are taken.
_PIXELS = 12_000
_SILHOUETTE_PIXELS = 3_000
_HALVINGS = 5
#: Epochs of a fit.
_EPOCHS: dict[type[Clusters], int] = {Centroids: 4, Mixture: 2}
#: How stable and how clear a number must be beside the best one, see `recommend`.
_STABLE, _CLEAR = 0.05, 0.9
#: Below this stability a number is a guess.
_DOUBTFUL = 0.6


def choose_k(
    cubes: Sequence[HyperCube],
    numbers: Sequence[int],
    *,
    method: str = "mnf-kmeans",
    seed: int = 0,
    token: CancelToken | None = None,
) -> Iterator[ChoiceEvent]:
    """Try numbers of clusters, yielding events; the last one is `Chosen`.

    Parameters
    ----------
    cubes
        Scans, all with the same bands.
    numbers
        Of clusters, `LEAST` to `MOST`; tried in ascending order.
    method
        A name from `METHODS`.
    seed
        Decides every draw.
    token
        When cancelled, what was measured so far is weighed.

    Raises
    ------
    UserError
        When the scans do not belong together, or method or numbers are none of these.
    """
    token = token or never_cancelled()
    wanted = sorted(set(numbers))
    if method not in METHODS:
        raise UserError(
            f"The number of clusters cannot be chosen with the method {method}; "
            f"choose one of {', '.join(METHODS)}."
        )
    if not wanted or wanted[0] < LEAST or wanted[-1] > MOST:
        raise UserError(f"Numbers of clusters to try go from {LEAST} to {MOST}.")
    grid = BandGrid.from_cubes(cubes)
    done: list[Measured] = []
    try:
        yield Progress("measuring the sensor's noise", 0.0)
        noise = NoiseModel.fit(sample_windows(cubes, grid, seed=seed, token=token))
        kind, whitened = METHODS[method]
        own, white = Space(grid, noise, whitened), Space(grid, noise, whitened=True)
        points, features = yield from _draw(cubes, own, white, seed, token)
        yield ChoiceStarted(method, len(cubes), len(points), tuple(wanted))
        for number in wanted:
            found = yield from _measure(points, features, kind, number, seed, token)
            done.append(found)
            yield found
    except InterruptedError:
        best, reason = recommend(done) if done else (None, "Stopped before a number was tried.")
        yield Chosen(tuple(done), best, reason, stopped=True)
        return
    yield Chosen(tuple(done), *recommend(done))


def recommend(measured: Sequence[Measured]) -> tuple[int, str]:
    """Weigh what was measured.

    The recommended number is the largest one that passes all three: its stability is within
    `_STABLE` of the best, its silhouette at least `_CLEAR` times the best of the stable ones,
    and it is no larger than the number of lowest BIC. Larger rather than smaller, because
    clusters can be merged later.

    Parameters
    ----------
    measured
        At least one number.

    Returns
    -------
    clusters, reason : int, str
        The number, and why, in one sentence.
    """
    steadiest = max(measured, key=lambda found: found.stability)
    supported = min(measured, key=lambda found: found.bic).clusters
    stable = [found for found in measured if found.stability >= steadiest.stability - _STABLE]
    allowed = [found for found in stable if found.clusters <= supported] or stable
    clearest = max(allowed, key=_clearness)
    clear = [found for found in allowed if _clearness(found) >= _CLEAR * _clearness(clearest)]
    best = max(clear or [clearest], key=lambda found: found.clusters)
    largest = max(found.clusters for found in measured)
    mixture = "does not speak against it" if supported == largest else f"supports up to {supported}"
    facts = (
        f"two halves of the pixels agree (ARI {best.stability:.2f}), clusters are about as far "
        f"apart as with any other stable number (silhouette {best.silhouette:.2f}), and the "
        f"mixture BIC {mixture}"
    )
    if best.stability < _DOUBTFUL:
        return best.clusters, (
            f"{best.clusters} clusters are a guess: no number is stable (two halves of the pixels "
            f"agree with an ARI of {steadiest.stability:.2f} at best), so look at the maps."
        )
    more = next((found for found in measured if found.clusters > best.clusters), None)
    if more is None:
        end = "; it is the largest that was tried, so try more"
    elif more not in stable:
        end = f"; {more.clusters} are less stable (ARI {more.stability:.2f})"
    elif more.clusters > supported:
        end = ""
    else:
        end = f"; {more.clusters} are less distinct (silhouette {more.silhouette:.2f})"
    return best.clusters, f"With {best.clusters} clusters {facts}{end}."


def _clearness(found: Measured) -> float:
    return found.silhouette if np.isfinite(found.silhouette) else -1.0


def _draw(
    cubes: Sequence[HyperCube],
    own: Space,
    white: Space,
    seed: int,
    token: CancelToken,
) -> Generator[Progress, None, tuple[NDArray[np.float32], NDArray[np.float32]]]:
    """Draw pixels in the features of the method and in noise-whitened ones."""

    def features(spectra: NDArray[np.float32]) -> NDArray[np.float32]:
        return np.concatenate([own.of(spectra), white.of(spectra)], axis=1)

    count = own.most_pixels(_PIXELS)
    pixels = draw_pixels(cubes, own.grid, features, count=count, seed=(seed,), token=token)
    while True:
        try:
            yield Progress("reading samples", next(pixels))
        except StopIteration as stop:
            both: NDArray[np.float32] = stop.value
            break
    both = at_least(both, 2 * MOST)
    first, second = both[:, : own.dimensions], both[:, own.dimensions :]
    return np.ascontiguousarray(first), np.ascontiguousarray(second)


def _measure(
    points: NDArray[np.float32],
    features: NDArray[np.float32],
    kind: type[Clusters],
    number: int,
    seed: int,
    token: CancelToken,
) -> Generator[Progress, None, Measured]:
    """Measure one number of clusters, in the features of the method and of the mixture."""
    generator = np.random.default_rng((seed, number))
    stage, steps = f"trying {number} clusters", _HALVINGS + 1
    yield Progress(stage, 0.0)
    whole = _fit(kind, points, number, generator, token)
    mixture = whole if kind is Mixture else _fit(Mixture, features, number, generator, token)
    agreement = []
    for halving in range(_HALVINGS):
        yield Progress(stage, (halving + 1) / steps)
        order = generator.permutation(len(points))
        one, other = (
            _fit(kind, points[half], number, generator, token).assign(points).astype(np.intp) - 1
            for half in np.array_split(order, 2)
        )
        pairs = np.bincount(one * number + other, minlength=number**2)
        agreement.append(adjusted_rand_index(pairs.reshape(number, number).astype(np.int64)))
    yield Progress(stage, 1.0)
    return Measured(
        number,
        _silhouette(points[:_SILHOUETTE_PIXELS], whole),
        float(np.mean(agreement)),
        float(np.std(agreement)),
        _bic(mixture, features),
    )


def _fit(
    kind: type[Clusters],
    points: NDArray[np.float32],
    number: int,
    generator: np.random.Generator,
    token: CancelToken,
) -> Clusters:
    """Fit clusters to pixels."""
    clusters = kind.start(points, number, generator, token)
    for _ in range(_EPOCHS[kind]):
        clusters = run(clusters.refined(points[generator.permutation(len(points))], token))
    return clusters


def _silhouette(points: NDArray[np.float32], clusters: Clusters) -> float:
    from sklearn.metrics import silhouette_score

    labels = clusters.assign(points)
    if not 1 < len(np.unique(labels)) < len(points):
        return float("nan")
    return float(silhouette_score(points, labels))


def _bic(mixture: Clusters, features: NDArray[np.float32]) -> float:
    """Bayesian information criterion per pixel."""
    clusters, size = mixture.shape
    free = clusters - 1 + clusters * size + clusters * size * (size + 1) / 2
    (surprise,) = mixture.figures(features).values()
    return 2 * surprise + free * float(np.log(len(features))) / len(features)
