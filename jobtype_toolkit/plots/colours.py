"""The colours of plots: told apart by hue and by lightness, so also by people who see fewer hues, and in print."""

from __future__ import annotations

from collections.abc import Mapping

CATEGORIES: Mapping[str, str] = {"SYSTEM": "#a3211a", "ALGORITHM": "#f0a830", "DATA": "#0b62c4"}
"""The colour of each category of errors, everywhere."""
UNKNOWN = "#8a9099"
"""Of failures without a known category."""
LINES = ("#0b62c4", "#d1710a", "#1b1f24", "#2a9d8f", "#a35fb0")
"""Of groups beside each other, in this order; a second round of them is dashed."""
BAND = "#cfd6de"
"""Of what is usual."""
INK, QUIET, GRID = "#1f2328", "#57606a", "#e3e6ea"
