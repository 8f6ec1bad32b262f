"""Writing a document: what did not change as it stood in the text, the rest in the layout around it."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.json.nodes import Node
from jobtype_toolkit.seed.json.values import plain_value
from jobtype_toolkit.seed.schema import Schema

_SURROGATE = re.compile("[\ud800-\udfff]")
_COLON = re.compile(r'"[ \t]*:([ \t]*)')


class Writer:
    """Writes one document; knows the layout of its text."""

    def __init__(self, value: Any, text: str, nodes: Iterable[Node], node: Callable[[Any], Node | None]) -> None:
        """Take the value as it is now, the text that it was read from, all its nodes, and the way from value to node."""
        self.value, self.text, self.node = value, text, node
        steps = Counter(inner.removeprefix(outer) for outer, inner in map(self._margins, nodes) if inner)
        self.step = steps.most_common(1)[0][0] if steps else "  "
        colon = _COLON.search(self.text)
        self.colon, self.comma = (": ", ", ") if not colon or colon[1] else (":", ",")
        self.inline = bool(self.text) and "\n" not in self.text.strip() and len(self.text.strip()) > len("{}")
        self.newline = "\r\n" if "\r\n" in self.text else "\n"
        self.unchanged: set[int] = set()

    def document(self, schema: Schema | None) -> str:
        """Return the whole text, ending in a line break."""
        self._compare(self.value)
        return self._container(self.value, 0, "", schema, inline=self.inline) + self.newline

    def _compare(self, value: Any) -> bool:
        """Note which objects and lists are as they were read; whether this value is."""
        if not isinstance(value, dict | list):
            return True
        parts = value.items() if isinstance(value, dict) else list(enumerate(value))
        inner = [self._compare(part) for _, part in parts]
        node = self.node(value)
        if node is None or not all(inner) or [key for key, _ in parts] != list(node.items):
            return False
        if not all(_same(node.items[key].value, part) for key, part in parts):
            return False
        self.unchanged.add(id(value))
        return True

    def _margins(self, node: Node) -> tuple[str, str]:
        """Return the blanks in front of the closing bracket and in front of the members; empty if all is on one line."""
        first = next(iter(node.items.values()), None)
        if first is None or "\n" not in self.text[node.start : first.key]:
            return "", ""
        outer = self.text[self.text.rfind("\n", 0, node.end) + 1 : node.end - 1]
        inner = self.text[self.text.rfind("\n", 0, first.key) + 1 : first.key]
        return ("", "") if outer.strip() or inner.strip() else (outer, inner)

    def _container(self, value: Any, depth: int, margin: str, schema: Schema | None, *, inline: bool) -> str:
        if not isinstance(value, dict | list):
            value = plain_value(value)
        if not isinstance(value, dict | list):
            return scalar(value)
        node = self.node(value)
        if node and id(value) in self.unchanged and node.depth == depth:
            return self.text[node.start : node.end]
        outer, inner = self._margins(node) if node else ("", "")
        inline = inline or bool(node and node.items and "\n" not in self.text[node.start : node.end])
        margin, inner = (outer, inner) if inner else (margin, margin + self.step)
        if isinstance(value, dict):
            schema = schema.choose(value) if schema and schema.choices else schema
            parts = [
                self._label(key, node) + self._part(value, key, node, depth, inner, schema, inline=inline)
                for key in _ordered(value, node, schema)
            ]
        else:
            parts = [self._part(value, at, node, depth, inner, schema, inline=inline) for at in range(len(value))]
        opening, closing = "{}" if isinstance(value, dict) else "[]"
        if inline or not parts:
            return opening + self.comma.join(parts) + closing
        start = self.newline + inner
        return opening + start + f",{start}".join(parts) + self.newline + margin + closing

    def _label(self, key: str, node: Node | None) -> str:
        """Return the key with its colon, as it was written if it was."""
        item = node.items.get(key) if node else None
        return self.text[item.key : item.start] if item else quoted(key) + self.colon

    def _part(
        self,
        parent: Any,
        key: Any,
        node: Node | None,
        depth: int,
        margin: str,
        schema: Schema | None,
        *,
        inline: bool,
    ) -> str:
        value = parent[key]
        item = node.items.get(key) if node else None
        if item and not isinstance(value, dict | list) and _same(item.value, value):
            return self.text[item.start : item.end]
        return self._container(value, depth + 1, margin, schema.member(key) if schema else None, inline=inline)


def _same(before: Any, after: Any) -> bool:
    if before is after:
        return True
    return type(before) is type(after) and not isinstance(before, dict | list) and bool(before == after)


def _ordered(value: dict[str, Any], node: Node | None, schema: Schema | None) -> list[str]:
    """Return the keys: those of the text in its order, new ones after what precedes them in the schema."""
    ranks = {key: rank for rank, key in enumerate(schema.properties if schema else [])}

    def rank(key: str) -> int:
        return ranks.get(key, len(ranks))

    keys = [key for key in value if node and key in node.items]
    for key in sorted((key for key in value if key not in keys), key=rank):
        earlier = [at + 1 for at, other in enumerate(keys) if rank(other) <= rank(key)]
        keys.insert(max(earlier, default=0), key)
    return keys


def scalar(value: Any) -> str:
    """Return a text, a number or a literal as JSON.

    Raises:
        InvalidManifest: JSON has no such value.
    """
    if isinstance(value, str):
        return quoted(value)
    if isinstance(value, float) and not math.isfinite(value):
        msg = "NaN and Infinity cannot be written as JSON; put a number there, or nothing"
        raise InvalidManifest(msg)
    if value is None or isinstance(value, bool | int | float):
        try:
            return json.dumps(value)
        except ValueError as error:  # Python refuses to write thousands of digits
            msg = "a number of thousands of digits cannot be written as JSON; use a smaller one"
            raise InvalidManifest(msg) from error
    msg = f"a value of the kind {type(value).__name__} cannot be written as JSON; use plain values"
    raise InvalidManifest(msg)


def quoted(text: Any) -> str:
    """Return a text in double quotes; half characters, which no file can hold, become escapes.

    Raises:
        InvalidManifest: it is not text.
    """
    if not isinstance(text, str):
        msg = f"a key of the kind {type(text).__name__} cannot be written as JSON; use text"
        raise InvalidManifest(msg)
    return escaped(json.dumps(text, ensure_ascii=False))


def escaped(written: str) -> str:
    """Return JSON text with half characters as escapes."""
    return _SURROGATE.sub(lambda half: f"\\u{ord(half[0]):04x}", written)
