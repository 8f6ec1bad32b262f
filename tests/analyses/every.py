"""Every question, asked with arguments that fit a history."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import pandas as pd

import jobtype_toolkit as jt
from jobtype_toolkit.analyses.question import Question


class Asker:
    """Asks about the most frequent type of a history, and about all of its time, as of an instant."""

    def __init__(self, store: jt.Store, now: datetime) -> None:
        self.store, self.now = store, now
        kinds = store.sql("SELECT job_type, job_type_version FROM job GROUP BY ALL ORDER BY count(*) DESC, 1, 2")
        name = kinds["job_type"][0] if len(kinds) else "none"
        versions = sorted(kinds[kinds["job_type"] == name]["job_type_version"]) or ["1"]
        families = store.analyses.failure_families(None, now=now)["family"]
        self.known: Mapping[str, Any] = {
            "name": name,
            "version": versions[0],
            "before": versions[0],
            "after": versions[-1],
            "since": "0001-01-01T00:00:00Z",
            "family": families[0] if len(families) else "none",
        }

    def __call__(self, question: Question, **more: Any) -> pd.DataFrame:
        """Return the answer of a question; one that needs what is not known here is for this class to learn."""
        given = {one.name: self.known[one.name] for one in question.parameters if one.is_required}
        if question.name == "compare_revisions":
            given |= {"before": 1, "after": 2}
        if question.name not in ("backlog", "worse_than_usual"):  # a row per hour, and a history before
            given |= {one.name: None for one in question.parameters if one.name == "started"}
        return getattr(self.store.analyses, question.name)(**given | more, now=self.now)
