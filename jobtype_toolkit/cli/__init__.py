"""The command line: `jobtype-toolkit demo | load | types | versions | revisions | jobs | status | pending | running | failures`.

Exit codes: 0 answered, also with nothing; 1 the toolkit refused, the reason on stderr; 2 the command as given makes no
sense; 3 loaded, but some rows were rejected; 130 interrupted; 141 the reader of the output went away.
"""

from jobtype_toolkit.cli.app import app, main

__all__ = ["app", "main"]
