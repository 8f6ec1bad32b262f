"""Scale v6 job types and job history in DuckDB and pandas.

import jobtype_toolkit as jt

store = jt.sample()             # the bundled sample history, in memory
store = jt.open("ops.duckdb")   # a DuckDB file, made if missing
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
        InputNotFound,
        InvalidManifest,
        InvalidParameter,
        InvalidQuery,
        LoadFailed,
        NotAStore,
        NotFound,
        PlanOutdated,
        Rejected,
        StoreError,
        StoreLocked,
        StoreReadOnly,
        StoreVersion,
        ToolkitError,
        UnreadableInput,
    )
    from jobtype_toolkit.plans import Plan, Sent
    from jobtype_toolkit.provenance import explain
    from jobtype_toolkit.seed.configuration import Configuration
    from jobtype_toolkit.seed.findings import Finding, Validation
    from jobtype_toolkit.seed.manifest import Manifest
    from jobtype_toolkit.seed.validator import validate
    from jobtype_toolkit.services import JobType, JobTypeRevision, ResultCut
    from jobtype_toolkit.store.opening import open, sample  # noqa: A004
    from jobtype_toolkit.store.store import Store

__all__ = [
    "AlreadySent",
    "Ambiguous",
    "Configuration",
    "Finding",
    "InputNotFound",
    "InvalidManifest",
    "InvalidParameter",
    "InvalidQuery",
    "JobType",
    "JobTypeRevision",
    "LoadFailed",
    "Manifest",
    "NotAStore",
    "NotFound",
    "Plan",
    "PlanOutdated",
    "Rejected",
    "ResultCut",
    "Sent",
    "Store",
    "StoreError",
    "StoreLocked",
    "StoreReadOnly",
    "StoreVersion",
    "ToolkitError",
    "UnreadableInput",
    "Validation",
    "__version__",
    "explain",
    "open",
    "sample",
    "validate",
]

_HOMES = {
    "Configuration": "seed.configuration",
    "Finding": "seed.findings",
    "JobType": "services",
    "JobTypeRevision": "services",
    "ResultCut": "services",
    "Manifest": "seed.manifest",
    "Plan": "plans",
    "Sent": "plans",
    "Store": "store.store",
    "Validation": "seed.findings",
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
