"""The sample history: what it promises, checked on the bundled files and on fresh ones."""

import json
import re
import subprocess
import sys
from functools import cache

import children
import duckdb
import pytest
from sizes import and_in_soak

import jobtype_toolkit
from jobtype_toolkit.generator import folder, generate

pytestmark = pytest.mark.slow

JSON_FILES = ("job_types.json", "job_type_revisions.json", "errors.json", "ground_truth.json")
PARQUET_FILES = ("jobs.parquet", "job_executions.parquet")
STATUSES = {"PENDING", "BLOCKED", "QUEUED", "RUNNING", "FAILED", "COMPLETED", "CANCELED"}
INCIDENTS = {"new_error", "bad_node", "slower_version", "chronic_failer", "backlog", "stuck_running"}


class History:
    """The files of one history: its JSON, and SQL over ``jobs``, ``executions``, ``errors``, ``job_types``."""

    def __init__(self, folder):
        self.folder = folder
        self.connection = duckdb.connect(config={"threads": 1})
        self.connection.execute("SET TimeZone = 'UTC'")
        for view, file in (("jobs", "jobs.parquet"), ("executions", "job_executions.parquet")):
            self.connection.execute(f"CREATE TABLE {view} AS FROM '{folder / file}'")
        for view in ("errors", "job_types", "job_type_revisions"):
            self.connection.execute(f"CREATE VIEW {view} AS FROM read_json('{folder / view}.json')")

    def json(self, name):
        return json.loads((self.folder / name).read_text(encoding="utf-8"))

    @property
    def truth(self):
        return self.json("ground_truth.json")

    def incident(self, kind):
        return next(one for one in self.truth["incidents"] if one["kind"] == kind)

    def rows(self, sql):
        return self.connection.execute(sql).fetchall()

    def value(self, sql):
        return self.rows(sql)[0][0]

    def count(self, condition, table="jobs"):
        return self.value(f"SELECT count(*) FROM {table} WHERE {condition}")

    def failure_rate(self, condition):
        """The share of FAILED among the jobs that ended."""
        return self.value(f"SELECT avg((status = 'FAILED')::INT) FROM jobs WHERE ended IS NOT NULL AND {condition}")


@pytest.fixture(scope="module")
def bundled():
    return History(folder())


@pytest.fixture(scope="module")
def quickly(tmp_path_factory):
    """Make histories in files that are quickly written: the strongest compression takes most of the time."""

    def made(**options):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("jobtype_toolkit.generator.write.SMALL", 0)
            return generate(tmp_path_factory.mktemp("history"), **options)

    return made


@pytest.fixture(scope="module")
def fresh(quickly):
    """The bundled history, generated anew."""
    return quickly()


@pytest.fixture(scope="module")
def make(quickly):
    """Smaller histories, each made once."""
    return cache(lambda **options: History(quickly(**{"jobs": 5_000, **options})))


class TestRegeneration:
    @pytest.mark.parametrize("name", [*JSON_FILES, "README.md"])
    def test_text_files_are_the_same_byte_for_byte(self, bundled, fresh, name):
        assert (fresh / name).read_bytes() == (bundled.folder / name).read_bytes()

    @pytest.mark.parametrize("name", PARQUET_FILES)
    def test_tables_are_the_same_row_for_row(self, bundled, fresh, name):
        old, new = bundled.folder / name, fresh / name
        rows = bundled.value(f"SELECT count(*) FROM '{old}'")
        equal = f"SELECT count(*) FROM '{old}' a POSITIONAL JOIN '{new}' b WHERE a IS NOT DISTINCT FROM b"
        assert bundled.value(f"SELECT count(*) FROM '{new}'") == rows == bundled.value(equal)

    @pytest.mark.soak
    def test_tables_are_the_same_byte_for_byte_where_the_same_duckdb_wrote_them(self, bundled, tmp_path):
        generate(tmp_path)
        for name in PARQUET_FILES:
            old, new = bundled.folder / name, tmp_path / name
            writers = {bundled.value(f"SELECT created_by FROM parquet_file_metadata('{path}')") for path in (old, new)}
            if len(writers) > 1:
                pytest.skip(f"written by different versions: {sorted(writers)}")
            assert new.read_bytes() == old.read_bytes()

    def test_the_bundled_folder_holds_these_files_and_no_more_than_5_mb(self, bundled):
        sizes = {path.name: path.stat().st_size for path in bundled.folder.iterdir()}
        assert set(sizes) == {*JSON_FILES, *PARQUET_FILES, "README.md"}
        assert sum(sizes.values()) <= 5_000_000

    def test_another_seed_gives_another_history_of_the_same_catalogue(self, make):
        one, other = make(seed=1), make(seed=2)
        assert one.truth["totals"] != other.truth["totals"]
        assert one.json("job_types.json") == other.json("job_types.json")

    def test_the_command_writes_what_the_function_writes_and_is_quiet(self, tmp_path):
        expected = generate(tmp_path / "expected", seed=5, jobs=2_000, incidents="random", days=30)
        options = ["--seed", "5", "--jobs", "2000", "--incidents", "random", "--days", "30", "--quiet"]
        as_main = "import runpy; runpy.run_module('jobtype_toolkit.generator', run_name='__main__')"
        done = children.run(as_main, tmp_path, *options)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
        for name in (*JSON_FILES, *PARQUET_FILES):
            assert (tmp_path / name).read_bytes() == (expected / name).read_bytes(), name

    def test_importing_the_package_loads_neither_numpy_nor_duckdb(self):
        code = "import sys, jobtype_toolkit.generator; print({'numpy', 'duckdb', 'pandas'} & set(sys.modules))"
        run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert run.stdout.strip() == "set()"

    @pytest.mark.parametrize("place", ["site/jobtype_toolkit/generator/data", "data"], ids=["installed", "checkout"])
    def test_the_folder_is_found(self, tmp_path, monkeypatch, place):
        here = tmp_path / ("" if place == "data" else "site") / "jobtype_toolkit/generator/__init__.py"
        monkeypatch.setattr(sys.modules["jobtype_toolkit.generator"], "__file__", str(here))
        with pytest.raises(FileNotFoundError, match=r"python -m jobtype_toolkit\.generator"):
            folder()
        (tmp_path / place).mkdir(parents=True)
        (tmp_path / place / "jobs.parquet").touch()
        assert folder() == tmp_path / place

    def test_the_facade_s_sample_is_the_bundled_history_also_after_importing_the_generator(self, bundled, sample):
        assert jobtype_toolkit.sample.__module__ == "jobtype_toolkit.store.store"
        assert len(sample.job_types()) == len(bundled.json("job_types.json"))

    @pytest.mark.parametrize("jobs", [1, 50])
    def test_a_tiny_history_is_a_history(self, make, jobs):
        tiny = make(jobs=jobs)
        assert tiny.count("true") == tiny.truth["totals"]["jobs"] == jobs

    def test_a_history_in_many_chunks_keeps_every_promise(self, quickly, monkeypatch):
        monkeypatch.setattr("jobtype_toolkit.generator.history.CHUNK", 1_000)
        chunked = History(quickly(jobs=6_000))
        assert (
            chunked.value("SELECT count(DISTINCT id) FROM jobs") == 6_000 == chunked.value("SELECT max(id) FROM jobs")
        )
        assert chunked.value("SELECT count(DISTINCT id) = count(*) FROM executions")
        assert dict(chunked.rows("SELECT status, count(*) FROM jobs GROUP BY 1")) == {
            status: n for status, n in chunked.truth["totals"]["by_status"].items() if n
        }
        for name, (about, holds) in INVARIANTS.items():
            assert chunked.count(f"({about}) AND ({holds}) IS NOT TRUE") == 0, name

    @pytest.mark.parametrize(
        ("options", "message"),
        [
            ({"ended": "2026-11-01T00:00:00"}, "time zone"),
            ({"incidents": "some"}, "'planted', 'random', 'none'"),
            ({"days": 3}, "at least 14 days"),
        ],
    )
    def test_impossible_arguments_are_refused_in_words(self, tmp_path, options, message):
        with pytest.raises(ValueError, match=message):
            generate(tmp_path, **options)


class TestShape:
    def test_jobs_have_these_columns_and_types(self, bundled):
        described = bundled.rows("SELECT column_name, column_type FROM (DESCRIBE jobs)")
        numbers = "id job_type_id revision_num job_type_rev_id error_id node_id num_exes max_tries superseded_job_id"
        moments = "created queued started ended last_status_change superseded last_modified"
        texts = "job_type job_type_version status error_name error_category node"
        expected = dict.fromkeys([*numbers.split(), "event_id", "recipe_id", "batch_id"], "BIGINT")
        expected |= dict.fromkeys(texts.split(), "VARCHAR")
        expected |= dict.fromkeys(moments.split(), "TIMESTAMP WITH TIME ZONE")
        expected |= {"input_file_size": "DOUBLE", "is_superseded": "BOOLEAN"}
        assert dict(described) == expected

    def test_executions_have_these_columns(self, bundled):
        columns = [row[0] for row in bundled.rows("SELECT column_name FROM (DESCRIBE executions)")]
        expected = "id job_id exe_num status job_type_id node_id node error_id cluster_id created queued started ended"
        assert columns == [*expected.split(), "timeout", "input_file_size"]

    def test_ids_are_unique_and_grow_with_creation(self, bundled):
        unordered = "SELECT count(*) FROM (SELECT created < lag(created) OVER (ORDER BY id) AS b FROM jobs) WHERE b"
        assert (
            bundled.value("SELECT count(DISTINCT id) FROM jobs") == 100_000 == bundled.value("SELECT max(id) FROM jobs")
        )
        assert bundled.value(unordered) == 0
        assert bundled.value("SELECT count(DISTINCT id) = count(*) FROM executions")

    def test_the_file_is_in_order_of_the_last_status_change(self, bundled):
        moment = "coalesce(last_status_change, created)"
        sql = f"SELECT count(*) FROM (SELECT {moment} < lag({moment}) OVER () AS b FROM jobs) WHERE b"
        assert bundled.value(sql) == 0

    def test_names_and_categories_are_those_of_the_catalogue(self, bundled):
        assert bundled.value("""
            SELECT count(*) FROM jobs j
            JOIN job_types t ON t.id = j.job_type_id AND t.name = j.job_type AND t.version = j.job_type_version
            LEFT JOIN errors e ON e.id = j.error_id
            WHERE j.error_name IS NOT DISTINCT FROM e.name AND j.error_category IS NOT DISTINCT FROM e.category
              AND (e.job_type_name IS NULL OR e.job_type_name = j.job_type)""") == bundled.count("true")

    def test_every_job_is_of_the_revision_current_at_its_creation(self, bundled):
        wrong = bundled.value("""
            SELECT count(*) FROM jobs j ASOF LEFT JOIN job_type_revisions r
              ON r.job_type.id = j.job_type_id AND r.created::TIMESTAMPTZ <= j.created
            WHERE (r.id, r.revision_num) IS DISTINCT FROM (j.job_type_rev_id, j.revision_num)""")
        assert wrong == 0
        assert bundled.value("SELECT max(revision_num) FROM jobs") == 4

    def test_the_day_and_the_week_have_a_rhythm(self, bundled):
        noon, night = (bundled.count(f"hour(created) = {hour}") for hour in (11, 3))
        wednesday, sunday = (bundled.count(f"isodow(created) = {day}") for day in (3, 7))
        assert noon > 2 * night
        assert wednesday > 1.5 * sunday

    def test_waits_are_longer_in_busy_hours_and_runs_longer_for_larger_inputs(self, bundled):
        wait = "SELECT median(epoch(started - queued)) FROM jobs WHERE job_type = 'scale-ingest' AND hour(queued) = "
        assert bundled.value(f"{wait} 11") > 2 * bundled.value(f"{wait} 3")
        run = "job_type = 'scene-intake' AND status = 'COMPLETED'"
        assert bundled.value(f"SELECT corr(input_file_size, epoch(ended - started)) FROM jobs WHERE {run}") > 0.5


# What holds for which jobs; every condition on the left concerns some jobs of the sample.
INVARIANTS = {
    "a pending job was never queued": ("status = 'PENDING'", "num_exes = 0 AND queued IS NULL AND started IS NULL"),
    "a pending job that changed status did so after its creation": (
        "status = 'PENDING' AND last_status_change IS NOT NULL",
        "last_status_change >= created",
    ),
    "a blocked job was never queued but changed status": (
        "status = 'BLOCKED'",
        "num_exes = 0 AND queued IS NULL AND last_status_change >= created",
    ),
    "only jobs that were never queued have no queued": ("queued IS NULL", "num_exes = 0"),
    "a queued job has nothing of an execution": (
        "status = 'QUEUED'",
        "num_exes > 0 AND last_status_change = queued AND started IS NULL AND ended IS NULL AND node IS NULL",
    ),
    "a running job changed status when it started": (
        "status = 'RUNNING'",
        "last_status_change = started AND started >= queued AND ended IS NULL AND node IS NOT NULL",
    ),
    "a completed job changed status when it ended": (
        "status = 'COMPLETED'",
        "last_status_change = ended AND ended > started AND started >= queued AND node IS NOT NULL",
    ),
    "a failed job has its error and its end": (
        "status = 'FAILED'",
        "error_id IS NOT NULL AND last_status_change = ended AND ended > started AND node IS NOT NULL",
    ),
    "only failed jobs have an error": ("error_id IS NOT NULL", "status = 'FAILED'"),
    "a canceled job has no node and no error": (
        "status = 'CANCELED'",
        "node IS NULL AND error_id IS NULL AND last_status_change >= created",
    ),
    "a canceled job has an end only where it had failed before": (
        "status = 'CANCELED' AND ended IS NOT NULL",
        "started IS NOT NULL AND last_status_change > ended",
    ),
    "times never run backwards": (
        "queued IS NOT NULL",
        "created <= queued AND queued <= coalesce(started, queued) AND coalesce(started, queued) <= last_modified",
    ),
    "a change is seen when it happens or later": (
        "last_status_change IS NOT NULL",
        "last_modified >= last_status_change",
    ),
    "a job that never changed was modified when created or superseded": (
        "last_status_change IS NULL AND NOT is_superseded",
        "last_modified >= created AND last_modified < created + INTERVAL 10 SECONDS",
    ),
    "nothing happens after the end": ("true", "last_modified <= timestamptz '2026-10-28T15:00Z'"),
    "num_exes passes max_tries nowhere": ("num_exes > 1", "num_exes <= max_tries"),
    "max_tries rises only by requeueing": ("job_type <> 'archive-audit' AND max_tries > 3", "num_exes > 1"),
    "a superseded job is final and was modified by it": (
        "is_superseded",
        "status IN ('FAILED', 'COMPLETED', 'CANCELED') AND superseded >= last_status_change AND last_modified >= superseded",
    ),
    "only a superseded job says when": ("superseded IS NOT NULL", "is_superseded"),
    "a node has one number and one name": ("node IS NOT NULL", "node = 'node' || lpad(node_id::VARCHAR, 2, '0')"),
    "sizes are positive, in MiB with two decimals": (
        "input_file_size IS NOT NULL",
        "input_file_size > 0 AND input_file_size = round(input_file_size, 2)",
    ),
    "a job in a batch is in a recipe": ("batch_id IS NOT NULL", "recipe_id IS NOT NULL"),
}


class TestTransitions:
    @pytest.mark.parametrize("name", INVARIANTS)
    def test_the_last_transition_wrote_these_columns(self, bundled, name):
        about, holds = INVARIANTS[name]
        assert bundled.count(about) > 0
        assert bundled.count(f"({about}) AND ({holds}) IS NOT TRUE") == 0

    def test_every_status_occurs(self, bundled):
        assert {row[0] for row in bundled.rows("SELECT DISTINCT status FROM jobs")} == STATUSES

    def test_most_pending_jobs_have_no_last_status_change_but_some_have(self, bundled):
        waiting = bundled.count("status = 'PENDING'")
        assert waiting / 2 < bundled.count("status = 'PENDING' AND last_status_change IS NULL") < waiting

    def test_a_canceled_job_often_has_no_end_but_sometimes_has(self, bundled):
        canceled = bundled.count("status = 'CANCELED'")
        assert canceled / 2 < bundled.count("status = 'CANCELED' AND ended IS NULL") < canceled

    def test_a_job_is_superseded_by_one_later_job_of_its_type(self, bundled):
        pairs = "jobs j JOIN jobs o ON o.id = j.superseded_job_id"
        right = "o.is_superseded AND o.superseded = j.created AND o.job_type_id = j.job_type_id AND o.id < j.id"
        superseded = bundled.count("is_superseded")
        assert (
            superseded
            == bundled.count(right, pairs)
            == bundled.value("SELECT count(DISTINCT superseded_job_id) FROM jobs")
        )


class TestExecutions:
    def test_they_are_of_the_jobs_that_failed_or_were_queued_again(self, bundled):
        assert (
            bundled.count("job_id NOT IN (SELECT id FROM jobs WHERE num_exes > 1 OR status = 'FAILED')", "executions")
            == 0
        )

    def test_every_execution_but_one_not_yet_started_is_there(self, bundled):
        assert (
            bundled.value("""
            SELECT count(*) FROM (
                SELECT j.id, count(e.id) AS n, any_value(j.num_exes - (j.started IS NULL)::INT) AS fewest,
                       any_value(j.num_exes) AS most
                FROM jobs j LEFT JOIN executions e ON e.job_id = j.id
                WHERE j.num_exes > 1 OR j.status = 'FAILED' GROUP BY j.id)
            WHERE n NOT BETWEEN fewest AND most""")
            == 0
        )

    def test_the_last_one_agrees_with_its_job(self, bundled):
        last = "executions e JOIN jobs j ON j.id = e.job_id AND j.num_exes = e.exe_num"
        same = (
            "(e.queued, e.started, e.node, e.error_id) IS NOT DISTINCT FROM (j.queued, j.started, j.node, j.error_id)"
        )
        for status in ("FAILED", "COMPLETED", "RUNNING"):
            jobs = bundled.count(f"j.status = '{status}'", last)
            assert jobs == bundled.count(f"j.status = '{status}' AND e.status = j.status AND {same}", last)

    def test_each_begins_after_the_one_before_has_ended(self, bundled):
        chain = "executions e JOIN executions f ON f.job_id = e.job_id AND f.exe_num = e.exe_num + 1"
        assert bundled.count("true", chain) == bundled.count("e.ended <= f.queued AND e.status = 'FAILED'", chain) > 0

    def test_only_errors_scale_retries_are_followed_at_once(self, bundled):
        chain = """executions e JOIN executions f ON f.job_id = e.job_id AND f.exe_num = e.exe_num + 1
                   JOIN errors r ON r.id = e.error_id"""
        soon = "f.queued - e.ended < INTERVAL 10 SECONDS"
        assert bundled.count(f"{soon} AND r.should_be_retried", chain) > 0
        assert bundled.count(f"{soon} AND NOT r.should_be_retried", chain) == 0

    def test_only_failed_ones_have_an_error_and_only_running_ones_no_end(self, bundled):
        assert bundled.count("(error_id IS NOT NULL) <> (status = 'FAILED')", "executions") == 0
        assert bundled.count("(ended IS NULL) <> (status = 'RUNNING')", "executions") == 0


class TestCatalogue:
    def test_it_has_the_cases_an_analysis_must_handle(self, bundled):
        kinds = bundled.json("job_types.json")
        assert {"1.9.0", "1.10.0"} <= {kind["version"] for kind in kinds if kind["name"] == "radar-despeckle"}
        assert {kind["max_tries"] for kind in kinds if kind["is_system"]} == {0, 3}
        for special in ("is_paused", "deprecated", "unmet_resources", "max_scheduled", "recipe_types", "is_published"):
            assert 0 < sum(bool(kind[special]) for kind in kinds) < len(kinds), special
        assert {error["category"] for error in bundled.json("errors.json")} == {"SYSTEM", "DATA", "ALGORITHM"}

    def test_flags_and_moments_agree(self, bundled):
        for kind in bundled.json("job_types.json"):
            assert kind["is_active"] == (kind["deprecated"] is None)
            assert kind["is_paused"] == (kind["paused"] is not None)
            stamps = [kind["created"], kind["deprecated"], kind["paused"]]
            assert kind["last_modified"] >= max(stamp for stamp in stamps if stamp)

    def test_a_job_type_shows_its_newest_revision(self, bundled):
        revisions = bundled.json("job_type_revisions.json")
        for kind in bundled.json("job_types.json"):
            own = [one for one in revisions if one["job_type"]["id"] == kind["id"]]
            assert [one["revision_num"] for one in own] == list(range(1, kind["revision_num"] + 1))
            assert kind["manifest"] == own[-1]["manifest"]
            assert kind["docker_image"] == own[-1]["docker_image"]
            assert kind["created"] == own[0]["created"]

    def test_configurations_have_the_four_keys_and_no_secret(self, bundled):
        secrets = 0
        for kind in bundled.json("job_types.json"):
            configuration = kind["configuration"]
            assert set(configuration) == {"mounts", "output_workspaces", "priority", "settings"}
            assert set(configuration["output_workspaces"]) == {"default", "outputs"}
            for setting in kind["manifest"]["job"]["interface"].get("settings", []):
                secrets += setting["secret"]
                assert (setting["name"] in configuration["settings"]) != setting["secret"]
            mounts = {mount["name"] for mount in kind["manifest"]["job"]["interface"].get("mounts", [])}
            assert set(configuration["mounts"]) == mounts
        assert secrets > 0

    def test_the_errors_of_the_manifests_are_the_errors_of_their_names(self, bundled):
        declared = {
            (body["manifest"]["job"]["name"], error["name"], {"data": "DATA", "job": "ALGORITHM"}[error["category"]])
            for body in bundled.json("job_type_revisions.json")
            for error in body["manifest"]["job"].get("errors", [])
        }
        errors = bundled.json("errors.json")
        own = {(e["job_type_name"], e["name"], e["category"]) for e in errors if not e["is_builtin"]}
        assert own == declared
        assert all(e["job_type_name"] is None for e in errors if e["is_builtin"])
        assert not any(e["should_be_retried"] for e in errors if e["category"] != "SYSTEM")

    def test_more_job_types_are_the_same_catalogue_under_more_names(self, make):
        names = [(kind["name"], kind["version"]) for kind in make(jobs=2_000, types=100).json("job_types.json")]
        assert 80 <= len(names) == len(set(names)) <= 120


def manifests():
    return [
        pytest.param(body["manifest"], id="{name}-{jobVersion}-{packageVersion}".format(**body["manifest"]["job"]))
        for body in json.loads((folder() / "job_type_revisions.json").read_text(encoding="utf-8"))
    ]


@pytest.mark.parametrize("manifest", manifests())
class TestManifests:
    """Rules of Seed 1.0.0 by hand, independent of the package's own validator."""

    def test_it_has_the_required_keys(self, manifest):
        job = manifest["job"]
        assert set(manifest) == {"seedVersion", "job"}
        assert manifest["seedVersion"] == "1.0.0"
        required = {"name", "jobVersion", "packageVersion", "title", "description", "maintainer", "timeout"}
        assert required <= set(job) <= required | {"tags", "resources", "interface", "errors"}
        assert {"name", "email"} <= set(job["maintainer"])
        assert re.fullmatch(r"[a-zA-Z0-9-]{1,50}", job["name"])
        assert all(
            re.fullmatch(r"(0|[1-9]\d*)(\.(0|[1-9]\d*)){2}", job[key]) for key in ("jobVersion", "packageVersion")
        )
        assert type(job["timeout"]) is int

    def test_its_names_do_not_collide_in_the_environment(self, manifest):
        interface, resources = manifest["job"]["interface"], manifest["job"]["resources"]["scalar"]
        items = [*interface.get("settings", []), *(i for form in interface.get("inputs", {}).values() for i in form)]
        names = ["OUTPUT_DIR", *(item["name"] for item in items), *("ALLOCATED_" + one["name"] for one in resources)]
        variables = [name.upper().replace("-", "_") for name in names]
        assert len(variables) == len(set(variables))
        assert all(one["name"] == one["name"].lower() for one in resources)

    def test_its_errors_and_mounts_are_unique_and_its_mount_paths_absolute(self, manifest):
        job = manifest["job"]
        for items in (job.get("errors", []), job["interface"].get("mounts", [])):
            assert len({item["name"] for item in items}) == len(items)
        assert len({error["code"] for error in job.get("errors", [])}) == len(job.get("errors", []))
        assert all(mount["path"].startswith("/") for mount in job["interface"].get("mounts", []))

    def test_the_defaults_a_server_fills_in_are_there(self, manifest):
        job = manifest["job"]
        inputs, outputs = job["interface"].get("inputs", {}), job["interface"].get("outputs", {})
        expected = [
            (inputs.get("files", []), {"name", "required", "mediaTypes", "multiple", "partial"}),
            (inputs.get("json", []), {"name", "type", "required"}),
            (outputs.get("files", []), {"name", "pattern", "mediaType", "multiple", "required"}),
            (outputs.get("json", []), {"name", "type", "required"}),
            (job["interface"].get("mounts", []), {"name", "path", "mode"}),
            (job["interface"].get("settings", []), {"name", "secret"}),
            (job.get("errors", []), {"code", "name", "title", "description", "category"}),
        ]
        for items, keys in expected:
            assert all(keys <= set(item) <= keys | {"key"} for item in items)


class TestTruth:
    def test_counts_by_job_type_and_status(self, bundled):
        totals = bundled.truth["totals"]
        counted = {
            (kind, status): n
            for kind, status, n in bundled.rows("SELECT job_type_id, status, count(*) FROM jobs GROUP BY ALL")
        }
        told = {
            (row["job_type_id"], status): row[status]
            for row in totals["by_job_type"]
            for status in STATUSES
            if row[status]
        }
        assert counted == told
        assert totals["by_status"] == dict(bundled.rows("SELECT status, count(*) FROM jobs GROUP BY 1"))
        assert totals["jobs"] == bundled.count("true")
        assert totals["superseded"] == bundled.count("is_superseded")

    @pytest.mark.parametrize("status", ["running", "pending", "queued"])
    def test_open_jobs_by_job_type(self, bundled, status):
        sql = f"SELECT job_type_id::VARCHAR, count(*) FROM jobs WHERE status = upper('{status}') GROUP BY 1"
        assert bundled.truth["totals"][status] == dict(bundled.rows(sql))

    def test_the_longest_running_job_of_each_type(self, bundled):
        sql = "SELECT job_type_id, epoch_ms(min(last_status_change)) FROM jobs WHERE status = 'RUNNING' GROUP BY 1"
        told = [row for row in bundled.truth["totals"]["by_job_type"] if row["longest_running"]]
        assert dict(bundled.rows(sql)) == {
            row["job_type_id"]: bundled.value(f"SELECT epoch_ms(timestamptz '{row['longest_running']}')")
            for row in told
        }

    @pytest.mark.parametrize(("key", "condition"), [("system_failures", "="), ("other_failures", "<>")])
    def test_failures_by_job_type_and_error(self, bundled, key, condition):
        sql = f"""SELECT job_type_id, error_id, error_name, count(*) FROM jobs
                  WHERE status = 'FAILED' AND error_category {condition} 'SYSTEM' GROUP BY ALL ORDER BY ALL"""
        assert bundled.rows(sql) == [tuple(row.values()) for row in bundled.truth["totals"][key]]

    @pytest.mark.parametrize("seed", and_in_soak([None, 11], [12, 13]))
    def test_each_incident_affects_as_many_jobs_as_it_says(self, bundled, make, seed):
        history = bundled if seed is None else make(seed=seed, incidents="random")
        for incident in history.truth["incidents"]:
            assert history.count(incident["where"]) == incident["affected_jobs"] > 0, incident["kind"]

    def test_the_bundled_history_has_all_six_incidents(self, bundled):
        assert [one["kind"] for one in bundled.truth["incidents"]] == [
            "new_error", "bad_node", "slower_version", "chronic_failer", "backlog", "stuck_running",
        ]  # fmt: skip

    def test_random_incidents_differ_with_the_seed_in_kind_place_and_time(self, make):
        told = [make(seed=seed, incidents="random").truth["incidents"] for seed in (11, 12, 13)]
        assert len({json.dumps([(i["kind"], i["job_type"], i["node"], i["began"]) for i in one]) for one in told}) == 3
        for incidents in told:
            assert 2 <= len({i["kind"] for i in incidents}) == len(incidents) <= 6
            names = [i["job_type"] for i in incidents if i["job_type"]]
            assert len(names) == len(set(names))

    def test_a_history_without_incidents_has_none_of_their_marks(self, make):
        plain = make(incidents="none")
        assert plain.truth["incidents"] == []
        assert plain.count("error_name = 'calibration-stale'") == 0
        assert plain.count("status = 'RUNNING' AND job_type = 'elevation-fit' AND started < '2026-10-26'") == 0
        assert plain.failure_rate("job_type = 'coast-outline'") < 0.08


class TestIncidentsShow:
    def test_the_new_error_begins_one_day_after_the_revision(self, bundled):
        one = bundled.incident("new_error")
        assert bundled.value(
            f"SELECT timestamptz '{one['began']}' - timestamptz '{one['revision_created']}' = INTERVAL 1 DAY"
        )
        error, own = f"error_id = {one['error_id']}", f"job_type_id = {one['job_type_id']}"
        assert bundled.count(f"{error} AND started < '{one['began']}'") == 0
        assert bundled.count(f"{error} AND started < timestamptz '{one['began']}' + INTERVAL 6 HOURS") > 0
        before = bundled.failure_rate(f"{own} AND started < '{one['began']}'")
        after = bundled.failure_rate(f"{own} AND started >= '{one['began']}'")
        assert before < 0.06
        assert after == pytest.approx(one["strength"], abs=0.06)

    def test_only_the_bad_node_fails_and_only_for_some_days(self, bundled):
        one = bundled.incident("bad_node")
        during = f"started >= '{one['began']}' AND started < '{one['ended']}'"
        bad = f"node = '{one['node']}'"
        assert bundled.failure_rate(f"{bad} AND {during}") > 5 * bundled.failure_rate(f"NOT {bad} AND {during}")
        assert bundled.failure_rate(f"{bad} AND NOT ({during})") < 0.06
        types = bundled.value(f"SELECT count(DISTINCT job_type) FROM jobs WHERE {one['where']}")
        assert types > 6

    def test_the_slower_version_takes_longer_for_inputs_of_the_same_size(self, bundled):
        one = bundled.incident("slower_version")
        median = (
            "SELECT median(epoch(ended - started)), median(input_file_size) FROM jobs WHERE status = 'COMPLETED' AND"
        )
        old = bundled.rows(f"{median} job_type_id = {one['previous_job_type_id']}")[0]
        new = bundled.rows(f"{median} job_type_id = {one['job_type_id']}")[0]
        assert new[0] / old[0] == pytest.approx(one["strength"], rel=0.08)
        assert new[1] == pytest.approx(old[1], rel=0.08)

    def test_the_chronic_failer_failed_as_often_in_every_month(self, bundled):
        one = bundled.incident("chronic_failer")
        rates = bundled.rows(f"""
            SELECT avg((status = 'FAILED' AND error_id = {one["error_id"]})::INT) FROM jobs
            WHERE job_type = '{one["job_type"]}' AND ended IS NOT NULL
            GROUP BY epoch_ms(created) // (2592000000) HAVING count(*) > 500""")
        assert not one["is_new"]
        assert len(rates) >= 3
        assert all(rate == pytest.approx(one["strength"], abs=0.05) for (rate,) in rates)

    def test_nothing_starts_during_the_pause_and_the_wait_is_long(self, bundled):
        one = bundled.incident("backlog")
        own = f"job_type_id = {one['job_type_id']}"
        assert bundled.count(f"{own} AND started >= '{one['began']}' AND started < '{one['ended']}'") == 0
        assert bundled.count(f"{own} AND queued >= '{one['began']}' AND queued < '{one['ended']}'") > 50
        wait = f"SELECT median(epoch(started - queued)) FROM jobs WHERE {own} AND"
        assert bundled.value(f"{wait} ({one['where']})") > 86_400
        assert bundled.value(f"{wait} NOT ({one['where']})") < 600
        kind = next(kind for kind in bundled.json("job_types.json") if kind["id"] == one["job_type_id"])
        assert (kind["is_paused"], kind["paused"], kind["last_modified"]) == (False, None, one["ended"])

    def test_stuck_jobs_run_long_past_their_timeout_and_others_do_not(self, bundled):
        one = bundled.incident("stuck_running")
        timeouts = {kind["id"]: kind["manifest"]["job"]["timeout"] for kind in bundled.json("job_types.json")}
        running = bundled.rows(
            "SELECT job_type_id, epoch(timestamptz '2026-10-28T15:00Z' - started) FROM jobs WHERE status = 'RUNNING'"
        )
        late = [kind for kind, seconds in running if seconds > 3 * timeouts[kind]]
        assert late == [one["job_type_id"]] * one["affected_jobs"]
        assert len(running) > len(late)
