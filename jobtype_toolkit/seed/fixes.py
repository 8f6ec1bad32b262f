"""Fixes: changes that a machine can make, each safe to make unseen or not."""

from __future__ import annotations

import copy
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

from jobtype_toolkit.seed.json import paths
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.schema import manifest_schema

_SEMVER_START = re.compile(r"[vV]?(\d+(?:\.\d+){0,2})(?=$|[-+])")


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a fix: set, remove or rename what is at the path."""

    kind: Literal["set", "remove", "rename"]
    path: Path
    value: Any = None

    def apply(self, root: Any) -> Any:
        """Return the document's value after the change; objects and lists are changed in place."""
        if self.kind == "set":
            if not self.path:
                return copy.deepcopy(self.value)
            paths.put(root, self.path, copy.deepcopy(self.value))
        elif self.kind == "remove":
            paths.remove(root, self.path)
        else:
            paths.rename(root, self.path, self.value)
        return root


@dataclass(frozen=True, slots=True)
class Fix:
    """A remedy. `text` is the whole repaired text if the document was not JSON; otherwise `changes` say what to do.

    Safe means: one obvious result, meaning unchanged, may be applied in bulk.
    """

    title: str
    safe: bool = False
    changes: tuple[Change, ...] = ()
    text: str | None = field(default=None, repr=False)


def setting(path: Path, value: Any, title: str, *, safe: bool = False) -> Fix:
    """Return the fix that puts a value at a path."""
    return Fix(title, safe, (Change("set", path, value),))


def renaming(path: Path, name: str, title: str) -> Fix:
    """Return the fix that gives a member another name."""
    return Fix(title, changes=(Change("rename", path, name),))


RENAMED = {
    "algorithmVersion": "jobVersion",
    "inputData": "inputs",
    "outputData": "outputs",
    "errorMapping": "errors",
    "cmd": "command",
    "args": "command",
    "manifestVersion": "seedVersion",
    "manifest_version": "seedVersion",
    "version": "seedVersion",
}
"""Members of older formats that only have another name now."""
_MOVED: dict[str, Path] = {
    "authorName": ("job", "maintainer", "name"),
    "authorEmail": ("job", "maintainer", "email"),
    "authorUrl": ("job", "maintainer", "url"),
}
_RESOURCES = {"cpus": "cpus", "mem": "mem", "storage": "disk", "sharedMem": "sharedmem"}


def from_older_format(path: Path, value: Any, root: Any) -> Fix | None:
    """Return the fix that brings a member of an older format to its place in Seed 1.0.0, if there is one."""
    name, parent = str(path[-1]), paths.get(root, path[:-1], {})
    scalar = paths.get(root, ("job", "resources", "scalar"), [])
    gone = Change("remove", path)
    target = next((new for old, new in RENAMED.items() if old == name and _known(new, path[:-1])), None)
    if target:
        return None if target in parent else renaming(path, target, f'rename it to "{target}"')
    if (
        name in _MOVED
        and paths.get(root, _MOVED[name]) is None
        and isinstance(paths.get(root, _MOVED[name][:-1], {}), dict)
    ):
        return Fix(f"move it to {paths.show(_MOVED[name])}", changes=(Change("set", _MOVED[name], value), gone))
    if name in _RESOURCES and path[:-1] == ("job",) and isinstance(scalar, list) and type(value) in {int, float}:
        entry = Change("set", ("job", "resources", "scalar", len(scalar)), {"name": _RESOURCES[name], "value": value})
        return Fix('move it to "resources.scalar"', changes=(entry, gone))
    if name == "count" and "multiple" not in parent:
        return Fix('write "multiple"', changes=(Change("set", (*path[:-1], "multiple"), value not in ("1", 1)), gone))
    if name == "type":
        return Fix("remove it", changes=(gone,))
    return None


def _known(name: str, parent: Path) -> bool:
    node = manifest_schema().at(parent)
    return node is not None and name in node.properties


def version(text: str) -> tuple[str, bool] | None:
    """Return a full version number made of an incomplete one, and whether only stripping and filling was needed."""
    stripped = text.strip()
    match = _SEMVER_START.match(stripped)
    if not match:
        return ("1.0.0", False) if not stripped else None
    parts = [str(int(part)) for part in match[1].split(".")] if len(match[1]) < 100 else []
    if not parts:
        return None
    full = ".".join([*parts, "0", "0"][:3]) + stripped[match.end(1) :]
    return full, True


def identifier(text: str, *, underscore: bool) -> str:
    """Return the nearest name of letters, digits and '-' (and '_'); empty if nothing remains."""
    plain = unicodedata.normalize("NFKD", text.strip()).encode("ascii", "ignore").decode()
    plain = re.sub(r"[\s./]+", "-", plain)
    if not underscore:
        plain = plain.replace("_", "-")
    return re.sub(r"[^a-zA-Z0-9_-]", "", plain)


def renamed_variable(command: str, old: str, new: str) -> str:
    """Return the command with `${old}` as `${new}`."""
    return re.sub(
        rf"\$(\{{)?{re.escape(old)}(?(1)\}}|(?![A-Za-z0-9_]))",
        lambda match: f"${{{new}}}" if match[1] else f"${new}",
        command,
    )
