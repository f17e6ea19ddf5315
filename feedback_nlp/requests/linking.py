"""Requests that belong together and stay two: related, or one waits for the other."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

from sqlalchemy import delete, or_, select
from sqlmodel import Session, col

from feedback_nlp.errors import Conflict, InputError
from feedback_nlp.requests.evidence import id_of
from feedback_nlp.requests.locking import hold_requests
from feedback_nlp.requests.moving import get_request
from feedback_nlp.requests.versions import note_edit
from feedback_nlp.store.tables import FeatureRequest, RequestLink


class LinkKind(StrEnum):
    """How a request stands to another."""

    RELATED = "related"
    BLOCKS = "blocks"  # the other can only be done after it
    BLOCKED_BY = "blocked_by"


LINK_WORDS = {LinkKind.RELATED: "相关", LinkKind.BLOCKS: "阻碍", LinkKind.BLOCKED_BY: "等"}
_REVERSED = {
    LinkKind.RELATED: LinkKind.RELATED,
    LinkKind.BLOCKS: LinkKind.BLOCKED_BY,
    LinkKind.BLOCKED_BY: LinkKind.BLOCKS,
}


class Linked(NamedTuple):
    """A request as it stands to the one that is looked at."""

    kind: LinkKind
    key: str
    title: str
    status: str


def link_requests(
    session: Session,
    key: str,
    to: str,
    kind: LinkKind,
    *,
    actor: str,
    now: datetime,
    reason: str = "",
) -> bool:
    """Link two requests, with an event at both; return whether that is new.

    Two requests have one link: another kind replaces the one there is.

    Args:
        session: The writing session; nothing is committed.
        key: The one.
        to: The other.
        kind: How the one stands to the other.
        actor: Who links them.
        now: Time of the events.
        reason: Why, for the history.

    Raises:
        NotFound: If there is no such request.
        InputError: If the actor is missing.
        Conflict: If both are the same.
    """
    one, other = _both(session, key, to, actor)
    known = _between(session, one, other)
    if known is not None and _seen_from(known, one) is kind:
        return False
    if known is not None:
        _remove(session, one, other, known, actor=actor, now=now, reason=reason)
    first, second = (other, one) if kind is LinkKind.BLOCKED_BY else (one, other)
    stored = LinkKind.BLOCKS if kind is LinkKind.BLOCKED_BY else kind
    session.add(
        RequestLink(
            request_id=id_of(first), other_id=id_of(second), kind=stored.value, created_at=now
        )
    )
    for request, at, as_kind in ((one, other, kind), (other, one, _REVERSED[kind])):
        change = [None, _named(as_kind, at)]
        note_edit(session, request, {"link": change}, actor=actor, now=now, reason=reason)
    session.flush()
    return True


def unlink_requests(
    session: Session, key: str, to: str, *, actor: str, now: datetime, reason: str = ""
) -> bool:
    """Take the link between two requests back, with an event at both; return whether there was one.

    Raises:
        NotFound: If there is no such request.
        InputError: If the actor is missing.
        Conflict: If both are the same.
    """
    one, other = _both(session, key, to, actor)
    known = _between(session, one, other)
    if known is None:
        return False
    _remove(session, one, other, known, actor=actor, now=now, reason=reason)
    session.flush()
    return True


def linked(session: Session, request: FeatureRequest) -> list[Linked]:
    """Return what a request is linked to, oldest link first."""
    id_ = id_of(request)
    links = session.scalars(
        select(RequestLink)
        .where(or_(col(RequestLink.request_id) == id_, col(RequestLink.other_id) == id_))
        .order_by(col(RequestLink.id))
    )
    found = []
    for link in links:
        other = session.get_one(
            FeatureRequest, link.other_id if link.request_id == id_ else link.request_id
        )
        found.append(Linked(_seen_from(link, request), other.key, other.title, other.status))
    return found


def _both(session: Session, key: str, to: str, actor: str) -> tuple[FeatureRequest, FeatureRequest]:
    if not actor.strip():
        raise InputError("没有写是谁改的", reason="no-actor")
    hold_requests(session)
    one, other = get_request(session, key), get_request(session, to)
    if one.id == other.id:
        raise Conflict(f"{one.key} 不能关联自己", hint="换一个需求编号")
    return one, other


def _between(session: Session, one: FeatureRequest, other: FeatureRequest) -> RequestLink | None:
    pair = [id_of(one), id_of(other)]
    return session.scalars(
        select(RequestLink).where(
            col(RequestLink.request_id).in_(pair), col(RequestLink.other_id).in_(pair)
        )
    ).first()


def _seen_from(link: RequestLink, request: FeatureRequest) -> LinkKind:
    kind = LinkKind(link.kind)
    return kind if link.request_id == request.id else _REVERSED[kind]


def _remove(
    session: Session,
    one: FeatureRequest,
    other: FeatureRequest,
    link: RequestLink,
    *,
    actor: str,
    now: datetime,
    reason: str,
) -> None:
    for request, at in ((one, other), (other, one)):
        before = _named(_seen_from(link, request), at)
        change = {"link": [before, None]}
        note_edit(session, request, change, actor=actor, now=now, reason=reason)
    session.execute(delete(RequestLink).where(col(RequestLink.id) == link.id))


def _named(kind: LinkKind, other: FeatureRequest) -> str:
    return f"{LINK_WORDS[kind]} {other.key}"
