"""Scale v6 job types and job history in DuckDB and pandas.

import jobtype_toolkit as jt

store = jt.sample()             # the bundled sample history, in memory
store = jt.open("ops.duckdb")   # a DuckDB file, made if missing
scale = jt.connect("https://scale.example/api")   # a live v6 server
store.load("jobs.parquet")
store.status(started="P1D")
"""

from importlib import import_module
from typing import Any

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
_MODULES = {name: module for module, names in _PUBLIC.items() for name in names}

__all__ = sorted([*_MODULES, "__version__"])  # noqa: PLE0605 - one table of names; type checkers read __init__.pyi


def __getattr__(name: str) -> Any:
    """Load a public name on first use: importing the package costs next to nothing."""
    if name == "__version__":
        from importlib.metadata import version

        return version("jobtype-toolkit")
    if name not in _MODULES:
        msg = f"module {__name__!r} has no attribute {name!r}"
        raise AttributeError(msg)
    value = getattr(import_module(f"{__name__}.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
