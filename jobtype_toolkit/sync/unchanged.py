"""Which rows of a server say just what the store holds already: these need not be merged.

Only what is certain passes: a value that would have to be converted first, or a key that the vocabulary does not have, makes a
row one that is merged, which then decides.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from jobtype_toolkit.api.fields import Field, Resource
from jobtype_toolkit.api.resources import BASE_JOB_TYPE, ERROR, LET_GO
from jobtype_toolkit.api.times import naive_v6_text

Stored = Mapping[int, Mapping[str, Any]]
"""Rows of the store by their ids; times naive in UTC, JSON as text."""


class Comparison:
    """Compares rows of a resource, as a v6 server sends them, with those of the store."""

    def __init__(self, resource: Resource) -> None:
        """Take the resource."""
        self._fields = [(one, one.json_path) for one in resource.stored]
        self._known = _known_keys(resource)

    def is_same(self, body: Any, stored: Stored) -> bool:
        """Whether a row certainly says what the store holds."""
        if not isinstance(body, dict) or type(body.get("id")) is not int:
            return False
        row = stored.get(body["id"])
        if row is None or row["extra"] is not None or not self._has_known_keys(body):
            return False
        return all(_says(field, _at(body, path), row[field.name]) for field, path in self._fields)

    def _has_known_keys(self, body: Mapping[str, Any]) -> bool:
        for head, keys in self._known.items():
            inner = body.get(head) if head else body
            if isinstance(inner, dict) and not keys.issuperset(inner):
                return False
        return True


def _known_keys(resource: Resource) -> dict[str, frozenset[str]]:
    """Return the keys that a row may have, under "", and those that the objects in it may have.

    Of objects that other resources are made of, any key is let go.
    """
    known: dict[str, set[str]] = {"": set()}
    paths = [one.json_path for one in resource.fields] + [tuple(path.split(".")) for path in LET_GO]
    for head, *rest in paths:
        known[""].add(head)
        if rest:
            known.setdefault(head, set()).add(rest[0])
    for head, shape in (("job_type", BASE_JOB_TYPE), ("error", ERROR)):
        if head in known:
            known[head] |= set(shape.names)
    return {head: frozenset(keys) for head, keys in known.items() if "*" not in keys}


def _at(body: Any, path: Sequence[str]) -> Any:
    for key in path:
        body = body.get(key) if isinstance(body, dict) else None
    return body


def _says(field: Field, value: Any, stored: Any) -> bool:
    """Whether a value is the stored one; of a field that lists leave out, silence says so too."""
    if value is None:
        return stored is None or field.kept
    if stored is None:
        return False
    return _SAYS[field.type](value, stored, field.kept)


def _document(value: Any, stored: str, is_sorted: bool) -> bool:
    """Whether two JSON values are the same to the type of each number; `is_sorted` lets go of the order of keys."""
    try:
        return json.dumps(value, sort_keys=is_sorted) == json.dumps(json.loads(stored), sort_keys=is_sorted)
    except (ValueError, RecursionError, TypeError):
        return False


def _is_time(value: Any, stored: datetime, _: bool) -> bool:
    return type(value) is str and value == naive_v6_text(stored)


_SAYS: Mapping[str, Callable[[Any, Any, bool], bool]] = {
    "int": lambda value, stored, _: type(value) is int and value == stored,
    "float": lambda value, stored, _: type(value) in (int, float) and value == stored,
    "bool": lambda value, stored, _: value is stored,
    "text": lambda value, stored, _: type(value) is str and value == stored,
    "time": _is_time,
    "json": _document,
    "texts": lambda _value, _stored, _: False,
}
