"""JSON rows: with which structure to read them, where each field stands in it, and what in them is unknown."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from jobtype_toolkit.api.fields import DUCKDB, Resource
from jobtype_toolkit.api.resources import BASE_JOB_TYPE, ERROR, LET_GO
from jobtype_toolkit.sqlfiles import quoted
from jobtype_toolkit.store.ingest.casts import Column, Options

EMBEDDED = {"job_type": BASE_JOB_TYPE, "error": ERROR}
"""The objects inside v6 rows from which job types and errors can be made that were never loaded themselves."""


class Rows:
    """How the rows of a resource are read from JSON: nested as a v6 server sends them, or flat."""

    def __init__(self, resource: Resource, options: Options, *, is_nested: bool, is_typed: bool = False) -> None:
        """Take what is read and how the caller names it; `is_typed` reads numbers and booleans as such, not as text."""
        self.structure: dict[str, Any] = {}
        self.columns: list[Column] = []
        for one in resource.fields:
            head, *tail = one.json_path if is_nested else (one.name,)
            path = (options.theirs(head), *tail)
            kind = DUCKDB[one.type] if one.type == "json" or (is_typed and one.type in ("bool", "float")) else "VARCHAR"
            place = self.structure
            for key in path[:-1]:
                place = place.setdefault(key, {})
            place[path[-1]] = kind
            self.columns.append((one, "s." + ".".join(quoted(key) for key in path), kind))
        inside = {name: shape for name, shape in EMBEDDED.items() if is_nested and name in self.structure}
        self.structure |= {name: dict.fromkeys(shape.names, "VARCHAR") for name, shape in inside.items()}
        self.embedded = {name: shape.fields for name, shape in inside.items()}
        self._known = _known(self.structure, is_nested=is_nested)

    @property
    def structure_text(self) -> str:
        """The structure as `from_json` takes it."""
        return json.dumps(self.structure)

    @property
    def columns_sql(self) -> str:
        """The structure as `read_json` takes it."""
        return ", ".join(f"'{name}': '{_type_sql(kind)}'" for name, kind in self.structure.items())

    @property
    def paths(self) -> list[str]:
        """Where the objects are whose keys are to be known: the row, and the objects in it."""
        return [f"$.{head}" if head else "$" for head in self._known]

    def unknown(self, key_sets: Sequence[tuple[list[list[str] | None] | None]]) -> list[tuple[str, str]]:
        """Return the (object, key) pairs of the key sets found at `paths` that the vocabulary does not have."""
        pairs: dict[tuple[str, str], None] = {}
        for (sets,) in key_sets:  # None where a row is no object
            for head, keys in zip(self._known, sets or (), strict=False):
                pairs |= {(head, key): None for key in keys or () if key not in self._known[head]}
        return list(pairs)


def _type_sql(kind: str | dict[str, Any]) -> str:
    if isinstance(kind, str):
        return kind
    return "STRUCT(" + ", ".join(f"{quoted(name)} {_type_sql(inner)}" for name, inner in kind.items()) + ")"


def _known(structure: Mapping[str, Any], *, is_nested: bool) -> dict[str, set[str]]:
    """Return the keys that each object of a row may have: those of the row under "", then those of the objects in it."""
    keys_of = {"": {*structure}}
    if is_nested:
        keys_of[""] |= {head.split(".")[0] for head in LET_GO}
        for head, keys in structure.items():
            if isinstance(keys, dict) and f"{head}.*" not in LET_GO:
                keys_of[head] = {*keys} | {path.split(".")[1] for path in LET_GO if path.startswith(f"{head}.")}
    else:
        keys_of[""].add("extra")
    return keys_of


def key_sql(embedded: str) -> str:
    """Return SQL that tells the objects inside rows apart: by id, or by name and version where a body has no ids."""
    names = ", ".join(f"s.{embedded}.{name}" for name in ("name", "version") if name in EMBEDDED[embedded].names)
    return f"coalesce(s.{embedded}.id, to_json([{names}])::VARCHAR)"


def object_of(pairs: Sequence[tuple[str, str]]) -> str:
    """Return SQL for a JSON object of (key, JSON value) pairs without those that say null; NULL where none is left."""
    entries = ", ".join(f"{{'key': {key}, 'value': {value}}}" for key, value in pairs)
    present = f"list_filter([{entries}], lambda e: coalesce(CAST(e.value AS VARCHAR), 'null') <> 'null')"
    return f"CASE WHEN len({present}) > 0 THEN to_json(map_from_entries({present})) END"


def extra_sql(unknown: Sequence[tuple[str, str]]) -> str:
    """Return SQL for a JSON object of what is unknown in a row, keys of inner objects dotted."""
    if not unknown:
        return "NULL"
    return object_of([(f"$extra_name_{n}", f"json_extract(__j, $extra_path_{n})") for n in range(len(unknown))])


def extra_bound(unknown: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the values that `extra_sql` binds."""
    bound = {}
    for number, (head, key) in enumerate(unknown):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        bound[f"extra_name_{number}"] = f"{head}.{key}" if head else key
        bound[f"extra_path_{number}"] = f'$."{head}"."{escaped}"' if head else f'$."{escaped}"'
    return bound
