"""What a server tells of itself: its release, and the workspaces that it has."""

from __future__ import annotations

import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.errors import ServerFailed
from jobtype_toolkit.live.asking import Asking, unique
from jobtype_toolkit.resources import WORKSPACE


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
        rows, _ = self._asking.rows("workspaces/")
        made = frames.from_bodies(unique(rows), WORKSPACE.fields)
        made.attrs = {"service": "workspaces", "source": self._asking.http.base, "count": len(made), "notes": []}
        return made.sort_values("name", ignore_index=True)
