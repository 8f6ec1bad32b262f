"""The colours of plots, which are on white: those of the palette, and the order of lines beside each other."""

from __future__ import annotations

from collections.abc import Mapping

from jobtype_toolkit.display import palette

CATEGORIES: Mapping[str, str] = {name: one.light for name, one in palette.CATEGORIES.items()}
"""The colour of each category of errors."""
UNKNOWN = palette.UNKNOWN.light
"""Of failures without a known category."""
LINES = (palette.TONES["accent"].light, "#d1710a", "#1b1f24", "#2a9d8f", "#a35fb0")
"""Of groups beside each other, in this order; a second round of them is dashed."""
BAND = palette.PAGE["band"].light
"""Of what is usual."""
INK, QUIET, GRID = palette.PAGE["ink"].light, palette.PAGE["quiet"].light, "#e3e6ea"
