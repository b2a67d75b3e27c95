"""The statements on jobs: what is due is leased in one statement, and each change is of the lease that was read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from govflow.engine.store import tables as t
from govflow.engine.store.driver import Driver
from govflow.engine.store.rows import JobRow


class JobStatements:
    """What is asked of the table of jobs, and changed in it, inside a transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self._driver = Driver(connection)
        self._postgresql = connection.dialect.name == "postgresql"

    def is_any_due(self, kind: str, due: str, now: str, beyond: str) -> bool:
        """Whether `lease` would find a job."""
        values = {"kind": kind, "due": due, "now": now, "beyond": beyond}
        return bool(self._driver.rows(self._driver.run(_ANY_DUE, values)))

    def lease(self, kind: str, due: str, now: str, beyond: str, until: Sequence[str], limit: int) -> list[JobRow]:
        """Take the jobs of a kind that are `due` by then, earliest first; nobody else gets them until the lease runs out.

        `until`: when the lease of a job ends that was leased 0, 1, 2 ... times without an answer; the last for more.
        A lease that ends `beyond` what anybody leases for was given by a clock that was wrong, and does not hold. Jobs
        that failed come last, so that one that ends its process takes no other one down with it twice.
        """
        values = {"kind": kind, "due": due, "now": now, "beyond": beyond, "most": limit} | {
            f"until{n}": at for n, at in enumerate(until)
        }
        rows = self._driver.rows(self._driver.run(_leasing(len(until), self._postgresql), values))
        return sorted((JobRow(*row) for row in rows), key=lambda j: (j.tries, str(j.wake_at), j.case_id, j.key))

    def job(self, case: str, key: str) -> JobRow | None:
        """One job."""
        rows = self._driver.rows(self._driver.run(_JOB, {"case": case, "key": key}))
        return JobRow(*rows[0]) if rows else None

    def jobs_of(self, case: str) -> list[JobRow]:
        """All jobs of a case by key."""
        query = sa.select(t.jobs).where(t.jobs.c.case_id == case).order_by(t.jobs.c.key)
        return [JobRow(*row) for row in self.connection.execute(query)]

    def jobs_at_fault(self, after: tuple[str, str], limit: int) -> list[JobRow]:
        """Jobs that failed and were not put aside, by case and key, one page."""
        c = t.jobs.c
        query = (
            sa.select(t.jobs)
            .where(sa.text("tries > 0"), c.state != "resolved", sa.tuple_(c.case_id, c.key) > after)
            .order_by(c.case_id, c.key)
            .limit(limit)
        )
        return [JobRow(*row) for row in self.connection.execute(query)]

    def arm_clocks(self, job: Mapping[str, Any]) -> None:
        """Arm the job of a case's clocks anew."""
        self._driver.run(ARM_CLOCKS, job)

    def change_job(self, job: JobRow, **changes: Any) -> bool:
        """Change a job that nobody has armed, leased or ended since it was read; False if somebody has."""
        c = t.jobs.c
        same = c.gen == job.gen, c.state == job.state, c.leased_until.is_not_distinct_from(job.leased_until)
        mine = sa.and_(c.case_id == job.case_id, c.key == job.key, *same)
        return bool(self.connection.execute(t.jobs.update().where(mine).values(changes)).rowcount)

    def give_back(self, leases: Sequence[tuple[str, str, int, str]]) -> None:
        """End leases by case, key, arming and end; those that hold no more are left alone."""
        # in one order, for each row stays locked until the end
        rows = [dict(zip(("case", "name", "arming", "until"), lease, strict=True)) for lease in sorted(leases)]
        self.connection.execute(_GIVE_BACK, rows)

    def finish_job(self, case: str, key: str, gen: int) -> bool:
        """Remove a job that is done; False if somebody was faster."""
        return bool(self._driver.run(_FINISH_JOB, {"case": case, "key": key, "gen": gen}).rowcount)


_p = sa.bindparam
ARM_CLOCKS = sa.text(
    f"INSERT INTO jobs ({', '.join(t.CLOCK_JOB)}) VALUES ({', '.join(f':{c}' for c in t.CLOCK_JOB)}) {t.ARM_AGAIN}"
)
_DUE = (
    "SELECT case_id, key FROM jobs WHERE state = 'armed' AND kind = :kind AND wake_at <= :due "
    "AND (leased_until IS NULL OR leased_until <= :now OR leased_until > :beyond) ORDER BY wake_at, case_id, key LIMIT :most"
)
_ANY_DUE = sa.text(_DUE.replace(":most", "1"))
_JOB = sa.select(t.jobs).where(t.jobs.c.case_id == _p("case"), t.jobs.c.key == _p("key"))
_FINISH_JOB = t.jobs.delete().where(
    t.jobs.c.case_id == _p("case"), t.jobs.c.key == _p("key"), t.jobs.c.gen == _p("gen")
)
_GIVE_BACK = (
    t.jobs.update()
    .where(
        t.jobs.c.case_id == _p("case"), t.jobs.c.key == _p("name"), t.jobs.c.gen == _p("arming"),
        t.jobs.c.leased_until == _p("until"),
    )
    .values(leased_until=None, leases=t.jobs.c.leases - 1)
)  # fmt: skip


@lru_cache(maxsize=16)
def _leasing(steps: int, postgresql: bool) -> sa.TextClause:
    """One statement: the rows are found, locked past those that others are at, and leased."""
    lock = " FOR UPDATE SKIP LOCKED" if postgresql else ""
    until = " ".join(f"WHEN jobs.leases = {n} THEN :until{n}" for n in range(steps - 1))
    columns = ", ".join(f"jobs.{c.name}" for c in t.jobs.columns)
    return sa.text(
        f"WITH due AS MATERIALIZED ({_DUE}{lock}) "
        f"UPDATE jobs SET leased_until = CASE {until} ELSE :until{steps - 1} END, leases = jobs.leases + 1 FROM due "
        f"WHERE jobs.case_id = due.case_id AND jobs.key = due.key RETURNING {columns}"
    )
