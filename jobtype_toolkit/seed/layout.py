"""One layout for all documents: two blanks per level, keys in the schema's order, every value spelled as it was."""

from __future__ import annotations

from typing import Any

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.json.paths import show
from jobtype_toolkit.seed.json.writer import quoted, scalar
from jobtype_toolkit.seed.schema import Schema

_STEP = "  "
_WIDTH = 120


def formatted(document: Document, schema: Schema) -> str:
    """Return the document's text anew, ending in a line break; unknown keys follow the known ones, in their order.

    A list of plain values stays on one line if it fits.

    Raises:
        InvalidManifest: a key occurs twice; only one of the two could be kept.
    """
    for again in document.duplicates:
        line, column = document.position(again.second)
        msg = f"line {line}, column {column}: the key {show(again.path)} occurs twice. Remove one, then format it."
        raise InvalidManifest(msg)
    return _container(document, document.value, schema, "") + "\n"


def _container(document: Document, value: Any, schema: Schema | None, margin: str) -> str:
    schema = schema.choose(value) if schema and schema.choices else schema
    inner = margin + _STEP
    keys = _ordered(value, schema) if isinstance(value, dict) else range(len(value))
    parts = [_label(document, value, key) + _part(document, value, key, schema, inner) for key in keys]
    opening, closing = "{}" if isinstance(value, dict) else "[]"
    if isinstance(value, list) and not any(isinstance(part, dict | list) for part in value):
        line = f"[{', '.join(parts)}]"
        if len(margin) + len(line) <= _WIDTH:
            return line
    if not parts:
        return opening + closing
    start = f"\n{inner}"
    return f"{opening}{start}{f',{start}'.join(parts)}\n{margin}{closing}"


def _label(document: Document, parent: Any, key: str | int) -> str:
    """Return the key with a colon, spelled as it was; nothing for an element of a list."""
    if isinstance(key, int):
        return ""
    node = document.node(parent)
    item = node.items.get(key) if node else None
    return (document.text[item.key : item.start].rstrip().removesuffix(":").rstrip() if item else quoted(key)) + ": "


def _part(document: Document, parent: Any, key: Any, schema: Schema | None, margin: str) -> str:
    value = parent[key]
    if isinstance(value, dict | list):
        return _container(document, value, schema.member(key) if schema else None, margin)
    node = document.node(parent)
    item = node.items.get(key) if node else None
    return document.text[item.start : item.end] if item else scalar(value)


def _ordered(value: dict[str, Any], schema: Schema | None) -> list[str]:
    ranks = {key: rank for rank, key in enumerate(schema.properties if schema else [])}
    return sorted(value, key=lambda key: ranks.get(key, len(ranks)))
