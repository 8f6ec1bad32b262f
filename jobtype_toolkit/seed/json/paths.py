"""Paths into a JSON value: `$.job.interface.inputs.files[0].name` and the tuple of its steps."""

from __future__ import annotations

import re
from typing import Any

from jobtype_toolkit.errors import InvalidPath

Path = tuple[str | int, ...]

_PLAIN = re.compile(r"[a-zA-Z][a-zA-Z0-9_]*\Z")
APPEND = -1
"""The step behind the last element of a list, written `[-]`."""
_STEP = re.compile(r"\.?([^.\[\]]+)|\[(\d+|-)\]|\['((?:[^'\\]|\\.)*)'\]")
_ABSENT = object()


def show(path: Path) -> str:
    """Return a path written the way `jsonschema` does: `$.job.errors[0]`, `$.settings['my-key']`."""
    steps = ["$"]
    for step in path:
        if isinstance(step, int):
            steps.append("[-]" if step == APPEND else f"[{step}]")
        elif _PLAIN.match(step):
            steps.append(f".{step}")
        else:
            quoted = step.replace("\\", "\\\\").replace("'", "\\'").encode("utf-8", "backslashreplace").decode()
            steps.append(f"['{quoted}']")
    return "".join(steps)


def parse(path: str | Path) -> Path:
    """Read a path; the leading `$.` may be left out, and names with dashes need no quotes.

    Raises:
        InvalidPath: the text is not a path; the message says from which character on.
    """
    if isinstance(path, tuple):
        return path
    steps: list[str | int] = []
    at = 1 if path.startswith("$") else 0
    while at < len(path):
        match = _STEP.match(path, at)
        if not match:
            msg = f"{path!r} is not a path from character {at + 1} on; write it like $.job.errors[0].name"
            raise InvalidPath(msg)
        name, index, quoted = match.groups()
        if index is not None:
            steps.append(APPEND if index == "-" else int(index))
        else:
            steps.append(name if quoted is None else re.sub(r"\\(.)", r"\1", quoted))
        at = match.end()
    return tuple(steps)


def get(value: Any, path: Path, default: Any = None) -> Any:
    """Return what is at the path, or the default if something on the way is missing."""
    for step in path:
        if isinstance(step, int):
            if not (isinstance(value, list) and 0 <= step < len(value)):
                return default
            value = value[step]
        else:
            value = value.get(step, _ABSENT) if isinstance(value, dict) else _ABSENT
            if value is _ABSENT:
                return default
    return value


def put(value: Any, path: Path, new: Any) -> None:
    """Set what is at the path; missing objects and lists on the way are made, `APPEND` and the end of a list append.

    Raises:
        InvalidPath: the path leads through a text or a number, or beyond the end of a list.
    """
    for at, step in enumerate(path):
        last = at == len(path) - 1
        following: Any = new if last else ([] if isinstance(path[at + 1], int) else {})
        if isinstance(step, str) and isinstance(value, dict):
            if last or step not in value:
                value[step] = following
        elif isinstance(step, int) and isinstance(value, list) and APPEND <= step <= len(value):
            if step in {APPEND, len(value)}:
                value.append(following)
            elif last:
                value[step] = following
        else:
            msg = f"there is no place for {show(path[: at + 1])}"
            raise InvalidPath(msg)
        value = value[step]


def remove(value: Any, path: Path) -> None:
    """Remove what is at the path.

    Raises:
        InvalidPath: nothing is there.
    """
    parent = get(value, path[:-1], _ABSENT)
    if not path or parent is _ABSENT or get(value, path, _ABSENT) is _ABSENT:
        msg = f"there is nothing at {show(path)}"
        raise InvalidPath(msg)
    del parent[path[-1]]


def rename(value: Any, path: Path, name: str) -> None:
    """Give a member another name; it keeps its place in the order.

    Raises:
        InvalidPath: nothing is there.
    """
    parent = get(value, path[:-1], _ABSENT)
    if not path or not isinstance(parent, dict) or path[-1] not in parent:
        msg = f"there is no member at {show(path)}"
        raise InvalidPath(msg)
    members = [(name if key == path[-1] else key, member) for key, member in parent.items()]
    parent.clear()
    parent.update(members)
