"""How jobs fare, by SQL, as far as a statement on the declared parameters is not enough: status and jobs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from jobtype_toolkit.api.arguments import check_page
from jobtype_toolkit.api.resources import CATEGORIES, STATUSES
from jobtype_toolkit.api.services import Order
from jobtype_toolkit.backend import Query
from jobtype_toolkit.queries.reader import Reader, plain
from jobtype_toolkit.sqlfiles import quoted, sql


def status(reader: Reader, query: Query) -> pd.DataFrame:
    """Return jobs by job type, status and category; statuses in the order of a job's life."""
    return reader.answer(query, sql(query.service.sql), status_parameters(query.filters))


def status_parameters(filters: Mapping[str, Any]) -> dict[str, Any]:
    """Return what the SQL of status binds."""
    return {**plain(filters), "statuses": list(STATUSES), "categories": list(CATEGORIES)}


def jobs(reader: Reader, query: Query) -> pd.DataFrame:
    """Return the page or the first rows asked for, or all; `attrs["count"]` is the number of all that match."""
    bound = plain(query.filters)
    matching = sql("queries/jobs.matching")
    counted = reader.fetch(sql("queries/jobs.count", matching=matching), {**bound, "source": query.scope.source})
    count = int(counted["n"][0])
    part = ""
    if query.page:
        check_page(query.page, count)
        number, size = query.page
        bound |= {"limit": min(size, query.limit or size), "offset": (number - 1) * size}
        part = sql("queries/jobs.part")
    elif query.limit:
        bound |= {"limit": min(query.limit, count), "offset": 0}
        part = sql("queries/jobs.part")
    text = sql("queries/jobs.page", matching=matching, order=_order_sql(query.order), part=part.rstrip())
    frame = reader.answer(query, text, bound)
    frame.attrs["count"] = count
    return frame


def _order_sql(keys: Order) -> str:
    """Return ORDER BY terms from names that were checked against the vocabulary; nulls as PostgreSQL has them."""
    named = [f"{quoted(name)} {'ASC NULLS LAST' if up else 'DESC NULLS FIRST'}" for name, up in keys]
    return ", ".join([*named, '"last_modified" ASC NULLS LAST', '"id"'])
