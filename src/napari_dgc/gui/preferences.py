"""What the user set on napari's page of preferences for this plugin."""

from __future__ import annotations

from napari_dgc.cubes.cache_folder import GIGABYTE, LIMIT, prefer_limit


def follow_preferences() -> None:
    """Let the preferences count from now on; they are read when they are needed.

    The first look at them takes napari a tenth of a second, which opening a scan can spare.
    """
    prefer_limit(_cache_gigabytes)


def _cache_gigabytes() -> float:
    from napari.settings import get_plugin_settings

    try:
        return float(get_plugin_settings("napari-dgc").scans.cache_gigabytes)
    except KeyError:
        return LIMIT / GIGABYTE  # used without being installed as a plugin
