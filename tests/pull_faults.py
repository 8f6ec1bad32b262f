"""Let everything go wrong while history is pulled, and look whether one more pull ends with exactly the server's rows.

    python tests/pull_faults.py [--jobs 20000] [--kills 20] [--seed 1] [--only NAME …] [--whole]

Each fault begins with an empty store beside a local server, or, in a history of a few job types, with one that has these and no
job. After it one more pull, from the same history without the fault, must give exactly the server's rows, job for job and column
for column, and a sound store. `--whole` pulls the bundled sample of
100,000 jobs, and compares it likewise.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import random
import resource
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import zip_longest
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from unittest.mock import patch

import duckdb
import pandas as pd
import requests
from asking import copy_rows
from tqdm.auto import tqdm

import jobtype_toolkit as jt
from jobtype_toolkit import testing
from jobtype_toolkit.api.resources import LOADABLE, NOT_IN_LISTS
from jobtype_toolkit.api.times import instant
from jobtype_toolkit.generator import ENDED, generate
from jobtype_toolkit.generator import folder as sample_folder
from jobtype_toolkit.live import paging
from jobtype_toolkit.store.engine import transaction
from jobtype_toolkit.store.ingest.load import refresh_source
from jobtype_toolkit.store.store import LOAD_ORDER
from jobtype_toolkit.sync import jobs
from jobtype_toolkit.sync.pull import Pull
from jobtype_toolkit.testing import Faults

SOURCE = "there"
PAGES = 12
"""How many pages the jobs of a history fill, half as many in one of a few job types: the faults strike at certain pages."""
QUICK = jt.Retries(first=0.01, longest=5.0, patience=0)


@dataclass
class Outcome:
    """What became of a fault."""

    name: str
    told: str = ""
    """What the pull said that met the fault."""
    here: int = 0
    """How many jobs it left."""
    more: dict[str, Any] = field(default_factory=dict)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        figures = ", ".join(f"{name} {value}" for name, value in self.more.items())
        verdict = "; ".join(self.wrong) or "exact after one more pull"
        return f"{self.name}: {self.here:,} jobs after the fault, {verdict}{'; ' + figures if figures else ''}\n    {self.told}"


@dataclass
class Home:
    """A history to serve, and a folder for the stores that pull it."""

    store: jt.Store
    folder: Path
    page: int
    """How many jobs a page has."""
    pages: int
    room: int
    """A file of this size holds a few pages, but not all of them together."""
    resources: tuple[str, ...] = ("job_types", "job_type_revisions", "errors", "jobs")
    begun: Path | None = None
    """The file of a store after a pull that has not come to the jobs."""

    def mine(self, name: str = "") -> jt.Store:
        """Open a store of one's own: a file, or in memory where the fault has nothing to do with files."""
        if name:
            file = self.folder / f"{name}.duckdb"
            if self.begun and not file.exists():
                shutil.copy(self.begun, file)
            return jt.open(file, wait=60, idle=60)
        made = jt.open()
        if self.begun:
            copy_rows(self.begun, made)
        return made

    def begin(self) -> None:
        """Pull all but the jobs, for stores to begin with."""
        file = self.folder / "begun.duckdb"
        with self.serving() as server, jt.open(file) as store, patch.object(Pull, "_jobs"):
            self.pull(store, server, snapshot=False)
        self.begun = file

    @contextmanager
    def serving(self, *faults: Faults, **settings: Any) -> Iterator[testing.Server]:
        with testing.serve(self.store, faults=faults, **settings) as server:
            yield server

    def pull(self, mine: jt.Store, server: testing.Server | str, **given: Any) -> jt.PullReport:
        url = server if isinstance(server, str) else server.url
        token = given.pop("token", None)
        with jt.connect(url, token, retries=QUICK) as scale:
            return mine.pull(
                scale, **{"source": SOURCE, "page_size": self.page, "progress": False, "moved": True, **given}
            )

    def met(self, outcome: Outcome, mine: jt.Store, server: testing.Server | str, **given: Any) -> None:
        """Pull, and note what is said and what is left; the live views are compared by the last pull."""
        try:
            report = self.pull(mine, server, snapshot=False, **given)
            outcome.told = _short(str(report).split("\n", 1)[1])
            _adds_up(outcome, report)
        except jt.ToolkitError as error:
            outcome.told = f"{type(error).__name__}: {_short(str(error))}"
            if isinstance(error, jt.PullStopped):
                _adds_up(outcome, error.report)
        outcome.here = count(mine)

    def one_more(self, outcome: Outcome, mine: jt.Store, server: testing.Server | str | None = None) -> Outcome:
        """Pull once more, and compare with what is served, column by column."""
        began = time.monotonic()
        if server is None:
            with self.serving() as whole:
                report = self.pull(mine, whole)
        else:
            report = self.pull(mine, server)
        outcome.more["last pull s"] = round(time.monotonic() - began, 1)
        outcome.more["rows read again"] = report.unchanged
        if not report.is_complete:
            outcome.wrong.append(f"the last pull is not complete: {report}")
        if report.disagreements:
            outcome.wrong.append(f"store and server disagree: {report.disagreements}")
        outcome.wrong += differences(self.store, mine, self.resources)
        mine.close()
        return outcome


def _adds_up(outcome: Outcome, report: jt.PullReport) -> None:
    if report.rows != report.new + report.changed + report.unchanged + report.rejected:
        outcome.wrong.append(f"the report does not add up: {report}")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) < 300 else line[:299] + "…"


def count(store: jt.Store) -> int:
    with store._reading() as con:
        ((n,),) = con.execute("SELECT count(*) FROM job").fetchall()
    return int(n)


def differences(theirs: jt.Store, mine: jt.Store, resources: tuple[str, ...]) -> list[str]:
    """Return how a pulled store differs from the one behind the server; the columns that no v6 list has are left out."""
    found = []
    with mine._reading() as here, theirs._reading() as there:  # `sql` opens the file each time
        for name in resources:
            columns = [one.name for one in LOADABLE[name].stored if one.name not in NOT_IN_LISTS]
            listed = ", ".join(f'"{one}"' for one in columns)
            query = f"SELECT {listed} FROM {name.removesuffix('s')} WHERE source = '{SOURCE}' ORDER BY id"
            ours, those = (_plain(columns, con.execute(query).fetchall()) for con in (here, there))
            if ours != those:
                first = next(pair for pair in zip_longest(ours, those) if pair[0] != pair[1])
                found.append(f"{len(ours)} {name} differ from {len(those)}, first {_short(str(first))}")
    check = mine.check()
    return found if check.is_sound else [*found, str(check)]


def _plain(columns: list[str], rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """Return rows whose JSON is compared by what it says."""
    documents = {"manifest", "configuration", "input_files", "recipe_types", "extra"}
    return [
        tuple(
            json.dumps(json.loads(value), sort_keys=True) if name in documents and value else value
            for name, value in zip(columns, row, strict=True)
        )
        for row in rows
    ]


# The server is at fault.


def cut_connections(home: Home) -> Outcome:
    """The connection is cut at every tenth page."""
    outcome, mine = Outcome("connection cut at every tenth page"), home.mine()
    with home.serving(Faults(every={"cut": 10}, only="/jobs/")) as server:
        home.met(outcome, mine, server)
        outcome.more["pages"] = len(server.requests)
    return home.one_more(outcome, mine)


def passing_500(home: Home) -> Outcome:
    outcome, mine = Outcome("HTML 500 that passes"), home.mine()
    with home.serving(Faults(at={"error500": [3, 4, 9]}, only="/jobs/")) as server:
        home.met(outcome, mine, server)
    return home.one_more(outcome, mine)


def persistent_500(home: Home) -> Outcome:
    outcome, mine = Outcome("HTML 500 that stays"), home.mine("persistent")
    stays = Faults(at={"error500": range(9, 100_000)}, only="/jobs/")
    with patch.object(paging, "_AT_A_TIME", 20), home.serving(stays) as server:  # it asks twice for each job
        home.met(outcome, mine, server)
    _stopped(outcome, "500")
    return home.one_more(outcome, mine)


def expired_token(home: Home) -> Outcome:
    outcome, mine = Outcome("token that expires"), home.mine()
    with home.serving(Faults(token_requests=home.pages, only="/jobs/"), token="secret-of-the-test") as server:
        home.met(outcome, mine, server, token="secret-of-the-test")
    _stopped(outcome, "Invalid token")
    if "secret-of-the-test" in outcome.told:
        outcome.wrong.append("the token is in the message")
    return home.one_more(outcome, mine)


def repeated_page(home: Home) -> Outcome:
    outcome, mine = Outcome("page that repeats for ever"), home.mine()
    with home.serving(Faults(at={"repeat": range(6, 100_000)}, only="/jobs/")) as server:
        home.met(outcome, mine, server)
        outcome.more["pages asked for"] = len(server.requests)
    _stopped(outcome, "")
    return home.one_more(outcome, mine)


def lying_count(home: Home) -> Outcome:
    """0, half or twice as many and one, in each page."""
    outcome, mine = Outcome("count that lies"), home.mine()
    with home.serving(Faults(count=1.0, only="/jobs/")) as server:
        home.met(outcome, mine, server)
    return home.one_more(outcome, mine)


def duplicated_rows(home: Home) -> Outcome:
    outcome, mine = Outcome("rows that are twice in a page"), home.mine()
    with home.serving(Faults(duplicate=0.5, only="/jobs/")) as server:
        home.met(outcome, mine, server)
    return home.one_more(outcome, mine)


def truncated_json(home: Home) -> Outcome:
    outcome, mine = Outcome("JSON that ends in its middle"), home.mine()
    with home.serving(Faults(every={"truncate": 7}, only="/jobs/")) as server:
        home.met(outcome, mine, server)
    return home.one_more(outcome, mine)


def asked_for_less(home: Home) -> Outcome:
    """429 and 503 slow every request down, and lose nothing."""
    outcome, mine = Outcome("429 and 503"), home.mine()
    with home.serving(Faults(at={"error429": [4], "error503": [11]}, only="/jobs/")) as server:
        home.met(outcome, mine, server)
    if "for fewer requests" not in outcome.told:
        outcome.wrong.append("the report does not tell of it")
    return home.one_more(outcome, mine)


def all_that_passes(home: Home) -> Outcome:
    """The faults of `PASSING` in one pull."""
    outcome, mine = Outcome("all that passes at once"), home.mine()
    every, at = {"cut": 10, "truncate": 7}, {"error500": [3, 9], "error429": [4], "error503": [11]}
    with home.serving(Faults(every=every, at=at, count=1.0, duplicate=0.5, only="/jobs/")) as server:
        home.met(outcome, mine, server)
        outcome.more["pages"] = sum("/jobs/" in one.path for one in server.requests)
    if outcome.more["pages"] < 12 or "for fewer requests" not in outcome.told:
        outcome.wrong.append("not all of them struck")
    return home.one_more(outcome, mine)


def moving_rows(home: Home) -> Outcome:
    """Three jobs of each page move to the end once it is sent; the last pull is compared with a plain walk over the server."""
    outcome, mine = Outcome("rows moving between pages"), home.mine()
    last = count(home.store) // home.page
    with home.serving(Faults(at={"shift": range(1, last)}, only="/jobs/")) as server:
        home.met(outcome, mine, server)
        while sum(one.path.endswith("/jobs/") for one in server.requests) < last:
            requests.get(f"{server.url}/v6/jobs/?page_size=1", timeout=30)
        home.pull(mine, server)
        theirs = dict(_walk(server))
        here = mine.sql("SELECT id, last_modified FROM job")
        ours = {row.id: row.last_modified for row in here.itertuples()}
        if len(ours) != len(here) or {id: pd.Timestamp(one).tz_convert(None) for id, one in theirs.items()} != {
            id: pd.Timestamp(one).tz_localize(None) for id, one in ours.items()
        }:
            outcome.wrong.append("the stamps are not those of the server")
        moved = home.store.sql("SELECT id, last_modified FROM job")
        stamps = {row.id: pd.Timestamp(row.last_modified) for row in moved.itertuples()}
        outcome.more["jobs moved"] = sum(
            ours[id].tz_localize(None) != one.tz_localize(None) for id, one in stamps.items()
        )
    if not mine.check().is_sound:
        outcome.wrong.append(str(mine.check()))
    mine.close()
    return outcome


def _walk(server: testing.Server) -> Iterator[tuple[int, str]]:
    number, body = 1, {"next": "…"}
    while body["next"]:
        body = requests.get(f"{server.url}/v6/jobs/?order=id&page_size=1000&page={number}", timeout=60).json()
        yield from ((row["id"], row["last_modified"]) for row in body["results"])
        number += 1


def _stopped(outcome: Outcome, said: str) -> None:
    if not outcome.told.startswith("PullStopped") or said not in outcome.told:
        outcome.wrong.append(f"the pull did not stop with {said!r}")


def killed_server(home: Home) -> Outcome:
    """The server's process is killed after some requests, and started again at its place: first too late, then in time."""
    outcome, mine = Outcome("server killed and restarted"), home.mine("killed-server")
    served = home.store.publish(home.folder / "served.duckdb")
    process = Child(_serve, served, 0)
    url = process.heard
    port = int(url.rsplit(":", 1)[1].split("/")[0])
    with jt.connect(url, retries=QUICK) as scale:
        asked, one_at_a_time = scale.http.get, threading.Lock()

        def get(*given: Any, **named: Any) -> Any:
            with one_at_a_time:
                if scale.http.requests >= 2 * home.pages and process.is_alive:
                    process.kill()
            return asked(*given, **named)

        scale.http.get = get  # type: ignore[method-assign]
        try:
            mine.pull(scale, source=SOURCE, page_size=home.page, progress=False, moved=True)
        except jt.PullStopped as error:
            outcome.told = f"PullStopped: {_short(str(error))}"
    outcome.here = count(mine)
    _stopped(outcome, "cannot be reached")
    again = Child(_serve, served, port)
    try:
        return home.one_more(outcome, mine, url)
    finally:
        again.kill()


# We are at fault.


class Child:
    """A process of its own that runs a function, forked from one that has imported everything already."""

    def __init__(self, run: Callable[..., None], *given: Any) -> None:
        self._end, theirs = _FORKS.Pipe()
        self._process = _FORKS.Process(target=run, args=(theirs, *given), daemon=True)
        self._process.start()
        theirs.close()
        self.heard: Any = self._end.recv()
        """What it says when it is ready."""

    @property
    def is_alive(self) -> bool:
        return self._process.is_alive()

    def go(self) -> None:
        self._end.send("go")

    def end(self) -> dict[str, Any]:
        """Wait for what it reports."""
        reported = dict(self._end.recv())
        self._process.join()
        return reported

    def kill(self) -> None:
        self._process.kill()
        self._process.join()


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    ["jobtype_toolkit.sync.pull", "jobtype_toolkit.live.connect", "jobtype_toolkit.store.store", "jobtype_toolkit.server.app",
     "jobtype_toolkit.server.serve", "jobtype_toolkit.generator"]
)  # fmt: skip


def _serve(pipe: Connection, store: Path, port: int) -> None:
    with testing.serve(jt.open(store, read_only=True, idle=60), source=SOURCE, port=port) as server:
        pipe.send(server.url)
        signal.pause()


def _pull(pipe: Connection, url: str, path: Path, source: str, page: int, batch: int, room: int) -> None:
    tqdm.set_lock(threading.RLock())  # its own is a semaphore, which nobody gives back for a process that is killed
    jobs.BATCH = batch
    store = jt.open(path, wait=60)
    pipe.send("ready")
    pipe.recv()
    if room:
        resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        report = store.pull(jt.connect(url), source=source, page_size=page, progress=False).as_dict()
    except jt.ToolkitError as error:
        report = {"error": type(error).__name__, "text": str(error)}
    pipe.send(report)
    store.close()


def _puller(url: str, path: Path, page: int, *, source: str = SOURCE, batch: int = 20_000, room: int = 0) -> Child:
    return Child(_pull, url, path, source, page, batch, room)


def killed_client(home: Home, rounds: int = 3, seed: int = 1) -> Outcome:
    """A process that pulls is killed by SIGKILL at a random moment, each round in an empty store, then pulled once more."""
    outcome = Outcome(f"client killed -9, {rounds} times")
    chance = random.Random(seed)
    with home.serving() as server:
        first = home.folder / "first.duckdb"
        child = _puller(server.url, first, home.page)
        child.go()
        began = time.monotonic()
        child.end()
        longest = time.monotonic() - began
        kept: list[int] = []
        spooled = again = done = 0
        for number in range(rounds):
            path = home.folder / f"killed-{number}.duckdb"
            child = _puller(server.url, path, home.page)
            child.go()
            time.sleep(chance.uniform(0, longest))
            done += not child.is_alive
            child.kill()
            spooled += sum(1 for _ in path.with_name(path.name + ".pull").rglob("*.json"))
            mine = home.mine(f"killed-{number}")
            check = mine.check()
            if not check.is_sound:
                outcome.wrong.append(f"round {number}: {check}")
            kept.append(count(mine))
            home.one_more(outcome, mine, server)
            again += outcome.more["rows read again"]
            if path.with_name(path.name + ".pull").exists():
                outcome.wrong.append(f"round {number}: pages were left behind")
            path.unlink()
    outcome.here = sum(kept)
    outcome.told = f"jobs in the store at the kills: {kept}"
    outcome.more = {"killed before the end": rounds - done, "pages taken from disk": spooled, "rows read again": again}
    return outcome


def full_disk(
    home: Home, what: str, room: int, *, said: str = "", page: int = 0, batch: int = 20_000, is_filled: bool = False
) -> Outcome:
    """No file may grow beyond some bytes (RLIMIT_FSIZE), as on a disk that is full."""
    outcome = Outcome(f"full disk: {what}")
    path = home.folder / f"full-{what.rsplit(maxsplit=1)[-1]}.duckdb"
    with jt.open(path, create=True) as first:
        for name in LOAD_ORDER[: 4 if is_filled else 0]:
            first.load(home.folder / "history", name, source="another")
    with home.serving() as server:
        child = _puller(server.url, path, page or home.page, batch=batch, room=room)
        child.go()
        report = child.end()
    outcome.told = f"{report.get('error')}: {_short(str(report.get('text')))}"
    if report.get("error") != "StoreError" or said not in outcome.told:
        outcome.wrong.append(f"it was not told: {said}")
    mine = home.mine(path.stem)
    check = mine.check()
    if not check.is_sound:
        outcome.wrong.append(str(check))
    outcome.here = count(mine)
    return home.one_more(outcome, mine)


def full_spool(home: Home) -> Outcome:
    return full_disk(home, "no room for a page", home.room, said="A page could not be kept", page=1000)


def full_scratch(home: Home) -> Outcome:
    """Small pages fit, but not all of them together."""
    return full_disk(home, "no room to work in", home.room, said="Pages could not be prepared")


def full_store(home: Home) -> Outcome:
    """The file of the store can be written at its beginning only."""
    page = min(home.page, 20)
    return full_disk(home, "no room in the store", home.room * 4 // 9, page=page, batch=3 * page, is_filled=True)


def two_pulls(home: Home) -> Outcome:
    """Two processes pull the same source into one store, then two others different ones."""
    outcome, path = Outcome("two pulls at once"), home.folder / "two.duckdb"
    jt.open(path).close()
    with home.serving() as server:
        same = _together([_puller(server.url, path, home.page) for _ in range(2)])
        errors = [one["error"] for one in same if "error" in one]
        outcome.told = "the same source: " + " | ".join(_short(one.get("text", "pulled")) for one in same)
        if errors != ["StoreLocked"]:
            outcome.wrong.append(f"of two pulls of the same source {errors} were refused")
        others = _together([_puller(server.url, path, home.page, source=name) for name in ("one", "other")])
        if any("error" in one for one in others):
            outcome.wrong.append(f"two pulls of different sources: {others}")
        mine = home.mine("two")
        outcome.here = count(mine)
        home.pull(mine, server)
        total = count(home.store)
        found = mine.sql("SELECT source, count(*) AS jobs, count(DISTINCT id) AS ids FROM job GROUP BY 1 ORDER BY 1")
        if found.to_numpy().tolist() != [[name, total, total] for name in ("one", "other", SOURCE)]:
            outcome.wrong.append(f"the store has {found.to_dict('records')}")
        if not mine.check().is_sound:
            outcome.wrong.append(str(mine.check()))
    mine.close()
    return outcome


def _together(children: list[Child]) -> list[dict[str, Any]]:
    for one in children:
        one.go()
    return [one.end() for one in children]


PASSING: tuple[Callable[[Home], Outcome], ...] = (
    cut_connections,
    passing_500,
    lying_count,
    duplicated_rows,
    truncated_json,
    asked_for_less,
)
"""What a pull gets over by itself."""
ALL: tuple[Callable[[Home], Outcome], ...] = (
    killed_server,
    killed_client,
    persistent_500,
    expired_token,
    full_spool,
    full_scratch,
    full_store,
    repeated_page,
    all_that_passes,
    moving_rows,
    two_pulls,
    *PASSING,
)
"""A line of 70 MB is in `pull/test_pull_faults.py`: the server for it is simulated."""


def make_home(folder: Path, jobs: int, *, types: int | None = None) -> Home:
    """Generate a history and load it into the store that is served; of a number of job types, if not of all."""
    generate(folder / "history", jobs=jobs, days=20)
    home = _loaded(folder / "history", folder)
    if types is not None:
        _keep_types(home.store, types)
        home.begin()
    home.pages = PAGES if types is None else PAGES // 2
    home.page = max(count(home.store) // home.pages, 1)
    home.room = 900 * min(count(home.store), 1000)
    return home


def _keep_types(store: jt.Store, most: int) -> None:
    """Leave the job types with the most jobs: each costs a pull three requests and more."""
    kept = "SELECT job_type_id FROM job_final GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT ?"
    with store._writing("keep") as con, transaction(con):
        ids = [id for (id,) in con.execute(kept, [most]).fetchall()]
        for table in ("job_final", "job_open", "job_failed", "job_execution", "job_type_revision"):
            con.execute(f"DELETE FROM {table} WHERE job_type_id NOT IN (SELECT unnest(?))", [ids])
        con.execute("DELETE FROM job_type WHERE id NOT IN (SELECT unnest(?))", [ids])
        refresh_source(con, SOURCE, None)


def _loaded(history: Path, folder: Path) -> Home:
    store = jt.open(folder / "there.duckdb", idle=600, clock=lambda: instant(ENDED))
    for name in LOAD_ORDER:
        store.load(history, name, source=SOURCE)
    return Home(store, folder, page=1000, pages=PAGES, room=0)


def whole(folder: Path, workers: int = 2) -> Outcome:
    """Pull the bundled sample, everything with all executions, and compare it row for row."""
    outcome = Outcome("the whole sample")
    home = _loaded(sample_folder(), folder)
    mine = home.mine("whole")
    with home.serving() as server:
        began = time.monotonic()
        report = home.pull(mine, server, workers=workers, executions=1_000_000)
    outcome.here, outcome.told = count(mine), _short(str(report))
    outcome.more = {"s": round(time.monotonic() - began), "requests": report.requests}
    outcome.wrong = differences(home.store, mine, LOAD_ORDER)
    outcome.more["peak RSS MB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    return outcome


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--jobs", type=int, default=20_000)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--whole", action="store_true")
    given = parser.parse_args()
    wrong = 0
    with tempfile.TemporaryDirectory(prefix="pull-faults-") as name:
        if given.whole:
            outcomes: Iterator[Outcome] = iter([whole(Path(name))])
        else:
            home = make_home(Path(name), given.jobs)
            wanted = [one for one in ALL if not given.only or one.__name__ in given.only]
            outcomes = (
                killed_client(home, given.kills, given.seed) if one is killed_client else one(home) for one in wanted
            )
        for outcome in outcomes:
            print(outcome, flush=True)
            wrong += len(outcome.wrong)
    print(f"{wrong} things are wrong; DuckDB {duckdb.__version__}")
    raise SystemExit(bool(wrong))


if __name__ == "__main__":
    main()
