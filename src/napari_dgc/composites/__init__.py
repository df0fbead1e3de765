"""Pictures of scans: true colour, colour-infrared, any three bands, stretched and balanced."""

from napari_dgc.composites.mixes import Mix, Span, usual_mix
from napari_dgc.composites.painter import Balance, Colours, Painter, Recipe
from napari_dgc.composites.render import Look, render, true_colour

__all__ = [
    "Balance",
    "Colours",
    "Look",
    "Mix",
    "Painter",
    "Recipe",
    "Span",
    "render",
    "true_colour",
    "usual_mix",
]
