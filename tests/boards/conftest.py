"""What the tests of boards share: the sample, work by hand, and a target that fails or hangs when told to."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from typing import Any

import pandas as pd
import pytest

import jobtype_toolkit as jt


class ByHand:
    """Starts nothing: the test runs the work of a board when it wants to."""

    def __init__(self) -> None:
        self.work: list[Callable[[], None]] = []

    def __call__(self, work: Callable[[], None]) -> None:
        self.work.append(work)

    def run(self) -> None:
        while self.work:
            self.work.pop(0)()


class Ticking:
    """Seconds that go on when the test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


class Moody:
    """A target that answers as another one does, or raises, or waits until it is let go; counts what it was asked."""

    def __init__(self, target: jt.Backend) -> None:
        self.target = target
        self.error: Exception | None = None
        self.asked = 0
        self.inside = 0
        self.most_inside = 0
        self.gate = threading.Event()
        self.gate.set()
        self.entered = threading.Event()

    def status(self, **given: Any) -> pd.DataFrame:
        self.asked += 1
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        self.entered.set()
        try:
            assert self.gate.wait(60)
            if self.error is not None:
                raise self.error
            return self.target.status(**given)
        finally:
            self.inside -= 1

    def __getattr__(self, name: str) -> Any:
        return getattr(self.target, name)


class Remembering:
    """A history that nobody changes, and what it is asked with: the same question is asked once for all tests."""

    def __init__(self, asked: Any) -> None:
        self._asked = asked
        self._answers: dict[str, pd.DataFrame] = {}

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._asked, name)
        if name == "analyses":
            return self.__dict__.setdefault("_analyses", Remembering(found))
        return partial(self._once, name, found) if callable(found) else found

    def _once(self, name: str, ask: Callable[..., Any], /, *given: Any, **more: Any) -> Any:
        key = repr((name, given, more))
        if key not in self._answers:
            answer = ask(*given, **more)
            if not isinstance(answer, pd.DataFrame):
                return answer
            self._answers[key] = answer
        return self._answers[key].copy(deep=False)


@pytest.fixture(scope="session")
def remembering() -> type[Remembering]:
    return Remembering


@pytest.fixture(scope="session")
def sample(sample: jt.Store) -> Remembering:
    """The sample, which is asked each question once."""
    return Remembering(sample)


@pytest.fixture(scope="session")
def history(sample: jt.Store) -> pd.DataFrame:
    """All jobs of the sample, to count them another way than the board does."""
    return sample.jobs()


@pytest.fixture
def by_hand() -> ByHand:
    return ByHand()


@pytest.fixture
def ticking() -> Ticking:
    return Ticking()


@pytest.fixture
def moody(sample: jt.Store) -> Moody:
    return Moody(sample)
