"""A small history with a morning worth a report: what is planted in it stands here, and a test can count it by hand."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from histories import ago, job_type

DAY = 24 * 60


def job(status: str, minutes: float, *, name: str = "fit", error: str | None = None, **more: Any) -> dict[str, Any]:
    """Return a job that entered its status some minutes before NOW; one that is over had run for ten of them."""
    is_over = status in ("COMPLETED", "FAILED", "CANCELED")
    times = {"queued": ago(minutes + 20), "started": ago(minutes + 10), "ended": ago(minutes)} if is_over else {}
    return {
        "job_type": name,
        "job_type_version": "1.0",
        "status": status,
        "error_name": error,
        "error_category": "DATA" if error else None,
        "last_status_change": ago(minutes),
        "created": ago(minutes + 30),
        **times,
        **more,
    }


def days(
    name: str, failed: int, finished: int, *, error: str = "usual-error", until: int = 40
) -> Iterator[dict[str, Any]]:
    """Yield the jobs of quiet days, the same number each day, ending a day before NOW."""
    for day in range(1, until):
        for place in range(finished):
            is_failed = place < failed
            yield job(
                "FAILED" if is_failed else "COMPLETED",
                day * DAY + 100 + place,
                name=name,
                error=error if is_failed else None,
            )


def morning() -> Iterator[dict[str, Any]]:
    """Yield a history whose last day has a rise of `fit`, a chronic failer `map`, and jobs that do not get on."""
    yield from days("fit", 0, 10)
    yield from days("map", 2, 10)
    yield from (job("FAILED", 60 + place, error="late-error") for place in range(9))
    yield from (job("COMPLETED", 90 + place) for place in range(3))
    yield from (job("FAILED", 60 + place, name="map", error="usual-error") for place in range(2))
    yield from (job("COMPLETED", 90 + place, name="map") for place in range(8))
    yield from (
        job("RUNNING", 600 + place, name="map", started=ago(600 + place), queued=ago(700)) for place in range(2)
    )
    yield from (job("QUEUED", 300 + place, name="press", queued=ago(300 + place)) for place in range(4))
    yield from (job("QUEUED", 200 + place, name="spot", queued=ago(200 + place)) for place in range(5))


TYPES = (
    job_type(1, "fit", "1.0"),
    job_type(2, "map", "1.0"),
    job_type(3, "press", "1.0", is_paused=True, paused=ago(310), last_modified=ago(310)),
    job_type(4, "spot", "1.0", unmet_resources="gpus"),
)
