"""Ask three questions of a lake through the Spark master named first, and compare with the store that wrote it."""

from __future__ import annotations

import sys

import pandas as pd
from spark_session import started

import jobtype_toolkit as jt

master, folder = sys.argv[1:]
session = started(master)
with jt.sample() as store:
    store.export(folder, partitioned=True)
    with jt.lake(folder, session=session) as lake:
        pd.testing.assert_frame_equal(lake.status(started="P7D"), store.status(started="P7D"))
        pd.testing.assert_frame_equal(lake.analyses.failures(), store.analyses.failures())
        pd.testing.assert_frame_equal(lake.analyses.failure_trend(), store.analyses.failure_trend())
workers = session.sparkContext._jsc.sc().getExecutorMemoryStatus().size() - 1
session.stop()
print(f"three questions answered alike by {workers} executor")
