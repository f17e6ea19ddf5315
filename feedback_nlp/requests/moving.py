"""Requests as people handle them: found, made, moved through the loop, estimated.

Nothing here commits. A status change, its event and the notices it owes are written in
the caller's one transaction, so that a crash neither loses nor doubles any of them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, insert, select
from sqlmodel import Session, col

from feedback_nlp.errors import InputError, NotFound
from feedback_nlp.labels import ENGINE, NoticeStatus, ReporterStatus, RequestStatus
from feedback_nlp.loop import Transition, transition
from feedback_nlp.requests.evidence import id_of, refresh_evidence
from feedback_nlp.store.tables import (
    Evidence,
    FeatureRequest,
    Feedback,
    FeedbackUnit,
    Notice,
    Setting,
    StatusEvent,
)

_HIGHEST = "highest_request"


def get_request(session: Session, key: str) -> FeatureRequest:
    """Return the request named ``REQ-12``; case and spaces around it do not matter.

    Raises:
        NotFound: If there is none.
    """
    wanted = key.strip().upper()
    request = session.scalars(
        select(FeatureRequest).where(col(FeatureRequest.key) == wanted)
    ).first()
    if request is None:
        raise NotFound(f"没有编号为 {wanted} 的需求", hint="用 feedback-nlp requests 查看全部编号")
    return request


def create_request(
    session: Session,
    *,
    title: str,
    intent: str,
    now: datetime,
    topic_id: int | None = None,
    product: str | None = None,
    actor: str = ENGINE,
) -> FeatureRequest:
    """Add a request under the next free key, with its first event."""
    request = FeatureRequest(
        key=f"REQ-{_highest_number(session) + 1}",
        title=title,
        intent=intent,
        topic_id=topic_id,
        product=product,
        created_by=actor,
        created_at=now,
        updated_at=now,
    )
    session.add(request)
    session.flush()
    session.add(
        StatusEvent(
            request_id=id_of(request),
            to_status=RequestStatus.NEW.value,
            to_reporter_status=ReporterStatus.RECEIVED.value,
            actor=actor,
            happened_at=now,
        )
    )
    return request


def remember_number(session: Session, key: str) -> None:
    """Keep the number of a request that is withdrawn, so that it is never given again."""
    number = max(_highest_number(session), _number(key))
    setting = session.get(Setting, _HIGHEST) or Setting(key=_HIGHEST)
    setting.value = {"number": number}
    session.add(setting)
    session.flush()


def _highest_number(session: Session) -> int:
    numbers = [_number(key) for key in session.scalars(select(col(FeatureRequest.key)))]
    setting = session.get(Setting, _HIGHEST)
    return max([*numbers, setting.value["number"] if setting else 0])


def _number(key: str) -> int:
    return int(key.removeprefix("REQ-"))


def apply_transition(
    session: Session,
    key: str,
    to: RequestStatus,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
    duplicate_of: str | None = None,
) -> Transition:
    """Move a request one step, with its event, its notices and, for a duplicate, its evidence.

    Raises:
        NotFound: If there is no such request or no such target.
        TransitionNotAllowed: If the table has no such step.
        InputError: If a required reason or target is missing, or the target is unusable.
    """
    request = get_request(session, key)
    target = _duplicate_target(session, request, duplicate_of) if duplicate_of else None
    step = transition(
        RequestStatus(request.status),
        to,
        reporter_status=ReporterStatus(request.reporter_status),
        actor=actor,
        now=now,
        reason=reason,
        duplicate_of=target.key if target else None,
        duplicate_reporter_status=ReporterStatus(target.reporter_status) if target else None,
    )
    request.status = step.to_status.value
    request.reporter_status = step.to_reporter_status.value
    request.duplicate_of_key = step.duplicate_of
    request.updated_at = now
    session.add(request)
    session.add(
        StatusEvent(
            request_id=id_of(request),
            from_status=step.from_status.value,
            to_status=step.to_status.value,
            from_reporter_status=step.from_reporter_status.value,
            to_reporter_status=step.to_reporter_status.value,
            actor=step.actor,
            reason=step.reason,
            happened_at=now,
        )
    )
    session.flush()
    if step.duplicate_of or step.from_status is RequestStatus.DUPLICATE:
        refresh_evidence(session)
    if step.opens_notices:
        open_notices(session, request, now=now)
    return step


def set_estimates(
    session: Session, key: str, values: Mapping[str, Any], *, now: datetime
) -> FeatureRequest:
    """Write what people supply: ``owner``, ``effort``, ``strategic_weight``.

    Raises:
        NotFound: If there is no such request.
        InputError: If a field is not one of these.
    """
    request = get_request(session, key)
    for name, value in values.items():
        if name not in {"owner", "effort", "strategic_weight"}:
            raise InputError(f"不能改 {name!r}", hint="可改：owner、effort、strategic_weight")
        setattr(request, name, value)
    request.updated_at = now
    session.add(request)
    session.flush()
    return request


def open_notices(session: Session, request: FeatureRequest, *, now: datetime) -> int:
    """Owe one message to each person who asked and can be named; return how many are new.

    People without an author key cannot be told: they have no identity to find them by.
    Someone who was told the same status of this request before is not told again.
    """
    told = select(col(Notice.person_key)).where(
        col(Notice.request_id) == id_of(request),
        col(Notice.reporter_status) == request.reporter_status,
    )
    askers = (
        select(col(Feedback.author_key), func.min(col(Feedback.id)))
        .join(FeedbackUnit, col(FeedbackUnit.feedback_id) == col(Feedback.id))
        .join(Evidence, col(Evidence.unit_id) == col(FeedbackUnit.id))
        .where(
            col(Evidence.request_id) == id_of(request),
            col(Feedback.author_key).is_not(None),
            col(Feedback.author_key).not_in(told),
        )
        .group_by(col(Feedback.author_key))
        .order_by(func.min(col(Feedback.id)))
    )
    rows = [
        {
            "request_id": id_of(request),
            "feedback_id": feedback_id,
            "person_key": person,
            "reporter_status": request.reporter_status,
            "status": NoticeStatus.PENDING.value,
            "created_at": now,
        }
        for person, feedback_id in session.execute(askers)
    ]
    if rows:
        session.execute(insert(Notice), rows)
    return len(rows)


def _duplicate_target(session: Session, request: FeatureRequest, key: str) -> FeatureRequest:
    """Return the request at the end of the chain of duplicates.

    Raises:
        InputError: If the chain leads back to the request itself.
    """
    target = get_request(session, key)
    while target.id != request.id and target.duplicate_of_key:
        target = get_request(session, target.duplicate_of_key)
    if target.id == request.id:
        raise InputError(
            f"{request.key} 不能与自己重复", hint="换一个需求编号，或先重新打开那个需求"
        )
    return target
