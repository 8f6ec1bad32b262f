"""A job type configuration as a value."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from jobtype_toolkit.seed.json.object import JsonObject
from jobtype_toolkit.seed.manifest import Manifest
from jobtype_toolkit.seed.normalize import normalised_configuration, secret_settings
from jobtype_toolkit.seed.schema import Schema, configuration_schema
from jobtype_toolkit.seed.sections import SECTIONS, items


class Configuration(JsonObject):
    """A job type configuration, edited like a dict. Its repr never shows the value of a setting."""

    _kind: ClassVar[str] = "configuration"

    @classmethod
    def _schema(cls) -> Schema:
        return configuration_schema()

    @classmethod
    def new(cls, *, default_workspace: str = "", priority: int = 100) -> Self:
        """Return a configuration with all four sections and nothing in them."""
        return cls.read(
            {
                "mounts": {},
                "output_workspaces": {"default": default_workspace, "outputs": {}},
                "priority": priority,
                "settings": {},
            }
        )

    @classmethod
    def for_manifest(cls, manifest: Any) -> Self:
        """Return a configuration with the manifest's mounts, settings and file outputs laid out, ready to fill.

        `validate` finds what is still empty: a host path that is not absolute, a workspace that is not known.

        Args:
            manifest: whatever `Manifest.read` takes.
        """
        data = Manifest.read(manifest).data

        def names(section: str) -> list[str]:
            return [item["name"] for _, item in items(data, SECTIONS[section]) if isinstance(item.get("name"), str)]

        return cls.read(
            {
                "mounts": {name: {"type": "host", "host_path": ""} for name in names("mount")},
                "output_workspaces": {"default": "", "outputs": dict.fromkeys(names("file output"), "")},
                "priority": 100,
                "settings": dict.fromkeys(names("setting"), ""),
            }
        )

    @staticmethod
    def _normalise(data: Any) -> Any:
        return normalised_configuration(data)

    def normalised(self, manifest: Any = None) -> Self:
        """Return the configuration as a v6 server gives it back: four sections, defaults written out, no version.

        Args:
            manifest: a manifest; the values of its secret settings are left out then.
        """
        return self.read(normalised_configuration(self.data, manifest))

    def without_secrets(self, manifest: Any) -> Self:
        """Return a copy without the values of the settings that the manifest marks as secret."""
        public = self.copy()
        settings = public.data.get("settings")
        if isinstance(settings, dict):
            for name in secret_settings(manifest):
                settings.pop(name, None)
        return public

    def __repr__(self) -> str:
        """Return what is configured, by name; never a value."""
        counts = []
        for section in ("mounts", "settings"):
            found = self.data.get(section)
            counts.append(
                f"{section}: {', '.join(map(str, found)) or 'none'}" if isinstance(found, dict) else f"{section}: none"
            )
        return f"<Configuration {'; '.join(counts)}>".encode("ascii", "backslashreplace").decode()
