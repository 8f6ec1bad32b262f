"""A profile of one's own: what it can say, what is wrong with one, and what a load would make of a file."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from shapes import write_parquet
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app

pytestmark = pytest.mark.slow

HEAD = {"id": "no", "job_type": "app", "job_type_version": {"value": "1"}, "status": {"value": "COMPLETED"}}


@pytest.fixture(scope="module")
def empty() -> jt.Store:
    """A store into which nothing loads."""
    return jt.open()


def profile(**more: object) -> dict[str, object]:
    return {"jobs": HEAD | more}


def loaded(write, text: str, name: str = "x.csv", **more: object) -> tuple[pd.DataFrame, list[str]]:
    """What comes of a file: the jobs by id, and the reasons against the others."""
    with jt.open() as store:
        more.setdefault("timezone", "UTC")
        store.load(write(name, text), **more)
        return store.jobs().set_index("id"), store.rejects()["reason"].tolist()


SECONDS = datetime(2026, 10, 5, 8, 0, 0, 250000, UTC)


VALUES = [
    ("started", {"from": "x", "as": "unix s"}, "1791187200.25", SECONDS),
    ("started", {"from": "x", "as": "unix ms"}, "1791187200250", SECONDS),
    ("started", {"from": "x", "as": "unix s"}, "20261005T080000Z", "started is not a number of seconds since 1970: 20261005T080000Z"),
    ("started", {"from": "x", "format": "%d.%m.%Y %H:%M"}, "5.10.2026  08:00", datetime(2026, 10, 5, 8, tzinfo=UTC)),
    ("started", {"from": "x", "format": "%d.%m.%Y %H:%M"}, "2026-10-05", "started is not a time written as %d.%m.%Y %H:%M: 2026-10-05"),
    ("exit_code", {"from": "x", "as": "exit code"}, "3:0", 3),
    ("exit_code", {"from": "x", "as": "exit code"}, "0:9", 137),
    ("exit_code", {"from": "x", "as": "exit code"}, ":9", 137),
    ("exit_code", {"from": "x", "as": "exit code"}, "3:", 3),
    ("started", {"from": "x", "format": ["%d.%m.%Y", "%d/%m/%Y"]}, "5/10/2026", datetime(2026, 10, 5, tzinfo=UTC)),
    ("node", {"join": [["gone", "x"], "app"], "by": "@"}, "n1", "n1@fit"),
    ("exit_code", {"from": "x", "as": "exit code"}, "-1", -1),
    ("exit_code", {"from": "x", "as": "exit code"}, "S0C7", "exit_code is not an exit code such as 1 or 0:9: S0C7"),
    ("node", {"from": "x", "as": "first node"}, "n[01-04,7]", "n01"),
    ("node", {"from": "x", "as": "first node"}, "rack[3,5]n[07-09]-ib,login1", "rack3n07-ib"),
    ("node", {"from": "x", "as": "first node"}, "a1,b2", "a1"),
    ("node", {"from": "x", "as": "first node"}, "8*a1:8*b2", "a1"),
    ("input_file_size", {"from": "x", "as": "MiB"}, "1.5GiB", 1536.0),
    ("input_file_size", {"from": "x", "as": "MiB"}, "4000Mn", 4000.0),
    ("input_file_size", {"from": "x", "as": "MiB", "unit": "K"}, "2048", 2.0),
    ("input_file_size", {"from": "x", "as": "MiB"}, "512 B", 512 / 2**20),
    ("input_file_size", {"from": "x", "as": "MiB"}, "big", "input_file_size is not a size such as 4.5G: big"),
    ("node", {"from": "x", "missing": ["n/a", "-"]}, " n/a ", None),
    ("node", {"from": "x", "missing": ["n/a"]}, "N/A", "N/A"),
    ("node", {"from": "x", "match": "^([a-z]+)-"}, "exec-7", "exec"),
    ("node", {"from": "x", "match": "^([a-z]+)-"}, "7", "node does not match ^([a-z]+)-: 7"),
    ("status", {"from": "x", "words": {"done*": "COMPLETED", "*": "FAILED"}}, "Done (late)", "COMPLETED"),
    ("status", {"from": "x", "words": {"done*": "COMPLETED", "*": "FAILED"}}, "so-so", "FAILED"),
    ("status", {"from": "x", "words": {"d?ne": "COMPLETED"}}, "lost", "lost"),
    ("node", {"from": ["nothing", "x", "app"]}, "n1", "n1"),
    ("node", {"join": ["app", "x"], "by": "@"}, "n1", "fit@n1"),
    ("node", {"from": "x", "if": {"app": ["f*"]}}, "n1", "n1"),
    ("node", {"from": "x", "if": {"app": ["g*"]}}, "n1", None),
]  # fmt: skip
"""A field, the way to say it, what is said, and what it becomes: a value, or the reason why its row is rejected."""


@pytest.fixture(scope="module")
def became(tmp_path_factory) -> dict[int, object]:
    """What each case of `VALUES` became; each way to say a field is in one load, beside ways to say others."""
    rounds: dict[int, dict[str, object]] = {}
    rows: dict[int, list[dict[str, object]]] = {}
    for case, (field, how, said, _) in enumerate(VALUES):
        number = next(one for one in range(len(VALUES)) if rounds.setdefault(one, {}).setdefault(field, how) == how)
        rows.setdefault(number, [{"no": 999, "app": "fit", "status": "done"}])
        rows[number].append({"no": case, "app": "fit", "status": "done", field: said})
    found: dict[int, object] = {}
    place = tmp_path_factory.mktemp("values") / "x.csv"
    store = jt.open()
    for number, ways in rounds.items():
        pd.DataFrame(rows[number]).to_csv(place, sep=";", index=False)
        own = {field: json.loads(json.dumps(how).replace('"x"', json.dumps(field))) for field, how in ways.items()}
        report = store.load(place, profile=profile(**own), source=f"round {number}", timezone="UTC")
        reasons = store.rejects(report.load_id).set_index("position")["reason"]
        jobs = store.jobs(source=f"round {number}").set_index("id")
        assert set(jobs.index) | {rows[number][position - 1]["no"] for position in reasons.index} == {
            row["no"] for row in rows[number]
        }
        for position, row in enumerate(rows[number][1:], 2):
            field = VALUES[row["no"]][0]
            value = reasons[position] if position in reasons.index else jobs.loc[row["no"], field]
            found[row["no"]] = None if pd.isna(value) else value
    return found


@pytest.mark.parametrize(
    ("case", "expected"),
    [pytest.param(case, one[-1], id=f"{one[0]}-{one[2]}-{case}") for case, one in enumerate(VALUES)],
)
def test_a_value_comes_as_the_profile_says_or_its_row_is_rejected(became, case, expected):
    assert became[case] == expected


DURATIONS = {
    "90": 90, "1.5": 1.5, "02:03": 123, "01:02:03": 3723, "2-00:00:01": 172801, "00:01.250": 1.25,
    "1h 2m 3s": 3723, "310ms": 0.31, "1d 2h": 93600, "4.5s": 4.5, "PT1H2M3.5S": 3723.5, "P2DT1S": 172801,
    "soon": None, "1h 2x": None, "P": None, "12:": None, "1.2.3s": None,
}  # fmt: skip
"""What is said, and how many seconds it is."""


def test_a_time_is_told_by_a_duration(write):
    how = profile(started="begun", ended={"after": "started", "lasts": "took"})
    rows = "".join(f"{number};fit;2026-10-05 08:00:00;{said}\n" for number, said in enumerate(DURATIONS, 1))
    frame, reasons = loaded(write, f"no;app;begun;took\n{rows}0;fit;;\n", profile=how)
    assert reasons == [f"ended: not a duration: {said}" for said, seconds in DURATIONS.items() if seconds is None]
    begun = datetime(2026, 10, 5, 8, tzinfo=UTC)
    told = {number: timedelta(seconds=seconds) for number, seconds in enumerate(DURATIONS.values(), 1) if seconds}
    assert (frame.loc[sorted(told), "ended"] - begun).to_dict() == told
    assert frame.loc[sorted(told), "last_status_change"].equals(frame.loc[sorted(told), "ended"])
    assert pd.isna(frame.loc[0, "ended"])


def test_words_for_nothing_let_open_jobs_load(store, write):
    """Case: Slurm writes Unknown and None for what has not happened."""
    text = (
        "JobID|JobName|Account|State|Submit|Start|End\n"
        "1|press|ops|RUNNING|2026-11-02T01:00:00|2026-11-02T01:00:05|Unknown\n"
        "2|press|ops|PENDING|2026-11-02T01:00:00|Unknown|Unknown\n"
        "3|press|ops|CANCELLED by 1001|2026-11-02T01:00:00|None|2026-11-02T01:30:00\n"
        "4|press|ops|COMPLETED|2026-11-02T01:00:00|2026-11-02T01:00:05|2026-11-02T01:30:00\n"
    )
    columns = {"JobID": "id", "JobName": "job_type", "Account": "job_type_version", "State": "status"}
    columns |= {"Submit": "created", "Start": "started", "End": "last_status_change"}
    path = write("sacct.csv", text)
    report = store.load(path, columns=columns, timezone="UTC", profile={"missing": ["Unknown", "None"]})
    assert (report.new, report.rejected) == (4, 0)
    assert store.running()[["name", "count"]].to_dict("records") == [{"name": "press", "count": 1}]


def test_two_texts_never_share_a_number(store, write):
    how = profile(id={"from": "no", "as": "id"})
    first = ["7", "007", "7_1", "a b", "A b", "-1", "9" * 25, "7.0"]
    for names in (first, [*reversed(first), "new"], first):
        store.load(write("x.csv", "no;app\n" + "".join(f"{name};fit\n" for name in names)), profile=how)
    found = store.jobs()
    assert found["external_id"].tolist().count("7") == 1
    assert (found["id"].is_unique, found["external_id"].is_unique, len(found)) == (True, True, 9)
    assert found.set_index("external_id").loc["7", "id"] == 7
    assert (found.set_index("external_id")["id"].drop("7") < 0).all()


def test_a_number_stays_that_of_its_text_when_the_job_is_forgotten(store, write):
    how = profile(id={"from": "no", "as": "id"})
    report = store.load(write("x.csv", "no;app\na;fit\nb;fit\n"), profile=how)
    before = store.jobs().set_index("external_id")["id"].to_dict()
    store.forget(report.load_id)
    store.load(write("y.csv", "no;app\nc;fit\nb;fit\na;fit\n"), profile=how)
    after = store.jobs().set_index("external_id")["id"].to_dict()
    assert {name: after[name] for name in "ab"} == before
    assert len({*after.values()}) == 3


def test_a_key_whose_parts_cannot_be_told_apart_is_rejected(write):
    how = profile(id={"join": ["no", "app"], "by": "/", "as": "id"})
    frame, reasons = loaded(write, "no;app\na/b;c\na;b/c\n", profile=how)
    assert frame["external_id"].tolist() == ["a/b/c"]
    assert reasons == ["id: no has '/' in it, which stands between the parts: a/b"]


@pytest.mark.parametrize("kind", ["csv", "ndjson", "json", "frame", "parquet"])
def test_every_shape_is_read_by_a_profile(store, write, tmp_path, kind):
    rows = [{"no": "a", "app": "fit", "x": "0:9"}, {"no": "b", "app": "fit", "x": ""}]
    how = profile(id={"from": "no", "as": "id"}, exit_code={"from": "x", "as": "exit code"})
    frame = pd.DataFrame(rows)
    match kind:
        case "csv":
            path = write("x.csv", frame.to_csv(index=False))
        case "ndjson":
            path = write("x.ndjson", "".join(json.dumps(row) + "\n" for row in rows))
        case "json":
            path, how = write("x.json", json.dumps({"data": {"items": rows}})), {"rows": "data.items", **how}
        case "frame":
            path = frame
        case _:
            path = tmp_path / "x.parquet"
            write_parquet(path, rows)
    assert store.load(path, profile=how).new == 2
    found = store.jobs().set_index("external_id")["exit_code"]
    assert (found["a"], pd.isna(found["b"])) == (137, True)


def test_a_document_without_the_key_of_its_rows_is_told_of(store, write):
    with pytest.raises(jt.LoadFailed, match="there is no list of rows under 'items'"):
        store.load(write("x.json", json.dumps({"jobs": []})), profile={"rows": "items", **profile()})


@pytest.mark.parametrize("text", ["[]", '{"items": []}'])
def test_an_export_without_jobs_loads(store, write, text):
    how = profile() | ({"rows": "items"} if "items" in text else {})
    assert store.load(write("x.json", text), profile=how).rows == 0


def test_what_is_given_wins_over_the_profile(write):
    how = {"timezone": "UTC", **profile(status={"from": "x", "words": {"OK": "COMPLETED"}}, started="t")}
    text = "no;app;x;t;other\n1;fit;OK;2026-10-05 08:00:00;press\n"
    more = {"columns": {"other": "job_type"}, "statuses": {"OK": "FAILED"}, "timezone": "Europe/Berlin"}
    frame, _ = loaded(write, text, profile=how, **more)
    row = frame.loc[1]
    assert (row["job_type"], row["status"], row["started"].hour) == ("press", "FAILED", 6)


def test_columns_that_are_not_read_are_kept_unless_the_profile_says_which(store, write):
    path = write("x.csv", "no;app;x;y\n1;fit;2;3\n")
    store.load(path, source="all", profile=profile())
    store.load(path, source="some", profile={"jobs": HEAD | {"extra": ["y", "app"]}})
    kept = store.sql("SELECT source, extra FROM job ORDER BY source")["extra"]
    assert [json.loads(one) for one in kept] == [{"x": "2", "y": "3"}, {"y": "3", "app": "fit"}]


def test_rows_that_the_profile_leaves_out_are_counted(store, write):
    path = write("x.csv", "no;app\n1;fit\nno;app\n2;batch\n")
    report = store.load(path, profile={"jobs": HEAD | {"skip": {"no": "NO"}, "only": {"app": ["f*", "b*"]}}})
    assert (report.rows, report.new) == (2, 2)
    assert any(note.startswith("1 row is none of the jobs by the profile") for note in report.notes)


WRONG = [
    ('[jobs]\nid = "no"\nstatuz = "x"\n', "line 3: jobs.statuz: jobs have no field 'statuz'. Did you mean 'status'?"),
    ('titel = "x"\n', "line 1: titel: there is no key 'titel' here. Did you mean 'title'?"),
    ('[jobs.started]\nfrom = "x"\nformt = "%d"\n', "line 3: jobs.started.formt: there is no key 'formt' here. Did you mean 'format'?"),
    ('\n[jobs]\nstarted = { from = "x", as = "unix" }\n', "line 3: jobs.started.as: there is no conversion 'unix'."),
    ('[jobs]\nnode = { from = "x", as = "unix s" }\n', "line 2: jobs.node.as: node is a field of type text"),
    ('[jobs]\nnode = { from = "x", value = "y" }\n', "line 2: jobs.node: give one of"),
    ("[jobs]\nnode = 3\n", "line 2: jobs.node: 3 is neither the name of a column"),
    ('[jobs.status]\nfrom = "x"\n[jobs.status.words]\nok = "GOOD"\n', "line 4: jobs.status.words.ok: v6 has no status 'GOOD'"),
    ('[jobs]\nended = { after = "begun", lasts = "x" }\n', "line 2: jobs.ended.after: 'begun' is no time of ours"),
    ('[jobs]\nnode = { from = "x", match = "n" }\n', "line 2: jobs.node.match: 'n' has no group"),
    ('[jobs]\nnode = { from = "x", unit = "K" }\n', "line 2: jobs.node.unit: 'K' is no unit here"),
    ('timezone = "Mars"\n', "line 1: timezone: 'Mars' is no zone"),
    ("[jobs]\nskip = { x = 3 }\n", "line 2: jobs.skip.x: 3 is neither a pattern"),
    ('[jobs]\nstarted = { from = "x", format = "%Q" }\n', "line 2: jobs.started.format: %Q is no part of a time"),
    ('[jobs]\nnode = { from = "x", match = "(?=x)(a)" }\n', "line 2: jobs.node.match: '(?=x)(a)' looks around or back"),
    ('[jobs]\nall_node = "x"\n', "line 2: jobs.all_node: jobs have no field 'all_node'. Did you mean 'all_nodes'?"),
    ('[jobs]\nnode = { join = ["x", 3] }\n', "line 2: jobs.node.join: ['x', 3] is not a text, or a list of texts and of lists"),
    ("rows = 3\n", "line 1: rows: 3 is not a text or a list of texts"),
    ("[jobs\n", "is not TOML"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "why"), WRONG, ids=[why[:30] for _, why in WRONG])
def test_a_mistake_in_a_profile_is_named_with_its_line(empty, write, text, why):
    path = write("own.toml", text)
    with pytest.raises(jt.InvalidParameter) as caught:
        empty.load(write("x.csv", "no\n1\n"), profile=path)
    assert why in str(caught.value)
    assert empty.sources == []


def test_an_unknown_profile_names_the_nearest(store, write):
    with pytest.raises(jt.InvalidParameter, match="Did you mean 'slurm'"):
        store.load(write("x.csv", "no\n1\n"), profile="slurn")
    with pytest.raises(jt.InputNotFound, match="no such file"):
        store.load(write("x.csv", "no\n1\n"), profile="slurn.toml")


def test_an_export_that_lacks_what_is_needed_is_told_how_to_export(store, write):
    with pytest.raises(
        jt.LoadFailed, match=r"it reads status from State, which the file does not have.*Export with: sacct -P"
    ):
        store.load(write("x.txt", "JobID|JobName\n1|a\n"), profile="slurm")


def test_a_preview_tells_which_profile_fits_and_loads_nothing(store, write):
    path = write(
        "x.txt", "JobID|JobName|State|Start|User\n1|fit|RUNNING|2026-10-05T08:00:00|kay\n2.0|fit|FAILED|x|kay\n"
    )
    seen = store.preview(path)
    assert (seen.profile, seen.fitting, seen.missing) == ("slurm", ("slurm",), ())
    assert seen.rows[["external_id", "status"]].to_dict("records") == [{"external_id": "1", "status": "RUNNING"}]
    by_ours = seen.columns.set_index("ours")
    assert by_ours.loc["started", ["theirs", "example"]].tolist() == ["Start", "2026-10-05T08:00:00"]
    assert seen.columns.loc[seen.columns["theirs"] == "User", "ours"].isna().all()
    assert tomllib.loads(seen.toml())["needs"] == ["JobID", "State"]
    assert "slurm" in seen._repr_html_()
    assert store.sources == []


def test_a_file_that_no_profile_fits_gets_a_proposal_that_loads(store, write):
    path = write(
        "x.csv",
        "Run ID,Pipeline,Outcome,Began,Finished,Host\nr-1,a,OK,1791187200,1791187300,n[1-3]\nr-2,a,odd,1791187200,,n2\n",
    )
    seen = store.preview(path)
    assert (seen.profile, seen.fitting, seen.missing) == (None, (), ())
    own = write("own.toml", seen.toml())
    assert store.load(path, profile=own).new == 2
    found = store.jobs().set_index("external_id")
    assert found["status"].to_dict() == {"r-1": "COMPLETED", "r-2": "odd"}
    assert found.loc["r-1", "ended"] == datetime(2026, 10, 5, 8, 1, 40, tzinfo=UTC)


def test_a_preview_of_a_history_of_scale_says_that_no_profile_is_needed(store, write):
    seen = store.preview(write("x.csv", "id,job_type,job_type_version,status\n1,fit,1.0,COMPLETED\n"))
    assert (seen.profile, seen.toml(), len(seen.rows)) == (None, "", 1)


def test_a_terminal_loads_by_a_profile_and_tells_beforehand(write, tmp_path):
    path = write("x.txt", "JobID|JobName|State|Start|End\n1_1|fit|FAILED|2026-10-05T08:00:00|2026-10-05T09:00:00\n")
    file = tmp_path / "ops.duckdb"
    told = CliRunner().invoke(app, ["load", str(path), "--dry-run"])
    assert told.exit_code == 0
    assert "The profile slurm was tried" in told.output
    assert not file.exists()
    done = CliRunner().invoke(app, ["load", str(path), "--store", str(file), "--profile", "slurm", "--timezone", "UTC"])
    assert (done.exit_code, "1 new" in done.output) == (0, True)
    wrong = CliRunner().invoke(app, ["load", str(path), "--store", str(file), "--profile", "slrum"])
    assert (wrong.exit_code, "--profile slrum is unknown" in wrong.stderr) == (2, True)


def test_a_profile_comes_back_from_its_toml(store, write):
    how = {"rows": ["items", ""], "needs": ["no", ["app", "program"]], "missing": ["-"]} | profile(
        id={"join": ["no", ["app", "program"]], "by": "/", "as": "id"},
        status={"from": "x", "words": {'"ok" *': "COMPLETED", "": "PENDING"}},
        skip={"no": ["*.*"]},
        extra=[],
        all_nodes="y",
    )
    seen = store.preview(write("x.csv", "no,app,x,y\n1,fit,,n1\n"), profile=how)
    assert tomllib.loads(seen.toml()) == how
