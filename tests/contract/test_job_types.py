"""Names, list, versions, details, revisions: what is in them, in which order, under which filter."""

from __future__ import annotations

from datetime import UTC, datetime

import pandas as pd
import pytest
from histories import CHIPS, CHIPS_BEFORE, CHIPS_OLD, GAUGE, JOB_TYPES, REVISIONS

import jobtype_toolkit as jt

# Names.


def test_there_is_one_row_a_name(backend):
    assert sorted(backend.job_type_names()["name"]) == ["Tide-Gauge", "chip-maker", "scale-clock", "tide-model"]


def test_names_are_sorted_by_name(any_backend):
    """By whatever collation: a server's is its database's."""
    found = list(any_backend.job_type_names()["name"])
    assert found in (sorted(found), sorted(found, key=str.lower))


def test_the_latest_version_is_the_greatest_by_semver_not_by_text(backend):
    names = backend.job_type_names().set_index("name")
    assert names.loc["chip-maker", "latest_version"] == "1.10.0"
    assert names.loc["scale-clock", "latest_version"] == "1.0"


def test_versions_of_a_name_are_a_list_newest_first_and_a_release_is_above_its_pre_release(backend):
    names = backend.job_type_names().set_index("name")
    assert names.loc["chip-maker", "versions"] == ["1.10.0", "1.10.0-rc.1", "1.9.0"]
    assert names.loc["tide-model", "versions"] == ["2.0.0"]


def test_a_name_shows_the_fields_of_its_latest_version(backend):
    row = backend.job_type_names().set_index("name").loc["chip-maker"]
    assert row["title"] == "Chip Maker Ten"
    assert bool(row["is_paused"]) is True
    assert bool(row["is_published"]) is False
    assert bool(row["is_active"]) is True


def test_a_name_is_there_if_one_version_matches_and_still_shows_the_latest_and_all_versions(backend):
    found = backend.job_type_names(is_active=False)
    assert list(found["name"]) == ["chip-maker"]
    assert bool(found["is_active"].iloc[0]) is True
    assert found["versions"].iloc[0] == ["1.10.0", "1.10.0-rc.1", "1.9.0"]


def test_all_filters_of_names_must_hold_for_one_and_the_same_version(backend):
    """Only the pre-release is deprecated, and it has no tag `raster`."""
    assert len(backend.job_type_names(keyword="raster", is_active=False)) == 0
    assert len(backend.job_type_names(id=2, is_active=False)) == 0
    assert list(backend.job_type_names(id=4, is_active=False)["name"]) == ["chip-maker"]


def test_names_filter_by_system(backend):
    assert list(backend.job_type_names(is_system=True)["name"]) == ["scale-clock"]
    assert "scale-clock" not in set(backend.job_type_names(is_system=False)["name"])


# List.


def test_the_list_is_by_name_whatever_its_case_then_newest_version_first(backend):
    found = backend.job_types()
    assert list(zip(found["name"], found["version"], strict=True)) == [
        ("chip-maker", "1.10.0"),
        ("chip-maker", "1.10.0-rc.1"),
        ("chip-maker", "1.9.0"),
        ("scale-clock", "1.0"),
        ("Tide-Gauge", "0.2.0"),
        ("tide-model", "2.0.0"),
    ]


def test_the_list_says_what_the_records_say(backend):
    found = backend.job_types().set_index("id")
    for record in JOB_TYPES:
        row = found.loc[record["id"]]
        for name in found.columns:
            if isinstance(row[name], pd.Timestamp):
                assert row[name] == pd.Timestamp(record[name])
            elif pd.isna(row[name]):
                assert record[name] is None
            else:
                assert row[name] == record[name]


def test_a_keyword_is_part_of_the_name_or_of_a_tag_whatever_its_case(backend):
    assert set(backend.job_types(keyword="TIDE")["id"]) == {5, 6}
    assert set(backend.job_types(keyword="wat")["id"]) == {5}


def test_a_keyword_does_not_search_title_or_description(backend):
    assert set(backend.job_types(keyword="imagery")["id"]) == {2, 3, 4}


def test_a_keyword_never_repeats_a_row(any_backend):
    """A real server gives one row for each matching tag (D12)."""
    found = any_backend.job_types(keyword="i")
    assert found["id"].is_unique
    assert found.attrs["count"] == len(found)


def test_several_keywords_are_or_ed(backend):
    assert set(backend.job_types(keyword=["clock", "water"])["id"]) == {1, 5}


def test_wildcards_in_a_keyword_are_plain_characters(backend):
    assert len(backend.job_types(keyword="%")) == 0
    assert len(backend.job_types(keyword="_")) == 0


def test_an_empty_keyword_matches_everything_once(backend):
    assert sorted(backend.job_types(keyword="")["id"]) == [1, 2, 3, 4, 5, 6]


def test_the_list_filters_row_by_row(backend):
    assert list(backend.job_types(is_active=False)["id"]) == [4]
    assert list(backend.job_types(is_system=True)["id"]) == [1]
    assert sorted(backend.job_types(id=[2, 6, 999])["id"]) == [2, 6]
    assert list(backend.job_types(id=2, is_active=False)["id"]) == []


@pytest.mark.parametrize("wrong", [{"id": "1"}, {"id": True}, {"is_active": "yes"}, {"is_system": 1}, {"keyword": 5}])
def test_a_value_of_another_kind_is_an_error(any_backend, wrong):
    with pytest.raises(jt.InvalidParameter, match=next(iter(wrong))):
        any_backend.job_types(**wrong)


# Order and pages.


def test_order_takes_several_keys_and_a_dash_reverses(backend):
    found = backend.job_types(order=["is_active", "-id"])
    assert list(found["id"]) == [4, 6, 5, 3, 2, 1]


def test_order_by_version_goes_by_semver(backend):
    found = backend.job_types(keyword="chip", order="-version")
    assert list(found["version"]) == ["1.10.0", "1.10.0-rc.1", "1.9.0"]


def test_missing_values_are_last_ascending_and_first_descending(backend):
    """As in the SQL of a server; only version 1.10.0 has a max_scheduled."""
    assert backend.job_types(order="max_scheduled")["id"].iloc[0] == 3
    assert backend.job_types(order="-max_scheduled")["id"].iloc[-1] == 3


@pytest.mark.parametrize("call", ["job_types", "job_type_names", "jobs", "errors"])
def test_an_unknown_order_field_is_an_error_that_names_the_fields_there_are(any_backend, call):
    with pytest.raises(jt.InvalidParameter, match=r"no_such_field.*name|no_such_field.*status"):
        getattr(any_backend, call)(order="no_such_field")


def test_a_page_is_a_part_of_the_whole_and_count_is_the_whole(backend):
    whole = backend.job_types()
    first, second = backend.job_types(page_size=4), backend.job_types(page=2, page_size=4)
    assert list(first["id"]) + list(second["id"]) == list(whole["id"])
    assert first.attrs["count"] == second.attrs["count"] == 6
    assert len(backend.job_types(page=1)) == 6


@pytest.mark.few
@pytest.mark.parametrize(
    ("call", "rows"),
    [
        ("job_types", 6),
        ("job_type_names", 4),
        ("pending", 2),
        ("running", 3),
        ("system_failures", 4),
        ("errors", 5),
        ("jobs", 33),
    ],
)
def test_the_last_page_of_a_row_each_is_the_last_row_and_knows_how_many_there_are(backend, call, rows):
    whole, last = getattr(backend, call)(), getattr(backend, call)(page=rows, page_size=1)
    assert whole.attrs["count"] == last.attrs["count"] == len(whole) == rows
    pd.testing.assert_frame_equal(last, whole[-1:].reset_index(drop=True))


LISTS = [
    "job_types", "job_type_names", "status", "pending", "running", "system_failures", "jobs", "errors", "queue_status",
]  # fmt: skip


@pytest.mark.few
@pytest.mark.parametrize("call", LISTS)
def test_the_pages_of_any_backend_are_the_whole(any_backend, call):
    whole = getattr(any_backend, call)()
    size = max(len(whole) // 3, 1)
    pages = [getattr(any_backend, call)(page=number, page_size=size) for number in range(1, -(-len(whole) // size) + 1)]
    assert {one.attrs["count"] for one in pages} == {len(whole)}
    for number, one in enumerate(pages):
        expected = whole.iloc[number * size : (number + 1) * size].reset_index(drop=True)
        pd.testing.assert_frame_equal(one, expected)


@pytest.mark.parametrize("call", ["job_types", "job_type_names", "jobs", "errors"])
def test_any_backend_sorts_by_what_it_is_asked_for(any_backend, call):
    key = "name" if call != "jobs" else "last_status_change"
    down = getattr(any_backend, call)(order=f"-{key}")[key].dropna()
    assert list(down) == sorted(down, reverse=True)
    assert list(getattr(any_backend, call)(order=key)[key].dropna()) == sorted(down)


def test_versions_of_any_backend_are_newest_first(any_backend):
    listed = any_backend.job_types()
    name = listed["name"].value_counts().index[0]
    assert list(any_backend.versions(name)["version"]) == list(listed[listed["name"] == name]["version"])


@pytest.mark.parametrize("call", ["job_types", "job_type_names", "status", "pending", "jobs", "errors", "queue_status"])
def test_a_page_past_the_end_is_not_found(any_backend, call):
    with pytest.raises(jt.NotFound, match="past the end"):
        getattr(any_backend, call)(page=100, page_size=1000)


def test_page_one_of_nothing_is_fine_and_page_two_is_not(empty_backend):
    assert len(empty_backend.job_types(page=1)) == 0
    with pytest.raises(jt.NotFound):
        empty_backend.job_types(page=2)


@pytest.mark.parametrize(
    "wrong", [{"page": 0}, {"page": -1}, {"page_size": 0}, {"page_size": 1001}, {"page": 1.5}, {"page": True}]
)
@pytest.mark.parametrize("call", ["job_types", "jobs", "status"])
def test_a_page_or_size_out_of_range_is_an_error(any_backend, call, wrong):
    """A server changes the size in silence (D1)."""
    with pytest.raises(jt.InvalidParameter, match=next(iter(wrong))):
        getattr(any_backend, call)(**wrong)


# Versions.


def test_versions_are_newest_first_by_semver(backend):
    assert list(backend.versions("chip-maker")["version"]) == ["1.10.0", "1.10.0-rc.1", "1.9.0"]


def test_versions_filter_by_activity(backend):
    assert list(backend.versions("chip-maker", is_active=True)["version"]) == ["1.10.0", "1.9.0"]
    assert list(backend.versions("chip-maker", is_active=False)["version"]) == ["1.10.0-rc.1"]


@pytest.mark.parametrize("name", ["no-such-job", "chip", "CHIP-MAKER", "", "chip-maker' OR '1'='1"])
def test_an_unknown_name_is_not_found(any_backend, name):
    with pytest.raises(jt.NotFound) as caught:
        any_backend.versions(name)
    assert repr(name) in str(caught.value)
    assert isinstance(caught.value, KeyError)


# Details.


def test_details_have_all_fields_as_attributes_and_the_documents_as_plain_values(backend):
    found = backend.job_type("chip-maker", "1.10.0")
    assert (found.id, found.name, found.version, found.revision_num) == (3, "chip-maker", "1.10.0", 3)
    assert found.max_tries == 3
    assert found.max_scheduled == 4
    assert found.is_paused is True
    assert found.paused == datetime(2026, 1, 6, tzinfo=UTC)
    assert found.deprecated is None
    assert found.unmet_resources is None
    assert found.manifest == CHIPS["manifest"]
    assert found.configuration == CHIPS["configuration"]
    assert found.recipe_types == CHIPS["recipe_types"]
    assert found.extra == {}
    assert backend.job_type("Tide-Gauge", "0.2.0").unmet_resources == "gpus"


WITHOUT_ADDRESS = {jt.Scale: "D14: a server has no address for a version with '-' or '+'"}
"""The backends that tell less of a pre-release, each with its entry in the register."""


def test_of_a_pre_release_a_server_tells_its_row_and_a_store_its_documents_too(backend):
    found = backend.job_type("chip-maker", "1.10.0-rc.1")
    assert (found.id, found.is_active, found.deprecated) == (4, False, datetime(2026, 1, 1, tzinfo=UTC))
    documents = (found.manifest, found.configuration, found.recipe_types)
    if type(backend) in WITHOUT_ADDRESS:
        assert documents == (None, None, None)
        with pytest.raises(jt.NotFound, match="D14"):
            backend.revisions("chip-maker", "1.10.0-rc.1")
    else:
        assert documents == (CHIPS_BEFORE["manifest"], CHIPS_BEFORE["configuration"], [])
        assert len(backend.revisions("chip-maker", "1.10.0-rc.1")) == 0


def test_details_are_plain_python_values(backend):
    found = backend.job_type("chip-maker", "1.10.0")
    assert type(found.id) is int
    assert type(found.is_active) is bool
    assert type(found.name) is str
    assert type(found.created) is datetime


@pytest.mark.parametrize(
    ("name", "version"), [("chip-maker", "9.9.9"), ("no-such-job", "1.9.0"), ("chip-maker", "1.9")]
)
def test_unknown_details_are_not_found(backend, name, version):
    with pytest.raises(jt.NotFound, match=version):
        backend.job_type(name, version)


def test_an_attribute_that_is_no_field_names_those_there_are(backend):
    with pytest.raises(AttributeError, match="max_tries"):
        backend.job_type("chip-maker", "1.10.0").max_trys  # noqa: B018


# Revisions.


def test_revisions_are_newest_first_each_with_the_image_of_its_time(backend):
    found = backend.revisions("chip-maker", "1.10.0")
    assert list(found["revision_num"]) == [3, 2, 1]
    assert list(found["id"]) == [33, 32, 31]
    assert list(found["docker_image"]) == [f"registry.local/chip-maker:{number}" for number in (3, 2, 1)]
    assert set(found["job_type_id"]) == {3}
    assert set(found["name"]) == {"chip-maker"}
    assert set(found["version"]) == {"1.10.0"}


def test_a_revision_has_the_manifest_of_its_time(backend):
    found = backend.revision("chip-maker", "1.10.0", 2)
    assert found.manifest == REVISIONS[1]["manifest"]
    assert found.manifest["job"]["title"] == "Title of revision 2"
    assert (found.id, found.job_type_id, found.revision_num) == (32, CHIPS["id"], 2)


def test_revisions_of_an_unknown_version_are_not_found(backend):
    with pytest.raises(jt.NotFound, match=r"9\.9\.9"):
        backend.revisions("chip-maker", "9.9.9")


def test_an_unknown_revision_is_not_found(backend):
    with pytest.raises(jt.NotFound, match="99"):
        backend.revision("chip-maker", "1.10.0", 99)
    with pytest.raises(jt.NotFound):
        backend.revision("no-such-job", "1.0.0", 1)


def test_a_revision_number_that_is_no_number_is_an_error(backend):
    for wrong in ("1", 1.5, True, None):
        with pytest.raises(jt.InvalidParameter):
            backend.revision(CHIPS_OLD["name"], CHIPS_OLD["version"], wrong)


def test_the_same_version_text_of_two_names_is_two_job_types(backend):
    assert backend.job_type(GAUGE["name"], GAUGE["version"]).id == 5
    with pytest.raises(jt.NotFound):
        backend.job_type(GAUGE["name"], CHIPS["version"])
