"""The store or server that a form is for: what it is called, and what can be completed from it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from jobtype_toolkit.errors import ToolkitError
from jobtype_toolkit.seed.sections import STANDARD_RESOURCES
from jobtype_toolkit.sqlfiles import sql

if TYPE_CHECKING:
    from jobtype_toolkit.backend import Backend

USUAL_MEDIA_TYPES = (
    "application/json", "application/octet-stream", "application/pdf", "application/vnd.geo+json", "application/x-hdf5",
    "application/xml", "application/zip", "image/jp2", "image/jpeg", "image/nitf", "image/png", "image/tiff", "text/csv",
    "text/plain",
)  # fmt: skip
"""Media types of files that jobs of this field read and write."""


class Target:
    """A store or a server, None for none. It is asked once for each thing, when it is needed; one that fails suggests nothing."""

    def __init__(self, backend: Backend | None) -> None:
        self.backend = backend

    @property
    def name(self) -> str:
        """What a button calls it: the address of a server, the name of a store's file."""
        url, path = getattr(self.backend, "url", ""), getattr(self.backend, "path", None)
        return str(url) if url else path.name if path is not None else "the store in memory"

    @cached_property
    def known(self) -> dict[str, bool] | None:
        """The target's workspaces, by name whether they are active; None if it knows none."""
        if self.backend is None:
            return None
        try:
            found = self.backend.workspaces()
        except ToolkitError:
            return None
        return {str(name): bool(active) for name, active in zip(found["name"], found["is_active"], strict=True)} or None

    @property
    def workspaces(self) -> list[str]:
        """The names of the target's active workspaces."""
        return sorted(name for name, active in (self.known or {}).items() if active)

    @cached_property
    def resources(self) -> list[str]:
        """The names of Scale's resources, then those that manifests in the target use."""
        return [*STANDARD_RESOURCES, *(name for name in self._used("resources") if name not in STANDARD_RESOURCES)]

    @cached_property
    def media_types(self) -> list[str]:
        """Usual media types, and those that manifests in the target use."""
        return sorted({*USUAL_MEDIA_TYPES, *self._used("media_types")})

    def _used(self, section: str) -> list[str]:
        """Return the words that the manifests of a store use; a server would have to be asked for each of its types."""
        ask = getattr(self.backend, "sql", None)
        if ask is None:
            return []
        try:
            return [str(word) for word in ask(sql(f"forms/target.{section}"))["word"]]
        except ToolkitError:
            return []
