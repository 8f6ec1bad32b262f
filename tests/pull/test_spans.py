"""Stretches of time and their slices, against plain sets of ticks."""

from __future__ import annotations

import itertools
from datetime import timedelta

import hypothesis.strategies as st
from histories import NOW
from hypothesis import given

from jobtype_toolkit.api.intervals import BEGINNING, END, Span, holds, minus, union
from jobtype_toolkit.sync.jobs import Ranges

TICKS = 24
SPANS = st.lists(st.tuples(st.integers(0, TICKS), st.integers(0, TICKS)), max_size=6)
MINUTE = timedelta(minutes=1)


def spans(numbers: list[tuple[int, int]]) -> list[Span]:
    return [(NOW + started * MINUTE, NOW + ended * MINUTE) for started, ended in numbers]


def ticks(numbers: list[tuple[int, int]]) -> set[int]:
    return {tick for started, ended in numbers for tick in range(started, ended)}


def ticks_of(found: list[Span]) -> set[int]:
    return ticks([((started - NOW) // MINUTE, (ended - NOW) // MINUTE) for started, ended in found])


@given(SPANS)
def test_a_union_has_the_ticks_of_all_and_its_spans_neither_touch_nor_overlap(some):
    found = union(spans(some))
    assert ticks_of(found) == ticks(some)
    assert all(one[1] < other[0] for one, other in itertools.pairwise(found))
    assert all(started < ended for started, ended in found)


@given(SPANS, SPANS)
def test_minus_leaves_the_ticks_that_only_the_first_have(some, less):
    assert ticks_of(minus(spans(some), spans(less))) == ticks(some) - ticks(less)


@given(SPANS, st.tuples(st.integers(0, TICKS), st.integers(0, TICKS)))
def test_spans_hold_another_where_none_of_its_ticks_is_missing(some, wanted):
    assert holds(spans(some), *spans([wanted])) is (ticks([wanted]) <= ticks(some))


def test_the_beginning_and_the_end_are_ordinary_instants():
    assert minus([(BEGINNING, END)], [(NOW, NOW + MINUTE)]) == [(BEGINNING, NOW), (NOW + MINUTE, END)]


@given(
    gaps=SPANS,
    rows=st.integers(0, 10_000),
    target=st.integers(1, 500),
    learnt=st.lists(st.tuples(st.integers(0, 5000), st.floats(0, 1), st.booleans()), max_size=200),
)
def test_each_tick_of_the_gaps_is_handed_out_exactly_once_whatever_is_learnt_and_given_back(gaps, rows, target, learnt):
    slices = Ranges(spans(gaps), rows=rows, target=target)
    dealt: list[Span] = []
    lessons = iter(learnt)
    while (span := slices.take()) is not None:
        started, ended = span
        rows_there, share, is_cut = next(lessons, (0, 0.0, False))
        slices.learn(span, rows_there)
        cut = slices.cut(started + (ended - started) * share, ended, rows_there) if is_cut else ended
        if started < cut < ended:
            slices.give_back((cut, ended))
            ended = cut
        dealt.append((started, ended))
        slices.done()
    assert sum((ended - started for started, ended in dealt), timedelta()) == len(ticks(gaps)) * MINUTE
    assert union(dealt) == union(spans(gaps))


@given(gaps=SPANS, rows=st.integers(0, 10_000), lessons=st.lists(st.integers(0, 5000), max_size=50))
def test_slices_come_newest_first(gaps, rows, lessons):
    slices = Ranges(spans(gaps), rows=rows, target=100)
    learnt = iter(lessons)
    dealt = []
    while (span := slices.take()) is not None:
        dealt.append(span)
        slices.learn(span, next(learnt, 0))
        slices.done()
    assert dealt == sorted(dealt, reverse=True)


def test_a_slice_holds_about_as_many_jobs_as_it_should_where_they_are_spread_evenly():
    """100 jobs an hour over 1000 hours; slices of 2000 jobs are 20 hours long."""
    slices = Ranges([(NOW, NOW + timedelta(hours=1000))], rows=100_000, target=2000)
    assert slices.take() == (NOW + timedelta(hours=980), NOW + timedelta(hours=1000))


def test_slices_become_shorter_towards_the_end_so_that_no_worker_waits_for_another():
    """100 jobs an hour; each of five workers gets a fifth of what is left, but no slice has less than 500 jobs."""
    slices = Ranges([(NOW, NOW + timedelta(hours=100))], rows=10_000, target=5000, least=500, workers=5)
    lengths = []
    while (span := slices.take()) is not None:
        lengths.append((span[1] - span[0]) / timedelta(hours=1))
        slices.done()
    assert lengths[:2] == [20.0, 16.0]
    assert lengths == sorted(lengths, reverse=True)
    assert min(lengths[:-1]) == 5.0


def test_the_first_slice_of_a_history_without_known_size_is_all_of_it():
    assert Ranges([(NOW, NOW + MINUTE)], rows=0, target=10).take() == (NOW, NOW + MINUTE)


def test_who_waits_for_a_slice_gets_what_another_gives_back():
    import threading

    slices = Ranges([(NOW, NOW + MINUTE)], rows=0, target=10)
    assert slices.take() is not None
    found: list[Span | None] = []
    other = threading.Thread(target=lambda: found.append(slices.take()))
    other.start()
    slices.give_back((NOW, NOW + MINUTE / 2))
    other.join(10)
    assert found == [(NOW, NOW + MINUTE / 2)]
