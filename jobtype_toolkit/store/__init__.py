"""A DuckDB file that holds job types, revisions and job history, and answers the v6 read services."""

from jobtype_toolkit.store.store import Store

__all__ = ["Store"]
