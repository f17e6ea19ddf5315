"""A queue of jobs in the database: leased, fenced, done at least once and told once.

A worker claims a job for the time of a lease and renews it while it works. If it dies, the
lease runs out and another worker claims the job; the token of the first is then worth nothing,
so what it finishes too late is refused. What a job writes should stand in the transaction that
finishes it, or be harmless to do again.

Time is the database's on a server, where hosts may disagree; a file has one host.

Source: the trials of queues in docs/decisions/0012-queue.md.
"""

from __future__ import annotations

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, exists, func, or_, select, text, update
from sqlalchemy.orm import aliased
from sqlmodel import Session, col

from feedback_nlp.errors import Conflict, NotFound
from feedback_nlp.labels import ENGINE, JobState
from feedback_nlp.store.tables import Job

LEASE = timedelta(seconds=60)
# Any number of our own; the lock is the database's, so other programs must not share it.
_CLAIMING = 0x6A_6F_62
OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Claimed:
    """A job that this worker, and nobody else, may work on until its lease runs out."""

    job_id: int
    kind: str
    payload: Mapping[str, Any]
    attempt: int
    is_last_attempt: bool
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A job to be queued.

    Attributes:
        kind: Which handler does it.
        payload: What the handler needs; JSON-serialisable, no personal data.
        run_at: Not before; now by default.
        wish: While a job of this name is queued, another one is the same.
        slot: A job of this name is queued once and never again.
        lane: Jobs of a lane run one after the other.
        max_attempts: After so many it has failed.
        actor: Who wants it.
    """

    kind: str
    payload: Mapping[str, Any]
    run_at: datetime | None = None
    wish: str | None = None
    slot: str | None = None
    lane: str | None = None
    max_attempts: int = 5
    actor: str = ENGINE


def database_time(session: Session) -> datetime:
    """Return the time by which leases are judged."""
    if session.get_bind().dialect.name != "postgresql":
        return datetime.now(UTC)
    now: datetime = session.execute(text("SELECT clock_timestamp()")).scalar_one()
    return now


def enqueue(session: Session, wanted: Wanted) -> Job:
    """Queue a job, or return the one that is the same by ``wish`` or ``slot``."""
    _hold(session)
    same: list[ColumnElement[bool]] = []
    if wanted.wish is not None:
        same.append((col(Job.wish) == wanted.wish) & (col(Job.state) == JobState.QUEUED.value))
    if wanted.slot is not None:
        same.append(col(Job.slot) == wanted.slot)
    if same:
        found = session.scalars(select(Job).where(or_(*same)).limit(1)).first()
        if found is not None:
            return found
    now = database_time(session)
    job = Job(
        kind=wanted.kind,
        payload=dict(wanted.payload),
        wish=wanted.wish,
        slot=wanted.slot,
        lane=wanted.lane,
        run_at=wanted.run_at or now,
        max_attempts=wanted.max_attempts,
        actor=wanted.actor,
        created_at=now,
    )
    session.add(job)
    session.flush()
    return job


def is_any_free(session: Session) -> bool:
    """Whether a claim is worth a write: a job is due, or its worker died."""
    free = select(col(Job.id)).where(_is_free(database_time(session))).limit(1)
    return session.scalar(free) is not None


def is_open(session: Session, kind: str) -> bool:
    """Whether a job of a kind waits or runs."""
    some = select(col(Job.id)).where(col(Job.kind) == kind, col(Job.state).in_(OPEN)).limit(1)
    return session.scalar(some) is not None


def claim(session: Session, kinds: Collection[str], lease: timedelta = LEASE) -> Claimed | None:
    """Claim the job that is due longest, one whose worker died included; ``None`` for none.

    A job that was begun as often as it may be is given up on the way.
    """
    _hold(session)
    now = database_time(session)
    _give_up(session, now)
    other = aliased(Job)
    lane_is_busy = exists().where(
        col(other.lane) == col(Job.lane),
        col(other.id) != col(Job.id),
        col(other.state) == JobState.RUNNING.value,
        col(other.lease_until) > now,
    )
    job = session.scalars(
        select(Job)
        .where(_is_free(now), col(Job.kind).in_(sorted(kinds)), ~lane_is_busy)
        .order_by(col(Job.run_at), col(Job.id))
        .limit(1)
    ).first()
    if job is None:
        return None
    job.state, job.token = JobState.RUNNING.value, str(uuid.uuid4())
    job.lease_until = now + lease
    job.attempts += 1
    job.started_at, job.finished_at, job.progress = now, None, {}
    session.add(job)
    session.flush()
    assert job.id is not None
    return Claimed(
        job.id, job.kind, job.payload, job.attempts, job.attempts >= job.max_attempts, job.token
    )


def renew(
    session: Session,
    claimed: Claimed,
    lease: timedelta = LEASE,
    progress: Mapping[str, Any] | None = None,
) -> bool:
    """Prolong a lease and say how far the work is; false if the job is another's by now."""
    values: dict[str, Any] = {"lease_until": database_time(session) + lease}
    if progress is not None:
        values["progress"] = dict(progress)
    return _change(session, claimed, values)


def finish(session: Session, claimed: Claimed, result: Mapping[str, Any]) -> None:
    """Mark a job as done, in the transaction that stores what it did.

    Raises:
        Conflict: If the job is another worker's by now, or was cancelled: nothing may be stored.
    """
    values = {"result": dict(result), "error": "", "finished_at": database_time(session)}
    if not _change(session, claimed, values | _state(JobState.DONE)):
        raise Conflict(f"任务 {claimed.job_id} 已经由别的进程接手或被取消，这次的结果作废")


def put_off(
    session: Session, claimed: Claimed, delay: timedelta, error: str, *, counts: bool = True
) -> bool:
    """Queue a job again after an attempt that failed; false if it is another's by now.

    Args:
        session: A writing session.
        claimed: The job.
        delay: When to try again.
        error: Why, for people.
        counts: Whether this was one of the attempts it has.
    """
    values: dict[str, Any] = {
        "run_at": database_time(session) + delay,
        "error": error,
        "wish": _free_wish(session, claimed),
    }
    if not counts:
        values["attempts"] = claimed.attempt - 1
    return _change(session, claimed, values | _state(JobState.QUEUED))


def fail(session: Session, claimed: Claimed, error: str) -> bool:
    """Give a job up; false if it is another's by now."""
    values = {"error": error, "finished_at": database_time(session)}
    return _change(session, claimed, values | _state(JobState.FAILED))


def cancel(session: Session, job_id: int, kind: str | None = None) -> Job:
    """Cancel a job that waits or runs; what runs is refused when it finishes.

    Raises:
        NotFound: If there is no such job.
        Conflict: If it is over.
    """
    job = one(session, job_id, kind)
    if job.state not in OPEN:
        raise Conflict(f"任务 {job_id} 已经结束，不能取消", hint="只能取消在等或在做的任务")
    job.state, job.token, job.lease_until = JobState.CANCELLED.value, None, None
    job.finished_at = database_time(session)
    session.add(job)
    session.flush()
    return job


def retry(session: Session, job_id: int) -> Job:
    """Queue a job again that failed or was cancelled, with all its attempts.

    Raises:
        NotFound: If there is no such job.
        Conflict: If it neither failed nor was cancelled, or the same waits already.
    """
    _hold(session)
    job = one(session, job_id)
    if job.state not in (JobState.FAILED.value, JobState.CANCELLED.value):
        raise Conflict(f"任务 {job_id} 没有失败，不用重试", hint="只能重试失败或取消了的任务")
    same = col(Job.wish) == job.wish
    waits = (col(Job.state) == JobState.QUEUED.value) & same
    if job.wish and session.scalar(select(Job.id).where(waits)):  # type: ignore[call-overload]
        raise Conflict(f"和任务 {job_id} 一样的已经在等了", hint="等它做完")
    job.state, job.attempts, job.error = JobState.QUEUED.value, 0, ""
    job.run_at, job.finished_at = database_time(session), None
    session.add(job)
    session.flush()
    return job


def one(session: Session, job_id: int, kind: str | None = None) -> Job:
    """Return a job.

    Raises:
        NotFound: If there is none, or none of that kind.
    """
    job = session.get(Job, job_id)
    if job is None or kind not in (None, job.kind):
        raise NotFound(f"没有任务 {job_id}")
    return job


def page(
    session: Session,
    *,
    kinds: Collection[str] = (),
    states: Collection[str] = (),
    before: int | None = None,
    limit: int = 50,
) -> list[Job]:
    """Return jobs, the newest first, from below the id ``before``."""
    asked = select(Job).order_by(col(Job.id).desc()).limit(limit)
    if kinds:
        asked = asked.where(col(Job.kind).in_(sorted(kinds)))
    if states:
        asked = asked.where(col(Job.state).in_(sorted(states)))
    if before is not None:
        asked = asked.where(col(Job.id) < before)
    return list(session.scalars(asked))


def prune(session: Session, older_than: timedelta) -> int:
    """Forget jobs that ended long ago; periodic ones stay, so that none is done again."""
    limit = database_time(session) - older_than
    ended = col(Job.state).not_in(OPEN) & (col(Job.finished_at) < limit)
    gone = session.scalars(select(Job).where(ended, col(Job.slot).is_(None)).limit(1_000)).all()
    for job in gone:
        session.delete(job)
    return len(gone)


def counts(session: Session) -> dict[str, int]:
    """Return how many jobs there are in each state."""
    rows = session.execute(select(Job.state, func.count()).group_by(Job.state))  # type: ignore[call-overload]
    return {str(row[0]): int(row[1]) for row in rows}


def _is_free(now: datetime) -> ColumnElement[bool]:
    waits = (col(Job.state) == JobState.QUEUED.value) & (col(Job.run_at) <= now)
    return waits | _is_orphaned(now)


def _is_orphaned(now: datetime) -> ColumnElement[bool]:
    return (col(Job.state) == JobState.RUNNING.value) & (col(Job.lease_until) <= now)


def _give_up(session: Session, now: datetime) -> None:
    session.execute(
        update(Job)
        .where(_is_orphaned(now), col(Job.attempts) >= col(Job.max_attempts))
        .values(
            finished_at=now,
            error="做的进程每次都中途停了，试满了次数",
            **_state(JobState.FAILED),
        )
    )


def _state(state: JobState) -> dict[str, Any]:
    return {"state": state.value, "token": None, "lease_until": None}


def _change(session: Session, claimed: Claimed, values: Mapping[str, Any]) -> bool:
    mine = (
        (col(Job.id) == claimed.job_id)
        & (col(Job.token) == claimed.token)
        & (col(Job.state) == JobState.RUNNING.value)
    )
    changed = session.execute(update(Job).where(mine).values(**values))
    return bool(changed.rowcount == 1)  # type: ignore[attr-defined]


def _free_wish(session: Session, claimed: Claimed) -> str | None:
    """Return the job's wish, or ``None`` if another job has taken it meanwhile."""
    _hold(session)
    wish: str | None = session.scalar(select(col(Job.wish)).where(col(Job.id) == claimed.job_id))
    if wish is None:
        return None
    taken = session.scalar(
        select(col(Job.id)).where(col(Job.wish) == wish, col(Job.state) == JobState.QUEUED.value)
    )
    return None if taken else wish


def _hold(session: Session) -> None:
    """One claimer at a time; SQLite has one writer anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _CLAIMING})
