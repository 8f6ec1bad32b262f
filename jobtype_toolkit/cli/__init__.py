"""The command line, `jobtype-toolkit`: fill a store, ask it, write and validate manifests, manage job types.

Exit codes: 0 answered, also with nothing; 1 the toolkit refused, the reason on stderr, or `validate` found errors; 2 the
command as given makes no sense, or a manifest could not be read; 3 loaded, but some rows were rejected; 4 `report --fail-on` found something that had not alarmed before; 130 interrupted;
141 the reader of the output went away.
"""

from jobtype_toolkit.cli.app import app, main

__all__ = ["app", "main"]
