"""Values quoted in sentences: cut to a length, printable everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

LONGEST = 300
"""Longest description, in characters."""


def clipped(text: str, longest: int = LONGEST) -> str:
    """Return the text, cut with an ellipsis if it is longer than `longest` characters."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def shown(value: Any, longest: int = 60) -> str:
    """Return a value quoted for a sentence: cut, without line breaks, printable everywhere."""
    text = value if isinstance(value, str) else str(value)
    text = (
        clipped(text, longest)
        .encode("unicode_escape" if not text.isprintable() else "utf-8", "backslashreplace")
        .decode()
    )
    return f'"{text}"' if isinstance(value, str) else text


def nearest(name: str, known: Iterable[str], cutoff: float = 0.6) -> str | None:
    """Return the known name that was probably meant, whatever the case of letters, '-' and '_'; None if none is near."""
    import difflib

    folded = {_folded(other): other for other in known}
    matches = difflib.get_close_matches(_folded(name[:100]), list(folded), 1, cutoff)
    return folded[matches[0]] if matches else None


def _folded(name: str) -> str:
    return name.lower().replace("_", "").replace("-", "")
