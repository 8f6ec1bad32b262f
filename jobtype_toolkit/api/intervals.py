"""Stretches of time, each from an instant until before another: what is here, and what is missing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime

Span = tuple[datetime, datetime]
BEGINNING = datetime.min.replace(tzinfo=UTC)
END = datetime.max.replace(tzinfo=UTC)


def union(spans: Iterable[Span]) -> list[Span]:
    """Return the spans in order, joined if they touch."""
    joined: list[Span] = []
    for started, ended in sorted(span for span in spans if span[0] < span[1]):
        if joined and started <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], ended))
        else:
            joined.append((started, ended))
    return joined


def minus(spans: Iterable[Span], less: Iterable[Span]) -> list[Span]:
    """Return what of the spans is in none of the others."""
    left = union(spans)
    for started, ended in union(less):
        left = [
            piece
            for one in left
            for piece in ((one[0], min(one[1], started)), (max(one[0], ended), one[1]))
            if piece[0] < piece[1]
        ]
    return left


def holds(spans: Iterable[Span], wanted: Span) -> bool:
    """Whether nothing of the wanted span is missing."""
    return not minus([wanted], spans)
