"""An export of a system that nobody has met: what is proposed for it, and what messages say on the way to a profile."""

from __future__ import annotations

import json
import tomllib
from datetime import UTC, datetime

import pytest
from typer.testing import CliRunner

import jobtype_toolkit as jt
from jobtype_toolkit.cli import app
from jobtype_toolkit.store.ingest import time_forms
from jobtype_toolkit.store.ingest.proposal import proposed, toml

pytestmark = pytest.mark.slow

ROWS = [
    {"key": {"cluster": "hydra", "seq": "1-a"}, "tool": "sharpen", "rel": "v2", "phase": "DONE_OK", "code": "0", "t": {"submit": 1761955200, "start": 1761955260, "stop": 1761955860}, "host": "h01,h02"},
    {"key": {"cluster": "hydra", "seq": "2-a"}, "tool": "outline", "rel": None, "phase": "WAIT", "code": "-", "t": {"submit": 1761957300, "start": 0, "stop": 0}, "host": "-"},
    {"key": {"cluster": "hydra", "seq": "3-a"}, "tool": "outline", "rel": None, "phase": "DONE_ERR", "code": "9", "t": {"submit": 1761957300, "start": 1761957301, "stop": 1761957302}, "host": "h3"},
]  # fmt: skip

BASE = {"id": "no", "job_type": "app", "job_type_version": "v", "status": "state"}


@pytest.fixture
def path(write):
    return write("export.json", json.dumps({"made": "today", "entries": ROWS}))


def proposal_of(**columns: list[str]) -> tuple[dict[str, object], str]:
    """What is proposed for the texts of some columns, as data and as TOML."""
    found = proposed(columns, max(map(len, columns.values())))
    return found.profile["jobs"], toml(found.profile, found.remarks)


def test_the_proposal_for_nested_json_loads_as_it_is(store, path, write):
    text = store.preview(path).toml()
    assert store.load(path, profile=write("own.toml", text)).new == 3
    found = store.jobs().set_index("external_id")
    assert found["status"].to_dict() == {"hydra/1-a": "COMPLETED", "hydra/2-a": "QUEUED", "hydra/3-a": "DONE_ERR"}
    first, waiting = found.loc["hydra/1-a"], found.loc["hydra/2-a"]
    assert (first["job_type"], first["job_type_version"], first["exit_code"], first["node"]) == (
        "sharpen",
        "v2",
        0,
        "h01",
    )
    assert first["ended"] == datetime(2025, 11, 1, 0, 11, tzinfo=UTC)
    assert waiting["job_type_version"] == "1"
    assert waiting[["started", "ended", "exit_code", "node"]].isna().all()
    assert waiting["queued"] == waiting["created"] == waiting["last_status_change"]
    extra = store.sql("SELECT extra FROM job WHERE external_id = 'hydra/1-a'")["extra"][0]
    assert json.loads(extra)["all_nodes"] == ["h01", "h02"]


def test_every_status_stands_in_the_proposal_with_what_is_to_be_said_of_it(store, path):
    assert store.preview(path).toml().partition("[jobs.status.words]\n")[2].splitlines() == [
        'DONE_OK = "COMPLETED"  # a guess',
        'WAIT = "QUEUED"',
        '# DONE_ERR = ""  # say which: PENDING, BLOCKED, QUEUED, RUNNING, FAILED, COMPLETED, CANCELED',
    ]


def test_a_column_of_times_that_nothing_takes_is_named():
    section, text = proposal_of(id=["1", "2"], name=["a", "a"], state=["ok", "ok"], fin=["0", "1761955860"])
    assert "fin" not in json.dumps(section)
    assert "# fin: a time: created, queued, started or ended?" in text


def test_the_parts_of_a_key_are_joined_by_what_is_in_none_of_them():
    section, _ = proposal_of(**{"key": ["{}"], "key.a": ["x/y:z"], "key.b": ["1"]})
    assert section["id"] == {"join": ["key.a", "key.b"], "by": "|", "as": "id"}


def test_a_word_for_nothing_is_a_status_where_it_stands_for_one():
    _, text = proposal_of(id=["1", "2"], app=["x", "x"], state=["ok", "unknown"], host=["n/a", "unknown"])
    assert 'missing = ["n/a"]' in text
    assert '# unknown = ""  # say which' in text


def test_a_node_is_the_first_of_a_list_of_json_and_no_field_is_an_object():
    section, _ = proposal_of(ref=["a", "b"], app=["x", "x"], state=['{"code": 1}', "{}"], hosts=['["h1", "h2"]', "[]"])
    assert (section["node"], "status" in section) == ("hosts.0", False)


def test_executions_get_no_proposal_and_the_preview_says_so(store, path):
    assert store.preview(path, "job_executions").notes == (
        "a proposal is of jobs only: say id and job_id in the table [job_executions] of a profile",
    )


def test_without_a_likely_job_type_the_preview_says_which_columns_there_are(store, write):
    seen = store.preview(write("x.csv", "id,label,owner,state\n1,fit,ann,ok\n2,fit,bob,ok\n"))
    assert seen.missing == ("job_type",)
    assert seen.notes == ("the proposal does not say which column is job_type: choose one, such as 'label' or 'owner'",)
    assert tomllib.loads(seen.toml())["jobs"]["id"] == "id"


def test_a_preview_shows_what_is_left_out_and_whole_examples(store, path):
    how = {"rows": "entries", "jobs": {"id": {"join": ["key.cluster", "key.seq"], "by": "/", "as": "id"}, "job_type": "tool", "job_type_version": {"value": "1"}, "status": {"from": "phase", "words": {"*": "FAILED"}}, "started": {"from": "t.start", "as": "unix s", "missing": [0]}}}  # fmt: skip
    seen = store.preview(path, profile=how)
    columns = seen.columns.set_index("theirs")
    assert columns.loc["key.cluster, key.seq", "example"] == "hydra/1-a"
    assert columns.loc[["t.submit", "t.stop"], "conversion"].tolist() == ["left out", "left out"]
    assert columns.loc[["rel", "host"], "conversion"].isna().all()
    kept = store.load(path, profile=how) and store.sql("SELECT extra FROM job")["extra"]
    assert {key for one in kept for key in json.loads(one)} == {"rel", "code", "host"}


def test_a_terminal_shows_the_keys_of_another_system_beside_the_numbers_of_the_store(write, tmp_path):
    history = write("x.csv", "no;app;v;state\na-1;fit;1;FAILED\n")
    store = jt.open(tmp_path / "ops.duckdb")
    store.load(history, profile={"jobs": BASE | {"id": {"from": "no", "as": "id"}}})
    assert "a-1" in repr(jt.show(store.jobs()))
    assert "a-1" in CliRunner().invoke(app, ["jobs", "--store", str(store.path)]).output


def test_histories_of_scale_show_no_key_of_another_system(store, write):
    store.load(write("x.csv", "id,job_type,job_type_version,status\n1,fit,1.0,COMPLETED\n"))
    assert "external_id" not in repr(jt.show(store.jobs()))


@pytest.mark.parametrize(
    ("profile", "row", "note"),
    [
        ({"jobs": BASE}, "a-1;fit;1;FAILED;9;0", '1 row has a key that is a text: say id = { from = "…", as = "id" }'),
        ({"jobs": BASE}, "1;fit;1;odd;9;0", "1 row has a status that v6 does not know: 'odd' (1); say in `words` of the profile's status which they are: PENDING, BLOCKED, QUEUED, RUNNING, FAILED, COMPLETED, CANCELED"),
        (None, "1;fit;1;odd;9;0", "1 row has a status that v6 does not know: 'odd' (1); map them, as in statuses={'odd': '…'}"),
        (None, "a-1;fit;1;FAILED;9;0", '1 row has a key that is a text: give a profile with id = { from = "…", as = "id" }'),
        ({"jobs": BASE | {"ended": {"from": "t", "as": "unix s"}}}, "1;fit;1;FAILED;9;0", '1 row has ended at 1970-01-01 00:00: if that stands for nothing, say ended = { …, missing = ["0"] }'),
        ({"missing": [0], "jobs": BASE | {"exit_code": "rc"}}, "1;fit;1;FAILED;9;0", 'missing = ["0"] for the whole profile takes the exit code 0 away: say it at the times that need it'),
    ],
)  # fmt: skip
def test_a_load_tells_what_a_profile_should_say(store, write, profile, row, note):
    path = write("x.csv", f"no;app;v;state;rc;t\n{row}\n")
    report = store.load(
        path, **({"profile": profile} if profile else {"columns": {their: our for our, their in BASE.items()}})
    )
    assert note in report.notes


def test_a_row_without_half_of_its_job_type_is_told_which_half(store, write):
    store.load(write("x.csv", "no;app;v;state\n1;;2;FAILED\n2;fit;;FAILED\n"), profile={"jobs": BASE})
    assert store.rejects()["reason"].tolist() == [
        "no job type: job_type is missing",
        "no job type: job_type_version is missing",
    ]


def test_a_profile_that_does_not_name_the_list_of_rows_is_told_its_key(store, path):
    how = {"jobs": BASE}
    with pytest.raises(jt.LoadFailed, match=r'say so at the top of the profile: rows = "entries"\.$'):
        store.load(path, profile=how)
    assert store.preview(path, profile=how).notes[0].endswith('rows = "entries"')


@pytest.mark.parametrize(
    ("field", "said", "why"),
    [
        ("submitted", "t", "Did you mean 'created' or 'queued'?"),
        ("job_type_version", {"from": "v", "value": "1"}, 'where the column is empty, words = { "" = "1" } beside it says it.'),
        ("started", {"from": "t", "missing": [True]}, "is not a text, a number or a list of them"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_profile_is_answered_in_the_terms_of_profiles(store, write, field, said, why):
    with pytest.raises(jt.InvalidParameter) as caught:
        store.load(write("x.csv", "no\n1\n"), profile={"jobs": BASE | {field: said}})
    assert why in str(caught.value)


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        *(("Finish", "ended"), ("End Time", "ended"), ("Finished At", "ended"), ("Completed", "ended"), ("Start", "started")),
        ("Submitted", "created"),
    ],
)  # fmt: skip
def test_a_time_is_known_by_its_name_if_its_texts_are_times(theirs, ours):
    section, _ = proposal_of(id=["1"], **{theirs: ["2026-11-01 00:40:00"]})
    assert section[ours] == theirs
    section, _ = proposal_of(id=["1"], **{theirs: ["yes"]})
    assert ours not in section


@pytest.mark.parametrize("name", ["Fail Reason", "Failure Reason", "Error Message", "Reason", "error_name"])
def test_an_error_is_that_of_failed_jobs_only(store, write, name):
    path = write("x.csv", f"id,app,state,{name}\n1,fit,OK,as planned\n2,fit,KO,disk full\n")
    store.load(path, profile=write("own.toml", store.preview(path).toml()))
    assert store.jobs(order="id")["error_name"].fillna("").tolist() == ["", "disk full"]


@pytest.mark.parametrize(
    "said", [["0", "3"], ["true", "false"], ["x" * 61, "short"], [f"job {n} broke" for n in range(41)]]
)
def test_a_count_a_flag_or_free_text_is_no_name_of_an_error(said):
    section, _ = proposal_of(id=["1"], state=["failed"], error=said)
    assert "error_name" not in section


def test_a_preview_names_the_columns_of_which_the_proposal_makes_nothing(store, write):
    seen = store.preview(write("x.csv", "id,app,state,Owner,Seen\n1,fit,ok,ann,2026-11-01T00:00:00Z\n"))
    assert seen.notes[-1] == (
        "the proposal reads nothing from 'Owner', 'Seen' (kept in extra): name in the profile what is wanted of that"
    )


def test_a_preview_of_a_history_of_scale_offers_columns_that_others_call_so(store, write):
    head = "id,job_type,job_type_version,status,Finish,Owner"
    path = write("x.csv", f"{head}\n1,fit,1.0,COMPLETED,2026-11-01T00:00:00Z,ann\n")
    seen = store.preview(path)
    assert seen.columns.set_index("theirs")["ours"].fillna("").to_dict() == {
        **{one: one for one in ("id", "job_type", "job_type_version", "status")},
        "Finish": "",
        "Owner": "",
    }
    assert seen.notes[-1] == (
        "the column 'Finish' is kept in extra, unless a profile (profile=…) says under [jobs]: ended = \"Finish\""
    )
    store.load(path, profile={"jobs": {"ended": "Finish"}})
    assert store.jobs()[["ended", "last_status_change"]].notna().all(axis=None)


@pytest.mark.parametrize(
    ("said", "forms"),
    [
        (["13/11/2026 00:40", "01/11/2026 00:41"], ["%d/%m/%Y %H:%M"]),
        (["11/13/2026 00:40"], ["%m/%d/%Y %H:%M"]),
        (["01/11/2026 00:40"], ["%d/%m/%Y %H:%M", "%m/%d/%Y %H:%M"]),
        (["01.11.2026"], ["%d.%m.%Y"]),
        (["5-Oct-2026 09:01:02 PM"], ["%d-%b-%Y %I:%M:%S %p"]),
        (["Oct  5 08:00:00 2026"], ["%b %d %H:%M:%S %Y"]),
        (["13/11/2026 00:40", "soon"], []),
        ([], []),
    ],
)
def test_the_form_of_times_is_told_by_all_of_them(said, forms):
    assert time_forms.forms(said) == forms


def test_a_form_that_is_certain_is_proposed_and_loads(store, write):
    path = write("x.csv", "id,app,state,finish\n1,fit,ok,13/11/2026 00:40\n2,fit,ok,01/11/2026 00:40\n")
    store.load(path, profile=write("own.toml", store.preview(path).toml()), timezone="UTC")
    assert store.jobs(order="id")["ended"].tolist() == [datetime(2026, 11, day, 0, 40, tzinfo=UTC) for day in (13, 1)]


def test_a_form_that_is_not_certain_is_for_somebody_to_say(store, write):
    seen = store.preview(write("x.csv", "id,app,state,finish\n1,fit,ok,01/11/2026 00:40\n2,fit,ok,02/11/2026 00:40\n"))
    assert 'ended = "finish"  # format = "%d/%m/%Y %H:%M" or format = "%m/%d/%Y %H:%M"?' in seen.toml()
    assert seen.notes[0] == "row 1 would be rejected: ended is not a time: 01/11/2026 00:40; so would 1 more row"
    assert seen.notes[1].startswith("2 rows have times that are not ISO 8601")


@pytest.mark.parametrize(
    ("text", "way"),
    [
        ("13/11/2026 00:40", 'last_status_change = { from = "t", format = "%d/%m/%Y %H:%M" }'),
        ("1791187200", 'last_status_change = { from = "t", as = "unix s" }'),
    ],
)
def test_a_load_of_times_in_another_form_tells_the_remedy_once(store, write, text, way):
    row = f"{{}},fit,1.0,FAILED,{text}\n"
    path = write("x.csv", "id,job_type,job_type_version,status,t\n" + row.format(1) + row.format(2))
    report = store.load(path, columns={"t": "last_status_change"})
    (told_once,) = [one for one in report.notes if "ISO 8601" in one]
    assert told_once == (
        f"2 rows have times that are not ISO 8601, such as last_status_change {text!r}: "
        f"say in a profile (profile=…), under [jobs], {way}"
    )
    told = CliRunner().invoke(
        app, ["load", str(path), "--column", "t=last_status_change", "--store", str(path.parent / "ops.duckdb")]
    )
    assert f"say in a profile (--profile), under [jobs], {way}" in told.output
    say = tomllib.loads(f"[jobs]\n{way}")
    assert store.load(path, profile=say, timezone="UTC").rejected == 0


def test_a_profile_without_a_zone_is_told_the_time_and_the_remedy(store, write):
    path = write("x.csv", "no,app,v,state,fin\n1,fit,1.0,FAILED,2026-11-01 00:40:00\n")
    for profile in (
        {"jobs": BASE | {"ended": "fin"}},
        {"jobs": BASE | {"ended": {"from": "fin", "format": "%Y-%m-%d %H:%M:%S"}}},
    ):
        with pytest.raises(jt.LoadFailed) as caught:
            store.load(path, profile=profile)
        assert str(caught.value) == (
            f"load({str(path)!r}): the times have no zone, for example ended '2026-11-01 00:40:00'. Say which one they are in: "
            "timezone='UTC', or a name such as timezone='America/New_York', or say timezone = \"UTC\" at the top of the profile."
        )


def test_a_file_with_other_names_is_told_to_be_looked_at_first(store, write):
    path = write("x.csv", "no,app,id\n1,fit,1\n")
    with pytest.raises(jt.LoadFailed) as caught:
        store.load(path)
    assert str(caught.value) == (
        f"load({str(path)!r}) as jobs: the required columns status, job_type and job_type_version are missing; the file has "
        "no, app, id. If they have other names there, map them: columns={'theirs': 'status'}, …. "
        f"store.preview({str(path)!r}) loads nothing, and proposes which column is what."
    )
    told = CliRunner().invoke(app, ["load", str(path), "--store", str(path.parent / "ops.duckdb")])
    assert f"`jobtype-toolkit load {path} --dry-run` loads nothing" in told.stderr
    errors = write("errors.csv", "id,name\n1,odd\n")
    with pytest.raises(jt.LoadFailed, match=r"If its rows are errors, say so: resource='errors'\.$"):
        store.load(errors)
    assert (
        store.load(write("x.json", [{"no": 1}, {"no": 2}]))
        .notes[0]
        .startswith("no row has what is required: store.preview(")
    )
