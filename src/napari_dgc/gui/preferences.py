"""What the user set on napari's page of preferences for this plugin."""

from __future__ import annotations

import functools

from napari_dgc.cubes.cache_folder import prefer_limit


@functools.cache
def follow_preferences() -> None:
    """Apply the preferences, now and whenever they change."""
    from napari.settings import get_plugin_settings

    try:
        scans = get_plugin_settings("napari-dgc").scans
    except KeyError:
        return  # used without being installed as a plugin

    def apply() -> None:
        prefer_limit(scans.cache_gigabytes)

    apply()
    scans.events.cache_gigabytes.connect(apply)
