"""Cheap to import, quick to answer."""

import json
import subprocess
import sys
import time

import jsonschema
import pytest
from sizes import sizes

from jobtype_toolkit.seed.schema import definition
from jobtype_toolkit.seed.validator import validate

from .conftest import MANIFEST

pytestmark = pytest.mark.slow

OURS = """
import sys, time
start = time.process_time()
from jobtype_toolkit.seed.validator import validate
from jobtype_toolkit.seed.manifest import Manifest
assert not validate(Manifest.new("a")).errors
heavy = {"jsonschema", "jsonschema_rs", "pandas", "numpy"} & set(sys.modules)
print(time.process_time() - start, sorted(heavy))
"""
THEIRS = """
import time
start = time.process_time()
import jsonschema
jsonschema.validate({}, {"type": "object"}, cls=jsonschema.Draft4Validator)
print(time.process_time() - start)
"""


def printed(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.strip()


@sizes(1, 3)
def test_the_first_validation_of_a_process_costs_little_more_than_importing_jsonschema_and_loads_nothing_heavy(size):
    ours, theirs = ([printed(program) for _ in range(size)] for program in (OURS, THEIRS))
    assert {line.split(" ", 1)[1] for line in ours} == {"[]"}
    assert min(float(line.split()[0]) for line in ours) < 4 * min(map(float, theirs))


def seconds(work, times):
    """CPU seconds of one run, the best of five."""

    def once():
        start = time.process_time()
        for _ in range(times):
            work()
        return (time.process_time() - start) / times

    return min(once() for _ in range(5))


def test_a_manifest_with_all_findings_takes_a_tenth_of_jsonschema_validate():
    schema = definition("seed.manifest")
    theirs = seconds(lambda: jsonschema.validate(MANIFEST, schema, cls=jsonschema.Draft4Validator), 4)
    assert seconds(lambda: validate(MANIFEST), 40) * 10 < theirs
    text = json.dumps(MANIFEST, indent=2)
    assert seconds(lambda: validate(text), 40) * 5 < theirs
