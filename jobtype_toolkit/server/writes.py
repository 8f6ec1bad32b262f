"""The services that take a body."""

from __future__ import annotations

from jobtype_toolkit.server.answered import Answer, not_found
from jobtype_toolkit.server.asked import Asked
from jobtype_toolkit.server.facts import Facts


def not_written(facts: Facts, asked: Asked) -> Answer:
    """Answer POST errors/ and PATCH errors/{id}/: 404, although Allow names them."""
    raise not_found()


add = edit = validate = add_name = add_job = not_written
