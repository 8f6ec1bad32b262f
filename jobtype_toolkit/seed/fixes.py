"""Fixes: changes that a machine can make, each safe to make unseen or not."""

from __future__ import annotations

import copy
import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any, Literal

from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json import paths
from jobtype_toolkit.seed.json.paths import Path
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.schema import manifest_schema
from jobtype_toolkit.seed.sections import COMMAND


@dataclass(frozen=True, slots=True)
class Change:
    """One step of a fix: set, remove or rename what is at the path, or rename a variable in the command there."""

    kind: Literal["set", "remove", "rename", "variable"]
    path: Path
    value: Any = None
    """What to set, the new name of a member, or the old and the new name of a variable in the command at the path."""

    def apply(self, root: Any) -> Any:
        """Return the document's value after the change; objects and lists are changed in place."""
        if self.kind == "set":
            if not self.path:
                return copy.deepcopy(self.value)
            paths.put(root, self.path, copy.deepcopy(self.value))
        elif self.kind == "remove":
            paths.remove(root, self.path)
        elif self.kind == "variable":
            command = paths.get(root, self.path)
            if isinstance(command, str):
                paths.put(root, self.path, renamed_variable(command, *self.value))
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

    def apply(self, manifest: Any) -> Manifest:
        """Return a new manifest with this remedy applied; its `applied` says so.

        Args:
            manifest: the one that was validated, or any that `Manifest.read` takes; it is not changed.

        Raises:
            InvalidPath: the remedy belongs to another manifest.
            InvalidManifest: the manifest is not JSON, or no object.
        """
        if self.text is not None:
            return Manifest(Manifest.of(documents.parse(self.text)).as_document(), applied=(self.title,))
        made = Manifest.read(manifest).copy()
        value: Any = made.data
        for change in self.changes:
            value = change.apply(value)
        made = made if value is made.data else Manifest.read(value)
        return Manifest(made.as_document(), made.notes, (*made.applied, self.title))


def setting(path: Path, value: Any, title: str, *, safe: bool = False) -> Fix:
    """Return the fix that puts a value at a path."""
    return Fix(title, safe, (Change("set", path, value),))


def renaming(path: Path, name: str, title: str) -> Fix:
    """Return the fix that gives a member another name."""
    return Fix(title, changes=(Change("rename", path, name),))


def respelling(old: str, new: str) -> Fix:
    """Return the fix that writes another variable in the command."""
    return Fix(f"use ${{{new}}}", changes=(Change("variable", COMMAND, (old, new)),))


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
        entry = Change("set", ("job", "resources", "scalar", paths.APPEND), {"name": _RESOURCES[name], "value": value})
        return Fix('move it to "resources.scalar"', changes=(entry, gone))
    if name == "count" and "multiple" not in parent:
        return Fix('write "multiple"', changes=(Change("set", (*path[:-1], "multiple"), value not in ("1", 1)), gone))
    if name == "type":
        return Fix("remove it", changes=(gone,))
    return None


def _known(name: str, parent: Path) -> bool:
    node = manifest_schema().at(parent)
    return node is not None and name in node.properties


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
