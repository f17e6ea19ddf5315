"""Evidence that a person puts behind a request by hand, or takes out again.

Refreshes of the automatic evidence leave it alone: ``added_by`` is the person's name.
"""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlmodel import Session, col

from feedback_nlp.clean.characters import one_line
from feedback_nlp.config import RankConfig
from feedback_nlp.errors import Conflict, InputError, NotFound
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.priorities import refresh_some
from feedback_nlp.requests.versions import note_edit
from feedback_nlp.store.tables import Evidence, FeatureRequest, FeedbackUnit


def add_evidence(
    session: Session,
    key: str,
    unit_id: int,
    *,
    actor: str,
    now: datetime,
    config: RankConfig,
    zone: ZoneInfo,
    reason: str = "",
) -> bool:
    """Put a unit behind a request, with one event; return ``False`` if it was there already.

    Args:
        session: The writing session; nothing is committed.
        key: Which request.
        unit_id: What somebody said.
        actor: Who adds it.
        now: Time of the event.
        config: Weights of the ranking; the request is scored anew.
        zone: Where weeks begin.
        reason: Why, for the history.

    Raises:
        NotFound: If there is no such request or unit.
        InputError: If the actor is missing.
    """
    request = _held(session, key, actor)
    if session.get(FeedbackUnit, unit_id) is None:
        raise NotFound(f"没有观点 {unit_id}", hint="它可能已被重新分析，刷新后再试")
    if _found(session, request, unit_id) is not None:
        return False
    session.add(Evidence(request_id=id_of(request), unit_id=unit_id, added_by=one_line(actor)))
    change = {"evidence": [None, unit_id]}
    note_edit(session, request, change, actor=actor, now=now, reason=reason)
    refresh_some(session, config, {id_of(request)}, zone=zone, now=now)
    return True


def remove_evidence(
    session: Session,
    key: str,
    unit_id: int,
    *,
    actor: str,
    now: datetime,
    config: RankConfig,
    zone: ZoneInfo,
    reason: str = "",
) -> None:
    """Take out a unit that a person added; arguments as of :func:`add_evidence`.

    Raises:
        NotFound: If there is no such request.
        Conflict: If the unit was not added by a person.
        InputError: If the actor is missing.
    """
    request = _held(session, key, actor)
    row = _found(session, request, unit_id)
    if row is None or row.added_by == "auto":
        raise Conflict(
            f"观点 {unit_id} 不是手工加到 {request.key} 的", hint="主题带来的证据，改它的主题"
        )
    session.delete(row)
    change = {"evidence": [unit_id, None]}
    note_edit(session, request, change, actor=actor, now=now, reason=reason)
    refresh_some(session, config, {id_of(request)}, zone=zone, now=now)


def _held(session: Session, key: str, actor: str) -> FeatureRequest:
    if not actor.strip():
        raise InputError("没有写是谁改的", reason="no-actor")
    hold_requests(session)
    return get_request(session, key)


def _found(session: Session, request: FeatureRequest, unit_id: int) -> Evidence | None:
    return session.scalars(
        select(Evidence).where(
            col(Evidence.request_id) == id_of(request), col(Evidence.unit_id) == unit_id
        )
    ).first()
