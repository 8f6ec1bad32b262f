"""Scale v6 job types and job history in DuckDB and pandas.

import jobtype_toolkit as jt

store = jt.sample()             # the bundled sample history, in memory
store = jt.open("ops.duckdb")   # a DuckDB file, made if missing
scale = jt.connect("https://scale.example/api")   # a live v6 server
store.load("jobs.parquet")
store.status(started="P1D")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jobtype_toolkit.errors import (
        AlreadySent,
        Ambiguous,
        AuthenticationFailed,
        ConnectionFailed,
        InputNotFound,
        InvalidManifest,
        InvalidParameter,
        InvalidQuery,
        LoadFailed,
        NotAStore,
        NotFound,
        OutcomeUnknown,
        PlanOutdated,
        PullStopped,
        Rejected,
        ServerFailed,
        StoreError,
        StoreLocked,
        StoreReadOnly,
        StoreVersion,
        ToolkitError,
        UnreadableInput,
    )
    from jobtype_toolkit.live.opening import connect
    from jobtype_toolkit.live.retrying import Retries
    from jobtype_toolkit.live.scale import Scale
    from jobtype_toolkit.plans import Plan
    from jobtype_toolkit.provenance import explain
    from jobtype_toolkit.records import Job, JobType, JobTypeRevision
    from jobtype_toolkit.seed.configuration import Configuration
    from jobtype_toolkit.seed.findings import Finding, Validation
    from jobtype_toolkit.seed.manifest import Manifest
    from jobtype_toolkit.seed.validator import validate
    from jobtype_toolkit.sent import Sent
    from jobtype_toolkit.services import ResultCut
    from jobtype_toolkit.store.opening import open, sample  # noqa: A004
    from jobtype_toolkit.store.pull.report import PullReport
    from jobtype_toolkit.store.store import Store

__all__ = [
    "AlreadySent",
    "Ambiguous",
    "AuthenticationFailed",
    "Configuration",
    "ConnectionFailed",
    "Finding",
    "InputNotFound",
    "InvalidManifest",
    "InvalidParameter",
    "InvalidQuery",
    "Job",
    "JobType",
    "JobTypeRevision",
    "LoadFailed",
    "Manifest",
    "NotAStore",
    "NotFound",
    "OutcomeUnknown",
    "Plan",
    "PlanOutdated",
    "PullReport",
    "PullStopped",
    "Rejected",
    "ResultCut",
    "Retries",
    "Scale",
    "Sent",
    "ServerFailed",
    "Store",
    "StoreError",
    "StoreLocked",
    "StoreReadOnly",
    "StoreVersion",
    "ToolkitError",
    "UnreadableInput",
    "Validation",
    "__version__",
    "connect",
    "explain",
    "open",
    "sample",
    "validate",
]

_HOMES = {
    "Configuration": "seed.configuration",
    "Finding": "seed.findings",
    "Job": "records",
    "JobType": "records",
    "JobTypeRevision": "records",
    "ResultCut": "services",
    "Manifest": "seed.manifest",
    "Plan": "plans",
    "PullReport": "store.pull.report",
    "Retries": "live.retrying",
    "Scale": "live.scale",
    "Sent": "sent",
    "Store": "store.store",
    "Validation": "seed.findings",
    "connect": "live.opening",
    "explain": "provenance",
    "open": "store.opening",
    "sample": "store.opening",
    "validate": "seed.validator",
}


def __getattr__(name: str) -> Any:
    """Load a public name on first use: importing the package costs next to nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("jobtype-toolkit")
    if name not in __all__:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    found = getattr(import_module(f"{__name__}.{_HOMES.get(name, 'errors')}"), name)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return __all__
