"""Durations and sizes as people write them, in the unit of their place, with a fix that writes the number."""

import pytest

import jobtype_toolkit as jt
from jobtype_toolkit.seed.quantities import quantity


@pytest.mark.parametrize(
    ("text", "number", "is_certain"),
    [
        ("1h", 3600, True),
        ("1h 30min", 5400, True),
        ("PT1H30M", 5400, True),
        ("P2D", 172_800, True),
        ("1.5 days", 129_600, True),
        ("90 Seconds", 90, True),
        ("0.5 s", 1, False),
    ],
)
def test_durations_in_seconds(text, number, is_certain):
    found = quantity(text, "seconds")
    assert (found.number, found.is_certain) == (number, is_certain)


@pytest.mark.parametrize(
    ("text", "number", "is_certain"),
    [
        ("2 GiB", 2048, True),
        ("512MiB", 512, True),
        ("1.5 TiB", 1_572_864, True),
        ("500 MB", 477, False),  # 500,000,000 / 1,048,576 = 476.8
        ("1048576 kb", 1000, False),
        ("2g", 2048, False),
    ],
)
def test_sizes_in_mib(text, number, is_certain):
    found = quantity(text, "MiB")
    assert (found.number, found.is_certain) == (number, is_certain)


@pytest.mark.parametrize(
    "text", ["", "soon", "P", "PT", "1", "1 GiB", "1h later", "-1h", "h", "1 h 2 MiB", "9" * 400 + "h"]
)
def test_what_is_no_duration(text):
    assert quantity(text, "seconds") is None


@pytest.mark.parametrize("text", ["", "much", "512", "1h", "1 GiB 2 MiB", "2 EiB"])
def test_what_is_no_size(text):
    assert quantity(text, "MiB") is None


def test_the_fix_writes_the_number_in_the_unit_of_the_place():
    scalar = [{"name": name, "value": "500 MB"} for name in ("mem", "disk", "cpus")]
    manifest = {"seedVersion": "1.0.0", "job": {"timeout": "1h", "resources": {"scalar": scalar}}}
    found = {one.path: one for one in jt.validate(manifest).errors if "is the text" in one.description}
    timeout, mem, cpus = (
        found["$.job.timeout"],
        found["$.job.resources.scalar[0].value"],
        found["$.job.resources.scalar[2].value"],
    )
    assert (timeout.suggestion, timeout.fix.safe) == ('Write 3600, which is "1h" in seconds.', True)
    assert timeout.fix.apply(manifest).at("job.timeout") == 3600
    assert (mem.suggestion, mem.fix.safe) == ('Write 477, which is "500 MB" in MiB, rounded up.', False)
    assert mem.fix.apply(manifest).at("job.resources.scalar[0].value") == 477
    assert cpus.fix is None
