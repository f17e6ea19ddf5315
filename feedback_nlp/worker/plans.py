"""What is due without anybody asking: new feedback, last week's digest, messages owed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta

import structlog
from sqlmodel import Session, col, select

from feedback_nlp.errors import ConfigError
from feedback_nlp.jobs import bulk_files
from feedback_nlp.labels import ENGINE, JobState, RequestStatus
from feedback_nlp.store import job_queue, outbox, standings
from feedback_nlp.store.job_queue import Wanted
from feedback_nlp.store.tables import FeatureRequest, Feedback, Job
from feedback_nlp.weeks import Week
from feedback_nlp.worker.handlers import (
    ANALYZE,
    DELIVER,
    DIGEST,
    PAST_WEEKS,
    PULL,
    STANDINGS,
    SWEEP,
    VERIFY,
)
from feedback_nlp.worker.workplace import Workplace

_log = structlog.get_logger("feedback_worker")
_AFTER_FAILURE = timedelta(hours=1)
_LOOK_AHEAD_DAYS = 14


def analysis_wanted(*, actor: str = ENGINE) -> Wanted:
    """Return the wish for an analysis; two that wait are one."""
    return Wanted(kind=ANALYZE, payload={}, wish=ANALYZE, lane=ANALYZE, max_attempts=3, actor=actor)


def due(session: Session, place: Workplace, *, tidies: bool = True) -> list[Wanted]:
    """Return what is due and not queued yet; whoever queues it too queues the same job.

    Args:
        session: A reading session.
        place: The deployment.
        tidies: Also look for files that expired, which reads the folder of jobs.
    """
    now = place.now()
    wanted = []
    if _feedback_waits(session, place, now) and not _just_failed(session):
        wanted.append(analysis_wanted())  # first: the digest tells what it found
    if _is_analysed(session):
        over = Week.of(now, place.settings.zone).shift(-1)
        wanted.append(Wanted(kind=STANDINGS, payload={}, slot=f"{STANDINGS} {over}", lane=ANALYZE))
        if not standings.is_past_kept(session, str(over)):
            wanted.append(Wanted(kind=PAST_WEEKS, payload={}, wish=PAST_WEEKS, lane=PAST_WEEKS))
    wanted += digests_due(place, now)
    if outbox.is_any_due(session, now=now):
        wanted.insert(0, Wanted(kind=DELIVER, payload={}, wish=DELIVER, lane=DELIVER))
    if _release_waits(session):  # a day that passes is news, even one without feedback
        today = now.astimezone(place.settings.zone).date()
        wanted.append(Wanted(kind=VERIFY, payload={}, slot=f"verify {today}", lane=ANALYZE))
    wanted += pulls_due(place, now)
    folder = bulk_files.jobs_folder(place.settings.jobs_folder, place.database.url)
    if tidies and bulk_files.stale(session, folder, now):
        wanted.append(Wanted(kind=SWEEP, payload={}, wish=SWEEP))
    return [one for one in wanted if not _is_queued(session, one)]


def pulls_due(place: Workplace, now: datetime) -> Iterator[Wanted]:
    """Yield what the configuration says is to be pulled in these hours."""
    if place.settings.inlets is None:
        return
    from feedback_nlp.jobs.outlets import load_pulls  # noqa: PLC0415 - most have none

    try:
        pulls = load_pulls(place.settings)
    except ConfigError as error:  # a typo in it must not stop the other jobs
        _log.error("pulls-not-read", reason=error.message)
        return
    for one in pulls.values():
        slot = f"pull {one.name} {int(now.timestamp()) // (3600 * one.every_hours)}"
        yield Wanted(kind=PULL, payload={"name": one.name}, slot=slot, lane=f"pull {one.name}")


def digests_due(place: Workplace, now: datetime) -> Iterator[Wanted]:
    """Yield the digest that is due this week, once its time has come."""
    setting = place.settings.digest_time
    if setting is None:
        return
    weekday, at = setting
    today = now.astimezone(place.settings.zone).date()
    monday = today - timedelta(days=today.weekday())
    day = first_working_day(monday + timedelta(days=weekday))
    due = datetime.combine(day, at, place.settings.zone)
    told = Week.of(now, place.settings.zone).shift(-1)
    if due <= now:
        yield Wanted(kind=DIGEST, payload={"week": str(told)}, slot=f"digest {told}", lane=DIGEST)


def first_working_day(day: date) -> date:
    """Return the day, or the first after it on which China works (调休 respected)."""
    from feedback_nlp.special_days import DayKind, day_kind  # noqa: PLC0415 - loads a calendar

    for later in range(_LOOK_AHEAD_DAYS):
        candidate = day + timedelta(days=later)
        kind = day_kind(candidate)
        if kind is DayKind.WORK or (kind is DayKind.FESTIVAL and candidate.weekday() < 5):
            return candidate
    return day


def _feedback_waits(session: Session, place: Workplace, now: datetime) -> bool:
    """Whether something new has waited long enough for what belongs to it to have come, too."""
    waited = now - timedelta(seconds=place.settings.analyze_after_seconds)
    unread = select(col(Feedback.id)).where(
        col(Feedback.analyzed_run_id).is_(None), col(Feedback.ingested_at) <= waited
    )
    return session.exec(unread.limit(1)).first() is not None


def _is_analysed(session: Session) -> bool:
    read = select(col(Feedback.id)).where(col(Feedback.analyzed_run_id).is_not(None))
    return session.exec(read.limit(1)).first() is not None


def _release_waits(session: Session) -> bool:
    released = col(FeatureRequest.status) == RequestStatus.RELEASED.value
    return session.exec(select(col(FeatureRequest.id)).where(released).limit(1)).first() is not None


def _is_queued(session: Session, wanted: Wanted) -> bool:
    waits = col(Job.state) == JobState.QUEUED.value
    same = (
        (col(Job.slot) == wanted.slot)
        if wanted.slot is not None
        else (col(Job.wish) == wanted.wish) & waits
    )
    return session.exec(select(col(Job.id)).where(same).limit(1)).first() is not None


def _just_failed(session: Session) -> bool:
    """Whether the last analysis failed so lately that another one would fail as well."""
    last = session.exec(
        select(Job).where(col(Job.kind) == ANALYZE).order_by(col(Job.id).desc()).limit(1)
    ).first()
    if last is None or last.state != JobState.FAILED.value or last.finished_at is None:
        return False
    return job_queue.database_time(session) - last.finished_at < _AFTER_FAILURE
