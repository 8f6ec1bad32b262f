"""Numbers, names and times as a sentence has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from jobtype_toolkit.display.cells import safe

_LONGEST = 100
LONGEST_SENTENCE = 400
"""What is kept of a text that a question or a person wrote."""
_UNITS = (("days", 86_400), ("h", 3_600), ("min", 60))


def named(text: str | None, missing: str = "", *, longest: int = _LONGEST) -> str:
    """Return a name as a sentence has it: on one line, and cut if it is very long."""
    if text is None:
        return missing
    shown = safe(text[:longest])
    return shown if len(text) <= longest and len(shown) <= longest else shown[: longest - 1] + "…"


def quoted(text: str) -> str:
    """Return what a question says, as a sentence of its own."""
    return sentence(named(text, longest=LONGEST_SENTENCE))


def percent(share: float) -> str:
    """Return a share of 1: `35.9 %`; one too small for that is told as such."""
    return "under 0.1 %" if 0 < share < 0.0005 else f"{share:.1%}".removesuffix("%") + " %"


def lasting(seconds: float) -> str:
    """Return a duration in its largest unit: `4.9 days`, `6 h`, `12 min`, `30 s`."""
    for unit, length in _UNITS:
        if seconds >= length:
            value = seconds / length
            text = f"{value:,.0f}" if value >= 10 or value.is_integer() else f"{value:.1f}"
            return f"{text} {'day' if unit == 'days' and text == '1' else unit}"
    return f"{seconds:.0f} s"


def moment(at: datetime) -> str:
    """Return an instant to the minute, in UTC."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def day(at: datetime) -> str:
    """Return a day in UTC."""
    return f"{at:%Y-%m-%d}"


def listed(parts: Sequence[str], most: int = 0) -> str:
    """Return names as a sentence lists them: `a, b and c`, `a, b and 7 more`."""
    if most and len(parts) > most:
        return f"{', '.join(parts[:most])} and {len(parts) - most:,} more"
    return " and ".join(filter(None, [", ".join(parts[:-1]), *parts[-1:]]))


def sentence(text: str) -> str:
    """Return a text as a sentence, with a capital and a full stop."""
    return closed(text[:1].upper() + text[1:])


def closed(text: str) -> str:
    """Return the text, as it is written, with a full stop if nothing ends it."""
    return text if text.endswith((".", ":", "!", "?", "…")) else f"{text}."
