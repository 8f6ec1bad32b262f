"""Jobs and their executions, drawn in chunks of consecutive hours.

Every job lives through Scale's transitions up to the last moment of the history and keeps the columns its last
transition wrote.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from jobtype_toolkit.generator.catalog import DAY, HOUR
from jobtype_toolkit.generator.incidents import NODES
from jobtype_toolkit.generator.model import NEVER, SYSTEM_FAILURES, Array, Model, pick
from jobtype_toolkit.generator.statuses import BLOCKED, CANCELED, COMPLETED, FAILED, NONE, PENDING, QUEUED, RUNNING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jobtype_toolkit.generator.statuses import Columns

CHUNK = 400_000
MOST_EXECUTIONS = 8


def chunks(model: Model, seed: int) -> Iterator[tuple[Columns, Columns]]:
    """Jobs and executions of the whole history, a chunk at a time; ids run on from chunk to chunk."""
    rng = np.random.Generator(np.random.PCG64([seed, 0]))
    busy = np.cumsum(model.intensity * (0.8 + 0.4 * rng.random(len(model.intensity))))
    until = np.floor(busy / busy[-1] * model.jobs).astype(np.int64)
    until[-1] = model.jobs
    counts = np.diff(until, prepend=0)
    group = (until - 1) // CHUNK
    first_execution = 1
    for number in range(int(group[-1]) + 1):
        hours = np.flatnonzero(group == number)
        if counts[hours].sum() == 0:
            continue
        rng = np.random.Generator(np.random.PCG64([seed, 2 + number]))
        chunk = Chunk(model, rng, hours, counts[hours], first_id=int(until[hours[0]] - counts[hours[0]]) + 1)
        jobs, executions = chunk.live(first_execution)
        first_execution += chunk.scheduled
        yield jobs, executions


class Chunk:
    """The jobs created in some consecutive hours."""

    def __init__(self, model: Model, rng: np.random.Generator, hours: Array, counts: Array, first_id: int) -> None:
        self.model = model
        self.rng = rng
        self.end = model.calendar.end
        self.scheduled = 0
        n = int(counts.sum())
        created = model.calendar.begin + np.repeat(hours, counts) * HOUR + rng.integers(0, HOUR, n)
        created.sort()
        self.created = created
        self.id = np.arange(first_id, first_id + n)
        self.family = pick(model.by_hour, len(model.families), created // HOUR % 24, rng.random(n))
        keys, mixes = model.phases
        phase = np.searchsorted(keys, model.key(self.family, created), side="right") - 1
        self.job_type = pick(mixes, len(model.job_types), phase, rng.random(n))
        self.size = np.round(self.quantile(model.size, self.family), 2)
        self.max_tries = model.max_tries[self.job_type].copy()
        self.status = np.full(n, PENDING)
        self.num_exes = np.zeros(n, dtype=np.int64)
        self.error = np.full(n, NONE)
        self.node = np.full(n, NONE)
        self.queued = np.full(n, NONE)
        self.started = np.full(n, NONE)
        self.ended = np.full(n, NONE)
        self.last_status_change = np.full(n, NONE)
        self.executions: list[Columns] = []

    def quantile(self, table: Array, row: Array) -> Array:
        """Draw from a table of quantiles, between its entries."""
        place = self.rng.random(len(row)) * (table.shape[1] - 1)
        low = place.astype(np.int64)
        part = place - low
        drawn: Array = table[row, low] * (1 - part) + table[row, low + 1] * part
        return drawn

    def chance(self, share: float, among: Array) -> Array:
        """True for about that share of the jobs."""
        return self.rng.random(len(among)) < share

    def live(self, first_execution: int) -> tuple[Columns, Columns]:
        """Everything that happens to the jobs, as columns."""
        active, moment = self.first_queueing()
        repeat = np.full(len(active), NONE)
        # Once even with no job to run, so that there are columns of executions.
        while len(active) or not self.executions:
            active, moment, repeat = self.run(active, moment, repeat)
        return self.job_columns(), self.execution_columns(first_execution)

    def first_queueing(self) -> tuple[Array, Array]:
        """Which jobs are queued, and when; the others are left PENDING, BLOCKED or CANCELED."""
        n = len(self.id)
        waits = self.model.parents[self.family] & ~self.chance(0.2, self.id)
        zero = np.zeros(n, dtype=np.int64)
        delay = np.where(
            waits, 1000 * self.quantile(self.model.parent_delay, zero), self.rng.integers(800, 9000, n)
        ).astype(np.int64)
        fate = self.rng.random(n)
        # A few wait for a parent that itself waits for days.
        delay = np.where(waits & (fate > 0.992), 100 * delay, delay)
        moment = self.created + delay
        between = self.created + (delay * self.rng.random(n)).astype(np.int64)
        blocked = waits & (fate < 0.006)
        canceled = waits & (fate >= 0.006) & (fate < 0.009) & (between <= self.end)
        # Blocked for a while because of a failed parent, and back since that parent was queued again.
        returned = waits & (fate >= 0.009) & (fate < 0.12) & (between <= self.end)
        self.last_status_change[returned | canceled] = between[returned | canceled]
        self.status[canceled] = CANCELED
        seen = blocked & (moment <= self.end)
        self.status[seen] = BLOCKED
        self.last_status_change[seen] = moment[seen]
        self.size[moment > self.end] = np.nan
        active = np.flatnonzero(~blocked & ~canceled & (moment <= self.end))
        return active, moment[active]

    def run(self, jobs: Array, moment: Array, repeat: Array) -> tuple[Array, Array, Array]:
        """Queue the jobs and run them once; give those that are queued again, when, and after which error."""
        self.queue(jobs, moment)
        start = self.start_moments(jobs, moment)
        patience = np.minimum(start, moment + 2 * DAY) - moment
        gone = moment + (patience * self.rng.random(len(jobs))).astype(np.int64)
        canceled = self.chance(0.004, jobs) & (gone <= self.end)
        self.cancel(jobs[canceled], gone[canceled])
        ready = ~canceled & (start <= self.end)
        jobs, start, repeat = jobs[ready], start[ready], repeat[ready]
        node = self.rng.integers(1, NODES + 1, len(jobs))
        self.status[jobs] = RUNNING
        self.node[jobs] = node
        self.started[jobs] = self.last_status_change[jobs] = start
        error, length = self.outcome(jobs, start, node, repeat)
        stop = start + length
        gone = start + (np.minimum(length, DAY) * self.rng.random(len(jobs))).astype(np.int64)
        canceled = self.chance(0.003, jobs) & (gone <= self.end) & (length < NEVER)
        self.cancel(jobs[canceled], gone[canceled])
        over = ~canceled & (stop <= self.end)
        status = np.where(canceled, CANCELED, np.where(~over, RUNNING, np.where(error == NONE, COMPLETED, FAILED)))
        ended = np.where(canceled, gone, np.where(over, stop, NONE))
        failure = np.where(status == FAILED, error + 1, NONE)
        run = {"job": jobs, "status": status, "node": node, "error": failure, "started": start, "ended": ended}
        # As they are now: the next queueing overwrites both.
        self.executions.append({**run, "exe_num": self.num_exes[jobs], "queued": self.queued[jobs]})
        return self.finish(jobs[over], stop[over], error[over])

    def queue(self, jobs: Array, moment: Array) -> None:
        """A queueing: a new execution number, and nothing left of the execution before."""
        self.status[jobs] = QUEUED
        self.num_exes[jobs] += 1
        self.queued[jobs] = self.last_status_change[jobs] = moment
        for column in (self.started, self.ended, self.node, self.error):
            column[jobs] = NONE

    def cancel(self, jobs: Array, moment: Array) -> None:
        """A cancellation: ``ended`` stays as it was."""
        self.status[jobs] = CANCELED
        self.last_status_change[jobs] = moment
        self.error[jobs] = self.node[jobs] = NONE

    def start_moments(self, jobs: Array, moment: Array) -> Array:
        """When the queue lets the jobs go: later in busy hours, not before a pause is over."""
        hour = np.minimum((moment - self.model.calendar.begin) // HOUR, len(self.model.intensity) - 1)
        busy = self.model.intensity[hour]
        usual = self.model.wait[self.family[jobs]] * (0.4 + busy * busy)
        factor = self.quantile(self.model.waiting, np.zeros(len(jobs), dtype=np.int64))
        start: Array = moment + np.rint(1000 * usual * factor).astype(np.int64) + 1
        for hold in self.model.holds:
            held = (self.job_type[jobs] == hold.job_type) & (start >= hold.began)
            if hold.ended == NEVER:
                start[held] = NEVER
                continue
            since = np.maximum(moment - hold.began, 0)
            drained = hold.ended + np.rint(since * hold.drain).astype(np.int64)
            start = np.where(held, np.maximum(start, drained), start)
        return start

    def outcome(self, jobs: Array, start: Array, node: Array, repeat: Array) -> tuple[Array, Array]:
        """The error (an index, or NONE) and the length in milliseconds of each run."""
        model, n = self.model, len(jobs)
        family, kind = self.family[jobs], self.job_type[jobs]
        mib = np.where(model.sized[family], self.size[jobs], 0.0)
        seconds = (model.fixed[family] + model.per_mib[family] * mib) * self.quantile(model.spread, family)
        length = np.rint(1000 * seconds * model.slowdown[kind]).astype(np.int64)
        draw = self.rng.random(n)
        own = draw < model.failure[family]
        system = ~own & (draw < model.failure[family] + SYSTEM_FAILURES)
        row = np.where(system, len(model.families), family)
        drawn = pick(model.by_error, len(model.errors), row, self.rng.random(n))
        error = np.where(own | system, drawn, NONE)
        # What failed once for Scale's own reasons often does so again at once.
        again = (repeat != NONE) & self.chance(0.45, jobs)
        error = np.where(again, repeat, error)
        for surge in model.surges:
            struck = surge.job_types[kind] & (start >= surge.began) & (start < surge.ended)
            if surge.node is not None:
                struck &= node == surge.node
            error = np.where(struck & self.chance(surge.rate, jobs), surge.error, error)
        length = np.where(error != NONE, length * (0.05 + 0.9 * self.rng.random(n)), length).astype(np.int64)
        late = length > model.timeout[kind]
        error = np.where(late, model.timed_out, error)
        length = np.where(late, model.timeout[kind] + self.rng.integers(0, 5000, n), np.maximum(length, 500))
        for stuck in model.stuck:
            forever = (kind == stuck.job_type) & (start >= stuck.began) & (start < stuck.ended)
            length[forever & self.chance(stuck.rate, jobs)] = NEVER
        return error, length

    def finish(self, jobs: Array, stop: Array, error: Array) -> tuple[Array, Array, Array]:
        """End the runs; give the jobs Scale tries again or an operator queues again."""
        well = error == NONE
        self.ended[jobs] = self.last_status_change[jobs] = stop
        self.status[jobs[well]] = COMPLETED
        jobs, stop, error = jobs[~well], stop[~well], error[~well]
        retried = self.model.should_be_retried[error] & (self.num_exes[jobs] < self.max_tries[jobs])
        failed = ~retried
        self.status[jobs[failed]] = FAILED
        self.error[jobs[failed]] = error[failed] + 1
        later = stop + self.rng.integers(HOUR // 2, 2 * DAY, len(jobs))
        draw = self.rng.random(len(jobs))
        requeued = failed & (draw < 0.1) & (later <= self.end) & (self.num_exes[jobs] < MOST_EXECUTIONS)
        dropped = failed & (draw >= 0.1) & (draw < 0.13) & (later <= self.end)
        self.cancel(jobs[dropped], later[dropped])
        self.max_tries[jobs[requeued]] = (
            self.num_exes[jobs[requeued]] + self.model.max_tries[self.job_type[jobs[requeued]]]
        )
        soon = np.minimum(stop + self.rng.integers(0, 2000, len(jobs)), self.end)
        queued = retried | requeued
        return jobs[queued], np.where(retried, soon, later)[queued], np.where(retried, error, NONE)[queued]

    def job_columns(self) -> Columns:
        """The jobs in order of their last status change, those without one by creation."""
        return JobColumns(self).columns()

    def execution_columns(self, first_id: int) -> Columns:
        """The executions of jobs that failed or had more than one, in order of job and number."""
        rows = {name: np.concatenate([part[name] for part in self.executions]) for name in self.executions[0]}
        self.scheduled = len(rows["job"])
        ids = np.empty(self.scheduled, dtype=np.int64)
        ids[np.lexsort((rows["job"], rows["started"]))] = np.arange(first_id, first_id + self.scheduled)
        rows["id"] = ids
        job = rows.pop("job")
        kept = (self.num_exes[job] > 1) | (self.status[job] == FAILED)
        rows = {name: column[kept] for name, column in rows.items()}
        job = job[kept]
        rows |= {"job_id": self.id[job], "job_type": self.job_type[job], "size": self.known_size()[job]}
        order = np.lexsort((rows["exe_num"], rows["job_id"]))
        return {name: column[order] for name, column in rows.items()}

    def known_size(self) -> Array:
        """Input sizes; NaN for a job without an input file, or one that has not processed it yet."""
        return np.where(self.model.sized[self.family], self.size, np.nan)


DISTANCE = 60
"""How many jobs of the same type lie between a job and the one a batch replaces it by."""


class JobColumns:
    """The columns of a chunk's jobs that do not come from transitions."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.rng = chunk.rng
        self.model = chunk.model

    def columns(self) -> Columns:
        """All columns, in order of the last status change (of creation if there was none)."""
        chunk = self.chunk
        keys, nums, ids = self.model.revisions
        revision = np.searchsorted(keys, self.model.key(chunk.job_type, chunk.created), side="right") - 1
        in_recipe = self.model.in_recipe[chunk.family]
        batch = self.batches(in_recipe)
        superseded, superseded_job = self.supersede(batch)
        columns = {
            "id": chunk.id,
            "job_type": chunk.job_type,
            "revision_num": nums[revision],
            "revision_id": ids[revision],
            "status": chunk.status,
            "error": chunk.error,
            "node": chunk.node,
            "num_exes": chunk.num_exes,
            "max_tries": chunk.max_tries,
            "size": chunk.known_size(),
            "superseded_job": superseded_job,
            "event": 1 + chunk.id // 24,
            "recipe": np.where(in_recipe, 1 + chunk.id // 8, NONE),
            "batch": batch,
            "created": chunk.created,
            "queued": chunk.queued,
            "started": chunk.started,
            "ended": chunk.ended,
            "last_status_change": chunk.last_status_change,
            "superseded": superseded,
            "last_modified": self.last_modified(superseded),
        }
        change = chunk.last_status_change
        order = np.lexsort((chunk.id, np.where(change == NONE, chunk.created, change)))
        return {name: column[order] for name, column in columns.items()}

    def batches(self, in_recipe: Array) -> Array:
        """Every tenth day a batch processes old scenes anew for a day and a half."""
        since = self.chunk.created - self.model.calendar.begin
        inside = in_recipe & (since % (10 * DAY) < 3 * DAY // 2) & (since >= 10 * DAY)
        return np.where(inside & self.chunk.chance(0.3, in_recipe), since // (10 * DAY), NONE)

    def supersede(self, batch: Array) -> tuple[Array, Array]:
        """Moments at which jobs were superseded, and which job each job supersedes: batch jobs replace older ones."""
        chunk = self.chunk
        superseded, superseded_job = np.full(len(batch), NONE), np.full(len(batch), NONE)
        order = np.lexsort((chunk.id, chunk.job_type))
        old, new = order[:-DISTANCE], order[DISTANCE:]
        final = np.isin(chunk.status[old], (FAILED, COMPLETED, CANCELED))
        fits = (chunk.job_type[old] == chunk.job_type[new]) & (batch[new] != NONE) & final
        fits &= chunk.last_status_change[old] <= chunk.created[new]
        old, new = old[fits], new[fits]
        superseded[old] = chunk.created[new]
        superseded_job[new] = chunk.id[old]
        return superseded, superseded_job

    def last_modified(self, superseded: Array) -> Array:
        """Usually the last status change; sometimes a little later, as the message came late; never after the end."""
        chunk = self.chunk
        change = np.where(chunk.last_status_change == NONE, chunk.created, chunk.last_status_change)
        late = np.where(chunk.chance(0.08, change), self.rng.integers(200, 8000, len(change)), 0)
        modified: Array = np.maximum(np.minimum(change + late, chunk.end), superseded)
        return modified
