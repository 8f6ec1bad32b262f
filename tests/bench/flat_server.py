"""A v6 server that costs next to nothing: jobs made on the fly from their numbers, each page after a given latency.

    python -m tests.bench.flat_server --jobs 1000000 --latency 0.2

What is measured against it is the client. It prints its base URL and ends with its standard input.
"""

from __future__ import annotations

import argparse
import json
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from jobtype_toolkit.api.resources import BASE_JOB_TYPE, JOB, NOT_IN_LISTS, nested
from jobtype_toolkit.api.times import instant, v6_text

BEGAN = datetime(2025, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=20)
STATUSES = ("COMPLETED",) * 9 + ("FAILED",)


class Jobs:
    """Jobs 0, 1, 2, …, one each twenty seconds."""

    def __init__(self, count: int) -> None:
        self.count = count
        job_type = {"id": 1, "name": "flat", "version": "1.0.0", "title": "Flat", "is_active": True, "revision_num": 1}
        base = {name: job_type.get(name) for name in BASE_JOB_TYPE.names}
        self._base = base
        row = {
            "id": "@id@",
            "status": "@status@",
            "num_exes": 1,
            "max_tries": 3,
            "input_file_size": 12.5,
            "is_superseded": False,
            "node": "node-a",
            "node_id": 1,
            "input_files": {"SCENE": ["scene.tif"]},
            **dict.fromkeys(("created", "queued", "started", "ended", "last_status_change", "last_modified"), "@time@"),
        }
        body = nested(row, [one for one in JOB.fields if one.name not in NOT_IN_LISTS]) | {
            "job_type": base,
            "error": None,
        }
        body["job_type_rev"] = {"id": 1, "job_type": {"id": 1}, "revision_num": 1}
        text = json.dumps(body, separators=(",", ":"))
        self._template = text.replace("%", "%%").replace('"@id@"', "%(id)d").replace("@status@", "%(status)s").replace(
            "@time@", "%(time)s"
        )  # fmt: skip

    def page(self, asked: dict[str, str]) -> bytes:
        first, last = self._first(asked), self._last(asked)
        count = max(0, last - first + 1)
        size = int(asked.get("page_size", 100))
        numbers = range(first, min(first + size, last + 1))
        if asked.get("order", "").startswith("-"):
            numbers = range(last, max(last - size, first - 1), -1)
        rows = ",".join(map(self._row, numbers))
        following = '"http://x/?page=2"' if count > size else "null"
        return f'{{"count":{count},"next":{following},"previous":null,"results":[{rows}]}}'.encode()

    def status(self, asked: dict[str, str]) -> bytes:
        """Return v6's status counts of a window."""
        numbers = range(self._first(asked), self._last(asked) + 1)
        failed = sum(number % 10 == 9 for number in numbers)
        counts = [
            {"status": status, "count": count, "most_recent": asked.get("ended"), "category": None}
            for status, count in (("COMPLETED", len(numbers) - failed), ("FAILED", failed))
        ]
        rows = [{"job_type": self._base, "job_counts": counts}]
        return json.dumps({"count": 1, "next": None, "previous": None, "results": rows}).encode()

    def _first(self, asked: dict[str, str]) -> int:
        return max(0, -((BEGAN - instant(asked["started"])) // STEP)) if "started" in asked else 0

    def _last(self, asked: dict[str, str]) -> int:
        return min(self.count - 1, (instant(asked["ended"]) - BEGAN) // STEP) if "ended" in asked else self.count - 1

    def _row(self, number: int) -> str:
        moment = v6_text(BEGAN + number * STEP)
        return self._template % {"id": number + 1, "status": STATUSES[number % 10], "time": moment}


def handler(jobs: Jobs, latency: float) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def log_message(self, *arguments: Any) -> None:
            pass

        def do_GET(self) -> None:
            ready = time.monotonic() + latency
            parts = urlsplit(self.path)
            query = dict(reversed(parse_qsl(parts.query)))
            if parts.path.endswith("/jobs/"):
                body = jobs.page(query)
            elif parts.path.endswith("/status/") and "queue" not in parts.path:
                body = jobs.status(query)
            elif parts.path.endswith("/version/"):
                body = b'{"version":"7.2.0"}'
            else:
                body = b'{"count":0,"next":null,"previous":null,"results":[]}'
            time.sleep(max(0.0, ready - time.monotonic()))
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    return Handler


def main() -> None:
    options = argparse.ArgumentParser()
    options.add_argument("--jobs", type=int, default=100_000)
    options.add_argument("--latency", type=float, default=0.0)
    given = options.parse_args()
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler(Jobs(given.jobs), given.latency))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    print(f"http://127.0.0.1:{server.server_address[1]}/api", flush=True)
    sys.stdin.read()


if __name__ == "__main__":
    main()
