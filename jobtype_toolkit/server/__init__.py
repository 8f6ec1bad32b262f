"""A local v6 server: the URLs, bodies, paging, errors and quirks of a real Scale server, over a store."""

from __future__ import annotations

from importlib.util import find_spec

from jobtype_toolkit.errors import ToolkitError

_NEEDED = ("starlette", "uvicorn")


def needed() -> None:
    """Look whether what the server is made of is installed.

    Raises:
        ToolkitError: it is not; the message says what to install.
    """
    missing = [name for name in _NEEDED if find_spec(name) is None]
    if missing:
        msg = f"The server needs {' and '.join(missing)}. Install them: pip install 'jobtype-toolkit[server]'"
        raise ToolkitError(msg)
