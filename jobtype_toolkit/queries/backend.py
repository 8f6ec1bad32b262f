"""`SqlBackend`: a backend whose history is asked by SQL, whatever runs the SQL."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pandas as pd

from jobtype_toolkit import frames
from jobtype_toolkit.analyses.questions import Analyses, Question
from jobtype_toolkit.api.times import Time
from jobtype_toolkit.backend import Backend, Query, Scope, refuse_reversed
from jobtype_toolkit.errors import NotFound
from jobtype_toolkit.queries import job_types, jobs
from jobtype_toolkit.queries.reader import Reader, plain
from jobtype_toolkit.sqlfiles import sql

_ANSWERS: Mapping[str, Callable[[Reader, Query], pd.DataFrame]] = {
    "job_type_names": job_types.names,
    "job_types": job_types.listed,
    "versions": job_types.versions,
    "revisions": job_types.revisions,
    "status": jobs.status,
    "jobs": jobs.jobs,
}
"""The services whose answer is more than one SQL statement on the declared parameters."""
_DETAILS = {"job_type": "queries/job_types.details", "revision": "queries/job_types.revision"}


class SqlBackend(Backend):
    """A history in tables; `reader` runs the SQL."""

    reader: Reader

    @property
    def analyses(self) -> Analyses:
        """Questions beyond the v6 services, one method each."""
        return Analyses(self._analysed)

    def _scope(self, source: str | None, now: Time | None = None, times: Sequence[Time | None] = ()) -> Scope:  # noqa: ARG002
        return self.reader.scope(source, now)

    def _answer(self, query: Query) -> pd.DataFrame:
        if answer := _ANSWERS.get(query.service.name):
            return answer(self.reader, query)
        return self.reader.answer(query, sql(query.service.sql), plain(query.filters))

    def _details(self, query: Query) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
        bound = {**query.filters, "source": query.scope.source}
        columns = self.reader.fetch(sql(_DETAILS[query.service.name]), bound)
        if not len(columns["id"]):
            raise NotFound
        extra = columns["extra"][0]
        values = frames.first(frames.from_columns(columns, query.service.row.fields))
        return values, json.loads(extra) if isinstance(extra, str) else {}

    def _analysed(self, question: Question, given: Mapping[str, Any]) -> pd.DataFrame:
        """Answer a question beyond the v6 services."""
        filters = {name: value for name, value in given.items() if name not in ("now", "source")}
        query = self._ask(question, filters, now=given.get("now"), source=given.get("source"))
        refuse_reversed(query.window, filters.get("started"), filters.get("ended"))
        return question.finish(self._answer(query), query)
