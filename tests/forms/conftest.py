"""What the tests of the forms share."""

from __future__ import annotations

from functools import cache

import pytest

import jobtype_toolkit as jt


@cache
def _sample() -> jt.Store:
    return jt.sample()


@pytest.fixture
def sample() -> jt.Store:
    """The bundled sample; nobody writes it."""
    return _sample()
