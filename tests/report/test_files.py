"""The report as a file: the same bytes again, nothing from outside, nothing that a name could do, one piece or none."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from children import run
from histories import NOW, job_type
from mornings import days, job

import jobtype_toolkit as jt
from jobtype_toolkit.report.alarms import write_whole
from jobtype_toolkit.report.render import FORMATS, as_text, format_of, rendered
from jobtype_toolkit.report.shift import section

pytestmark = pytest.mark.slow

AFTER = NOW + timedelta(seconds=1)
HOSTILE = '<script>alert("1")</script> & `*[x](http://evil)*\x1b[31m'


class Parts(HTMLParser):
    """The tags, addresses and ids of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.tags, self.addresses, self.ids = [], [], []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.addresses += [
            value for name, value in attrs if name in ("src", "href", "data", "action", "srcset", "xlink:href")
        ]
        self.ids += [value for name, value in attrs if name == "id"]


def parsed(text: str) -> Parts:
    parts = Parts()
    parts.feed(text)
    parts.close()
    return parts


def test_the_same_store_and_now_give_the_same_bytes(store, shift, tmp_path):
    with jt.open(store.publish(tmp_path / "copy.duckdb"), read_only=True) as copy:
        again = copy.report(tmp_path / "report.html", now=AFTER)
    assert (tmp_path / "report.html").read_bytes() == rendered(shift, "html").encode()
    assert all(rendered(again, one) == rendered(shift, one) for one in FORMATS)


def test_the_page_asks_nothing_from_outside(shift):
    text = rendered(shift, "html")
    parts = parsed(text)
    assert parts.addresses
    assert all(one.startswith("#") for one in parts.addresses)
    assert not re.search(r"url\(|@import", text)
    assert "script" not in parts.tags
    assert "default-src 'none'" in text


def test_each_place_that_a_link_leads_to_is_there_once(shift):
    parts = parsed(rendered(shift, "html"))
    assert len(parts.ids) == len(set(parts.ids))
    assert {one.removeprefix("#") for one in parts.addresses} <= set(parts.ids)


def test_a_picture_has_a_title_a_description_and_its_table(shift):
    text = rendered(shift, "html")
    (svg,) = re.findall(r"<svg.*?</svg>", text, re.DOTALL)
    assert "Failure rate of fit by day" in svg
    assert "Usual is 0.0 % to" in svg
    assert ">since 2026-03-01</span>" in text
    assert text.count('<th scope="row">') == 29


def test_what_can_wait_alone_is_nothing_to_look_at_first(shift):
    later = replace(shift, sections=tuple(one for one in shift.sections if one.key in ("better", "later")))
    html = rendered(later, "html")
    assert "Look first at" not in html
    assert " open>" not in html
    assert '<span id="better">No job type fails less than usual.</span>' in html


def test_a_name_is_shown_and_does_nothing(stored):
    jobs = [
        *days(HOSTILE, 0, 10),
        *(job("FAILED", 60 + place, name=HOSTILE, error=HOSTILE, node=HOSTILE) for place in range(9)),
    ]
    shift = stored(jobs, [job_type(1, HOSTILE, "1.0", is_paused=True)]).report(now=AFTER)
    html, md, text = (rendered(shift, format) for format in ("html", "md", "txt"))
    assert "&lt;script&gt;alert" in html
    assert {"script", "a"} & set(parsed(html).tags) == {"a"}
    assert all(one.startswith("#") for one in parsed(html).addresses)
    prose = "\n".join(re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", line) for line in md.splitlines())
    assert "&lt;script&gt;" in prose
    assert not re.search(
        r"(?<!\\)[<`*_]|(?<!\\)\]\(",
        re.sub(r"^- \*\*|\*\*: |\*\*Look first at |\.\*\*", "", prose, flags=re.MULTILINE).replace("> ", ""),
    )
    assert "\x1b" not in html + md + text
    assert "\x1b" not in json.dumps(rendered(shift, "json"))
    assert json.loads(rendered(shift, "json"))["sections"][0]["entries"][0]["facts"]["error_name"] == HOSTILE


def test_ten_thousand_entries_fit(shift):
    """What is not shown is counted, and the call that shows all of it stands there."""
    some = [one for one in shift.sections if one.entries]
    many = [section(one.key, one.title, list(one.entries) * 10_000, one.nothing, one.call) for one in some]
    long = replace(shift, sections=tuple(many))
    html = rendered(long, "html")
    assert len(html.encode()) < 1_000_000
    assert html.count("And 9,975 more:") == len(some)
    assert "jobtype-toolkit worse --started 2026-02-28T12:00:01Z --now 2026-03-01T12:00:01Z --limit 0" in re.sub(
        "<[^>]*>", "", html
    )
    assert len(as_text(long).splitlines()) < 1_500


@pytest.mark.soak
def test_ten_thousand_types_fit(stored):
    names = [f"type-{place:05}-with-a-name-of-some-length" for place in range(10_000)]
    shift = stored(job("FAILED", 60, name=name, error="boom") for name in names).report(now=AFTER)
    assert len(rendered(shift, "html").encode()) < 1_000_000
    assert "9,990 more jobs failed, in 9,990 further pairs" in rendered(shift, "txt").replace("\n  ", " ")


def test_text_fits_the_terminal(shift):
    assert all(len(line) <= 80 for line in as_text(shift, 80).splitlines())
    assert all(len(line) <= 60 for line in as_text(shift, 60).splitlines())
    assert as_text(shift).startswith("1 job type fails more than usual, fit")


def test_the_format_follows_from_the_name_of_the_file():
    assert [format_of(name) for name in ("a.html", "a.HTM", "README.md", "c.json", "d.txt")] == [
        "html",
        "html",
        "md",
        "json",
        "txt",
    ]
    assert format_of("report.out", "md") == "md"
    with pytest.raises(jt.InvalidParameter, match="html, md, json or txt"):
        format_of("report.pdf")
    with pytest.raises(jt.InvalidParameter, match="format='pdf'"):
        format_of("report.html", "pdf")


def test_a_format_is_refused_before_anything_is_asked(store, tmp_path):
    with pytest.raises(jt.InvalidParameter, match="format"):
        store.report(tmp_path / "report.pdf", now=AFTER)


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(jt.StoreError, match="cannot be written"):
        write_whole(tmp_path / "no" / "report.html", "text")


KILLED = """
import os, signal, sys
from jobtype_toolkit.report import alarms
os.replace = os.rename = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
alarms.Path.replace = lambda *_: os.kill(os.getpid(), signal.SIGKILL)
alarms.write_whole(alarms.Path(sys.argv[1]), "new" * 100_000)
"""


def test_a_report_that_is_killed_leaves_the_old_file(tmp_path):
    target = tmp_path / "report.html"
    target.write_text("old", encoding="utf-8")
    done = run(KILLED, target)
    assert done.returncode == -9, done.stderr
    assert target.read_text(encoding="utf-8") == "old"


def test_a_file_that_is_replaced_keeps_who_may_read_it(tmp_path):
    target = tmp_path / "report.txt"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    write_whole(target, "new")
    assert (target.read_text(encoding="utf-8"), target.stat().st_mode & 0o777) == ("new", 0o640)
    assert [one.name for one in tmp_path.iterdir()] == ["report.txt"]
