"""kill -9 in the middle of loads: nothing acknowledged is lost, nothing half is kept (`kill_load.py` does it at length)."""

from __future__ import annotations

import kill_load
import pytest
from sizes import sizes

pytestmark = pytest.mark.slow


def test_the_expected_counts_of_the_script_are_those_of_its_batches(tmp_path):
    """By reading the batches one after the other in plain Python."""
    import json

    states: dict[int, str] = {}
    for count, path in enumerate(kill_load.make_batches(tmp_path, 3, 40), 1):
        for line in path.read_text().splitlines():
            row = json.loads(line)
            states[row["id"]] = row["status"]
        found = {status: list(states.values()).count(status) for status in set(states.values())}
        assert found == kill_load.expected(count, 40)


@sizes((1, 3), (3, 4))
def test_a_load_that_is_killed_leaves_exactly_what_was_acknowledged(size):
    rounds, batches = size
    figures = kill_load.run(rounds, seed=7, batches=batches, rows=1000)
    assert figures.faults == []
    assert figures.rounds == rounds
