"""For generated profiles and tables, every value arrives as the profile says, or its row is rejected: read again in Python."""

from __future__ import annotations

import csv
import io
import re
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatchcase
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sizes import examples

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

NODES = {
    "n1": "n1",
    "n[01-04,7]": "n01",
    "rack[3,5]n[07-09]-ib,x": "rack3n07-ib",
    "8*a:2*b": "a",
    "slot1@c": "c",
    "[": None,
}
LASTING = {
    "90": 90,
    "1-00:00:01": 86401,
    "02:03": 123,
    "1h 2m 3s": 3723,
    "310ms": 0.31,
    "PT1M": 60,
    "soon": None,
    "12:": None,
}
DATES = ["05.10.2026 08:00", "2026/10/05", "2026-10-05", "31.02.2026 08:00"]
FORMS = ["%d.%m.%Y %H:%M", "%Y/%m/%d"]
WORDS = ["OK", "ok then", "bad", "BUD", "run", "n/a", " Run ", "FAILED", "completed", "x%y", "x_y"]
NUMBERS = [
    "0",
    "3:0",
    "0:9",
    ":9",
    "7:",
    "-1",
    "12:300",
    ":",
    "1791187200",
    "1791187200250",
    "-5.25",
    "1.5GiB",
    "4000Mn",
    "512 B",
    "2048",
]
TEXT = st.text(st.sampled_from("abkorundx0195-:. _/%'\"|[]*?é"), max_size=8)
PATTERNS = ["ok*", "b?d", "run", "*", "", "x_y", "*%*", "3:*", "N/A"]
STATUSES = ["COMPLETED", "FAILED", "RUNNING", "CANCELED", "QUEUED"]
BLANKS = " \t\r\n"
ANY = st.one_of(TEXT, st.sampled_from([*WORDS, *NUMBERS, ""]))
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "a": ANY,
            "b": ANY,
            "nodes": st.sampled_from([*NODES, ""]),
            "took": st.sampled_from([*LASTING, ""]),
            "day": st.sampled_from([*DATES, ""]),
        }
    ),
    min_size=1,
    max_size=12,
)
COLUMNS = st.lists(st.sampled_from(["a", "b", "absent"]), min_size=1, max_size=2, unique=True).filter(
    lambda c: c != ["absent"]
)
CONDITION = st.dictionaries(
    st.sampled_from(["a", "b"]), st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=2), max_size=1
)


def words(ours: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, str]]:
    return st.dictionaries(st.sampled_from(PATTERNS), ours, max_size=4)


def ways(**more: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Ways to say a field: from or joined, with some words for nothing, under a condition, and what is given besides."""
    nothing = st.lists(st.sampled_from(["-1", "bad", "0"]), max_size=1)
    common = {"missing": nothing, "if": CONDITION, **more}
    return st.one_of(
        st.fixed_dictionaries({"from": COLUMNS, **common}),
        st.fixed_dictionaries({"join": COLUMNS, "by": st.sampled_from([":", "-"]), **common}),
    )


PROFILES = st.fixed_dictionaries(
    {
        "missing": st.lists(st.sampled_from(["n/a", "-", "x"]), max_size=2, unique=True),
        "jobs": st.fixed_dictionaries(
            {
                "id": st.sampled_from([{"from": "no", "as": "id"}, {"join": ["no", "kind"], "by": "/", "as": "id"}]),
                "job_type": st.just({"value": "fit"}),
                "job_type_version": st.just({"value": "1"}),
                "status": st.fixed_dictionaries({"from": COLUMNS, "words": words(st.sampled_from(STATUSES))}),
                "exit_code": ways(**{"as": st.just("exit code")}),
                "started": st.one_of(
                    ways(**{"as": st.sampled_from(["unix s", "unix ms"])}),
                    st.fixed_dictionaries({"from": st.just("day"), "format": st.lists(st.sampled_from(FORMS), min_size=1, unique=True)}),
                ),
                "ended": st.fixed_dictionaries(
                    {"after": st.just("started"), "lasts": st.just("took"), "unit": st.sampled_from(["s", "ms", "min"])}
                ),
                "node": st.fixed_dictionaries({"from": st.just("nodes"), "as": st.just("first node"), "if": CONDITION}),
                "error_name": ways(words=words(st.sampled_from(["disk", "memory", ""]))),
                "event_type": ways(match=st.sampled_from(["^([a-z ]+)", "([0-9]+)$", "^(.*?)(?: .*)?$"])),
                "input_file_size": ways(**{"as": st.just("MiB"), "unit": st.sampled_from(["B", "K", "G"])}),
            },
            optional={"skip": CONDITION, "only": CONDITION},
        ),
    }
)  # fmt: skip


class Rejected(Exception):
    """A value that the profile's conversion does not give."""


def nothing(text: str | None, missing: list[str]) -> str | None:
    text = (text or "").strip(BLANKS)
    return None if not text or text in missing else text


def matches(text: str | None, pattern: str) -> bool:
    escaped = pattern.upper().replace("[", "[[]")
    return fnmatchcase((text or "").upper(), escaped)


def holds(row: dict[str, str], conditions: dict[str, list[str]]) -> bool:
    return all(any(matches(nothing(row[one], []), p) for p in patterns) for one, patterns in conditions.items())


def exit_code(text: str, _: dict[str, Any]) -> int:
    if re.fullmatch(r"-?[0-9]{1,10}", text):
        return int(text)
    code, colon, signal = text.partition(":")
    if not colon or not re.fullmatch("[0-9]{0,10}", code) or not re.fullmatch("[0-9]{0,3}", signal):
        raise Rejected
    if int(signal or 0):
        return 128 + int(signal)
    if not code or len(signal) > 3:
        raise Rejected
    return int(code)


def unix(text: str, how: dict[str, Any]) -> datetime:
    if not re.fullmatch(r"-?[0-9]{1,15}([.][0-9]{1,12})?", text):
        raise Rejected
    per_second = 1 if how["as"] == "unix s" else 1000
    sign = -1 if text[0] == "-" else 1
    whole, _, rest = text.lstrip("-").partition(".")
    if int(whole) >= 253402300800 * per_second:
        raise Rejected
    micro = int(whole) * (1_000_000 // per_second) + int((rest + "0" * 6)[:6]) // per_second
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=sign * micro)


def form(text: str, how: dict[str, Any]) -> datetime:
    for one in how["format"]:
        try:
            return datetime.strptime(text, one).replace(tzinfo=UTC)
        except ValueError:
            continue
    raise Rejected


def mebibytes(text: str, how: dict[str, Any]) -> float:
    found = re.fullmatch(r"([0-9]+(?:[.][0-9]+)?) ?(?:([KMGT])(?:i?[Bb])?|([Bb]))?[nc]?", text)
    if not found:
        raise Rejected
    unit = "B" if found[3] else found[2] or how["unit"]
    return float(found[1]) * 1024 ** "BKMGT".index(unit) / 2**20


CONVERSIONS = {"exit code": exit_code, "unix s": unix, "unix ms": unix, "MiB": mebibytes}


def value(how: dict[str, Any], row: dict[str, str], missing: list[str]) -> Any:
    """What a field is to be, in plain Python."""
    missing = [*missing, *how.get("missing", [])]
    if "join" in how:
        parts = [nothing(row.get(one), missing) for one in how["join"]]
        said = how["by"].join(one or "" for one in parts) if any(parts) else None
    else:
        columns = how["from"] if isinstance(how["from"], list) else [how["from"]]
        said = next((text for one in columns if (text := nothing(row.get(one), missing)) is not None), None)
    if not holds(row, how.get("if", {})):
        said = None
    if "match" in how and said is not None:
        found = re.search(how["match"], said)
        if not found:
            raise Rejected
        said = found[1] or None
    for pattern, ours in how.get("words", {}).items():
        if (said is None) if pattern == "" else (said is not None and matches(said, pattern)):
            said = ours or None
            break
    if said is None:
        return None
    if how.get("as") == "first node":
        if NODES[said] is None:
            raise Rejected
        return NODES[said]
    convert = form if "format" in how else CONVERSIONS.get(how.get("as", ""))
    return convert(said, how) if convert else said


def expected(profile: dict[str, Any], row: dict[str, str]) -> dict[str, Any] | None:
    """What a row is to become; None if it is to be rejected."""
    section, missing = profile["jobs"], profile["missing"]
    try:
        found = {ours: value(section[ours], row, missing) for ours in READ if ours != "ended"}
    except Rejected:
        return None
    took = nothing(row["took"], missing)
    lasting = LASTING[took] if took else None
    if found["status"] is None or (took and lasting is None):
        return None
    if found["status"].upper() in STATUSES:
        found["status"] = found["status"].upper()
    found["ended"] = None
    if took and found["started"]:
        seconds = lasting * {"s": 1, "ms": 0.001, "min": 60}[section["ended"]["unit"]] if took.isdigit() else lasting
        found["ended"] = found["started"] + timedelta(seconds=seconds)
    return found


READ = ("status", "exit_code", "started", "ended", "node", "error_name", "event_type", "input_file_size")


@given(PROFILES, ROWS)
@examples(3, 400)
def test_for_every_profile_each_value_arrives_as_it_says_or_its_row_is_rejected(tmp_path_factory, profile, rows):
    rows = [{"no": str(number), "kind": "k", **row} for number, row in enumerate(rows, 1)]
    section = profile["jobs"]
    taken = [
        row
        for row in rows
        if not any(holds(row, {one: p}) for one, p in section.get("skip", {}).items())
        and holds(row, section.get("only", {}))
    ]
    wanted = {row["no"]: expected(profile, row) for row in taken}
    out = io.StringIO()
    writer = csv.DictWriter(out, list(rows[0]), quoting=csv.QUOTE_ALL)
    writer.writeheader()
    writer.writerows(rows)
    path = tmp_path_factory.mktemp("x") / "x.csv"
    path.write_text(out.getvalue())
    with jt.open() as store:
        report = store.load(path, profile=profile, timezone="UTC") if any(wanted.values()) or not wanted else None
        if report is None:
            return  # a load without a good row is refused, or has none
        rejected = store.rejects()
        found = store.jobs()
    assert report.rejected == sum(one is None for one in wanted.values())
    assert rejected["position"].astype(str).tolist() == [number for number, one in wanted.items() if one is None]
    assert (rejected["reason"] != "").all()
    keys = found["external_id"].str.removesuffix("/k")
    read = found[list(READ)].astype(object).where(found[list(READ)].notna(), None)
    got = dict(zip(keys, read.to_dict("records"), strict=True))
    assert got == {number: one for number, one in wanted.items() if one is not None}
    assert found["id"].is_unique
