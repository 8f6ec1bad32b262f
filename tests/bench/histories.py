"""The input of the benchmark: a generated history, a changed part of it, and pages as a v6 server sends them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import duckdb

from jobtype_toolkit.api.resources import JOB, NOT_IN_LISTS, nested
from jobtype_toolkit.api.times import v6_text
from jobtype_toolkit.generator import generate

PAGE = 1000


def history(folder: Path, jobs: int) -> Path:
    """Return a folder with a history of a year and about 100 job types, made once."""
    place = folder / str(jobs)
    if not (place / "jobs.parquet").exists():
        generate(place, jobs=jobs, days=365, types=100)
    return place


def one_percent(place: Path) -> Path:
    """Return a file with every hundredth job, one hour later."""
    file = place / "one-percent.parquet"
    if not file.exists():
        duckdb.execute(
            f"COPY (SELECT * REPLACE (last_modified + INTERVAL 1 HOUR AS last_modified) "
            f"FROM '{place}/jobs.parquet' WHERE id % 100 = 7) TO '{file}'"
        )
    return file


def pages(place: Path, jobs: int) -> list[Path]:
    """Return v6 list pages with the first jobs of a history."""
    folder = place / f"pages-{jobs}"
    if not folder.exists():
        folder.mkdir()
        types = {one["id"]: one for one in json.loads((place / "job_types.json").read_text())}
        errors = {one["id"]: one for one in json.loads((place / "errors.json").read_text())}
        found = duckdb.connect()
        found.execute("SET TimeZone = 'UTC'")
        found.execute(f"SELECT COLUMNS(*)::VARCHAR FROM '{place}/jobs.parquet' LIMIT 0")
        answer = found.execute(f"FROM (SELECT * FROM '{place}/jobs.parquet' LIMIT {jobs})").fetchnumpy()
        names = list(answer)
        rows = [
            dict(zip(names, row, strict=True)) for row in zip(*(answer[name].tolist() for name in names), strict=True)
        ]
        for number in range(0, len(rows), PAGE):
            results = [_body(row, types, errors) for row in rows[number : number + PAGE]]
            page = {"count": len(rows), "next": None, "previous": None, "results": results}
            text = json.dumps(page, separators=(",", ":"), ensure_ascii=False)
            (folder / f"{number // PAGE:06}.json").write_text(text, encoding="utf-8")
    return sorted(folder.iterdir())


def lines(place: Path, jobs: int) -> Path:
    """Return the rows of those pages as NDJSON."""
    file = place / f"pages-{jobs}.ndjson"
    if not file.exists():
        with file.open("w", encoding="utf-8") as out:
            for page in pages(place, jobs):
                for body in json.loads(page.read_bytes())["results"]:
                    out.write(json.dumps(body, separators=(",", ":"), ensure_ascii=False) + "\n")
    return file


def _body(row: dict[str, Any], types: dict[int, Any], errors: dict[int, Any]) -> dict[str, Any]:
    said = {name: v6_text(value) if hasattr(value, "astimezone") else value for name, value in row.items()}
    body = nested(said, [field for field in JOB.fields if field.name not in NOT_IN_LISTS])
    body["job_type"] = {name: types[row["job_type_id"]][name] for name in _BASE}
    if row["error_id"] is not None:
        body["error"] = {name: errors[row["error_id"]][name] for name in _ERROR}
    body["input_files"] = {}
    return body


_BASE = (
    "id", "name", "version", "title", "description", "is_active", "is_system", "is_paused", "is_published", "icon_code",
    "unmet_resources",
)  # fmt: skip
_ERROR = ("id", "name", "title", "description", "job_type_name", "category", "is_builtin", "should_be_retried")
