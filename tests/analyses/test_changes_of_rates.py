"""`analyses.changes`: rates that became worse or better, judged at the end of the window."""

from __future__ import annotations

from datetime import timedelta

from histories import NOW, ago

DAY = 24 * 60
AFTER = NOW + timedelta(seconds=1)


def jobs():
    """Forty quiet days of two types; then one fails nearly always and the other, which failed most of the time, never."""
    for name, failed in (("fit", 0), ("map", 6)):
        for day in range(40):
            for place in range(10):
                is_failed = place < failed if day else name == "fit" and place < 9
                status = {"status": "FAILED", "error_name": "late"} if is_failed else {}
                yield {"job_type": name, "last_status_change": ago(day * DAY + 60 + place), **status}
        yield from (
            {"job_type": name, "last_status_change": ago(80 + place)} for place in range(20 if name == "map" else 0)
        )


def test_rates_are_facts_too(history):
    store = history(jobs())
    judged = store.analyses.worse_than_usual("P1D", now=AFTER)
    assert dict(zip(judged["name"], judged["verdict"], strict=True)) == {"fit": "worse", "map": "better"}
    frame = store.analyses.changes("P1D", now=AFTER, kind=["worse", "better"])
    assert frame.to_dict("records") == [
        {
            "kind": "better",
            "name": "map",
            "what": frame["what"][0],
            "moment": AFTER,
            "detail": "0 of 30 jobs failed: 0.0%, usually 60.0%",
            "seen": "told",
        },
        {
            "kind": "worse",
            "name": "fit",
            "what": "late",
            "moment": AFTER,
            "detail": f"9 of 10 jobs failed: 90.0%, usually {judged['usual_rate'][0]:.1%}",
            "seen": "told",
        },
    ]
    assert frame["what"].isna().tolist() == [True, False]
    assert store.analyses.changes("P1D", now=AFTER, name="fit", kind="worse")["name"].tolist() == ["fit"]
    assert (store.analyses.changes("P1D", now=AFTER)["kind"].tail(2) == ["better", "worse"]).all()
    assert store.analyses.changes("P1D", now=AFTER, kind="new_error")["kind"].tolist() == ["new_error"]
    longer = store.analyses.changes("P60D", now=AFTER)
    assert not set(longer["kind"]) & {"worse", "better"}
    assert any("up to 31 days" in note for note in longer.attrs["notes"])
