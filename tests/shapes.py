"""The same records in every shape that `Store.load` reads."""

from __future__ import annotations

import csv
import gzip
import io
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
from histories import page

Records = Sequence[Mapping[str, Any]]
_PARQUET = {
    "id": "BIGINT",
    "job_type_id": "BIGINT",
    "error_id": "BIGINT",
    "num_exes": "BIGINT",
    "exit_code": "INTEGER",
    "input_file_size": "DOUBLE",
    "is_superseded": "BOOLEAN",
    **dict.fromkeys(["created", "queued", "started", "ended", "last_status_change", "last_modified"], "TIMESTAMPTZ"),
}


def columns_of(records: Records) -> list[str]:
    return list(dict.fromkeys(name for record in records for name in record))


def csv_text(records: Records) -> str:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns_of(records))
    writer.writeheader()
    writer.writerows(records)
    return out.getvalue()


def ndjson(records: Records) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


def write_parquet(path: Path, records: Records, kinds: Mapping[str, str] | None = None) -> Path:
    """Write flat records as Parquet; `kinds` are DuckDB types beyond those of a job's columns, all else is text."""
    known = {**_PARQUET, **(kinds or {})}
    names = columns_of(records)
    con = duckdb.connect()
    try:
        con.execute("SET TimeZone = 'UTC'")
        columns = ", ".join('"' + name + '" ' + known.get(name, "VARCHAR") for name in names)
        con.execute(f"CREATE TABLE t ({columns})")
        if records:
            con.executemany(
                f"INSERT INTO t VALUES ({', '.join('?' * len(names))})",
                [[record.get(name) for name in names] for record in records],
            )
        con.execute(f"COPY t TO '{path}' (FORMAT parquet)")
    finally:
        con.close()
    return path


def _text(suffix: str, form: Callable[[Records], str]) -> Callable[[Path, str, Records], Path]:
    def write(folder: Path, stem: str, records: Records) -> Path:
        path = folder / f"{stem}{suffix}"
        content = form(records).encode()
        path.write_bytes(gzip.compress(content) if suffix.endswith(".gz") else content)
        return path

    return write


def _page(records: Records) -> str:
    return json.dumps(page(records))


def _pretty(records: Records) -> str:
    return json.dumps(page(records), indent=2)


JSON_SHAPES: dict[str, Callable[[Path, str, Records], Path]] = {
    "page": _text(".json", _page),
    "pretty page": _text(".json", _pretty),
    "array": _text(".json", lambda records: json.dumps(list(records))),
    "ndjson": _text(".ndjson", ndjson),
    "jsonl": _text(".jsonl", ndjson),
    "ndjson called json": _text(".json", ndjson),
    "page.gz": _text(".json.gz", _page),
    "ndjson.gz": _text(".ndjson.gz", ndjson),
}
"""For nested and flat records alike."""
FLAT_SHAPES: dict[str, Callable[[Path, str, Records], Path]] = {
    "csv": _text(".csv", csv_text),
    "csv.gz": _text(".csv.gz", csv_text),
    "parquet": lambda folder, stem, records: write_parquet(folder / f"{stem}.parquet", records),
}
