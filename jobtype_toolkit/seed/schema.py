"""The two JSON Schemas, and a small engine that finds every violation of them.

The engine knows exactly the words of draft 4 that the two files use. It is checked against `jsonschema` in the tests
and not replaced by it at run time: importing that costs seconds in a notebook, and this is faster on manifests.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from jobtype_toolkit.seed.json.paths import Path

_TYPES: dict[str, tuple[type, ...]] = {
    "array": (list,),
    "boolean": (bool,),
    "integer": (int,),
    "number": (int, float),
    "object": (dict,),
    "string": (str,),
}


class Schema:
    """One node of a schema: what a value at this place must be, and what it is called."""

    def __init__(self, definition: dict[str, Any]) -> None:
        self.title: str = definition.get("title", "")
        self.description: str = definition.get("description", "")
        self.type: str | None = definition.get("type")
        self.default: Any = definition.get("default")
        self.has_default = "default" in definition
        self.enum: list[str] | None = definition.get("enum")
        self.minimum: int | None = definition.get("minimum")
        self.pattern: str | None = definition.get("pattern")
        self.required: list[str] = definition.get("required", [])
        self.properties = {name: Schema(member) for name, member in definition.get("properties", {}).items()}
        extra = definition.get("additionalProperties")
        self.closed = extra is False
        self.extra = Schema(extra) if isinstance(extra, dict) else None
        self.items = Schema(definition["items"]) if "items" in definition else None
        self.choices = [Schema(choice) for choice in definition.get("oneOf", [])]
        self._types = _TYPES[self.type] if self.type else None
        self._search = re.compile(self.pattern).search if self.pattern else None

    def member(self, step: str | int) -> Schema | None:
        """Return the node for a member or an element, None if the schema says nothing about it."""
        if isinstance(step, int):
            return self.items
        return self.properties.get(step, self.extra)

    def at(self, path: Path) -> Schema | None:
        """Return the node for a path, None if the schema says nothing about it."""
        node: Schema | None = self
        for step in path:
            node = node.member(step) if node else None
        return node

    def choose(self, value: Any) -> Schema | None:
        """Return the alternative whose `type` member agrees with the value's."""
        named = value.get("type") if isinstance(value, dict) else None
        return next((choice for choice in self.choices if named in (choice.properties["type"].enum or ())), None)

    def allows(self, value: Any) -> bool:
        """Whether the value breaks nothing."""
        found: list[Violation] = []
        self.check(value, (), found)
        return not found

    def check(self, value: Any, path: Path, found: list[Violation]) -> None:
        """Add every violation in the value to `found`. The value consists of plain types."""
        kind = type(value)
        if self._types and kind not in self._types:
            found.append(Violation("type", path, self, value))
            return
        if self.enum is not None and (kind is not str or value not in self.enum):
            found.append(Violation("enum", path, self, value))
        elif self._search and not self._search(value):
            found.append(Violation("pattern", path, self, value))
        elif self.minimum is not None and value < self.minimum:
            found.append(Violation("minimum", path, self, value))
        elif kind is dict:
            self._check_object(value, path, found)
        elif kind is list and self.items:
            check = self.items.check
            for index, element in enumerate(value):
                check(element, (*path, index), found)

    def _check_object(self, value: dict[str, Any], path: Path, found: list[Violation]) -> None:
        if self.choices:
            choice = self.choose(value)
            if choice:
                choice.check(value, path, found)
            else:
                found.append(Violation("oneOf", path, self, value))
            return
        missing = (name for name in self.required if name not in value)
        found.extend(Violation("required", path, self, value, name) for name in missing)
        properties, extra = self.properties, self.extra
        for name, member in value.items():
            node = properties.get(name, extra)
            if node:
                node.check(member, (*path, name), found)
            elif self.closed:
                found.append(Violation("additionalProperties", (*path, name), self, member, name))

    def walk(self, path: Path = ()) -> Iterator[tuple[Path, Schema]]:
        """Yield this node and all below it with their paths; `0` stands for any index."""
        yield path, self
        for name, node in self.properties.items():
            yield from node.walk((*path, name))
        if self.items:
            yield from self.items.walk((*path, 0))


@dataclass(frozen=True, slots=True)
class Violation:
    """One place where a value breaks its schema. `schema` is the node of the rule: for an unknown member, its parent's."""

    keyword: str
    path: Path
    schema: Schema
    value: Any
    member: str = ""


def violations(schema: Schema, value: Any) -> list[Violation]:
    """Return every violation, in the order of the schema's walk through the value."""
    found: list[Violation] = []
    schema.check(value, (), found)
    return found


def definition(name: str) -> dict[str, Any]:
    """Return a schema file as it is: `seed.manifest` or `configuration`."""
    text = files(__package__).joinpath("schemas", f"{name}.json").read_text(encoding="utf-8")
    return dict(json.loads(text))


@cache
def manifest_schema() -> Schema:
    """Return the schema of Seed manifests, version 1.0.0."""
    return Schema(definition("seed.manifest"))


@cache
def configuration_schema() -> Schema:
    """Return the schema of v6 job type configurations."""
    return Schema(definition("configuration"))
