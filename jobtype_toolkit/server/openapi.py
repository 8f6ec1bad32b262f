"""The description of the server in OpenAPI 3.1."""

from __future__ import annotations

from typing import Any

from jobtype_toolkit.server.releases import Release


def description(release: Release, root: str, *, has_token: bool) -> dict[str, Any]:
    """Return the description."""
    return {"openapi": "3.1.0"}
