"""The colours of everything that is shown: boards, forms, reports, tables and plots take theirs from here.

Colours stand for something, and are named after it. Text in any of `TEXT` is readable on `paper` and `shade`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jobtype_toolkit.display.html import render


@dataclass(frozen=True, slots=True)
class Colour:
    """A colour on a light page and on a dark one."""

    light: str
    dark: str


CATEGORIES: Mapping[str, Colour] = {
    "SYSTEM": Colour("#a3211a", "#ffa198"),
    "ALGORITHM": Colour("#f0a830", "#a9761f"),
    "DATA": Colour("#0b62c4", "#7cb7ff"),
}
"""Of each category of errors: told apart by hue and by lightness, so also by people who see fewer hues, and in print."""
UNKNOWN = Colour("#8a9099", "#8a9099")
"""Of failures without a known category."""
TONES: Mapping[str, Colour] = {
    "bad": CATEGORIES["SYSTEM"],
    "warning": Colour("#835400", "#e8bd6a"),
    "good": Colour("#1a6b34", "#7ee2a0"),
    "accent": CATEGORIES["DATA"],
}
"""Of what is judged, and of what can be clicked or is under way; as dark or light as text has to be."""
PAGE: Mapping[str, Colour] = {
    "on-accent": Colour("#ffffff", "#0b1a2b"),
    "tint": Colour(f"{TONES['accent'].light}14", f"{TONES['accent'].dark}1f"),
    "ink": Colour("#1f2328", "#e6e9ed"),
    "quiet": Colour("#57606a", "#a3adb8"),
    "line": Colour("#d8dce1", "#3a424c"),
    "paper": Colour("#ffffff", "#14171b"),
    "shade": Colour("#f4f5f7", "#1d2229"),
    "bar": Colour("#5b7ca6", "#7f9fc9"),
    "band": Colour("#cfd6de", "#38414c"),
}
"""Of a page: what is on or below what can be clicked, text, background, the bars of jobs and the band of what is usual."""
TEXT = ("ink", "quiet", *TONES)
"""What text is written in."""
EITHER: Mapping[str, str] = {
    "bad": "#dc2626",
    "warning": "#b45309",
    "good": "#16a34a",
    "busy": "#0891b2",
    "accent": "#2563eb",
    "plain": "#6b7280",
}
"""Of marks in a page that does not tell whether it is light or dark, as the outputs of a notebook."""


def properties(*, light: str, dark: str, prefix: str = "", wrap: str = "") -> str:
    """Return the colours as CSS custom properties, named as here, categories in lower case.

    Args:
        light: the selector of a light page.
        dark: that of a dark one.
        prefix: what the names begin with.
        wrap: the media query under which a page is dark; empty if the selector alone says it.
    """
    named = {**{name.lower(): one for name, one in CATEGORIES.items()}, "unknown": UNKNOWN, **TONES, **PAGE}
    return render("palette.css", colours=named, light=light, dark=dark, prefix=prefix, wrap=wrap)
