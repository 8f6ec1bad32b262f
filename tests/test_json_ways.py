"""JSON is read quickly if it is exactly as a v6 server sends it, else carefully: whatever comes, both ways tell the same."""

from __future__ import annotations

import gzip
import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from histories import BAD_INPUT, CHIPS, ERRORS, JOB_TYPES, JOBS, NODE_LOST, RESOURCES, ago, execution, job, page

import jobtype_toolkit as jt
from jobtype_toolkit.api.resources import JOB, NOT_IN_LISTS, nested
from jobtype_toolkit.store.ingest import files, json_rows
from jobtype_toolkit.store.ingest.staging import Incoming

pytestmark = pytest.mark.slow

TABLES = ("job_final", "job_open", "job_type", "error", "reject")
MARK = "the value in question"


def full_job() -> dict[str, Any]:
    """A failed job with every object that v6 can put into one."""
    body = nested(
        {field.name: None for field in JOB.fields}, [field for field in JOB.fields if field.name not in NOT_IN_LISTS]
    )
    body |= job(2, CHIPS, "FAILED", ago(5), BAD_INPUT, created=ago(60), last_modified=ago(4))
    body["node"] = {"id": 3, "hostname": "n3", "is_active": True}
    body["recipe"] = {
        "id": 4,
        "recipe_type": {"id": 5, "name": "r", "title": "R"},
        "event": None,
        "recipe_type_rev": None,
    }
    body["batch"] = {"id": 6, "title": "b", "description": "", "created": "2026-01-01T00:00:00Z"}
    body["event"] = {"id": 7, "type": "PARSE", "occurred": "2026-01-01T00:00:00Z"}
    body["superseded_job"] = {"id": 1}
    body["input_file_size"] = 1.5
    body["is_superseded"] = False
    body["input_files"] = {"a": ["b"]}
    return body


def edited(path: str, raw: str) -> str:
    """Return that job as JSON with some raw text in one place; a key that is new there is added."""
    body = json.loads(json.dumps(full_job(), default=str))
    *parents, last = path.split(".")
    place = body
    for key in parents:
        place = place[key]
    place[last] = MARK
    return json.dumps(body).replace(json.dumps(MARK), raw)


def renamed(path: str, key: str) -> str:
    """Return that job with a key written otherwise."""
    *_, last = path.split(".")
    return edited(path, json.dumps(MARK)).replace(f'"{last}": "{MARK}"', f"{key}: 2", 1)


def without(*keys: str) -> str:
    return json.dumps({key: value for key, value in full_job().items() if key not in keys})


TAKEN = {
    "as it is": json.dumps(full_job()),
    "a whole number beyond what a float holds": edited("id", str(2**53 + 1)),
    "the greatest id": edited("id", str(2**63 - 1)),
    "no error": edited("error", "null"),
    "no node": edited("node", "null"),
    "an empty object": edited("node", "{}"),
    "a time without a fraction": edited("created", '"2026-01-01T00:00:00Z"'),
    "a time with an offset": edited("created", '"2026-01-01T15:00:14.123456+02:00"'),
    "a time with seven digits": edited("created", '"2026-01-01T00:00:00.1234567Z"'),
    "a status in small letters": edited("status", '" failed "'),
    "a status that v6 does not know": edited("status", '"LOST"'),
    "an escaped key": renamed("num_exes", '"num\\u005fexes"'),
    "a whole number for a fraction": edited("input_file_size", "7"),
    "a fraction with an exponent": edited("input_file_size", "1.5e3"),
    "an escaped nul": edited("node.hostname", '"a\\u0000b"'),
    "letters of all kinds": edited("node.hostname", '"ä\\ud83d\\ude00 日本 \\n"'),
    "an empty text": edited("node.hostname", '""'),
    "JSON with nulls": edited("input_files", '{"a": null, "b": [1.50, {}]}'),
    "keys that are absent": without("node", "recipe", "batch", "event", "created", "input_files", "error"),
    "what is let go": edited("node.is_active", '{"what": ["ever"]}'),
    "a key of a job type twice": edited("job_type.title", '"a", "title": "b"'),
    "an unknown key in a job type": edited("job_type.extra_key", "1"),
}
"""What the quick way reads itself."""
REFUSED = {
    "an unknown key": edited("color", '"red"'),
    "an unknown key that is null": edited("color", "null"),
    "an unknown key in an object": edited("node.color", '"red"'),
    "a key in capitals": renamed("num_exes", '"NUM_EXES"'),
    "a key in an object in capitals": renamed("node.id", '"ID"'),
    "a key twice": edited("id", '5, "id": 6'),
    "a key of an object twice": edited("node.id", '5, "id": 6'),
    "a fraction for a number": edited("num_exes", "1.5"),
    "a fraction that is whole": edited("num_exes", "2.0"),
    "a number with an exponent": edited("num_exes", "2e0"),
    "a number as text": edited("num_exes", '"12"'),
    "true for a number": edited("id", "true"),
    "false for a number": edited("num_exes", "false"),
    "a list for a number": edited("num_exes", "[1]"),
    "an object for a number": edited("num_exes", "{}"),
    "an id beyond 64 bits": edited("id", str(2**63)),
    "a number beyond 64 bits": edited("num_exes", str(2**64 + 5)),
    "a number as a job type": edited("job_type", "7"),
    "a text as a job type": edited("job_type", '"chip-maker"'),
    "a text as a node": edited("node", '"n1"'),
    "a list as a node": edited("node", "[]"),
    "no job type": edited("job_type", "null"),
    "a job type without an id": edited("job_type.id", "null"),
    "an error without an id": edited("error.id", "null"),
    "no id": edited("id", "null"),
    "no status": edited("status", "null"),
    "no key for the id": without("id"),
    "no key for the status": without("status"),
    "no key for the job type": without("job_type"),
    "a blank status": edited("status", '"  "'),
    "an empty status": edited("status", '""'),
    "a number as a status": edited("status", "5"),
    "an object as a status": edited("status", "{}"),
    "NaN": edited("input_file_size", "NaN"),
    "Infinity": edited("input_file_size", "Infinity"),
    "minus Infinity": edited("input_file_size", "-Infinity"),
    "a float too great": edited("input_file_size", "1e400"),
    "true for a fraction": edited("input_file_size", "true"),
    "a fraction as text": edited("input_file_size", '"1.5"'),
    "1 for true": edited("is_superseded", "1"),
    "yes for true": edited("is_superseded", '"yes"'),
    "a time without a zone": edited("created", '"2026-01-01T00:00:00"'),
    "a day": edited("created", '"2026-01-01"'),
    "a time as a number": edited("created", "1767225600"),
    "a time that is no time": edited("created", '"yesterday"'),
    "an empty time": edited("created", '""'),
    "infinity as a time": edited("created", '"infinity"'),
    "the year 0": edited("created", '"0000-01-01T00:00:00Z"'),
    "a leap second": edited("created", '"2026-06-30T23:59:60Z"'),
    "24 o'clock": edited("created", '"2026-01-01T24:00:00Z"'),
    "the 30th of February": edited("created", '"2026-02-30T00:00:00Z"'),
    "a year of five digits": edited("created", '"10000-01-01T00:00:00Z"'),
    "a year that an offset makes too late": edited("created", '"9999-12-31T23:59:59-01:00"'),
    "a year that an offset makes too early": edited("created", '"0001-01-01T00:00:00+01:00"'),
    "seven digits at the end of time": edited("created", '"9999-12-31T23:59:59.9999999Z"'),
    "half a surrogate": edited("node.hostname", '"\\ud800"'),
    "a number as a text": edited("node.hostname", "7"),
    "an object as a text": edited("node.hostname", '{"a": 1}'),
    "a comma too many": edited("num_exes", "1,"),
    "null as a row": "null",
    "a number as a row": "7",
    "a list as a row": "[]",
    "an empty object as a row": "{}",
    "a comment": edited("num_exes", "1 /* one */"),
    "a plus sign": edited("num_exes", "+1"),
    "leading zeros": edited("num_exes", "007"),
    "deep nesting": edited("input_files", "[" * 100_000 + "]" * 100_000),
}
"""What only the careful way may judge."""
FORMS = {
    "page": ("page.json", '{{"count":3,"next":null,"previous":null,"results":[{}]}}', ","),
    "array": ("array.json", "[{}]", ", "),
    "lines": ("lines.ndjson", "{}", "\n"),
}
FIRST = 1000
"""The id of the job type of the first case: each case has one of its own."""


def rows_of_case(number: int, row: str) -> list[str]:
    """Return a row between two usual ones; their ids and their job type are those of the case."""
    before, behind = job(1, CHIPS, "COMPLETED", ago(9)), job(3, CHIPS, "FAILED", ago(8), NODE_LOST)
    return [
        text.replace(f'{{"id": {place},', f'{{"id": {10 * number + place},', 1).replace(
            '"job_type": {"id": 3,', f'"job_type": {{"id": {FIRST + number},'
        )
        for place, text in enumerate([json.dumps(before), row, json.dumps(behind)], 1)
    ]


def written(place: Path, rows: list[str], form: str) -> Path:
    """Write rows into a file of some form."""
    name, frame, between = FORMS[form]
    place = place.with_suffix(Path(name).suffix)
    place.write_text(frame.format(between.join(rows)), encoding="utf-8")
    return place


def each_in_a_file(folder: Path, cases: dict[str, str], form: str) -> Path:
    """Write each case into a file of its own, in their order."""
    folder.mkdir(exist_ok=True)
    for number, row in enumerate(cases.values()):
        written(folder / f"{number:03}", rows_of_case(number, row), form)
    return folder


def _watched(taken: list[bool]) -> Any:
    """Return the quick way, which notes whether it could read a batch."""
    quickly = Incoming._add_quickly

    def watched(self, batch) -> bool:
        taken.append(quickly(self, batch))
        return taken[-1]

    return watched


def kept(store: jt.Store) -> dict[str, list[tuple[Any, ...]]]:
    """All that a load left, by table; the first value is the job type of a job, the id of what else has one."""
    first = {"job_final": "job_type_id, ", "job_open": "job_type_id, ", "reject": ""}
    with store._reading() as con:  # `sql` takes ten times as long
        return {
            table: con.execute(
                f"SELECT {first.get(table, 'id, ')}* EXCLUDE (load_id) FROM {table} ORDER BY ALL"
            ).fetchall()
            for table in TABLES
        }


@pytest.fixture(scope="module", params=FORMS)
def both_ways(request, tmp_path_factory) -> dict[str, Any]:
    """What came of the cases of `TAKEN`: read quickly, each in a file of its own, and carefully, all of one file."""
    folder = tmp_path_factory.mktemp("taken")
    each = each_in_a_file(folder / "each", TAKEN, request.param)
    rows = [row for number, one in enumerate(TAKEN.values()) for row in rows_of_case(number, one)]
    whole = written(folder / "whole", rows, request.param)
    taken: list[bool] = []
    found: dict[str, Any] = {}
    for way, place, quickly in (
        ("quick", each, _watched(taken)),
        ("careful", whole, lambda self, batch: False),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(files, "_BATCH_BYTES", 1)  # each file is read by itself
            patch.setattr(Incoming, "_add_quickly", quickly)
            store = jt.open(clock=lambda: ago(0))
            found[way] = {"report": store.load(place)} | kept(store)
    return found | {"taken": dict(zip(TAKEN, taken, strict=True))}


@pytest.mark.parametrize("case", TAKEN)
def test_what_the_quick_way_takes_is_what_the_careful_way_reads(both_ways, case):
    assert both_ways["taken"][case]
    own = FIRST + list(TAKEN).index(case)
    told = {
        way: {table: [row for row in both_ways[way][table] if row[0] == own] for table in TABLES[:3]}
        for way in ("quick", "careful")
    }
    assert told["quick"] == told["careful"]
    assert sum(map(len, told["quick"].values())) == 4, "three jobs and their job type"


def test_both_ways_tell_and_keep_the_same(both_ways):
    assert both_ways["quick"] == both_ways["careful"]
    assert both_ways["quick"]["report"].new == 3 * len(TAKEN)


@pytest.fixture(scope="module", params=["page", "lines"])
def left(request, tmp_path_factory) -> dict[str, bool]:
    """Whether the quick way read a file with each case of `REFUSED`, and then a file of usual rows only."""
    cases = {**REFUSED, "as it is": TAKEN["as it is"]}
    taken: list[bool] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files, "_BATCH_BYTES", 1)
        patch.setattr(Incoming, "_add_json", lambda self, batch: taken.append(self._add_quickly(batch)))
        jt.open().load(each_in_a_file(tmp_path_factory.mktemp("refused"), cases, request.param))
    return dict(zip(cases, taken, strict=True))


@pytest.mark.parametrize("case", REFUSED)
def test_what_is_unusual_is_left_to_the_careful_way(left, case):
    assert not left[case]


def test_what_is_usual_is_read_quickly_also_behind_what_is_unusual(left):
    assert left["as it is"]


@pytest.mark.parametrize("form", ["page", "lines"])
def test_the_careful_way_loads_or_rejects_whatever_is_unusual(tmp_path, form):
    place = each_in_a_file(tmp_path / "each", REFUSED, form)
    if form == "lines":
        rows = "\n".join(one.read_text(encoding="utf-8") for one in sorted(place.iterdir()))
        (place := tmp_path / "all.ndjson").write_text(rows, encoding="utf-8")
    report = jt.open().load(place, timezone="UTC")
    assert report.rejected >= 30
    assert report.new >= 2 * len(REFUSED)


@pytest.mark.parametrize("form", ["page", "lines"])
def test_bytes_that_are_no_text_are_left_to_the_careful_way(tmp_path, monkeypatch, form):
    place = written(tmp_path / "a", rows_of_case(0, edited("node.hostname", json.dumps(MARK))), form)
    place.write_bytes(place.read_bytes().replace(MARK.encode(), b"\xff\xfe"))
    taken: list[bool] = []
    monkeypatch.setattr(Incoming, "_add_quickly", _watched(taken))
    with suppress(jt.LoadFailed):
        jt.open().load(place)
    assert taken == [False]


def test_a_manifest_in_a_string_is_the_object_inside_it_both_ways(tmp_path, monkeypatch):
    (type_,) = [one for one in JOB_TYPES if one["id"] == CHIPS["id"]][:1]
    manifest = {"seedVersion": "1.0.0", "job": {"name": "x"}}
    place = tmp_path / "a.json"
    place.write_text(json.dumps([{**type_, "manifest": json.dumps(manifest)}], default=str))
    taken: list[bool] = []
    monkeypatch.setattr(Incoming, "_add_quickly", _watched(taken))
    store = jt.open()
    store.load(place, "job_types")
    assert taken == [True]
    assert store.job_type(type_["name"], type_["version"]).manifest == manifest


RECORDS = {
    "jobs": JOBS,
    "job_types": JOB_TYPES,
    "job_type_revisions": RESOURCES["job_type_revisions"],
    "errors": ERRORS,
    "job_executions": [execution(11, JOBS[0]), execution(12, JOBS[4], 2, "FAILED")],
}


@pytest.mark.few
@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("form", ["page", "lines"])
@pytest.mark.parametrize("resource", RECORDS)
def test_every_resource_as_v6_sends_it_is_read_quickly(tmp_path, monkeypatch, resource, form, packed):
    records = RECORDS[resource]
    content = page(records) if form == "page" else "".join(json.dumps(one, default=str) + "\n" for one in records)
    place = tmp_path / ({"page": "a.json", "lines": "a.ndjson"}[form] + (".gz" if packed else ""))
    content = content if isinstance(content, str) else json.dumps(content, default=str)
    place.write_bytes(gzip.compress(content.encode()) if packed else content.encode())
    taken: list[bool] = []
    monkeypatch.setattr(Incoming, "_add_quickly", _watched(taken))
    assert jt.open().load(place, resource).new == len(records)
    assert taken == [True]


@pytest.mark.parametrize("form", ["pages", "lines"])
def test_rows_stay_in_the_order_of_the_input_however_many_cores_read_them(tmp_path, monkeypatch, form):
    """Of copies without last_modified the later one is taken, so the order counts; DuckDB reads parts at the same time."""
    monkeypatch.setattr(json_rows, "_PART_BYTES", 40_000)
    bodies = [{"id": number, "status": "COMPLETED", "job_type": CHIPS, "num_exes": number} for number in range(6000)]
    texts = [json.dumps(body, default=str) for body in bodies]
    if form == "lines":
        place = tmp_path / "a.ndjson"
        place.write_text("\n".join(texts))
    else:
        place = tmp_path / "pages"
        place.mkdir()
        for number in range(0, len(texts), 100):
            (place / f"{number:06}.json").write_text("[" + ",".join(texts[number : number + 100]) + "]")
    seen = []
    take = Incoming._take_embedded

    def look(self) -> None:
        seen.extend(id for (id,) in self._con.execute("SELECT id FROM incoming_rows ORDER BY rowid").fetchall())
        take(self)

    monkeypatch.setattr(Incoming, "_take_embedded", look)
    assert jt.open().load(place).new == len(texts)
    assert seen == list(range(6000))


def test_an_unusual_page_leaves_nothing_behind_of_what_was_read_quickly(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_BATCH_BYTES", 1)
    usual, unusual = json.dumps([job(1, CHIPS, "COMPLETED", ago(9))]), "[" + edited("status", '"  "') + "]"
    for number, text in enumerate((usual, unusual, usual.replace('"id": 1', '"id": 9', 1))):
        (tmp_path / f"{number}.json").write_text(text)
    store = jt.open()
    report = store.load(tmp_path)
    assert (report.new, report.rejected) == (2, 1)
    assert sorted(store.jobs()["id"]) == [1, 9]
