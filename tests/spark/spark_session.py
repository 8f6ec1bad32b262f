"""How the tests start Spark."""

from __future__ import annotations

import os
import tempfile
from typing import Any

os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"  # a driver listens on the machine's own address unless it is told otherwise


def started(master: str, *, memory: str = "2g") -> Any:
    """Start a session that listens on loopback only."""
    from pyspark.sql import SparkSession

    settings = {
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": memory,
        "spark.sql.shuffle.partitions": "2",
        "spark.sql.warehouse.dir": tempfile.mkdtemp(prefix="spark-warehouse-"),  # else a folder in the checkout
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
    }
    session = SparkSession.builder.master(master).config(map=settings).getOrCreate()
    session.sparkContext.setLogLevel("OFF")
    return session
