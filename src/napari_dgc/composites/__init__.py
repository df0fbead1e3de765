"""Pictures of scans: true colour, colour-infrared, any three bands, stretched and balanced."""

from napari_dgc.composites.mixes import Mix, Span, main_spans, usual_mix
from napari_dgc.composites.painter import Balance, Colours, Painter, Recipe
from napari_dgc.composites.painting import Levels, Look, draft, is_slow, render, true_colour

__all__ = [
    "Balance",
    "Colours",
    "Levels",
    "Look",
    "Mix",
    "Painter",
    "Recipe",
    "Span",
    "draft",
    "is_slow",
    "main_spans",
    "render",
    "true_colour",
    "usual_mix",
]
