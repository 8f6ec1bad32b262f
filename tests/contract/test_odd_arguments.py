"""A store and a live server give the same frame or the same error for every call, however odd its arguments."""

from __future__ import annotations

import inspect
import re
import warnings
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest
from histories import NOW
from sizes import sizes

import jobtype_toolkit as jt

pytestmark = pytest.mark.slow

ODD = (
    None, True, False, 0, 1, -1, 7, 58, 2**31, 2**63, 2**64, 1.0, 2.5, float("nan"), Decimal(1), np.int64(1), b"x",
    "", " ", "*", "thumbnailer", "2.0", "1.0.0", "FAILED", "failed", "nonsense", "-id", "name", "last_modified", "a/b", "..",
    "Ä\u202e", "half \ud800", "NUL \0", "%", "'; DROP TABLE job; --", "PT3H", "P1D", "PT", "P99999999D", "2026-03-01",
    "2026-03-01T11:00:00Z", "2026-03-01T12:00:00+01:00", "2026-03-01T11:00:00", "0001-01-01T00:00:00Z", "epoch",
    NOW, NOW - timedelta(hours=1), NOW.replace(tzinfo=None), NOW.astimezone(timezone(timedelta(hours=5))),
    [], [1], [1, 2, 2], [1, "x"], ["FAILED", "RUNNING"], [None], (), {"a": 1}, object, pd.Timestamp(NOW), pd.NaT,
)  # fmt: skip
CALLS = (
    "job_type_names", "job_types", "versions", "job_type", "revisions", "revision",
    "status", "pending", "running", "system_failures", "jobs", "errors", "queue_status", "workspaces",
)  # fmt: skip
USUAL = {"name": "thumbnailer", "version": "2.0", "revision_num": 1}
"""What a call needs beside the odd argument."""


def parameters(call: str) -> list[str]:
    return [name for name in inspect.signature(getattr(jt.Backend, call)).parameters if name not in ("self", "source")]


def required(call: str) -> dict[str, Any]:
    signature = inspect.signature(getattr(jt.Backend, call))
    return {
        name: USUAL[name] for name, one in signature.parameters.items() if name in USUAL and one.default is one.empty
    }


def outcome(backend: jt.Backend, call: str, arguments: dict[str, Any]) -> Any:
    """What becomes of a call: the rows and what the frame says of its window, or the error in words of no backend."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", jt.ResultCut)
        try:
            answer = getattr(backend, call)(**arguments)
        except jt.ToolkitError as error:
            message = re.sub(r" (in the source '\w+'|on https?://\S+/api)", " <there>", str(error.args[0]))
            return type(error).__name__, message.replace(
                " A v6 server has no address for a version with such letters (D14).", ""
            )
    return answer if isinstance(answer, pd.DataFrame) else dict(answer)


def differ(one: Any, other: Any) -> str:
    """Say how two outcomes differ; nothing if they do not."""
    if not (isinstance(one, pd.DataFrame) and isinstance(other, pd.DataFrame)):
        return "" if type(one) is type(other) and repr(one) == repr(other) else f"{one!r:.200} / {other!r:.200}"
    try:
        pd.testing.assert_frame_equal(one, other)
    except AssertionError as error:
        return str(error)
    said = [{key: frame.attrs.get(key) for key in ("window", "count", "now")} for frame in (one, other)]
    return "" if said[0] == said[1] else f"{said[0]} / {said[1]}"


def cases(call: str, tenths: int) -> list[tuple[str, Any]]:
    """Return the parameters of a call, each with so many tenths of the odd values, the next one with others."""
    return [
        (name, value)
        for turn, name in enumerate(parameters(call))
        for place, value in enumerate(ODD)
        if (turn + place) % 10 < tenths
    ]


@sizes(1, 10)
@pytest.mark.parametrize("call", CALLS)
def test_both_give_the_same_frame_or_the_same_error(both, call, size):
    differing = {}
    for name, value in cases(call, size):
        arguments = {**required(call), name: value}
        found = differ(*(outcome(backend, call, arguments) for backend in both))
        if found:
            differing[name, repr(value)] = found
    assert not differing


@sizes(1, 10)
def test_there_are_enough_of_them(size):
    assert sum(len(cases(call, size)) for call in CALLS) >= 375 * size


@pytest.mark.parametrize(
    ("name", "version"), [("thumbnailer", 2.0), (5, "1.0.0"), (None, "1.0.0"), ("thumbnailer", None)]
)
@pytest.mark.parametrize("call", ["job_type", "revisions", "edit"])
def test_a_name_or_a_version_that_is_not_text_is_refused_before_anything_is_read(both, call, name, version):
    for backend in both:
        with pytest.raises(
            jt.InvalidParameter, match=re.escape(f"={(name if not isinstance(name, str) else version)!r} is not text")
        ):
            getattr(backend, call)(name, version)


def test_a_version_given_as_a_number_is_told_how_to_give_it(both):
    for backend in both:
        with pytest.raises(jt.InvalidParameter, match=re.escape("version=2.0 is not text; give '2.0'.")):
            backend.job_type("thumbnailer", 2.0)


def test_a_live_server_is_one_source(both):
    store, scale = both
    assert len(store.status(source="local")) == len(store.status())
    with pytest.raises(jt.InvalidParameter, match="one source"):
        scale.status(source="local")


def test_the_same_now_is_told_alike(both):
    assert {backend.status(now=NOW, started="PT1H").attrs["now_is"] for backend in both} == {"as given"}
    assert datetime.fromisoformat(both[0].status(now=NOW).attrs["now"]) == NOW.astimezone(UTC)
