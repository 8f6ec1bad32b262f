"""Sentences of the validators as a form says them: a row by its number and its name instead of a path."""

from __future__ import annotations

import re
from typing import Any

from jobtype_toolkit.errors import InvalidPath
from jobtype_toolkit.seed.json import paths
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.schema import manifest_schema
from jobtype_toolkit.seed.sections import SECTIONS

_KINDS = "|".join(("one", *SECTIONS))
_PATH = re.compile(
    rf"(?:\b([Tt])he (?:{_KINDS}) at )?"
    r"(\$(?:\.[A-Za-z_]\w*|\[\d+\]|\['(?:[^'\\]|\\.)*'\])+)"
)
_INDEX = re.compile(rf"\b([Tt])he ({_KINDS}) at index (\d+)")


def said(text: str, document: Any) -> str:
    """Return a sentence with its paths in words: "error 1 (io-error)" for `$.job.errors[0]`, "Email" for a member."""

    def row(found: re.Match[str]) -> str:
        return _begun(f"{found[2]} {int(found[3]) + 1}", found[1])

    def place(found: re.Match[str]) -> str:
        try:
            return _begun(_named(paths.parse(found[2]), document), found[1])
        except InvalidPath:
            return found[0]

    return _PATH.sub(place, _INDEX.sub(row, text))


def _begun(text: str, article: str | None) -> str:
    """Return a text that begins a sentence if its article did."""
    return text[:1].upper() + text[1:] if article == "T" else text


def _named(path: Path, document: Any) -> str:
    """Return what a form calls a place: the row that it is in, and the label of its field."""
    at = max((number for number, step in enumerate(path) if isinstance(step, int)), default=-1)
    row = _row(path[: at + 1], document) if at >= 0 else ""
    if at + 1 == len(path):
        return row
    node = manifest_schema().at(path)
    label = node.title if node is not None and node.title else str(path[-1])
    return f"{label} of {row}" if row else label


def _row(path: Path, document: Any) -> str:
    kind = next((kind for kind, section in SECTIONS.items() if section == path[:-1]), "entry")
    item = paths.get(document, path, None)
    name = item.get("name") if isinstance(item, dict) else None
    number = int(path[-1]) + 1
    return f"{kind} {number} ({name})" if isinstance(name, str) and name else f"{kind} {number}"
