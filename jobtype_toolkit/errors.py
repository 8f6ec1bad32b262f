"""The errors of the toolkit: one root, and each also is the builtin it resembles.

ToolkitError
├── AlreadySent (RuntimeError)      a plan is sent once only
├── Ambiguous (ValueError)          several sources, and none was named
├── AuthenticationFailed (PermissionError)  a server does not know the caller, or does not let him
├── ConnectionFailed (ConnectionError)      no answer from a server
│   └── OutcomeUnknown              a write was sent, and what became of it could not be found out
├── InvalidParameter (ValueError)   an argument that no v6 service would take
├── InvalidManifest (ValueError)    a text that cannot be held as a manifest or configuration at all
├── InvalidQuery (ValueError)       the reader's own SQL does not run
├── LoadFailed (ValueError)         an input that cannot be loaded; nothing was changed
├── InputNotFound (FileNotFoundError)
├── NotFound (KeyError)             no such name, version, revision, source or load
├── PlanOutdated (RuntimeError)     what a plan was made for has changed meanwhile
├── PullStopped (RuntimeError)      the history could not be pulled to its end; its `report` tells how far it is
├── Rejected (ValueError)           what the home refuses; nothing was changed
├── ServerFailed (RuntimeError)     an answer that is no v6 answer: a failure of the server's own, a broken body
├── UnreadableInput (OSError)       a manifest or configuration file that is not there or cannot be read
└── StoreError (OSError)            something is wrong with the store's file
    ├── NotAStore                   not a DuckDB file, or one that the toolkit did not make
    ├── StoreReadOnly               a write to a store opened with read_only=True
    ├── StoreLocked                 another process holds the file
    └── StoreVersion                the file's schema is newer, or older and may not be upgraded

UserWarning
└── ResultCut                       a `limit` left rows out

Every message says what was asked, what is wrong and what to do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobtype_toolkit.seed.findings import Finding


class ToolkitError(Exception):
    """Root of all errors that the toolkit raises on purpose."""


class AlreadySent(ToolkitError, RuntimeError):
    """A plan is sent once only: sending it again would write twice."""


class Ambiguous(ToolkitError, ValueError):
    """The store holds several sources and the call names none."""


class AuthenticationFailed(ToolkitError, PermissionError):
    """A server does not know the caller, or does not let him do what was asked (401, and v6's 403)."""


class ConnectionFailed(ToolkitError, ConnectionError):
    """A server could not be reached, or its answer did not come whole, also when asked again."""


class OutcomeUnknown(ConnectionFailed):
    """A write was sent, its answer was lost, and looking at the server did not tell what became of it."""


class InvalidParameter(ToolkitError, ValueError):
    """An argument that the service does not take, or a value it cannot have."""


class InvalidManifest(ToolkitError, ValueError):
    """A text that cannot be held as a manifest or a configuration at all."""


class InvalidQuery(ToolkitError, ValueError):
    """The SQL given to `Store.sql` does not run."""


class LoadFailed(ToolkitError, ValueError):
    """The input as a whole cannot be loaded. The store is as it was before."""


class InputNotFound(ToolkitError, FileNotFoundError):
    """No file at the path, in the folder, or matching the pattern."""


class NotFound(ToolkitError, KeyError):
    """What was asked for does not exist."""

    def __str__(self) -> str:
        """Return the message as it is: KeyError would show it in quotes."""
        return str(self.args[0]) if self.args else ""


class PlanOutdated(ToolkitError, RuntimeError):
    """What a plan was made for has changed meanwhile. Nothing was written."""


class PullStopped(ToolkitError, RuntimeError):
    """A pull could not be done to its end. What came before is in the store, and the next pull goes on from there."""

    def __init__(self, message: str, report: Any) -> None:
        """Take what to tell, and what was done until then, a `PullReport`."""
        super().__init__(message)
        self.report = report


class Rejected(ToolkitError, ValueError):
    """What a server, or the store in its place, refuses (400). Nothing was changed."""

    def __init__(
        self, message: str, *, status: int = 400, detail: str = "", findings: tuple[Finding, ...] = ()
    ) -> None:
        """Take what to tell, and what v6 tells: the status of the answer, its detail, and here all findings."""
        super().__init__(message)
        self.status = status
        self.detail = detail
        self.findings = findings


class ServerFailed(ToolkitError, RuntimeError):
    """A server failed on its own account (5xx), or answered with what is no v6 answer."""

    def __init__(self, message: str, *, status: int = 500, detail: str = "") -> None:
        """Take what to tell, the status of the answer and what it said."""
        super().__init__(message)
        self.status = status
        self.detail = detail


class UnreadableInput(ToolkitError, OSError):
    """A manifest or configuration file that is not there or cannot be read."""


class StoreError(ToolkitError, OSError):
    """Something is wrong with the file behind a store."""


class NotAStore(StoreError):
    """The file is no DuckDB file, or not one that the toolkit made."""


class StoreReadOnly(StoreError):
    """A write to a store that was opened with `read_only=True`."""


class StoreLocked(StoreError):
    """Another process holds the file, and it did not let go in time."""


class StoreVersion(StoreError):
    """The file has a schema version that this release cannot use as it is."""


class ResultCut(UserWarning):
    """A `limit` left rows out; `frame.attrs["count"]` says how many there are."""
