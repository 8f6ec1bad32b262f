"""A Seed manifest as a value."""

from __future__ import annotations

import re
from io import StringIO
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.object import JsonObject
from jobtype_toolkit.seed.normalize import normalised_manifest
from jobtype_toolkit.seed.schema import Schema, manifest_schema
from jobtype_toolkit.seed.sections import MINIMUM

if TYPE_CHECKING:
    from jobtype_toolkit.seed.compatibility import Compatibility

PARTS = ("major", "minor", "patch")
_SEMVER_START = re.compile(r"[vV]?(\d+(?:\.\d+){0,2})(?=$|[-+])")


class Manifest(JsonObject):
    """A Seed manifest, edited like a dict: `manifest["job"]["title"]`, `manifest.at("$.job.errors[0].name")`."""

    _kind: ClassVar[str] = "manifest"

    @classmethod
    def _schema(cls) -> Schema:
        return manifest_schema()

    @classmethod
    def new(
        cls,
        name: str,
        *,
        title: str | None = None,
        description: str = "",
        job_version: str = "1.0.0",
        package_version: str = "1.0.0",
        maintainer: dict[str, str] | None = None,
        timeout: int = 3600,
        command: str = "",
    ) -> Self:
        """Return a manifest that every validator accepts if the name is valid: no inputs, the least resources.

        Args:
            name: the job's name: letters, digits and '-'.
            title: for people; the name if not given.
            description: likewise.
            job_version: version of the algorithm, MAJOR.MINOR.PATCH.
            package_version: version of the image.
            maintainer: `name` and `email`, and what else the schema has.
            timeout: the longest run, in seconds.
            command: the command line of the job.
        """
        job = {
            "name": name,
            "jobVersion": job_version,
            "packageVersion": package_version,
            "title": name if title is None else title,
            "description": description,
            "maintainer": dict(maintainer or {"name": "", "email": ""}),
            "timeout": timeout,
            "resources": {"scalar": [{"name": resource, "value": least} for resource, least in MINIMUM.items()]},
            "interface": {
                "command": command,
                "inputs": {"files": [], "json": []},
                "outputs": {"files": [], "json": []},
                "mounts": [],
                "settings": [],
            },
            "errors": [],
        }
        return cls.read({"seedVersion": "1.0.0", "job": job})

    @classmethod
    def from_image_label(cls, text: str) -> Self:
        r"""Read the value of an image's label `com.ngageoint.seed.manifest`.

        Takes the JSON itself, JSON inside a JSON text, and the escaped form that stands in a Dockerfile (`\"`, `\$`,
        `\/`, and a backslash at the end of a continued line).

        Raises:
            InvalidManifest: none of them fits.
        """
        stripped = text.strip()
        if stripped.startswith("LABEL "):
            stripped = stripped.partition("=")[2].strip()
        if documents.parse(stripped).faults and "\\" in stripped:
            joined = re.sub(r"\\\r?\n", "", stripped.removeprefix('"').removesuffix('"'))
            stripped = re.sub(r'\\(["$/\\])', r"\1", joined)
        return cls.read(StringIO(stripped))

    @property
    def name(self) -> Any:
        """The job's name, None if the draft has none."""
        return self.at("job.name")

    @property
    def version(self) -> Any:
        """The job's version, None if the draft has none."""
        return self.at("job.jobVersion")

    def bump(self, part: Literal["major", "minor", "patch"], *, package: bool = False) -> Self:
        """Raise a part of `jobVersion` in place; the parts after it become 0, and extensions are dropped.

        Args:
            part: `major`, `minor` or `patch`.
            package: raise `packageVersion` instead.

        Raises:
            InvalidManifest: there is no such part, or the present version is not a version.
        """
        if part not in PARTS:
            msg = f"there is no version part {part!r}; use major, minor or patch"
            raise InvalidManifest(msg)
        path = ("job", "packageVersion" if package else "jobVersion")
        present = self.at(path)
        full = full_version(present) if isinstance(present, str) and present.strip() else None
        if not full:
            msg = f"{path[1]} is not a version that can be raised; write it as MAJOR.MINOR.PATCH first"
            raise InvalidManifest(msg)
        numbers = [int(number) for number in full[0].replace("+", "-").split("-")[0].split(".")]
        at = PARTS.index(part)
        return self.set(path, ".".join(map(str, [*numbers[:at], numbers[at] + 1, *[0] * (2 - at)])))

    @staticmethod
    def _normalise(data: Any) -> Any:
        return normalised_manifest(data)

    def normalised(self) -> Self:
        """Return the manifest as a v6 server stores it: defaults written out, names of resources in lower case."""
        return self.read(normalised_manifest(self.data))

    def breaking_changes(self, old: Any) -> Compatibility:
        """Return what changed since the old manifest, with a verdict for each change, and which version to raise.

        Args:
            old: whatever `read` takes.
        """
        from jobtype_toolkit.seed.compatibility import compare  # which validates manifests

        return compare(Manifest.read(old).data, self.data)

    def __repr__(self) -> str:
        """Return name and version; never the content."""
        return f"<Manifest {self.name!s} {self.version!s}>".encode("ascii", "backslashreplace").decode()


def full_version(text: str) -> tuple[str, bool] | None:
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
