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
from jobtype_toolkit.seed.sections import COMMAND, INTERFACE, RESOURCES, SECTIONS


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
            InvalidManifest: nothing could be made of the manifest's text, or it is no object.
        """
        if self.text is not None:
            return Manifest(Manifest.of(documents.parse(self.text)).as_document(), applied=(self.title,))
        made = Manifest.read(documents.load(manifest).sound()).copy()
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
_RESOURCES = {
    "cpu": "cpus",
    "cpus": "cpus",
    "cores": "cpus",
    "mem": "mem",
    "memory": "mem",
    "ram": "mem",
    "disk": "disk",
    "disks": "disk",
    "storage": "disk",
    "gpu": "gpus",
    "gpus": "gpus",
    "sharedmem": "sharedmem",
    "shm": "sharedmem",
}


def standard_resource(name: str) -> str | None:
    """Return the standard resource that a name means, whatever its case and dashes; None if it means none."""
    return _RESOURCES.get(name.lower().replace("-", "").replace("_", ""))


def from_older_format(path: Path, value: Any, root: Any) -> Fix | None:
    """Return the fix that brings a member of an older format to its place in Seed 1.0.0, if there is one."""
    name, parent = str(path[-1]), paths.get(root, path[:-1], {})
    gone = Change("remove", path)
    if name in {"cmd", "args"} and {"cmd", "args"} <= set(parent):
        return _joined(path[:-1], parent)
    target = next((new for old, new in RENAMED.items() if old == name and _known(new, path[:-1])), None)
    if target:
        return None if target in parent else renaming(path, target, f'rename it to "{target}"')
    if (
        name in _MOVED
        and paths.get(root, _MOVED[name]) is None
        and isinstance(paths.get(root, _MOVED[name][:-1], {}), dict)
    ):
        return Fix(f"move it to {paths.show(_MOVED[name])}", changes=(Change("set", _MOVED[name], value), gone))
    if name == "count" and path[:4] == ("job", "interface", "outputs", "files") and "multiple" not in parent:
        return Fix('write "multiple"', changes=(Change("set", (*path[:-1], "multiple"), value not in ("1", 1)), gone))
    if name == "type" and is_file(path[:-1]):
        return Fix("remove it", changes=(gone,))
    return _into_its_section(path, value, root)


def _into_its_section(path: Path, value: Any, root: Any) -> Fix | None:
    """Return the fix that moves resources and environment variables to where they are declared in Seed 1.0.0."""
    name, parent = path[-1], path[:-1]
    if name == "resources" and parent in {(), INTERFACE}:
        return _moved_resources(path, value, root)
    if name == "envVars" and parent in {("job",), INTERFACE}:
        return _as_settings(path, value, root)
    return _as_resource(path, value, root) if parent in {("job",), RESOURCES, INTERFACE} else None


def is_file(path: Path) -> bool:
    """Whether the path leads to a file input or a file output."""
    return path[:2] == ("job", "interface") and path[2:3] in {("inputs",), ("outputs",)} and path[3:4] == ("files",)


def _joined(interface: Path, parent: dict[str, Any]) -> Fix | None:
    """Return the fix that puts `cmd` and `args` together; None if they are no texts, or a command is there already."""
    pieces = [parent["cmd"], *(parent["args"] if isinstance(parent["args"], list) else [parent["args"]])]
    if "command" in parent or not all(isinstance(piece, str) for piece in pieces):
        return None
    gone = (Change("remove", (*interface, name)) for name in ("cmd", "args"))
    command = Change("set", (*interface, "command"), " ".join(piece.strip() for piece in pieces).strip())
    return Fix('put "cmd" and "args" together as "command"', changes=(command, *gone))


def _as_resource(path: Path, value: Any, root: Any) -> Fix | None:
    """Return the fix that makes a member such as `cpus` an entry of the resources; None if they have one already."""
    name, scalar = standard_resource(str(path[-1])), paths.get(root, SECTIONS["resource"], [])
    if name is None or not isinstance(scalar, list) or type(value) not in {int, float}:
        return None
    if not isinstance(paths.get(root, RESOURCES, {}), dict):
        return None
    if name in {entry.get("name") for entry in scalar if isinstance(entry, dict)} and path[:-1] != ("job",):
        return None
    entry = Change("set", (*SECTIONS["resource"], paths.APPEND), {"name": name, "value": value})
    return Fix('move it to "resources.scalar"', changes=(entry, Change("remove", path)))


def _moved_resources(path: Path, value: Any, root: Any) -> Fix | None:
    """Return the fix that puts the resources into the job; None if it has some already, or they have another shape."""
    if isinstance(value, list):
        value = {"scalar": value}
    elif isinstance(value, dict) and value and all(type(amount) in {int, float} for amount in value.values()):
        value = {"scalar": [{"name": name, "value": amount} for name, amount in value.items()]}
    if not isinstance(value, dict) or "scalar" not in value or paths.get(root, RESOURCES) is not None:
        return None
    if not isinstance(paths.get(root, ("job",)), dict):
        return None
    return Fix('move it to "job"', changes=(Change("set", RESOURCES, value), Change("remove", path)))


def _as_settings(path: Path, value: Any, root: Any) -> Fix | None:
    """Return the fix that declares environment variables as settings, which have no values in a manifest."""
    entries = [{"name": name} for name in value] if isinstance(value, dict) else value
    present = paths.get(root, SECTIONS["setting"], [])
    if not (isinstance(entries, list) and isinstance(present, list)):
        return None
    names = [entry.get("name") if isinstance(entry, dict) else None for entry in entries]
    if not all(isinstance(name, str) for name in names):
        return None
    known = {entry.get("name") for entry in present if isinstance(entry, dict) and isinstance(entry.get("name"), str)}
    new = [name for name in dict.fromkeys(names) if name not in known]
    changes = (Change("set", (*SECTIONS["setting"], paths.APPEND), {"name": name}) for name in new)
    return Fix("declare them as settings, without their values", changes=(*changes, Change("remove", path)))


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
