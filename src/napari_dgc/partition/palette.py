"""Colours of fine clusters: told apart by colour-blind users, stable for ever."""

import colorsys

#: Okabe & Ito (2008), the usual colour-blind-safe set, black left out and reordered so that
#: the first few differ most in lightness; https://jfly.uni-koeln.de/color/
OKABE_ITO: tuple[str, ...] = (
    "#0072b2",
    "#e69f00",
    "#009e73",
    "#cc79a7",
    "#56b4e9",
    "#d55e00",
    "#f0e442",
    "#999999",
)

#: Colours of the names with a meaning for severity, from the same set: leaves green,
#: symptoms warm.
NAME_COLOURS: dict[str, str] = {
    "background": "#0072b2",
    "healthy tissue": "#009e73",
    "halo": "#f0e442",
    "lesion": "#d55e00",
    "necrosis": "#cc79a7",
}


def cluster_colour(cluster: int) -> str:
    """Return the colour of fine cluster `cluster` (from 1) as ``#rrggbb``.

    The first eight are Okabe and Ito's; further ones repeat their hues in
    other lightness, so that a number always has the same colour.
    """
    turn, position = divmod(cluster - 1, len(OKABE_ITO))
    base = OKABE_ITO[position]
    if turn == 0:
        return base
    red, green, blue = (int(base[i : i + 2], 16) / 255 for i in (1, 3, 5))
    hue, lightness, saturation = colorsys.rgb_to_hls(red, green, blue)
    # 0.35, 0.75, 0.22, 0.87, ... away from the base lightness, then a small turn of the hue
    steps = (0.35, 0.75, 0.22, 0.87, 0.5, 0.62, 0.3)
    lightness = steps[(turn - 1) % len(steps)]
    hue = (hue + 0.03 * turn) % 1.0
    channels = colorsys.hls_to_rgb(hue, lightness, saturation)
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
