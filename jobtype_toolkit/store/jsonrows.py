"""JSON rows: with which structure to read them, where each field stands in it, and what in them is unknown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from jobtype_toolkit.fields import DUCKDB, Resource
from jobtype_toolkit.resources import LET_GO
from jobtype_toolkit.sqlfiles import quoted
from jobtype_toolkit.store.cast import Column, Options


def columns(resource: Resource, options: Options, *, is_nested: bool) -> tuple[dict[str, Any], list[Column]]:
    """Return the structure to read rows with, and where each field stands in it."""
    structure: dict[str, Any] = {}
    found: list[Column] = []
    for one in resource.fields:
        path = one.json_path if is_nested else (one.name,)
        path = (options.theirs(path[0]), *path[1:])
        place = structure
        for key in path[:-1]:
            place = place.setdefault(key, {})
        place[path[-1]] = "JSON" if one.type == "json" else "VARCHAR"
        found.append(
            (one, "s." + ".".join(quoted(key) for key in path), DUCKDB["json" if one.type == "json" else "text"])
        )
    return structure, found


def known(structure: Mapping[str, Any], *, is_nested: bool) -> dict[str, set[str]]:
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


def extra_sql(unknown: Sequence[tuple[str, str]]) -> str:
    """Return SQL for a JSON object of what is unknown in a row, keys of inner objects dotted."""
    if not unknown:
        return "NULL"
    pairs = ", ".join(f"$extra_name_{n}, json_extract(j, $extra_path_{n})" for n in range(len(unknown)))
    return f"nullif(json_merge_patch('{{}}', json_object({pairs})), '{{}}')"


def extra_bound(unknown: Sequence[tuple[str, str]]) -> dict[str, str]:
    """Return the values that `extra_sql` binds."""
    bound = {}
    for number, (head, key) in enumerate(unknown):
        escaped = key.replace("\\", "\\\\").replace('"', '\\"')
        bound[f"extra_name_{number}"] = f"{head}.{key}" if head else key
        bound[f"extra_path_{number}"] = f'$."{head}"."{escaped}"' if head else f'$."{escaped}"'
    return bound
