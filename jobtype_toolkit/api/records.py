"""Single v6 objects: their fields are attributes, and keys too."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from jobtype_toolkit.api.fields import Resource
from jobtype_toolkit.api.resources import JOB_DETAILS, JOB_TYPE, JOB_TYPE_REVISION
from jobtype_toolkit.errors import InvalidManifest
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.document import Document


class Record(Mapping[str, Any]):
    """One v6 object: its fields are attributes, and keys too; what the server sent beyond them is in `extra`."""

    resource: Resource

    def __init__(self, values: Mapping[str, Any], extra: Mapping[str, Any] | None = None) -> None:
        """Take the values by field name; a field that is absent is None."""
        self._values = {name: values.get(name) for name in self.resource.names}
        self.extra: dict[str, Any] = dict(extra or {})

    def __getattr__(self, name: str) -> Any:
        try:
            return self.__dict__["_values"][name]
        except KeyError:
            msg = f"a {self.resource.name} has no field {name!r}; it has {', '.join(self.resource.names)}, extra"
            raise AttributeError(msg) from None

    def __getitem__(self, key: str) -> Any:
        return self._values[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __dir__(self) -> list[str]:
        return [*super().__dir__(), *self._values]

    def __eq__(self, other: object) -> bool:
        return isinstance(other, type(self)) and self._values == other._values and self.extra == other.extra

    def __hash__(self) -> int:
        return hash((type(self), self._values["id"]))

    def __repr__(self) -> str:
        name, version, number = (self._values[key] for key in ("name", "version", "revision_num"))
        return f"<{type(self).__name__} {name} {version}, revision {number}>"


class JobType(Record):
    """The details of a job type: all v6 fields as attributes, `manifest` and `configuration` as plain dicts."""

    resource = JOB_TYPE


class JobTypeRevision(Record):
    """One revision of a job type, with the manifest of that time: `later.manifest.breaking_changes(earlier)`.

    `manifest` is a `Manifest`, and a plain dict under its key; whatever reads a manifest takes the revision itself too.
    """

    resource = JOB_TYPE_REVISION

    @property
    def manifest(self) -> Any:
        """A `Manifest` of its own; what is no manifest at all as it is."""
        from jobtype_toolkit.seed.manifest import Manifest  # a record that nobody compares needs none

        value = self._values["manifest"]
        try:
            return Manifest.of(documents.plain(value)) if isinstance(value, Mapping) else value
        except InvalidManifest:
            return value

    def as_document(self) -> Document:
        """Return the manifest as a document of its own."""
        return documents.plain(self._values["manifest"])


class Job(Record):
    """One job with its input, output, resources, current execution and effective configuration as plain JSON values."""

    resource = JOB_DETAILS

    def __repr__(self) -> str:
        values = self._values
        return f"<Job {values['id']}: {values['job_type']} {values['job_type_version']}, {values['status']}>"
