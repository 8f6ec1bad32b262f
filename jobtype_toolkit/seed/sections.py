"""Where a manifest keeps its named items, and the resources that Scale knows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jobtype_toolkit.seed.json.paths import Path, get

SECTIONS: dict[str, Path] = {
    "resource": ("job", "resources", "scalar"),
    "file input": ("job", "interface", "inputs", "files"),
    "JSON input": ("job", "interface", "inputs", "json"),
    "file output": ("job", "interface", "outputs", "files"),
    "JSON output": ("job", "interface", "outputs", "json"),
    "mount": ("job", "interface", "mounts"),
    "setting": ("job", "interface", "settings"),
    "error": ("job", "errors"),
}
"""The sections whose items have names, in the order in which seed-cli fills its name space."""
RESOURCES: Path = ("job", "resources")
INTERFACE: Path = ("job", "interface")
COMMAND: Path = (*INTERFACE, "command")
STANDARD_RESOURCES = ("cpus", "mem", "disk", "gpus", "sharedmem")
MINIMUM = {"cpus": 0.25, "mem": 128, "disk": 0}
"""The least that Scale gives a job, which seed-cli wants to see declared; mem and disk in MiB."""


def items(manifest: Any, path: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """Yield the objects in a list of a manifest, each with its path; elements of another shape are left out."""
    elements = get(manifest, path)
    for index, item in enumerate(elements if isinstance(elements, list) else ()):
        if isinstance(item, dict):
            yield (*path, index), item
