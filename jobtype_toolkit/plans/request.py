"""A requested change, what is there now, and how backends differ in applying it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from jobtype_toolkit.api.records import JobTypeRevision
from jobtype_toolkit.api.services import checked
from jobtype_toolkit.errors import InvalidParameter
from jobtype_toolkit.seed.json import document as documents
from jobtype_toolkit.seed.json.document import Document
from jobtype_toolkit.seed.json.paths import get
from jobtype_toolkit.seed.normalize import settings_of
from jobtype_toolkit.seed.validator import Target

HIDDEN = "<hidden>"
"""What stands for the value of a secret setting."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """What is asked for. `changes` are checked values; manifest and configuration are documents."""

    name: str
    version: str
    changes: Mapping[str, Any] = field(repr=False)
    replace: bool = False
    is_edit: bool = False
    allow_unreachable: bool = False
    """Whether a version that a server stores and cannot address is all right (D14)."""
    confirm_secrets: bool = False
    """Whether some secret settings may be given without the others, which are lost then."""

    def document(self, name: str) -> Document | None:
        """Return the manifest or the configuration if there is one to apply."""
        found: Document | None = self.changes.get(name)
        is_empty = self.is_edit and found is not None and found.value == {} and not found.faults
        return None if is_empty else found

    def without_empty(self, current: Current) -> ChangeRequest:
        """Return the request without an empty configuration, which v6 ignores."""
        found = self.changes.get("configuration")
        if self.is_edit or current.values is None or found is None or found.value != {} or found.faults:
            return self
        return replace(self, changes={name: one for name, one in self.changes.items() if name != "configuration"})

    def asked(self, secrets: Iterable[str]) -> dict[str, Any]:
        """Return what is asked for as plain values, those of secret settings hidden."""
        asked = {name: one.value if isinstance(one, Document) else one for name, one in self.changes.items()}
        settings = settings_of(asked.get("configuration"))
        if settings:
            hidden = {name: HIDDEN if name in secrets else value for name, value in settings.items()}
            asked["configuration"] = asked["configuration"] | {"settings": hidden}
        return asked


def create_request(manifest: Any, changes: Mapping[str, Any], **how: bool) -> ChangeRequest:
    """Return the request to create what the manifest describes; a change that is None was not requested.

    Raises:
        InvalidParameter: a value that is not of its kind, or too long; no image.
        UnreadableInput: a path that cannot be read.
    """
    given = {name: value for name, value in checked(changes).items() if value is not None}
    if "docker_image" not in given:
        msg = "add(docker_image=None): a job type needs an image. Give its name, such as 'x-1.0.0-seed:1.0.0'."
        raise InvalidParameter(msg)
    document = documents.load(manifest)
    name, version = (text_of(get(document.value, ("job", key))) for key in ("name", "jobVersion"))
    given["manifest"] = document
    if "configuration" in given:
        given["configuration"] = documents.load(given["configuration"])
    return ChangeRequest(name, version, given, **how)


def edit_request(name: str, version: str, changes: Mapping[str, Any], **how: bool) -> ChangeRequest:
    """Return the request to edit a job type; None is a value of its own here.

    Raises:
        InvalidParameter: a value that is not of its kind, or too long.
        UnreadableInput: a path that cannot be read.
    """
    given = checked(changes)
    revision = given.get("manifest")
    if isinstance(revision, JobTypeRevision) and revision.docker_image:
        given.setdefault("docker_image", revision.docker_image)
    for key in ("manifest", "configuration"):
        if given.get(key) is not None:
            given[key] = documents.load(given[key])
    return ChangeRequest(text_of(name), text_of(version), given, is_edit=True, **how)


def text_of(value: Any) -> str:
    """Return a text; an empty one if the value is not text."""
    return value if isinstance(value, str) else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Current:
    """What a backend holds of a name and version, as a plan sees it."""

    name: str
    version: str
    values: Mapping[str, Any] | None = field(repr=False)
    """v6's fields as plain values, times aware; None if there is no such job type."""
    revision_num: int
    """The greatest number of a revision, 0 without any."""
    workspaces: Mapping[str, bool] | None
    """Name → is_active; None if none are known."""
    secrets: frozenset[str] = frozenset()
    """The settings that some revision marks as secret, as far as that is known."""
    is_inferred: bool = False
    """Whether only what jobs say of it is known."""

    def document(self, name: str) -> Any:
        """Return the manifest or the configuration as it is stored; None if it is not known."""
        return self.values[name] if self.values else None


@dataclass(frozen=True, slots=True)
class Capabilities:
    """How the backends, and the releases of a server, differ in applying a request."""

    is_server: bool = False
    """Whether it is a v6 server, which ignores some changes (D20, D21), keeps secrets, and drops some if others are given."""
    is_before_7_0_1: bool = False
    """Whether edits there take neither manifest nor image, and can neither end a pause nor deprecate."""
    release: str = ""
    """The version that the server reports; empty if it reports none."""
    against: Target = "7.2"
    """The release whose refusals count."""


STORE = Capabilities()
SERVER = Capabilities(is_server=True)
