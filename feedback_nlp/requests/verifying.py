"""Each release is looked at until the numbers say whether it was a fix.

The verdict moves the request: 已验证, or reopened with the figures as the reason, which its owner
reads in the history, the list and the digest. Where the data stay thin nothing is moved.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from sqlalchemy import func, select
from sqlmodel import Session, col

from feedback_nlp.config import VerificationConfig
from feedback_nlp.labels import ENGINE, RequestStatus, Verdict, label
from feedback_nlp.loop.verification import Judged, judge, windows
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import apply_transition
from feedback_nlp.store.days import Said, last_day, said_for_request, said_for_topics
from feedback_nlp.store.tables import FeatureRequest, StatusEvent, Verification

_VERSION = re.compile(r"(?<![\d.])\d+(?:\.\d+)+(?![\d.])")
_MANY_TIMES = 1000
_STEP = {Verdict.FIXED: RequestStatus.VERIFIED, Verdict.NOT_FIXED: RequestStatus.REOPENED}


@dataclass(frozen=True, slots=True)
class Looked:
    """What was found about one release.

    Attributes:
        moved: Whether the request was moved by it.
    """

    key: str
    title: str
    owner: str | None
    verdict: Verdict
    words: str
    moved: bool


def look_at_releases(
    session: Session, config: VerificationConfig, *, zone: ZoneInfo, now: datetime
) -> list[Looked]:
    """Judge every release that is not decided yet, and move its request by the verdict.

    Args:
        session: The writing session; nothing is committed.
        config: Thresholds.
        zone: Where days begin.
        now: The clock.
    """
    open_releases = _open_releases(session)
    last = last_day(session, zone, now)
    if not open_releases or last is None:
        return []
    hold_requests(session)
    released = _lately_released(session)
    return [
        _look(session, request, event, config, last, released, zone, now)
        for request, event in open_releases
    ]


def verifications(session: Session, request_id: int) -> list[Verification]:
    """Return what was found about each release of a request, the newest first."""
    statement = (
        select(Verification)
        .where(col(Verification.request_id) == request_id)
        .order_by(col(Verification.event_id).desc())
    )
    return list(session.scalars(statement))


def words_of(found: Verification) -> str:
    """Return the figures as one Chinese sentence."""
    figures = found.figures
    said = (
        f"发布前 {figures['days_before']} 天 {figures['before']} 人次，"
        f"发布后 {figures['days_after']} 天 {figures['after']} 人次"
    )
    if figures["ratio"] is None:
        return f"{said}，还比不出来"
    share, low, high = (f"{figures[name]:.0%}" for name in ("ratio", "low", "high"))
    controls = figures["controls"]
    against = f"照同期另外 {controls} 个主题的变化" if controls else "照发布前的速度"
    only = f"，只看 {found.fixed_in} 及以后的版本" if found.fixed_in and figures["left_out"] else ""
    return (
        f"{said}；{against}本应有 {figures['expected']:.0f} 人次，"
        f"是它的 {share}（90% 区间 {low}–{high}{only}）{_weighed(figures.get('odds'))}"
    )


def _weighed(odds: float | None) -> str:
    """Return how the two verdicts weigh against each other."""
    if odds is None:  # stored before odds were
        return ""
    likelier, other = ("没见效", "见效") if odds >= 1 else ("见效", "没见效")
    times = max(odds, 1 / odds)
    said = "1000 倍以上" if times >= _MANY_TIMES else f"{times:.1f} 倍"
    return f"；{likelier}的可能是{other}的 {said}"


def _look(
    session: Session,
    request: FeatureRequest,
    event: StatusEvent,
    config: VerificationConfig,
    last: date,
    released: dict[int, date],
    zone: ZoneInfo,
    now: datetime,
) -> Looked:
    on = event.happened_at.astimezone(zone).date()
    first = on - timedelta(days=config.before_days)
    fixed_in = _version_in(event.reason) or _version_in(request.target_release or "")
    own = list(said_for_request(session, id_of(request), first, max(last, on), zone))
    touched = {topic for topic, day in released.items() if day >= first}
    without = touched | ({request.topic_id} if request.topic_id is not None else set())
    others = list(said_for_topics(session, first, max(last, on), zone, without=without))
    begun = min((said.day for said in (*own, *others)), default=on)
    left_out = 0
    if fixed_in is not None:
        own, dropped = _with_the_fix(own, on, fixed_in)
        others, more = _with_the_fix(others, on, fixed_in)
        left_out = dropped + more
    length = (max(last, on) - first).days + 1
    at = windows((on - first).days, (last - first).days, config, start=max((begun - first).days, 0))
    judged = judge(
        next(iter(_daily(own, first, length).values()), np.zeros(length, np.int64)),
        [days for _, days in sorted(_daily(others, first, length).items())],
        at,
        config,
    )
    row = _keep(session, request, event, judged, on, fixed_in, left_out, now)
    step = _STEP.get(judged.verdict)
    if step is not None:
        reason = f"{label(judged.verdict)}：{words_of(row)}"
        apply_transition(session, request.key, step, actor=ENGINE, now=now, reason=reason)
    return Looked(
        request.key, request.title, request.owner, judged.verdict, words_of(row), step is not None
    )


def _open_releases(session: Session) -> list[tuple[FeatureRequest, StatusEvent]]:
    """Return released requests with the step that released them, unless that is decided."""
    latest = (
        select(func.max(col(StatusEvent.id)))
        .where(col(StatusEvent.to_status) == RequestStatus.RELEASED.value)
        .group_by(col(StatusEvent.request_id))
    )
    decided = select(col(Verification.event_id)).where(
        col(Verification.verdict) != Verdict.WAITING.value
    )
    statement = (
        select(FeatureRequest, StatusEvent)
        .join(StatusEvent, col(StatusEvent.request_id) == col(FeatureRequest.id))
        .where(
            col(FeatureRequest.status) == RequestStatus.RELEASED.value,
            col(StatusEvent.id).in_(latest),
            col(StatusEvent.id).not_in(decided),
        )
        .order_by(col(FeatureRequest.id))
    )
    return [(row[0], row[1]) for row in session.execute(statement)]


def _lately_released(session: Session) -> dict[int, date]:
    """Return for each topic the last day its request was released: it is no control."""
    statement = (
        select(col(FeatureRequest.topic_id), func.max(col(StatusEvent.happened_at)))
        .join(StatusEvent, col(StatusEvent.request_id) == col(FeatureRequest.id))
        .where(
            col(FeatureRequest.topic_id).is_not(None),
            col(StatusEvent.to_status) == RequestStatus.RELEASED.value,
        )
        .group_by(col(FeatureRequest.topic_id))
    )
    return {row[0]: row[1].date() for row in session.execute(statement)}


def _daily(said: Iterable[Said], first: date, length: int) -> dict[int, np.ndarray]:
    """Return for each subject (length,) distinct people a day."""
    people: dict[int, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
    for one in said:
        people[one.subject][(one.day - first).days].add(one.person)
    counts = {}
    for subject, days in people.items():
        array = np.zeros(length, np.int64)
        for day, names in days.items():
            array[day] = len(names)
        counts[subject] = array
    return counts


def _with_the_fix(said: Sequence[Said], released: date, fixed_in: str) -> tuple[list[Said], int]:
    """Leave out who, after the release, is known to use a version without it."""
    wanted = _ordered(fixed_in)
    kept = [
        one
        for one in said
        if one.day <= released
        or one.version is None
        or _VERSION.fullmatch(one.version.strip()) is None
        or _ordered(one.version.strip()) >= wanted
    ]
    return kept, len(said) - len(kept)


def _version_in(reason: str) -> str | None:
    found = _VERSION.search(reason)
    return found[0] if found else None


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


def _keep(
    session: Session,
    request: FeatureRequest,
    event: StatusEvent,
    judged: Judged,
    on: date,
    fixed_in: str | None,
    left_out: int,
    now: datetime,
) -> Verification:
    row = session.scalars(
        select(Verification).where(col(Verification.event_id) == event.id)
    ).first() or Verification(
        request_id=id_of(request), event_id=event.id or 0, verdict="", released_on=on, judged_at=now
    )
    figures = asdict(judged)
    del figures["verdict"]
    row.figures = {**figures, "left_out": left_out}
    row.verdict, row.fixed_in, row.judged_at = judged.verdict.value, fixed_in, now
    row.decided_at = None if judged.verdict is Verdict.WAITING else now
    session.add(row)
    session.flush()
    return row
