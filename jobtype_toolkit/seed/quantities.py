"""Quantities as people write them, such as "1h" or "2 GiB", in the unit that a manifest wants."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from math import ceil
from typing import Any, Literal

from jobtype_toolkit.seed.json.paths import Path, get
from jobtype_toolkit.seed.sections import SECTIONS

Unit = Literal["seconds", "MiB"]

_TIMES: dict[str, int] = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), 86400),
    **dict.fromkeys(("w", "week", "weeks"), 604800),
}
_BINARY = {f"{letter}ib": 1024**power for power, letter in enumerate("kmgt", 1)}
_DECIMAL = {f"{letter}b": 1000**power for power, letter in enumerate("kmgt", 1)}
_SHORT = {letter: 1024**power for power, letter in enumerate("kmgt", 1)}
"""A letter alone is binary, as in `docker run --memory 2g`."""
_SIZES: dict[str, int] = {**_BINARY, **_DECIMAL, **_SHORT}
_PIECE = re.compile(r"\s*(\d{1,12}(?:\.\d{1,6})?)\s*([a-z]+)\s*")
_ISO = re.compile(r"p(?:(\d{1,9})d)?(?:t(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?)?")


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number in a unit. It is certain if the text means nothing else and nothing was rounded; otherwise it is rounded up."""

    number: int
    unit: Unit
    is_rounded: bool
    is_certain: bool


def unit_of(path: Path, root: Any) -> Unit | None:
    """Return the unit of a number in a manifest, None if it has none."""
    if path == ("job", "timeout"):
        return "seconds"
    is_value = path[:-2] == SECTIONS["resource"] and path[-1:] == ("value",)
    name = get(root, (*path[:-1], "name")) if is_value else None
    return "MiB" if name in ("mem", "disk", "sharedmem") else None


def quantity(text: str, unit: Unit) -> Quantity | None:
    """Return what a text such as "1h 30min", "PT2H", "2 GiB" or "500 MB" is in a unit, None if it is no quantity of its kind."""
    text = text.lower()
    factors = _TIMES if unit == "seconds" else _SIZES
    iso = _ISO.fullmatch(text) if unit == "seconds" else None
    if iso:
        pieces = [(number, letter) for number, letter in zip(iso.groups(), "dhms", strict=True) if number]
    else:
        pieces = _PIECE.findall(text) if re.fullmatch(f"(?:{_PIECE.pattern})+", text) else []
    if not pieces or any(word not in factors for _, word in pieces) or (unit == "MiB" and len(pieces) > 1):
        return None
    whole = sum((Fraction(number) * factors[word] for number, word in pieces), Fraction())
    exact = whole if unit == "seconds" else whole / 1024**2
    is_rounded = exact.denominator != 1
    is_certain = not is_rounded and (unit == "seconds" or pieces[0][1] in _BINARY)
    return Quantity(ceil(exact), unit, is_rounded, is_certain)
