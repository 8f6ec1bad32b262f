"""What a v6 server makes of a manifest and of a configuration before it stores them."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any

from jobtype_toolkit.seed.json.paths import get
from jobtype_toolkit.seed.schema import configuration_schema, manifest_schema
from jobtype_toolkit.seed.sections import SECTIONS, items


def normalised_manifest(manifest: Any) -> Any:
    """Return a copy with v6's defaults written out and the names of resources in lower case.

    The defaults are those of the schema (D35). Parts of the wrong shape stay as they are.
    """
    stored = copy.deepcopy(manifest)
    for section, path in SECTIONS.items():
        node = manifest_schema().at((*path, 0))
        found = get(stored, path)
        for item in found if isinstance(found, list) and node else ():
            if not isinstance(item, dict):
                continue
            if section == "file input":
                item.setdefault("mediaTypes", [])
            for name, member in node.properties.items():  # type: ignore[union-attr]
                if member.has_default:
                    item.setdefault(name, copy.deepcopy(member.default))
            if section == "error" and "name" in item:
                item.setdefault("title", item["name"])
            if section == "resource" and isinstance(item.get("name"), str):
                item["name"] = item["name"].lower()
    return stored


def normalised_configuration(configuration: Any, manifest: Any = None) -> Any:
    """Return a copy as a v6 server gives it back: four sections, defaults written out, no version.

    Args:
        configuration: any value; it is not changed, and only objects are completed.
        manifest: if given, the values of its secret settings are left out: a server never returns them.
    """
    stored = copy.deepcopy(configuration)
    if not isinstance(stored, dict):
        return stored
    stored.pop("version", None)
    for name, member in configuration_schema().properties.items():
        if name != "version":
            stored.setdefault(name, copy.deepcopy(member.default))
    if isinstance(stored["output_workspaces"], dict):
        stored["output_workspaces"].setdefault("default", "")
        stored["output_workspaces"].setdefault("outputs", {})
    mounts = stored["mounts"]
    for mount in mounts.values() if isinstance(mounts, dict) else ():
        if isinstance(mount, dict) and mount.get("type") == "volume":
            mount.setdefault("driver", "")
            mount.setdefault("driver_opts", {})
    if isinstance(stored["settings"], dict):
        for name in secret_settings(manifest):
            stored["settings"].pop(name, None)
    return {name: stored[name] for name in configuration_schema().properties if name != "version"}


def settings_of(configuration: Any) -> Mapping[str, Any]:
    """Return the settings of a configuration, empty if it has none of the right shape."""
    settings = configuration.get("settings") if isinstance(configuration, dict) else None
    return settings if isinstance(settings, dict) else {}


def secret_settings(manifest: Any) -> set[str]:
    """Return the names of the settings that a manifest marks as secret."""
    settings = get(manifest, SECTIONS["setting"])
    return {
        item["name"]
        for item in (settings if isinstance(settings, list) else ())
        if isinstance(item, dict) and item.get("secret") is True and isinstance(item.get("name"), str)
    }


def declared_settings(manifest: Any) -> set[str]:
    """Return the names of the settings that a manifest declares."""
    names = (one.get("name") for _, one in items(manifest, SECTIONS["setting"]))
    return {name for name in names if isinstance(name, str)}


def undeclared_settings(configuration: Any, manifest: Any) -> set[str]:
    """Return the names of the settings that a manifest does not know; none if it is not known itself.

    What is not declared may be a secret under a misspelt name.
    """
    return {*settings_of(configuration)} - declared_settings(manifest) if isinstance(manifest, dict) else set()


def public_configuration(configuration: Any, manifest: Any) -> Any:
    """Return a configuration without the values of settings that are secret or that the manifest does not know."""
    hidden = secret_settings(manifest) | undeclared_settings(configuration, manifest)
    settings = settings_of(configuration)
    if hidden.isdisjoint(settings):
        return configuration
    return configuration | {"settings": {name: text for name, text in settings.items() if name not in hidden}}
