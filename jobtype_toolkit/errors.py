"""The errors and warnings of the toolkit: one root, and each error is also the builtin it resembles.

ToolkitError
├── AlreadySent (RuntimeError)      a plan can be sent only once
├── Ambiguous (ValueError)          the store holds several sources, and none was named
├── AuthenticationFailed (PermissionError)  the server rejects the caller's credentials or permissions
├── ConnectionFailed (ConnectionError)      the server did not answer
│   └── OutcomeUnknown              a write was sent, and its outcome could not be found out
├── InputNotFound (FileNotFoundError)       no file to load
├── InvalidManifest (ValueError)    a text that cannot be held as a manifest or configuration at all
├── InvalidParameter (ValueError)   an argument that the call does not take
├── InvalidPath (ValueError)        a path that leads nowhere in a manifest or configuration
├── InvalidQuery (ValueError)       the reader's own SQL does not run
├── LoadFailed (ValueError)         an input that cannot be loaded; nothing was changed
├── NotFound (KeyError)             no such name, version, revision, source or load
│   └── InvalidPage                 a page past the end
├── PlanOutdated (RuntimeError)     the job type has changed since the plan was made
├── PullStopped (RuntimeError)      the history could not be pulled to its end; its `report` tells how far it is
├── ReadOnly (OSError)              a change of a lake, which is only read
├── Rejected (ValueError)           the server or the store refuses a change; nothing was changed
├── ServerFailed (RuntimeError)     the server failed, or its answer is not a v6 answer
├── UnreadableInput (OSError)       a manifest or configuration file that is missing or cannot be read
└── StoreError (OSError)            something is wrong with the store's file
    ├── NotAStore                   not a DuckDB file, or one that the toolkit did not make
    ├── StoreLocked                 another process holds the file
    ├── StoreReadOnly               a write to a store opened with read_only=True
    └── StoreVersion                the file's schema is newer, or older and may not be upgraded

UserWarning
├── NotVerified                     a server's certificate is not verified, or a secret is not kept
└── ResultCut                       `limit` left rows out

Every message says what was asked, what is wrong and what to do.
"""

from __future__ import annotations

from typing import Any


class ToolkitError(Exception):
    """Root of all errors that the toolkit raises on purpose."""


class AlreadySent(ToolkitError, RuntimeError):
    """The plan was sent already: sending it again would write twice."""


class Ambiguous(ToolkitError, ValueError):
    """The store holds several sources and the call names none."""


class AuthenticationFailed(ToolkitError, PermissionError):
    """The server rejects the caller's credentials or permissions (401, and v6's 403)."""


class ConnectionFailed(ToolkitError, ConnectionError):
    """The server could not be reached, or its answer was incomplete, also after further attempts."""


class OutcomeUnknown(ConnectionFailed):
    """A write was sent, its answer was lost, and the server does not show whether it was applied."""


class InputNotFound(ToolkitError, FileNotFoundError):
    """No file at the path, in the folder, or matching the pattern."""


class InvalidManifest(ToolkitError, ValueError):
    """The text cannot be held as a manifest or a configuration at all."""


class InvalidParameter(ToolkitError, ValueError):
    """An argument that the call does not take, or a value that it cannot have."""


class InvalidPath(ToolkitError, ValueError):
    """A text that is not a path, or a path that leads nowhere in this manifest or configuration."""


class InvalidQuery(ToolkitError, ValueError):
    """The SQL given to `Store.sql` does not run."""


class LoadFailed(ToolkitError, ValueError):
    """The input as a whole cannot be loaded. The store is as it was before."""


class NotFound(ToolkitError, KeyError):
    """There is no such name, version, revision, source or load."""

    def __str__(self) -> str:
        """Return the message as it is: KeyError would show it in quotes."""
        return str(self.args[0]) if self.args else ""


class InvalidPage(NotFound):
    """The page is past the end of the list."""


class PlanOutdated(ToolkitError, RuntimeError):
    """The job type has changed since the plan was made. Nothing was written."""


class PullStopped(ToolkitError, RuntimeError):
    """A pull could not be finished. What came before is in the store, and the next pull goes on from there.

    `report` is the `PullReport` of what was done until then.
    """

    def __init__(self, message: str, report: Any) -> None:
        super().__init__(message)
        self.report = report


class ReadOnly(ToolkitError, OSError):
    """A change of a lake, which is only read. Nothing was read or changed."""


class Rejected(ToolkitError, ValueError):
    """The server, or the store in its place, refuses a change (400). Nothing was changed.

    `status` and `detail` are those of v6's answer; `findings` holds everything that speaks against the change, as
    `Finding`s.
    """

    def __init__(self, message: str, *, status: int = 400, detail: str = "", findings: tuple[Any, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail
        self.findings = findings


class ServerFailed(ToolkitError, RuntimeError):
    """The server failed (5xx), or its answer is not a v6 answer. `status` and `detail` are those of the answer."""

    def __init__(self, message: str, *, status: int = 500, detail: str = "") -> None:
        super().__init__(message)
        self.status = status
        self.detail = detail


class UnreadableInput(ToolkitError, OSError):
    """A manifest or configuration file that is missing or cannot be read."""


class StoreError(ToolkitError, OSError):
    """Something is wrong with the file behind a store."""


class NotAStore(StoreError):
    """The file is not a DuckDB file, or not one that the toolkit made."""


class StoreLocked(StoreError):
    """Another process holds the file, and did not release it in time."""


class StoreReadOnly(StoreError):
    """A write to a store that was opened with `read_only=True`."""


class StoreVersion(StoreError):
    """The file has a schema version that this release cannot use as it is."""


class NotVerified(UserWarning):
    """The server's certificate is not verified: whoever stands in between can read the token."""


class ResultCut(UserWarning):
    """A `limit` left rows out; `frame.attrs["count"]` says how many there are."""
