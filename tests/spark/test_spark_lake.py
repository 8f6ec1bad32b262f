"""What a lake on Spark is besides its answers: read-only, a guest in the caller's session, and clear about what fails."""

from __future__ import annotations

import doctest
import re
from pathlib import Path

import pandas as pd
import pytest

import jobtype_toolkit as jt

pytestmark = pytest.mark.spark


def test_several_sources_must_be_named(two_sources):
    with pytest.raises(jt.Ambiguous, match="north"):
        two_sources.lake.status()


def test_it_changes_nothing(sample):
    with pytest.raises(jt.ReadOnly):
        sample.lake.edit("no-such-type", "1.0.0", is_paused=True)


def test_the_settings_and_views_of_the_caller_stay(spark, sample):
    zone = spark.conf.get("spark.sql.session.timeZone")
    spark.sql("SELECT 'mine' AS whose").createOrReplaceTempView("job")
    sample.lake.running()
    assert spark.conf.get("spark.sql.session.timeZone") == zone
    assert [row.whose for row in spark.sql("SELECT * FROM job").collect()] == ["mine"]
    spark.catalog.dropTempView("job")


def test_sql_is_that_of_spark_and_says_so(sample):
    found = sample.lake.sql(
        "SELECT status, count(*) AS n, max(last_status_change) AS newest FROM job WHERE status = :status GROUP BY status",
        status="FAILED",
    )
    expected = sample.store.sql(
        "SELECT status, count(*) AS n, max(last_status_change) AS newest FROM job WHERE status = $status GROUP BY status",
        status="FAILED",
    )
    assert found["n"].tolist() == expected["n"].tolist()
    assert found["newest"].tolist() == expected["newest"].tolist()
    assert found.attrs["dialect"] == "spark"


@pytest.mark.parametrize(
    "query",
    [
        "DROP VIEW job",
        "INSERT INTO job SELECT * FROM job",
        "CREATE TABLE x AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELEC 1",
        "",
    ],
)
def test_sql_that_would_do_more_than_read_is_refused(sample, query):
    with pytest.raises(jt.InvalidQuery):
        sample.lake.sql(query)


def test_sql_with_an_unknown_column_does_not_run(sample):
    with pytest.raises(jt.InvalidQuery, match="no_such_column"):
        sample.lake.sql("SELECT no_such_column FROM job")


def test_a_frame_of_ones_own_can_be_joined_and_is_gone_afterwards(sample):
    mine = pd.DataFrame({"status": ["FAILED"], "label": ["red"]})
    found = sample.lake.sql(
        "SELECT label, count(*) AS n FROM job JOIN mine USING (status) GROUP BY label", tables={"mine": mine}
    )
    assert found["label"].tolist() == ["red"]
    with pytest.raises(jt.InvalidQuery):
        sample.lake.sql("SELECT * FROM mine")


def test_tables_of_the_sites_catalogue_answer_as_files_do(spark, sample, folder):
    spark.sql("CREATE DATABASE IF NOT EXISTS scale")
    for path in sorted((folder / "sample").iterdir()):
        if path.is_dir():
            frame = spark.read.option("recursiveFileLookup", "true").parquet(f"file://{path}")
            frame.write.mode("overwrite").option("path", f"file://{folder}/tables/{path.name}").saveAsTable(
                f"scale.{path.name}"
            )
    with jt.lake(session=spark, namespace="scale") as lake:
        pd.testing.assert_frame_equal(lake.status(started="P7D"), sample.store.status(started="P7D"))
        assert lake.status().attrs["lake"] == "scale"


def test_a_namespace_without_the_tables_is_told(spark):
    with pytest.raises(jt.StoreError, match="nowhere"), jt.lake(session=spark, namespace="nowhere") as lake:
        lake.status()


def test_a_lake_that_was_written_anew_is_read_anew(spark, folder):
    with jt.sample() as store:
        store.export(folder / "again", partitioned=True)
        with jt.lake(folder / "again", session=spark) as lake:
            before = lake.as_of
            store.prune(before="P10D")
            store.export(folder / "again", partitioned=True)
            assert lake.as_of == before
            pd.testing.assert_frame_equal(lake.analyses.failure_rates(), store.analyses.failure_rates())


def test_the_output_that_the_docs_keep_is_what_spark_answers(spark, sample, folder):
    """The page's definition of the question, and its session, run here as they stand there."""
    page = (Path(__file__).parents[2] / "docs" / "lake.md").read_text(encoding="utf-8")
    (question,) = re.findall(r"^(def worst.*?\n)\n", page, re.MULTILINE | re.DOTALL)
    (session,) = re.findall(r"```pycon\n(.*?)```", page, re.DOTALL)
    names = {"jt": jt, "spark": spark}
    exec(question, names)
    session = session.replace('"shared-lake"', repr(str(folder / "sample")))
    asked = doctest.DocTestParser().get_doctest(session, names, "docs/lake.md", None, 0)
    assert doctest.DocTestRunner(verbose=False).run(asked) == doctest.TestResults(0, 1)
