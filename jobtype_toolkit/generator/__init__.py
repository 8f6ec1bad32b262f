"""A seeded generator of job types and job histories, and the place of the history that ships with the package."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from os import PathLike

__all__ = ["folder", "generate"]

SEED = 7
JOBS = 100_000
DAYS = 90
ENDED = "2026-10-28T15:00:00Z"


def folder() -> Path:
    """The folder of the bundled sample: inside an installed package, at the top of a checkout."""
    here = Path(__file__).resolve().parent
    places = [here / "data", here.parents[1] / "data"]
    for place in places:
        if (place / "jobs.parquet").is_file():
            return place
    looked = " and ".join(str(place) for place in places)
    msg = (
        f"The bundled sample is in neither {looked}; write it with `python -m jobtype_toolkit.generator {places[-1]}`."
    )
    raise FileNotFoundError(msg)


def generate(
    folder: str | PathLike[str],
    *,
    seed: int = SEED,
    jobs: int = JOBS,
    incidents: str = "planted",
    ended: str | datetime = ENDED,
    days: int = DAYS,
    types: int | None = None,
) -> Path:
    """Write a history into a folder (made if missing) and give the folder; the same arguments give the same files.

    ``incidents`` is ``"planted"`` (the six fixed ones), ``"random"`` (drawn from the seed) or ``"none"``; ``ended`` is
    the last moment of the history, aware; ``types`` multiplies the catalogue to about that many job types.
    """
    # numpy and duckdb come in with the first use.
    from jobtype_toolkit.generator import write

    return write.generate(Path(folder), seed=seed, jobs=jobs, incidents=incidents, ended=ended, days=days, types=types)
