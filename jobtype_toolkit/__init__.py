"""Scale v6 job types and job history in DuckDB and pandas.

import jobtype_toolkit as jt

store = jt.sample()             # the bundled sample history, in memory
store = jt.open("ops.duckdb")   # a DuckDB file, made if missing
scale = jt.connect("https://scale.example/api")   # a live v6 server
store.load("jobs.parquet")
store.status(started="P1D")
"""

from typing import Any

from jobtype_toolkit.lazy import loader

_PUBLIC = {
    "api.objects": ["Job", "JobType", "JobTypeRevision"],
    "backend": ["Backend"],
    "display.tables": ["show"],
    "errors": [
        "AlreadySent",
        "Ambiguous",
        "AuthenticationFailed",
        "ConnectionFailed",
        "InputNotFound",
        "InvalidManifest",
        "InvalidPage",
        "InvalidParameter",
        "InvalidPath",
        "InvalidQuery",
        "LoadFailed",
        "NotAStore",
        "NotFound",
        "NotVerified",
        "OutcomeUnknown",
        "PlanOutdated",
        "PullStopped",
        "ReadOnly",
        "Rejected",
        "ResultCut",
        "ServerFailed",
        "StoreError",
        "StoreLocked",
        "StoreReadOnly",
        "StoreVersion",
        "ToolkitError",
        "UnreadableInput",
    ],
    "lakes.backend": ["Lake", "lake"],
    "live.connect": ["connect"],
    "live.retry": ["Retries"],
    "live.scale": ["Scale"],
    "plans.plan": ["Plan"],
    "plans.sent": ["Sent"],
    "provenance": ["explain"],
    "seed.configuration": ["Configuration"],
    "seed.findings": ["Finding", "Validation"],
    "seed.manifest": ["Manifest"],
    "seed.validator": ["validate"],
    "store.store": ["Store", "open", "sample"],
    "sync.report": ["PullReport"],
}
"""Where each public name is defined. `__init__.pyi` tells type checkers the same; a test compares the two."""
_PARTS = ["boards", "forms", "plots"]
"""The modules that are public themselves."""
_load = loader(__name__, _PUBLIC, _PARTS)

__all__ = sorted([*(name for names in _PUBLIC.values() for name in names), *_PARTS, "__version__"])  # noqa: PLE0605 - one table of names; type checkers read __init__.pyi


def __getattr__(name: str) -> Any:
    """Load a public name on first use: importing the package costs next to nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("jobtype-toolkit")
    return _load(name)


def __dir__() -> list[str]:
    return __all__
