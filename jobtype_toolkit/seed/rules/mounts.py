"""Rules about the mounts of a manifest; their names are in `names`, those of a configuration in `configuration`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from jobtype_toolkit.seed import fixes
from jobtype_toolkit.seed.findings import SCALE, Finding, advice, finding
from jobtype_toolkit.seed.json.paths import Path, show
from jobtype_toolkit.seed.sections import SECTIONS, items
from jobtype_toolkit.seed.text import shown


def refused_mounts(manifest: Any) -> Iterator[Finding]:
    """Yield the mounts that Scale refuses: those whose path is not absolute."""
    for path, mount in items(manifest, SECTIONS["mount"]):
        folder = mount.get("path")
        if isinstance(folder, str) and not folder.startswith("/"):
            absolute = "/" + folder.strip().removeprefix("./")
            plain = re.fullmatch(r"[\w./-]+", folder.strip())
            yield finding(
                "INVALID_MOUNT_PATH",
                (*path, "path"),
                f"The mount path {shown(folder)} is not absolute.",
                f"Use {shown(absolute)}." if plain else "Write a path that begins with '/'.",
                {SCALE},
                fix=fixes.setting((*path, "path"), absolute, f"use {shown(absolute)}") if plain else None,
            )


def mount_advice(manifest: Any) -> Iterator[Finding]:
    """Yield advice on paths that go up, or that two mounts share."""
    seen: dict[str, Path] = {}
    for path, mount in items(manifest, SECTIONS["mount"]):
        folder = mount.get("path")
        if not isinstance(folder, str):
            continue
        if ".." in folder.split("/"):
            yield advice(
                "MOUNT_PATH_DOTS",
                (*path, "path"),
                f"The mount path {shown(folder)} goes up with '..'.",
                "Write it out.",
            )
        if folder in seen:
            yield advice(
                "SHARED_MOUNT_PATH",
                (*path, "path"),
                f"The mount at {show(seen[folder])} has the same path.",
                "Give each mount a folder of its own.",
                severity="warning",
            )
        seen.setdefault(folder, path)
