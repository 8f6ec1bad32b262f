"""The differences between two JSON values, with named items of lists matched by name."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobtype_toolkit.seed.json.paths import Path, show

Row = tuple[str, Any, Any, str]


def differences(before: Any, after: Any) -> list[Row]:
    """Return `path, before, after, kind` for everything that differs; paths lead into the later value if they can."""
    return list(_differences(before, after, ()))


def _differences(before: Any, after: Any, path: Path) -> Iterator[Row]:
    if isinstance(before, dict) and isinstance(after, dict):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _member(before, after, name, (*path, name))
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, path)
    elif not same(before, after):
        yield show(path), before, after, "changed"


def _member(before: dict[str, Any], after: dict[str, Any], name: str, path: Path) -> Iterator[Row]:
    if name not in after:
        yield show(path), before[name], None, "removed"
    elif name not in before:
        yield show(path), None, after[name], "added"
    else:
        yield from _differences(before[name], after[name], path)


def _lists(before: list[Any], after: list[Any], path: Path) -> Iterator[Row]:
    earlier, later = keyed(before), keyed(after)
    for key, (at, item) in earlier.items():
        if key in later:
            yield from _differences(item, later[key][1], (*path, later[key][0]))
        else:
            yield show((*path, at)), item, None, "removed"
    for key, (at, item) in later.items():
        if key not in earlier:
            yield show((*path, at)), None, item, "added"


def keyed(items: list[Any]) -> dict[Any, tuple[int, Any]]:
    """Return the items of a list by name, by value if they are texts, else by position; with their index."""
    found: dict[Any, tuple[int, Any]] = {}
    for at, item in enumerate(items):
        name = item.get("name") if isinstance(item, dict) else item
        key = ("name", name) if isinstance(name, str) else ("at", at)
        while key in found:
            key = (*key, "again")
        found[key] = (at, item)
    return found


def same(before: Any, after: Any) -> bool:
    """Whether two values are the same JSON value: 1 and 1.0 are, 1 and true are not."""
    if isinstance(before, bool) or isinstance(after, bool):
        return before is after
    if isinstance(before, dict | list):
        return type(before) is type(after) and not differences(before, after)
    return bool(before == after)
