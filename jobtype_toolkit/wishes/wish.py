"""What is asked for, what is there, and where the homes differ in what they make of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from jobtype_toolkit.seed.document import Document
from jobtype_toolkit.seed.validator import Target


@dataclass(frozen=True, slots=True)
class Wish:
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
        """Return the manifest or the configuration where there is one to apply."""
        found: Document | None = self.changes.get(name)
        is_empty = self.is_edit and found is not None and found.value == {} and not found.faults
        return None if is_empty else found


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a home holds of a name and version, as a plan sees it."""

    name: str
    version: str
    values: Mapping[str, Any] | None = field(repr=False)
    """v6's fields as plain values, times aware; None where there is no such job type."""
    revision_num: int
    """The greatest number of a revision, 0 without any."""
    workspaces: Mapping[str, bool] | None
    """Name → is_active; None where none are known."""
    secrets: frozenset[str] = frozenset()
    """The settings that some revision marks as secret, as far as that is known."""
    is_inferred: bool = False
    """Whether only what jobs say of it is known."""

    def document(self, name: str) -> Any:
        """Return the manifest or the configuration as it is held; None where it is not known."""
        return self.values[name] if self.values else None


@dataclass(frozen=True, slots=True)
class Rules:
    """Where the homes, and the releases of a server, differ in what they make of a wish."""

    is_server: bool = False
    """Whether it is a v6 server, which ignores some wishes (D20, D21), knows secrets, and loses some with others."""
    is_before_7_0_1: bool = False
    """Whether an edit takes neither manifest nor image there, and undoes nothing (v6-semantics 0)."""
    release: str = ""
    """What the server says that it is; empty where it says nothing."""
    against: Target = "7.2"
    """The release whose refusals count."""


STORE = Rules()
SERVER = Rules(is_server=True)
