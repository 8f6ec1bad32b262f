"""What a server tells of itself: its release, and the workspaces that it has."""

from __future__ import annotations

from typing import Any

import pandas as pd

from jobtype_toolkit.errors import ServerFailed
from jobtype_toolkit.live.asking import Asking, unique
from jobtype_toolkit.live.http import Params
from jobtype_toolkit.resources import WORKSPACE
from jobtype_toolkit.services import sort


class ServerReads:
    """What a server tells of itself."""

    _asking: Asking

    def version(self) -> str:
        """Return the release of the server (GET version/), which needs no token."""
        http = self._asking.http
        found = http.get("version/").value
        said = found.get("version") if isinstance(found, dict) else None
        if not isinstance(said, str):
            msg = f"{http.base}/v6/version/ does not tell a version. Is this a v6 server?"
            raise ServerFailed(msg, status=200)
        return said

    def workspaces(self) -> pd.DataFrame:
        """Return the workspaces (GET workspaces/): `name, is_active`; what configurations are checked against."""
        return sort(self._asking.frame("workspaces", self.rows("workspaces/"), WORKSPACE.fields), [("name", True)])

    def rows(self, path: str, params: Params = ()) -> list[Any]:
        """Return all rows of any v6 list as the server sends them, each id once: `scale.rows("nodes/")`."""
        return unique(self._asking.rows(path, params)[0])
