"""Values quoted in sentences: cut to a length, printable everywhere."""

from __future__ import annotations

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
