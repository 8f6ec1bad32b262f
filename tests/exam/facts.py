"""What happens to job types, as files of several days tell it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from exam.judge import Score
from exam.tables import NOW, ago, fill, store

TYPES, DAYS = 40, 6
KINDS = ("new_version", "new_revision", "paused", "resumed", "edited", "deprecated", "new_error", "gone_error", None)


def ask(seed: int, score: Score) -> None:
    """Ask what changed since the day before the first change; each type has one change or none."""
    draw = np.random.default_rng(seed)
    happens = {
        f"type-{place:02}": (draw.choice(np.array(KINDS, dtype=object)), int(draw.integers(1, DAYS)))
        for place in range(TYPES)
    }
    planted = {(kind, name, _what(kind)) for name, (kind, _) in happens.items() if kind}
    with store() as made:
        for day in range(DAYS + 1):
            rows = [one for place, name in enumerate(happens) for one in _types(place, name, *happens[name], day)]
            fill(made, "job_types", rows, observed=ago(days=DAYS - day, hours=1))
        fill(
            made,
            "job_type_revisions",
            [
                _revision(place, name, day)
                for place, (name, (kind, day)) in enumerate(happens.items())
                if kind == "new_revision"
            ],
        )
        fill(made, "jobs", _jobs(draw, happens))
        found = made.analyses.changes(f"P{DAYS}D", now=NOW)
    told = set(found[["kind", "name", "what"]].itertuples(index=False, name=None))
    for fact in planted:
        score.add("changes: facts told", fact in told)
    for fact in told:
        score.add("changes: facts that did not happen", fact not in planted)


def _what(kind: str) -> str:
    return {"new_version": "2.0.0", "new_revision": "2"}.get(
        kind, "fresh" if kind == "new_error" else "old" if kind == "gone_error" else "1.0.0"
    )


def _types(place: int, name: str, kind: str | None, day: int, today: int) -> list[dict[str, Any]]:
    """Return the records of a type as they are on a day."""
    is_done = today > day
    at = ago(days=DAYS - day)
    one: dict[str, Any] = {
        "id": place + 1,
        "name": name,
        "version": "1.0.0",
        "is_active": True,
        "is_paused": kind == "resumed" and not is_done,
        "paused": ago(days=90) if kind == "resumed" and not is_done else None,
        "deprecated": None,
        "max_tries": 3,
        "created": ago(days=200),
        "last_modified": ago(days=90),
    }
    if is_done and kind in ("paused", "resumed", "edited", "deprecated", "new_revision"):
        one["last_modified"] = at
        one |= {
            "paused": {"is_paused": True, "paused": at},
            "deprecated": {"is_active": False, "deprecated": at},
            "edited": {"max_tries": 5},
        }.get(kind, {})
    second = {**one, "id": place + 1001, "version": "2.0.0", "created": at, "last_modified": at}
    return [one, second] if kind == "new_version" and is_done else [one]


def _revision(place: int, name: str, day: int) -> dict[str, Any]:
    return {
        "id": place + 1,
        "job_type_id": place + 1,
        "name": name,
        "version": "1.0.0",
        "revision_num": 2,
        "created": ago(days=DAYS - day),
    }


def _jobs(draw: np.random.Generator, happens: dict[str, tuple[Any, int]]) -> pd.DataFrame:
    """Return jobs that fail now and then with `usual`, up to a day with `old`, or from a day on with `fresh`."""
    rows = []
    for name, (kind, day) in happens.items():
        back = draw.uniform(0.01, 2 * DAYS, 400)  # days
        is_later, error = back < DAYS - day, np.where(draw.random(400) < 0.1, "usual", None)
        if kind == "new_error":
            error = np.where(is_later & (draw.random(400) < 0.2), "fresh", error)
        if kind == "gone_error":
            error = np.where((back > DAYS) & (draw.random(400) < 0.2), "old", error)
        rows.append(pd.DataFrame({"job_type": name, "job_type_version": "1.0.0", "error_name": error, "back": back}))
    jobs = pd.concat(rows, ignore_index=True)
    is_bad = jobs["error_name"].notna()
    moment = pd.Timestamp(NOW) - pd.to_timedelta((jobs["back"] * 86400).round(), unit="s")
    return jobs.drop(columns="back").assign(
        id=np.arange(1, len(jobs) + 1),
        status=np.where(is_bad, "FAILED", "COMPLETED"),
        error_category=pd.Series("DATA", index=jobs.index).where(is_bad),
        last_status_change=moment,
    )
