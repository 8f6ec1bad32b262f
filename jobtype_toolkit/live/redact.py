"""How secrets are taken out of what a server says: it may repeat a whole configuration, or what it was asked with."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import quote

from jobtype_toolkit.plans.request import HIDDEN

Hide = Callable[[str], str]
_SHORT = 4
"""Shorter values are hidden only if they stand alone: a letter is in every word."""
_DUMP = "Failed validating"
"""From here on v6 shows the schema and what breaks it, in whatever spelling."""


def hiding(secrets: Iterable[Any]) -> Hide:
    """Return what takes some values out of a text, however they are written there."""
    spellings = sorted(
        {one for secret in secrets if isinstance(secret, str) for one in _spellings(secret)}, key=len, reverse=True
    )
    if not spellings:
        return lambda text: text
    pattern = re.compile("|".join(map(_pattern, spellings)))
    return lambda text: pattern.sub(HIDDEN, text)


def echoing(secrets: Iterable[str]) -> Hide:
    """Return what takes the values of settings out of what a server says of a configuration, its dump of it included."""
    given = list(secrets)
    hide = hiding(given)
    return (lambda text: hide(text.split(_DUMP)[0])) if given else hide


def hidden(value: Any, hide: Hide) -> Any:
    """Return a JSON value with some values taken out of its texts."""
    if isinstance(value, str):
        return hide(value)
    if isinstance(value, dict):
        return {hide(name): hidden(member, hide) for name, member in value.items()}
    return [hidden(one, hide) for one in value] if isinstance(value, list) else value


def _spellings(secret: str) -> Iterable[str]:
    """Yield a value as it is, on one line, and as Python, JSON and HTML write it."""
    for text in (secret, " ".join(secret.split())):
        if text:
            yield from (text, text.strip(), html.escape(text), text.encode("unicode_escape").decode())
            yield from (quote(text, safe=""), ascii(text)[1:-1])
            yield from (json.dumps(text)[1:-1], json.dumps(text, ensure_ascii=False)[1:-1])


def _pattern(spelling: str) -> str:
    found = re.escape(spelling)
    return found if len(spelling) >= _SHORT else rf"(?<!\w){found}(?!\w)"
